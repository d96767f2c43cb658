"""The timeline of an account: everything that happened to it, for support and on-call alone."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.diagnosis.observation import Observation, Where
from bot.views.timeline import told_of_an_account
from handlers.cards.account_window import account_window
from handlers.cards.actions import ActionId
from handlers.cards.kit import Audience, Block
from handlers.commands import Commands
from handlers.features.timeline import page_of, show, turn_page
from handlers.slack.modals import Windows
from handlers.slack.payloads import Command, Press
from handlers.text.words import sentences
from sandbox.slack.limits import problems
from storage.tables import Account
from storage.vocabulary import State, StepId
from tests.support.fast import ACME, ALERTS, CAROL, DESK, VERA, FastBot, days
from tests.support.fast_ports import BOT, Posted

OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)
SENDING_OFF = Observation(
    Where.SMTP,
    "smtp.auth",
    status=535,
    enhanced="5.7.139",
    text="Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.",
)
ROAD = (
    "added",
    "sign-in refused",
    "signed in",
    "connection test failed",
    "failed: ",
    "fixed after a change in Microsoft 365: ",
    "folders mapped",
    "live",
    "Microsoft now calls the user",
    "reminder sent",
    "handed to support",
    "disconnected",
    "it had lasted 3 hours",
)
"""What a timeline has to tell, in the order in which it happens below."""


@pytest.fixture
def office(bot: FastBot) -> FastBot:
    """With an engineer on call."""
    bot.slack.members[ALERTS] = {OMAR.user}
    bot.slack.members[ACME].add(BOT)
    return bot


def read(bot: FastBot, account: Account, page: int = 0) -> str:
    """What somebody reads in the window."""
    view = page_of(bot.services, VERA, account.id, page)
    assert problems("modal", view) == []
    return Posted("", "", "", view["blocks"]).words


class Screen:
    """Slack's windows."""

    def __init__(self) -> None:
        self.seen: list[Block] = []

    def views_open(self, trigger_id: str, view: Block) -> dict[str, Any]:
        """A window."""
        self.seen.append(view)
        return {"view": {"id": "V1"}}

    views_push = views_open

    def views_update(self, view_id: str, view: Block) -> dict[str, Any]:
        """The same window, drawn anew."""
        self.seen.append(view)
        return {"view": {"id": view_id}}


def pressed(bot: FastBot, by: Person, value: str, view_id: str = "") -> Block:
    """The window that a button opens, or turns."""
    screen = Screen()
    windows = Windows(screen, "1.2", view_id)  # type: ignore[arg-type]
    press = Press(by, "", value, view_id, "", {}, windows)
    (turn_page if view_id else show)(bot.services, press)
    return screen.seen[-1]


def typed(bot: FastBot, text: str, by: Person, channel: str) -> str:
    """What somebody is answered."""
    body = {"team_id": by.team, "user_id": by.user, "channel_id": channel, "text": text}
    command = Command.parse(body | {"trigger_id": "1.2"}, WebClient("xoxb-none"))
    answers: list[Any] = []
    Commands(bot.services).do(replace(command), answers.append)
    [answer] = answers
    assert problems("message", {"text": answer.text, "blocks": answer.blocks}) == []
    return f"{Posted('', '', '', answer.blocks).words} {answer.blocks}"


def walked(bot: FastBot) -> Account:
    """An account to which everything happened that can."""
    account = bot.account(State.AWAITING_SIGN_IN, name="Info")
    with bot.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        bot.services.lifecycle.audit(tx, CAROL, "account.created", held)
    bot.pass_time(hours=1)
    refused = Observation(
        Where.AUTHORIZE, "token", codes=(50105,), text="AADSTS50105: not assigned"
    )
    bot.links.saw(account.id, refused, CAROL)
    bot.pass_time(hours=1)
    bot.mailbox(account).faults[StepId.SMTP_AUTH] = SENDING_OFF
    bot.sign_in(account)
    bot.run_due()
    bot.pass_time(hours=3)
    bot.mailbox(account).faults.clear()
    bot.fixes.said(account.id, CAROL)
    bot.checks.start(account.id, CAROL)
    bot.run_due()
    bot.folders.accept(account.id, CAROL)
    bot.pass_time(hours=1)
    with bot.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        for action in ("account.renamed", "reminder.posted", "account.handed_over"):
            bot.services.lifecycle.audit(tx, CAROL, action, held, now="new@acme.example")
    bot.accounts.disconnect(account.id, CAROL)
    return account


def test_everything_that_happened_is_told_newest_first_by_day(office: FastBot) -> None:
    account = walked(office)
    seen = read(office, account)
    places = [seen.find(words) for words in ROAD]
    assert -1 not in places, [words for words, at in zip(ROAD, places, strict=True) if at < 0]
    # The newest stands first; what a test changed, and why, happened at once
    once = [seen.rfind(words) for words in ("added", "sign-in refused", "signed in", "live")]
    assert once == sorted(once, reverse=True)
    assert seen.find("disconnected") < seen.find("reminder sent") < seen.find("folders mapped")
    with office.store.transaction() as tx:
        error = tx.failures.latest_of(account.id).ref
    assert f"`{error}`" in seen
    assert f"<@{CAROL.user}>" in seen


def test_each_day_stands_once_above_what_happened_on_it(office: FastBot) -> None:
    account = office.account(State.LIVE, name="Info")
    for _ in range(3):
        office.checks.start(account.id, CAROL)
        office.run_due()
        office.clock.at += days(1)
    seen = read(office, account)
    assert seen.count("date_long_pretty") == 3
    assert seen.count("test asked for") == 3


def test_a_long_past_is_paged_and_nothing_of_it_is_lost(office: FastBot) -> None:
    account = office.account(State.LIVE, name="Info")
    with office.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        for number in range(95):
            office.clock.at += days(1)
            office.services.lifecycle.audit(
                tx, CAROL, "account.renamed", held, now=f"box-{number:03}@acme.example" + "&" * 200
            )
    told: list[str] = []
    for page in range(4):
        view = page_of(office.services, VERA, account.id, page)
        assert problems("modal", view) == []
        told.append(str(view))
        older = f"'{account.ref}:{page + 1}'" in told[-1]
        if not older:
            break
        assert str(pressed(office, OMAR, f"{account.ref}:{page + 1}", "V1")) == str(
            page_of(office.services, VERA, account.id, page + 1)
        )
    text = "".join(told)
    assert len(told) == 3
    assert all(text.count(f"box-{number:03}@") == 1 for number in range(95))
    assert f"'{account.ref}:0'" in told[1], "and back again"


def test_names_and_servers_words_cannot_draw_anything(office: FastBot) -> None:
    account = office.account(State.LIVE, name="<!channel> *Info*")
    with office.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        office.services.lifecycle.audit(tx, CAROL, "account.renamed", held, now="<!here> `x` *y*")
    view = str(page_of(office.services, VERA, account.id, 0)) + typed(
        office, f"status {account.ref}", VERA, DESK
    )
    assert "<!channel>" not in view
    assert "<!here>" not in view


def test_support_and_on_call_get_the_newest_below_the_answer_and_the_way_to_all(
    office: FastBot,
) -> None:
    account = walked(office)
    for person, channel in ((VERA, DESK), (VERA, ACME), (OMAR, ALERTS)):
        answer = typed(office, f"status {account.ref}", person, channel)
        assert "disconnected" in answer, person
        assert f"'timeline.show', 'value': '{account.ref}'" in answer.replace(
            "<ActionId.TIMELINE_SHOW: 'timeline.show'>", "'timeline.show'"
        )
        assert "Timeline" in str(pressed(office, person, account.ref)["title"])
    live = office.account(State.LIVE, name="Sales")
    assert live.ref in typed(office, "status Sales", OMAR, ALERTS)


def test_customers_never_see_it(office: FastBot) -> None:
    account = walked(office)
    live = office.account(State.LIVE, name="Sales")
    answer = typed(office, "status Sales", CAROL, ACME)
    assert live.ref in answer
    assert "timeline" not in answer
    for value, view_id in ((account.ref, ""), (f"{account.ref}:1", "V1")):
        with pytest.raises(Refused, match="support_only"):
            pressed(office, CAROL, value, view_id)
    card = office.views.accounts.card(live.id)
    assert ActionId.TIMELINE_SHOW in str(account_window(card, Audience.SUPPORT))
    assert ActionId.TIMELINE_SHOW not in str(account_window(card, Audience.CUSTOMER))


def test_what_somebody_was_refused_did_not_happen_and_a_repeated_refusal_is_counted(
    office: FastBot,
) -> None:
    account = office.account(State.AWAITING_SIGN_IN, name="Info")
    refused = Refused("refused.no_account", ref=account.ref)
    office.services.rights.keep_refusal(OMAR, ActionId.FIX_REPORTED, refused)
    seen = Observation(Where.AUTHORIZE, "token", codes=(50105,), text="AADSTS50105: not assigned")
    for _ in range(3):
        office.links.saw(account.id, seen, CAROL)
    told = read(office, account)
    assert "reported as fixed" not in told
    assert "(3 times)" in told
    assert told.count("sign-in refused") == 1
    assert "failed: " not in told, "it is told as the sign-in that it refused"


def test_everything_that_a_timeline_tells_has_its_words() -> None:
    assert [each for each in told_of_an_account() if f"history.{each}" not in sentences()] == []


def test_days_are_the_readers_own(office: FastBot) -> None:
    account = office.account(State.LIVE, name="Info")
    with office.store.transaction() as tx:
        held = tx.accounts.lock(account.id)
        for at in ("2026-11-24T22:30:00+00:00", "2026-11-24T23:30:00+00:00"):
            office.clock.at = datetime.fromisoformat(at)
            office.services.lifecycle.audit(tx, CAROL, "folders.mapped", held)
    assert read(office, account).count("date_long_pretty") == 1, "one day in our own zone"
    office.slack.zones[VERA.user] = "Europe/Copenhagen"
    office.clock.at += days(1)
    seen = read(office, account)
    assert seen.count("date_long_pretty") == 2, "there it is the next day already"
    assert "Days are those of Europe/Copenhagen" in seen
