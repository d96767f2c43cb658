"""Every button, form and subcommand, pressed by everybody, on their own customer's things and on
another's: what is refused is what the table of rights says, from what the database knows and never
from what the payload carries."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from slack_sdk.signature import SignatureVerifier

from bot.common.people import Person
from bot.diagnosis.observation import Observation, Where
from bot.support.rights import Action, Role
from bot.views.account_form import Form
from storage.tables import AuditEntry, Reminder
from tests.support.rights import MAY
from tests.support.target import ALWAYS
from tests.support.world import ACME, ALERTS, BotWorld

pytestmark = pytest.mark.rights

OTHER = "C0BORE"
REFUSALS = frozenset(
    f"refused.{word}"
    for word in ("role", "guest", "no_account", "not_in_channel", "support_only", "on_call_only")
) | {"error.unknown", "refused.teams_unknown", "refused.other_workspace", "refused.slack_busy"}
NEW_NUMBER = 9000017
"""A number of Microsoft's that no row knows."""

TEAM, ANYBODY = "the support team", "anybody"

PEOPLE: dict[Role, Person] = {
    Role.SUPPORT: Person("T0LUMEN", "U0VERA"),
    Role.ON_CALL: Person("T0LUMEN", "U0OMAR"),
    Role.COLLEAGUE: Person("T0LUMEN", "U0NILS"),
    Role.CUSTOMER: Person("T0ACME", "U0CAROL"),
    Role.GUEST: Person("T0LUMEN", "U0GWEN"),
    Role.STRANGER: Person("T0ELSE", "U0SAM"),
}
OWN_TEAM = (Role.SUPPORT, Role.ON_CALL, Role.COLLEAGUE)
"""Who can type a slash command: people of the workspace where the app is installed."""


@dataclass(frozen=True)
class Things:
    """What one customer has, and the channel where it has it."""

    channel: str
    account: str
    error: str
    request: str
    incident: str
    reminder: str
    old: str
    batch: str
    draft: str
    reply: str
    customer: str


@dataclass(frozen=True)
class Row:
    """A stimulus: what it is about, and what somebody must be allowed for it (one of two things,
    with `or_needs`)."""

    about: Callable[[Things], str]
    needs: Action | str
    fields: tuple[str, ...] = ()
    in_window: bool = False
    or_needs: Action | None = None


def account(things: Things) -> str:
    return things.account


def error(things: Things) -> str:
    return things.error


def channel(things: Things) -> str:
    return things.channel


def customer(things: Things) -> str:
    return things.customer


def incident(things: Things) -> str:
    return things.incident


def nothing(things: Things) -> str:
    return ""


BUTTONS: dict[str, Row] = {
    "account.add": Row(nothing, Action.ADD),
    "account.list": Row(nothing, Action.SEE),
    "account.next": Row(lambda things: f"{things.channel}:1", Action.SEE),
    "account.previous": Row(lambda things: f"{things.channel}:0", Action.SEE),
    "account.whose": Row(
        lambda things: f"list|{things.channel}|0|user", Action.SEE, in_window=True
    ),
    "account.show": Row(account, Action.SEE),
    "account.change": Row(account, Action.CHANGE),
    "account.keep": Row(account, Action.CHANGE_ADDRESSES),
    "account.copy": Row(account, Action.ADD),
    "account.end": Row(account, Action.DISCONNECT),
    "link.opened": Row(account, ANYBODY),
    "admin.page": Row(account, Action.SIGN_IN),
    "invite.codes": Row(account, ANYBODY),
    "link.renew": Row(account, Action.SIGN_IN),
    "link.withdraw": Row(account, Action.SIGN_IN),
    "organisation.confirm": Row(account, Action.CONFIRM_ORGANISATION),
    "organisation.deny": Row(account, Action.CONFIRM_ORGANISATION),
    "organisation.allow_too": Row(nothing, TEAM),
    "organisation.refuse_too": Row(nothing, TEAM),
    "organisation.take_back": Row(nothing, TEAM),
    "said.approval": Row(account, Action.SIGN_IN),
    "said.no_sign_in": Row(account, Action.SIGN_IN),
    "said.closed": Row(account, Action.SIGN_IN),
    "said.number": Row(account, Action.SIGN_IN),
    "admin.packet": Row(account, Action.SIGN_IN),
    "invite.open": Row(account, Action.SIGN_IN),
    "invite.all": Row(channel, Action.SIGN_IN),
    "invite.next": Row(lambda things: f"{things.channel}:1", Action.SIGN_IN),
    "invite.previous": Row(lambda things: f"{things.channel}:0", Action.SIGN_IN),
    "invite.follow_up": Row(lambda things: f"{things.channel}:0", Action.SIGN_IN),
    "invite.remind": Row(channel, Action.SNOOZE),
    "exchange.open": Row(nothing, Action.SEE),
    "exchange.done": Row(channel, Action.TEST),
    "test.run": Row(account, Action.TEST),
    "test.all": Row(channel, Action.TEST),
    "folders.accept_all": Row(channel, Action.MAP_FOLDERS),
    "test.message": Row(account, Action.TEST),
    "mend.said": Row(account, Action.TEST),
    **{
        f"folders.{name}": Row(account, Action.MAP_FOLDERS)
        for name in ("open", "again", "accept", "use_all")
    },
    **{
        f"folders.{name}": Row(account, Action.MAP_FOLDERS, in_window=True)
        for name in ("filter", "search", "next", "previous")
    },
    "error.show": Row(error, Action.ERROR),
    "error.evidence": Row(error, Action.ERROR_DETAILS),
    "error.look_up": Row(nothing, ANYBODY),
    **{f"home.{name}": Row(nothing, TEAM) for name in ("state", "owner", "customer", "search")},
    "home.accounts": Row(channel, TEAM),
    "home.take": Row(lambda things: things.request, TEAM),
    "home.next": Row(lambda things: "page:1", TEAM),
    "home.previous": Row(lambda things: "page:0", TEAM),
    "help.show": Row(nothing, Action.SEE),
    "help.ask": Row(error, Action.ERROR),
    "help.do_it": Row(account, Action.ASK_SUPPORT),
    "old.open": Row(nothing, Action.LIST_OLD),
    "old.paste": Row(channel, Action.LIST_OLD),
    "old.again": Row(channel, Action.LIST_OLD),
    "old.go_on": Row(lambda things: things.draft, Action.LIST_OLD),
    "old.plan": Row(channel, Action.LIST_OLD),
    "old.next": Row(lambda things: f"{things.channel}:1", Action.LIST_OLD),
    "old.previous": Row(lambda things: f"{things.channel}:0", Action.LIST_OLD),
    "old.change": Row(lambda things: things.old, Action.LIST_OLD),
    "old.retain": Row(lambda things: things.old, Action.LIST_OLD),
    "old.gone": Row(lambda things: things.old, Action.LIST_OLD),
    "old.back": Row(lambda things: things.old, Action.LIST_OLD),
    "old.take_off": Row(lambda things: things.old, Action.LIST_OLD),
    "old.create": Row(channel, Action.ADD),
    "old.cancel": Row(lambda things: things.batch, Action.ADD),
    "request.take": Row(lambda things: things.request, TEAM),
    "request.hand_back": Row(lambda things: things.request, TEAM),
    "request.finish": Row(lambda things: things.request, TEAM),
    "request.take_back": Row(lambda things: things.request, Action.ASK_SUPPORT),
    "reminder.snooze_day": Row(lambda things: things.reminder, Action.SNOOZE),
    "reminder.snooze_week": Row(lambda things: things.reminder, Action.SNOOZE),
    "reminder.stop": Row(account, Action.SNOOZE),
    "reminder.resume": Row(account, Action.SNOOZE),
    "reminder.pause": Row(channel, Action.SNOOZE),
    "reminder.end_pause": Row(channel, Action.SNOOZE),
    **{
        f"alert.{name}": Row(incident, Action.ACKNOWLEDGE)
        for name in (
            "show",
            "other",
            "mailboxes",
            "timeline",
            "acknowledge",
            "keep",
            "release",
            "silence",
            "unsilence",
            "retest",
            "mended",
            "tell",
            "hand_over",
            "escalate",
            "reopen",
            "merge",
            "split",
        )
    },
    **{
        f"alert.mailboxes_{name}": Row(
            lambda things: f"{things.incident}:0", Action.ACKNOWLEDGE, in_window=True
        )
        for name in ("next", "previous")
    },
    "alerts.list": Row(nothing, Action.ACKNOWLEDGE),
    **{
        f"alerts.{name}": Row(nothing, Action.ACKNOWLEDGE, in_window=True)
        for name in ("part", "severity", "cause", "customer", "next", "previous")
    },
    "maintenance.end": Row(nothing, Action.ACKNOWLEDGE, in_window=True),
    "home.acknowledge": Row(incident, Action.ACKNOWLEDGE),
    "cause.note": Row(lambda things: things.reply, Action.ACKNOWLEDGE),
    "cause.take_back": Row(lambda things: f"{things.reply}|", Action.ACKNOWLEDGE),
    **{
        f"customer.{name}": Row(customer, TEAM)
        for name in ("manage", "rename", "organisation", "offboard")
    },
    **{f"customer.{name}": Row(channel, TEAM) for name in ("rebind", "unbind", "setup")},
    **{
        f"customer.{name}": Row(customer, TEAM)
        for name in ("accounts", "history", "people", "settings")
    },
    "customer.next": Row(lambda things: f"customer|{things.customer}|accounts|0", TEAM),
    "customer.previous": Row(lambda things: f"customer|{things.customer}|people|0", TEAM),
    "desk.answer": Row(lambda things: f"request:{things.request}", TEAM),
    "timeline.show": Row(account, Action.TIMELINE),
    "timeline.older": Row(lambda things: f"{things.account}:1", Action.TIMELINE, in_window=True),
    "timeline.newer": Row(lambda things: f"{things.account}:0", Action.TIMELINE, in_window=True),
}
ACCOUNT_FIELDS = (
    "name",
    "sender_name",
    "sender_email",
    "username",
    "use_oauth",
    "shared_mailbox",
    "aliases",
)
FORMS: dict[str, Row] = {
    "setup.save": Row(
        channel,
        TEAM,
        (
            "customer",
            "domain",
            "time_zone",
            "working_hours",
            "working_days",
            "owner",
            "customers_are",
            "workspaces",
        ),
    ),
    "account.save": Row(channel, Action.ADD, ACCOUNT_FIELDS),
    "account.save_change": Row(account, Action.CHANGE, ACCOUNT_FIELDS),
    "account.disconnect": Row(account, Action.DISCONNECT),
    "folders.save": Row(account, Action.MAP_FOLDERS),
    "old.check": Row(channel, Action.LIST_OLD, ("list-0",)),
    "old.columns": Row(channel, Action.LIST_OLD, ("list-0", "address", "user", "name")),
    "old.save": Row(lambda things: things.draft, Action.LIST_OLD, ("list-0",)),
    "request.comment": Row(lambda things: things.request, Action.ASK_SUPPORT, ("comment",)),
    "desk.answer_send": Row(
        lambda things: f"request:{things.request}|{things.channel}", TEAM, ("text",)
    ),
    "reminder.pause_save": Row(channel, Action.SNOOZE, ("day",)),
    "account.search": Row(nothing, TEAM, ("text",)),
    "error.read": Row(account, Action.SIGN_IN, ("text",)),
    "alert.keep_save": Row(incident, Action.ACKNOWLEDGE, ("length",)),
    "alert.silence_save": Row(incident, Action.ACKNOWLEDGE, ("length", "reason")),
    "alert.tell_save": Row(incident, Action.ACKNOWLEDGE),
    "alert.merge_save": Row(incident, Action.ACKNOWLEDGE, ("into",)),
    "alert.split_save": Row(incident, Action.ACKNOWLEDGE, ("customer",)),
    "maintenance.plan_save": Row(
        nothing,
        Action.ACKNOWLEDGE,
        ("of", "from_day", "from_time", "to_day", "to_time", "reason"),
    ),
    "cause.save": Row(
        lambda things: f"{things.reply}|", Action.ACKNOWLEDGE, ("cause", "title", "customer")
    ),
    # Before the form that gives the customer the very name that is typed here
    "customer.offboard_save": Row(customer, TEAM, ("name",)),
    "customer.choose": Row(nothing, TEAM, ("customer",)),
    "customer.rename_save": Row(customer, TEAM, ("name",)),
    "customer.organisation_check": Row(customer, TEAM, ("domain",)),
    "customer.organisation_save": Row(lambda things: f"{things.customer}|acme", TEAM),
    "customer.rebind_check": Row(channel, TEAM, ("customer",)),
    "customer.rebind_save": Row(lambda things: f"{things.channel}|0|Somebody", TEAM),
    "customer.unbind_save": Row(lambda things: f"{things.channel}|0", TEAM),
}
ON_MESSAGES = ("error.message",)
"""Shortcuts on a message, which say what its text means: whoever reads the message may ask, and it
is about nobody's account."""

COMMANDS: dict[str, Row] = {
    "help": Row(nothing, Action.SEE),
    "setup": Row(nothing, TEAM),
    "customer": Row(nothing, TEAM),
    "add": Row(nothing, Action.ADD),
    "list": Row(nothing, Action.SEE),
    "status": Row(account, Action.SEE, or_needs=Action.TIMELINE),
    "login": Row(account, Action.SIGN_IN),
    "test": Row(account, Action.TEST),
    "folders": Row(account, Action.MAP_FOLDERS),
    "import": Row(nothing, Action.LIST_OLD),
    "copy": Row(account, Action.ADD),
    "snooze": Row(lambda things: f"{things.account} 3d", Action.SNOOZE),
    "remove": Row(account, Action.DISCONNECT),
    "alerts": Row(nothing, Action.ACKNOWLEDGE),
    "maintenance": Row(nothing, Action.ACKNOWLEDGE),
    "error": Row(error, Action.ERROR),
}


def allowed(name: str, row: Row, role: Role, own: bool) -> bool:
    """What the table says that is written by hand. Another customer's things are the support team's
    only, and on-call is told what an error means."""
    if row.needs == ANYBODY:
        return True
    if row.needs == TEAM:
        return role is Role.SUPPORT
    may = MAY[role, Action(row.needs)] or (row.or_needs and MAY[role, row.or_needs])
    if role in (Role.SUPPORT, Role.ON_CALL):
        return bool(may)
    return own and bool(may) and row.needs is not Action.ACKNOWLEDGE


class Stage:
    """Two customers with everything that can be pressed, and everybody who may try."""

    def __init__(self, world: BotWorld) -> None:
        self.world = world
        office = world.practice.office
        office.add_workspace("T0BORE", "Borealis")
        office.add_workspace("T0ELSE", "Somebody else")
        office.add_member("U0NORA", "Nora", "T0BORE", "Customer")
        office.add_member("U0SAM", "Sam", "T0ELSE", "Stranger")
        office.add_member("U0GWEN", "Gwen", "T0LUMEN", "Guest")
        office.members["U0GWEN"].is_guest = True
        office.add_channel(OTHER, "borealis-lumen", {"U0VERA", "U0NORA"})
        with office.changing():
            office.channels[ACME].members.add("U0GWEN")
        self.own = self._things(ACME, "Acme Marine", "own@acme.example")
        self.other = self._things(OTHER, "Borealis", "other@borealis.example")

    def _things(self, channel_id: str, customer: str, address: str) -> Things:
        services, vera = self.world.bot.services, PEOPLE[Role.SUPPORT]
        circle = services.circles.offer(channel_id).circle
        bound = services.customers.bind(channel_id, customer, vera, circle=circle)
        made = services.accounts.create(channel_id, Form(customer, customer, address), vera)
        seen = Observation(Where.TOKEN, step="token", error="invalid_client")
        with self.world.bot.store.transaction() as tx:
            failure = services.failures.record(tx, seen, tx.accounts.get(made.id)).failure
            incident = tx.incidents.all_open()[0]
            new = Observation(Where.TOKEN, step="token", codes=(NEW_NUMBER,))
            services.failures.record(tx, new, tx.accounts.get(made.id))
            reply = tx.unexplained.pending()[0]
            reminder = Reminder(
                channel_id=channel_id, posted_at=self.world.clock.now(), account_ids=[made.id]
            )
            tx.session.add(reminder)
            tx.session.flush()
        request_id = services.requests.do_it(channel_id, None, vera)
        services.legacy.import_text(channel_id, f"old-{address}", vera)
        batch_id = services.legacy.begin_batch(channel_id, vera)
        draft = services.drafts.begin(channel_id, f"later-{address}", vera)
        with self.world.bot.store.transaction() as tx:
            old = tx.legacy.of_customer(bound.customer_id)[0]
        ids = (request_id, incident.id, reminder.id, old.id, batch_id, draft.draft_id)
        numbers = (str(each) for each in (*ids, reply.id, bound.customer_id))
        return Things(channel_id, made.ref, failure.ref, *numbers)

    def press(self, person: Person, name: str, row: Row, things: Things) -> None:
        """The button `name`, in the channel whose things it is about."""
        action = {"action_id": name, "block_id": "b", "type": "button", "value": row.about(things)}
        if row.in_window:
            view = {
                "id": "V1",
                "type": "modal",
                "private_metadata": row.about(things),
                "state": {"values": {}},
            }
            self._interact(person, {"type": "block_actions", "view": view, "actions": [action]})
        else:
            self._interact(
                person,
                {"type": "block_actions", "channel": {"id": things.channel}, "actions": [action]},
            )

    def send(self, person: Person, name: str, row: Row, things: Things) -> None:
        """The form `name`."""
        values = {
            field: {field: {"type": "plain_text_input", "value": "AADSTS50105: x"}}
            for field in row.fields
        }
        view = {
            "id": "V1",
            "type": "modal",
            "callback_id": name,
            "private_metadata": row.about(things),
        }
        self._interact(
            person, {"type": "view_submission", "view": view | {"state": {"values": values}}}
        )

    def type(self, person: Person, name: str, row: Row, things: Things) -> None:
        """The subcommand `name`."""
        who = {"team_id": person.team, "user_id": person.user, "channel_id": things.channel}
        text = {
            "command": "/maildesk",
            "text": f"{name} {row.about(things)}",
            "response_url": f"{self.world.url}/none",
        }
        self._post(who | text | {"trigger_id": "1.1"})

    def _interact(self, person: Person, payload: dict[str, Any]) -> None:
        user = {"id": person.user, "team_id": person.team}
        trigger = self.world.practice.office.new_trigger(person.user)
        self._post(
            {
                "payload": json.dumps(
                    payload | {"user": user, "team": {"id": "T0LUMEN"}, "trigger_id": trigger}
                )
            }
        )

    def _post(self, form: dict[str, str]) -> None:
        body, now = urlencode(form), str(int(time.time()))
        signer = SignatureVerifier(self.world.practice.office.signing_secret)
        signature = signer.generate_signature(timestamp=now, body=body) or ""
        headers = {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": signature}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = requests.post(
            f"{self.world.url}/slack/events", data=body, headers=headers, timeout=60
        )
        assert answer.status_code == 200, (form, answer.text)
        self.world.hear_out()


Result = dict[tuple[str, str], list[str]]
"""The refusals by who tried, and what."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    running = BotWorld(tmp_path_factory.mktemp("rights"))
    yield Stage(running)
    running.stop()


@pytest.fixture(scope="module")
def refused(stage: Stage) -> dict[bool, Result]:
    """Everything tried by everybody: on their own customer's things (True), and on the other's."""
    return {own: tried(stage, stage.own if own else stage.other) for own in (True, False)}


def tried(stage: Stage, things: Things) -> Result:
    world = stage.world
    world.clock.pass_time(hours=1, minutes=1)  # what is refused twice within an hour is one entry
    before = max(entry.id for entry in audited(world))
    for role, person in PEOPLE.items():
        for name, row in BUTTONS.items():
            stage.press(person, name, row, things)
        for name, row in FORMS.items():
            stage.send(person, name, row, things)
        for name, row in COMMANDS.items() if role in OWN_TEAM else ():
            stage.type(person, name, row, things)
    found: Result = {}
    for entry in audited(world, before):
        if entry.result in REFUSALS:
            results = found.setdefault((entry.user, entry.action), [])
            results.extend([entry.result] * entry.times)
    return found


def audited(world: BotWorld, after: int = 0) -> list[AuditEntry]:
    with world.bot.store.transaction() as tx:
        return tx.audit.since(*ALWAYS, after, 100_000)


CASES = [
    *((name, row, role) for name, row in BUTTONS.items() for role in Role),
    *((name, row, role) for name, row in FORMS.items() for role in Role),
    *((f"/maildesk {name}", row, role) for name, row in COMMANDS.items() for role in OWN_TEAM),
]


def test_every_listener_has_a_row(stage: Stage) -> None:
    assert sorted(stage.world.bot.slack.listeners.names) == sorted([*BUTTONS, *FORMS, *ON_MESSAGES])
    assert stage.world.bot.slack.commands.names == COMMANDS.keys()


@pytest.mark.parametrize("own", [True, False], ids=["own", "other"])
@pytest.mark.parametrize(
    ("name", "row", "role"), CASES, ids=[f"{name}-{role}" for name, _, role in CASES]
)
def test_who_may_do_what(
    refused: dict[bool, Result], name: str, row: Row, role: Role, own: bool
) -> None:
    got = refused[own].get((PEOPLE[role].user, name), [])
    assert bool(got) is not allowed(name, row, role, own), got
    assert len(got) <= 1


def test_nobody_refused_did_anything(stage: Stage, refused: dict[bool, Result]) -> None:
    done = {
        entry.action
        for entry in audited(stage.world)
        if entry.user == "U0SAM" and entry.result == "done"
    }
    assert done == set() and refused[True]


def test_a_team_that_is_not_the_persons_own_opens_nothing(stage: Stage) -> None:
    """User ids mean nothing without their workspace: Vera's id in another one is nobody of ours."""
    rights = stage.world.bot.services.rights
    assert not rights.is_support(Person("T0ACME", "U0VERA"))
    assert rights.role(Person("T0ELSE", "U0VERA"), ALERTS) is not Role.SUPPORT
