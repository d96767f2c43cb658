"""What each notice of the outbox looks like in Slack."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from bot.messages import notices
from bot.services import Services
from bot.views.audience import Role
from bot.views.overview import Wanted
from bot.views.telling import for_audience
from handlers.cards.account_list import add_button
from handlers.cards.accounts import account_card, card_buttons
from handlers.cards.answers import (
    customers_message,
    error_answer,
    not_understood,
    status_message,
)
from handlers.cards.approvals import approved_message
from handlers.cards.checks import test_message
from handlers.cards.desk import answer_message, answer_note
from handlers.cards.diagnosis import OwnName, note_message
from handlers.cards.help import greeting
from handlers.cards.help import help_message as what_to_do
from handlers.cards.incident_messages import (
    alert_line,
    alert_nudge,
    desk_message,
    known_message,
    maintenance_message,
    support_note,
)
from handlers.cards.incidents import alert_card
from handlers.cards.kit import Audience, Block, Message, Safe, mention, primary
from handlers.cards.legacy import batch_message
from handlers.cards.outages import live_message, outage_message, over_message
from handlers.cards.predictions import predictions_message
from handlers.cards.reminders import reminder_message
from handlers.cards.report import report_message
from handlers.cards.setbacks import all_live_message, setback_message
from handlers.cards.setup import setup_card
from handlers.cards.signin import doubt_message, further_message
from handlers.cards.support import help_message, request_card
from handlers.cards.unexplained import daily_list
from handlers.text.asking import Question
from handlers.text.people import owner_named
from handlers.text.words import plainly, say
from storage.vocabulary import Owner

Args = Mapping[str, Any]
"""What the outbox keeps of a notice: IDs, and the values of a sentence."""

ASKS_TO_ADD = frozenset({"organisation.allowed_too", "organisation.refused_too"})
ASKS_TO_GO_ON = frozenset(
    {
        "signin.mended",
        "signin.changed",
        "folders.lost_gone",
        "folders.lost_made-anew",
    }
)
"""Notes about an account that ask somebody of the customer's to go on."""


class Presenter:
    """Draws notices as things stand now."""

    def __init__(self, services: Services) -> None:
        views = services.views
        self._services = services
        self._drawers: dict[str, Callable[[Args], Message]] = {
            notices.ACCOUNT_CARD: lambda args: account_card(views.accounts.card(args["account"])),
            notices.SETUP_CARD: lambda args: setup_card(views.setup.card(args["channel"])),
            notices.TEST_RESULT: lambda args: test_message(views.checks.card(args["test"])),
            notices.REMINDER: self._reminder,
            notices.ALERT: lambda args: alert_card(views.incidents.card(args["incident"])),
            notices.ALERT_ENTRY: lambda args: alert_line(views.incidents.line(args["entry"])),
            notices.ALERT_NUDGE: self._nudge,
            notices.INCIDENT_KNOWN: self._known,
            notices.INCIDENT_AT_DESK: lambda args: desk_message(
                views.incidents.card(args["incident"]), self._alert_link(args["incident"])
            ),
            notices.MAINTENANCE: lambda args: maintenance_message(
                views.incidents.maintenance(args["maintenance"]), args["over"]
            ),
            notices.NOTE: self._note,
            notices.SUPPORT_NOTE: self._support_note,
            notices.REQUEST: lambda args: request_card(views.requests.card(args["request"])),
            notices.BATCH: lambda args: batch_message(views.legacy.card(args["batch"])),
            notices.DOUBT: lambda args: doubt_message(
                views.organisations.doubt(args["account"], args["link"])
            ),
            notices.FURTHER: lambda args: further_message(
                views.organisations.further(args["further"])
            ),
            notices.GREETING: lambda args: greeting(),
            notices.WHAT_TO_DO: self._answer,
            notices.UNEXPLAINED: lambda args: daily_list(views.unexplained.daily(args["day"])),
            notices.OUTAGE: lambda args: outage_message(views.outages.card(args["outage"])),
            notices.OUTAGE_OVER: lambda args: over_message(views.outages.card(args["outage"])),
            notices.LIVE: lambda args: live_message(
                views.outages.live(args["channel"], args["day"])
            ),
            notices.APPROVED: lambda args: approved_message(
                views.approvals.of_day(args["channel"], args["day"]), args["channel"]
            ),
            notices.SETBACK: lambda args: setback_message(
                views.setbacks.card(args["setback"]), services.rights.link_to
            ),
            notices.ANSWER: self._support_answer,
            notices.ALL_LIVE: lambda args: all_live_message(
                views.setbacks.customer(args["customer"])
            ),
            notices.REPORT: lambda args: report_message(
                views.reports.week(date.fromisoformat(args["monday"]))
            ),
            notices.PREDICTIONS: lambda args: predictions_message(
                views.predictions.all(), views.predictions.today()
            ),
            notices.HELP: lambda args: help_message(views.requests.card(args["request"])),
        }

    def draw(self, notice: str, args: Args) -> Message:
        """The message that a notice is now. May take a second: an account's card may need
        Microsoft, a reminder may need to ask Slack who we are."""
        return self._drawers[notice](args)

    def _nudge(self, args: Args) -> Message:
        card = self._services.views.incidents.card(args["incident"])
        return alert_nudge(card, args["why"], self._alert_link(args["incident"]))

    def _known(self, args: Args) -> Message:
        """What a customer reads of an incident, or of the one into which it was merged."""
        incidents = self._services.views.incidents
        number = incidents.standing_for(args["incident"])
        return known_message(
            incidents.card(number), incidents.mailboxes_in(number, args["channel"])
        )

    def _alert_link(self, incident_id: int) -> str:
        """Where the alert stands in Slack; empty if it does not."""
        where = self._services.views.incidents.where(incident_id)
        return self._services.rights.link_to(*where) if where else ""

    def _reminder(self, args: Args) -> Message:
        card = self._services.views.reminders.card(args["reminder"])
        return reminder_message(card, card.audience)

    def _answer(self, args: Args) -> Message:
        """What somebody is answered who mentioned us."""
        audience = Audience(args["audience"])
        match args.get("about", Question.HELP):
            case "error":
                return self._error(args["cause"], args["channel"], audience)
            case Question.STATUS if audience is Audience.SUPPORT:
                return customers_message(self._services.views.overview.standings(Wanted()))
            case Question.STATUS:
                return status_message(self._services.views.setup.card(args["channel"]))
            case Question.UNKNOWN:
                return not_understood(audience)
            case _:
                return what_to_do(Role(args.get("role", Role.CUSTOMER)))

    def _error(self, cause: str, channel_id: str, audience: Audience) -> Message:
        told = for_audience(self._services.catalogue.verdict(cause), audience)
        if audience is Audience.SUPPORT:
            return error_answer(told)
        return error_answer(told, self._services.views.setup.card(channel_id).accounts)

    def _note(self, args: Args) -> Message:
        values = self._values(args)
        if "cause" in values:  # a cause is told in the catalogue's words
            verdict = self._services.catalogue.verdict(values["cause"])
            told = for_audience(verdict, Audience.CUSTOMER)
            owner = owner_named(Owner(values.get("turn", told.owner)), told.audience)
            values |= {"sentence": told.sentence, "owner": owner}
        if "role" in values:
            values["role"] = plainly(f"folders.{values['role']}")
        if "minutes" in values:
            span = "mend.minute" if values["minutes"] == 1 else "mend.minutes"
            values["span"] = plainly(span, minutes=values["minutes"])
        text = say(args["sentence"], **values)
        own_name = (
            OwnName(values["own_name_of"], values["upn"]) if "own_name_of" in values else None
        )
        if own_name is not None:
            text = Safe(f"{text}\n{say('signin.own_name', upn=own_name.upn)}")
        people, ways = self._next_step(args)
        text = Safe(" ".join([*map(mention, people), text]))
        return note_message(text, values.get("error", ""), own_name, ways)

    def _next_step(self, args: Args) -> tuple[Sequence[str], Sequence[Block]]:
        """To whom a note is addressed, and the button of the next step that it asks for."""
        if args["sentence"] in ASKS_TO_ADD:
            return [args["to"]] if args["to"] else [], [add_button()]
        asks = args["sentence"] in ASKS_TO_GO_ON
        if "account" not in args or not (asks or "error" in args["values"]):
            return [], []
        views = self._services.views
        [card] = views.accounts.cards([args["account"]])
        people = views.outages.addressed(args["account"]) if asks else []
        stands = asks or (card.fault and card.fault.error == args["values"]["error"])
        return people, primary(card_buttons(card, Audience.CUSTOMER)) if stands else []

    def _values(self, args: Args) -> dict[str, Any]:
        """What a sentence is filled with; every one may name our application."""
        return {"application": self._services.application_name, **args["values"]}

    def _support_answer(self, args: Args) -> Message:
        """What support answered: in the customer's channel or, with its `channel`, in ours."""
        if "channel" in args:
            return answer_note(args["user"], args["text"], args["channel"])
        return answer_message(args["user"], args["text"], args["people"])

    def _support_note(self, args: Args) -> Message:
        values = self._values(args)
        if "state" in values:
            values["state"] = plainly(f"state.{values['state']}")
        if "pager" in values:
            values["pager"] = say(f"pager_named.{values['pager']}")
        helper = values.get("helper", "")
        text = say(args["sentence"], **values)
        if helper:
            text = Safe(f"{text}\n{say('home.helper', helper=mention(helper))}")
        return support_note(text)
