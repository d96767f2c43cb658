"""Every builder of messages and windows, for the audience that sees it: a customer's rendering has nothing internal in it and no
other customer, and everything is within Slack's limits."""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.accounts import Form
from bot.candidates import suggest
from bot.checklist import Facts
from bot.drafts import Review
from bot.failures import Ending, History
from bot.folders import Accepted, Candidates, folder_key
from bot.listing import Row
from bot.overview import Standing
from bot.probe.mail import MailFolder
from handlers import cards
from handlers.cards import (
    account,
    alert,
    customer,
    error,
    exchange,
    folders,
    form,
    home,
    lists,
    manage,
    old,
    reminder,
    request,
    setup,
    test,
)
from handlers.cards.kit import Audience, Message, Safe, section
from sandbox.slack.limits import problems
from storage.tables import (
    Account,
    Batch,
    ConnectionTest,
    Customer,
    Failure,
    Incident,
    OldAccount,
    Reminder,
    SupportRequest,
)
from storage.vocabulary import WAITING, FolderRole, Mended, Plan
from tests.unit.test_cards import NOW, ROWS, SCOPES, accounts, causes, failure, words

pytestmark = pytest.mark.audience

INTERNAL, RIVAL = "planted-internal", "Planted Rival Ltd"
ERROR = "MX-0000-0000"


@dataclass(frozen=True)
class Made:
    """Generated data, with something internal planted wherever the product keeps such."""

    one: Account
    several: list[Account]
    name: str
    cause: str

    @property
    def failure(self) -> Failure:
        made = failure(self.cause, INTERNAL)
        made.observation |= {"correlation_id": INTERNAL, "enhanced": INTERNAL, "condition": INTERNAL}
        return made

    @property
    def verdict(self) -> Any:
        return replace(ROWS.verdict(self.cause), support=INTERNAL)

    @property
    def run(self) -> ConnectionTest:
        failed = {"step": "smtp.auth", "status": "fail", "cause": self.cause, "error": ERROR}
        failed |= {"ms": 3, "evidence": INTERNAL, "reason": ""}
        passed = {"step": "token", "status": "ok", "ms": 3, "evidence": INTERNAL, "reason": ""}
        return ConnectionTest(id=1, account_id=7, started_at=NOW, finished_at=NOW, passed=False, steps=[passed, failed])

    @property
    def view(self) -> account.AccountView:
        fault, listed = (self.failure, self.verdict), [("Sent", self.name)]
        return account.AccountView(
            self.one, self.name, self.name, True, "https://maildesk.example/login/x", NOW, "", fault, listed
        )

    @property
    def error(self) -> error.ErrorView:
        history = History([self.run], [Ending(Mended.CHANGE, 3, 12)], 4, 2)
        return error.ErrorView(self.failure, self.verdict, self.one, self.name, history)

    def asked(self, about: str | None) -> request.RequestView:
        facts = {"asked_at": NOW, "asked_by_team": "T", "asked_by_user": "U0CAROL", "taken_by_user": "U0VERA2"}
        row = SupportRequest(id=1, failure_ref=about, channel_id="C0ACME", taken_at=NOW, **facts)
        return request.RequestView(row, self.name, self.failure, self.verdict, self.one)

    @property
    def plan(self) -> old.OldView:
        facts = {
            "customer_id": 1,
            "channel_id": "C0ACME",
            "address": "a@acme.example",
            "address_key": "",
            "plan": Plan.CHANGE,
            "listed_at": NOW,
        }
        listed = [
            OldAccount(id=n, name=self.name, username=self.name, account_id=n % 2 or None, **facts) for n in range(60)
        ]
        return old.OldView("C0ACME", listed, {1: "live"}, False, 1)

    @property
    def batch(self) -> old.BatchView:
        batch = Batch(id=1, started_by_user="U0CAROL", old_ids=list(range(500)), finished_at=NOW)
        return old.BatchView(batch, 300, [(self.name, self.name, "form.address_taken")] * 200)

    @property
    def review(self) -> Review:
        rows = [Row(n, self.name * 9, self.name, "a@acme.example", problem="old.twice" * (n % 2)) for n in range(240)]
        good, wrong = [row for row in rows if not row.problem], [row for row in rows if row.problem]
        return Review(7, good, wrong, wrong[:60], "Name;Address", 2)

    @property
    def facts(self) -> Facts:
        return Facts(self.several, self.plan.listed, NOW)

    @property
    def waiting(self) -> list[Account]:
        return [one.model_copy(update={"state": WAITING[n % 5]}) for n, one in enumerate([self.one, *self.several])]

    @property
    def paused(self) -> Customer:
        return Customer(id=1, name=self.name, paused_until=NOW, paused_by_user="U0CAROL")

    def reminder(self, to: Audience) -> reminder.ReminderView:
        row = Reminder(id=1, channel_id="C0ACME", posted_at=NOW)
        whose = RIVAL if to is Audience.SUPPORT else self.name
        sure = [("Sent", self.name), ("Drafts", self.name)]
        waiting = [reminder.Waiting(each, whose, "", (self.failure, self.verdict), sure) for each in self.waiting]
        return reminder.ReminderView(row, waiting * 5, NOW, 7, ["U0CAROL"], (NOW, "U0CAROL"))

    @property
    def listed(self) -> Candidates:
        found = [MailFolder("INBOX", "INBOX", "/", ()), MailFolder("S", self.name, "/", ("\\Sent",))]
        found += [MailFolder(f"F{n}", f"{self.name}/{self.name}/{n}", "/", ()) for n in range(600)]
        suggestions = suggest(found)
        return Candidates(tuple(found), suggestions, {role: c.folder for role, c in suggestions.chosen.items()})

    @property
    def folders(self) -> folders.FolderForm:
        keys = {FolderRole.SENT: folder_key("F599"), FolderRole.DRAFTS: folder_key("F599")}
        twice = {self.name: [FolderRole.SENT, FolderRole.DRAFTS]}
        return folders.FolderForm(self.one, self.listed, keys, self.name[:80], 1, 2, twice)


Render = Callable[[Made, Audience], Any]
RIVALS = home.HomeView([Standing(RIVAL, ["C0RIVAL"], 1, 2)], [(RIVAL, "")], [(RIVAL, ERROR)])
PACKET = manage.Packet("Acme", "Lumen CRM", "support@lumen.example", "https://login.example/adminconsent", SCOPES)

EVERYBODY: dict[str, Render] = {
    "account.account_card": lambda made, to: account.account_card(made.view),
    "customer.account_list": lambda made, to: customer.account_list(made.name, made.several * 9, "C0ACME", 1),
    "setup.setup_card": lambda made, to: setup.setup_card(made.name, made.facts),
    "customer.start_buttons": lambda made, to: customer.start_buttons(),
    "error.error_message": lambda made, to: error.error_message(made.error, to),
    "error.error_window": lambda made, to: error.error_window(made.error, to),
    "error.lookup_form": lambda made, to: error.lookup_form(made.one.ref),
    "error.meaning_window": lambda made, to: error.meaning_window(made.verdict, to),
    "error.note_message": lambda made, to: error.note_message(Safe("A sentence"), ERROR),
    "exchange.exchange_tested": lambda made, to: exchange.exchange_tested(3),
    "exchange.exchange_window": lambda made, to: exchange.exchange_window(
        exchange.Preparation(
            made.name, "C0ACME", made.name, "support@lumen.example", ROWS.verdict("smtp-auth-off-tenant")
        )
    ),
    "folders.loading": lambda made, to: folders.loading(made.one),
    "folders.accepted_window": lambda made, to: folders.accepted_window(Accepted(3, [made.one] * 90)),
    "folders.mapping_form": lambda made, to: folders.mapping_form(made.folders),
    "folders.saved_window": lambda made, to: folders.saved_window(made.one, 3),
    "folders.unavailable": lambda made, to: folders.unavailable(made.one, made.verdict, ERROR),
    "form.account_form": lambda made, to: form.account_form("C0ACME", Form(sender_name=made.name[:80])),
    "home.help_message": lambda made, to: home.help_message(to),
    "home.help_window": lambda made, to: home.help_window(to),
    "home.home": lambda made, to: home.home(RIVALS if to is Audience.SUPPORT else None),
    "home.message_window": lambda made, to: home.message_window(
        "refused.title", Message(Safe("A sentence"), [section(Safe("A sentence"))])
    ),
    "manage.account_window": lambda made, to: manage.account_window(made.view),
    "manage.disconnect_form": lambda made, to: manage.disconnect_form(made.one),
    "manage.disconnected": lambda made, to: manage.disconnected(made.one),
    "manage.packet_window": lambda made, to: manage.packet_window(PACKET),
    "old.batch_message": lambda made, to: old.batch_message(made.batch),
    "lists.listed_window": lambda made, to: lists.listed_window(3, "C0ACME"),
    "lists.paste_form": lambda made, to: lists.paste_form("C0ACME", 7),
    "lists.reading_window": lambda made, to: lists.reading_window(),
    "lists.review_form": lambda made, to: lists.review_form(made.review),
    "lists.unreadable_window": lambda made, to: lists.unreadable_window("old.file_not_text", "C0ACME"),
    "old.plan_window": lambda made, to: old.plan_window(made.plan),
    "reminder.pause_form": lambda made, to: reminder.pause_form(made.paused, "C0ACME", NOW.date()),
    "reminder.paused_window": lambda made, to: reminder.paused_window(NOW),
    "reminder.resumed_window": lambda made, to: reminder.resumed_window(made.name),
    "reminder.reminder_message": lambda made, to: reminder.reminder_message(made.reminder(to), to),
    "request.help_message": lambda made, to: request.help_message(made.asked(ERROR)),
    "request.request_sent": lambda made, to: request.request_sent(ERROR, "support@lumen.example"),
    "test.contact_button": lambda made, to: test.contact_button(ERROR),
    "test.test_message": lambda made, to: test.test_message(
        test.TestView(made.one, made.run, {"smtp.auth": test.Fault(ERROR, made.verdict, 3)})
    ),
}
"""What is shown to customers, too."""

OURS: dict[str, Render] = {
    "alert.alert_card": lambda made, to: alert.alert_card(
        Incident(id=1, cause=made.cause, failure_ref=ERROR, opened_at=NOW, last_at=NOW), made.failure, made.verdict
    ),
    "alert.support_note": lambda made, to: alert.support_note(Safe(f"{RIVAL} did something")),
    "setup.setup_form": lambda made, to: setup.setup_form(
        setup.SetupForm("C0ACME", made.name[:80], "", made.name[:60])
    ),
    "error.evidence_window": lambda made, to: error.evidence_window(INTERNAL),
    "home.found_window": lambda made, to: home.found_window([(made.one, RIVAL)], RIVAL),
    "home.search_form": lambda made, to: home.search_form(),
    "request.request_card": lambda made, to: request.request_card(made.asked(ERROR)),
}
"""What is shown in our own channels, and to our own people only."""

TELLING = (
    "alert.alert_card",
    "error.error_window",
    "error.error_message",
    "error.evidence_window",
    "home.home",
    "reminder.reminder_message",
)
"""Where support has to see what customers must not."""

everything = st.builds(Made, accounts, st.lists(accounts, max_size=12), words, causes)


def builders() -> set[str]:
    """The functions that make a whole message, window or block."""
    modules = [
        importlib.import_module(f"{cards.__name__}.{found.name}") for found in pkgutil.iter_modules(cards.__path__)
    ]
    return {name for module in modules if not module.__name__.endswith(".kit") for name in _of(module)}


def _of(module: ModuleType) -> list[str]:
    own = [f for _, f in inspect.getmembers(module, inspect.isfunction) if f.__module__ == module.__name__]
    short = module.__name__.rpartition(".")[2]
    makes = (Message, dict[str, Any])
    return [
        f"{short}.{f.__name__}"
        for f in own
        if inspect.signature(f).return_annotation in makes and f.__name__[0] != "_" and f.__name__ != "account_values"
    ]


def said(drawn: Any) -> str:
    """All of it as text, checked against Slack's limits."""
    if isinstance(drawn, Message):
        assert problems("message", {"text": drawn.text[:4000], "blocks": drawn.blocks}) == []
        return json.dumps([drawn.text, drawn.blocks])
    if drawn["type"] in ("modal", "home"):
        assert problems(drawn["type"], drawn) == []
    return json.dumps(drawn)


def test_every_builder_has_an_audience() -> None:
    assert builders() == EVERYBODY.keys() | OURS.keys()
    assert not EVERYBODY.keys() & OURS.keys()


@pytest.mark.parametrize("name", EVERYBODY)
@settings(max_examples=40, deadline=None)
@given(made=everything)
def test_a_customer_sees_nothing_internal_and_nobody_else(name: str, made: Made) -> None:
    drawn = said(EVERYBODY[name](made, Audience.CUSTOMER))
    assert INTERNAL not in drawn and RIVAL not in drawn


@pytest.mark.parametrize("name", [*EVERYBODY, *OURS])
@settings(max_examples=25, deadline=None)
@given(made=everything)
def test_what_support_sees_is_within_slacks_limits(name: str, made: Made) -> None:
    drawn = said((EVERYBODY | OURS)[name](made, Audience.SUPPORT))
    assert name not in TELLING or INTERNAL in drawn or RIVAL in drawn
