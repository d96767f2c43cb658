"""Every builder of messages and windows, for the audience that sees it: a customer's rendering has
nothing internal in it and no other customer, and everything is within Slack's limits."""

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

from bot.accounts.overview import Standing
from bot.accounts.progress import Facts
from bot.accounts.service import Form
from bot.diagnosis.failures import Ending, History
from bot.diagnosis.step_records import StepRecord, keep_steps
from bot.folders.service import Accepted, FolderSuggestions, folder_key
from bot.legacy.drafts import Review
from bot.legacy.importing import Row
from bot.mail.probe import MailFolder
from bot.mail.suggestions import suggest
from handlers import cards
from handlers.cards import (
    account_form,
    account_list,
    account_window,
    checks,
    diagnosis,
    exchange,
    folders,
    home,
    incidents,
    legacy,
    legacy_import,
    reminders,
    setup,
    support,
)
from handlers.cards import accounts as account_cards
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
from storage.vocabulary import WAITING, FolderRole, Mended, Plan, StepId, StepStatus
from tests.unit.test_cards import NOW, ROWS, SCOPES, accounts, causes, failed_step, failure, words

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
        made.observation |= {
            "correlation_id": INTERNAL,
            "enhanced": INTERNAL,
            "condition": INTERNAL,
        }
        return made

    @property
    def verdict(self) -> Any:
        return replace(ROWS.verdict(self.cause), support=INTERNAL)

    @property
    def run(self) -> ConnectionTest:
        run = ConnectionTest(
            id=1,
            account_id=7,
            started_at=NOW,
            finished_at=NOW,
            passed=False,
        )
        keep_steps(run, self.steps)
        return run

    @property
    def steps(self) -> list[StepRecord]:
        passed = StepRecord(step=StepId.TOKEN, status=StepStatus.OK, evidence=INTERNAL)
        return [passed, failed_step(StepId.SMTP_AUTH, self.cause, INTERNAL)]

    @property
    def view(self) -> account_cards.AccountView:
        fault, listed = (self.failure, self.verdict), [("Sent", self.name)]
        return account_cards.AccountView(
            self.one,
            self.name,
            self.name,
            True,
            "https://maildesk.example/login/x",
            NOW,
            "",
            fault,
            listed,
        )

    @property
    def error(self) -> diagnosis.ErrorView:
        history = History([self.run], [Ending(Mended.CHANGE, 3, 12)], 4, 2)
        return diagnosis.ErrorView(self.failure, self.verdict, self.one, self.name, history)

    def asked(self, about: str | None) -> support.RequestView:
        facts = {
            "asked_at": NOW,
            "asked_by_team": "T",
            "asked_by_user": "U0CAROL",
            "taken_by_user": "U0VERA2",
        }
        row = SupportRequest(id=1, failure_ref=about, channel_id="C0ACME", taken_at=NOW, **facts)
        return support.RequestView(row, self.name, self.failure, self.verdict, self.one)

    @property
    def plan(self) -> legacy.OldView:
        facts = {
            "customer_id": 1,
            "channel_id": "C0ACME",
            "address": "a@acme.example",
            "address_key": "",
            "plan": Plan.CHANGE,
            "listed_at": NOW,
        }
        listed = [
            OldAccount(id=n, name=self.name, username=self.name, account_id=n % 2 or None, **facts)
            for n in range(60)
        ]
        return legacy.OldView("C0ACME", listed, {1: "live"}, False, 1)

    @property
    def batch(self) -> legacy.BatchView:
        batch = Batch(id=1, started_by_user="U0CAROL", old_ids=list(range(500)), finished_at=NOW)
        return legacy.BatchView(batch, 300, [(self.name, self.name, "form.address_taken")] * 200)

    @property
    def review(self) -> Review:
        rows = [
            Row(n, self.name * 9, self.name, "a@acme.example", problem="old.twice" * (n % 2))
            for n in range(240)
        ]
        good, wrong = [row for row in rows if not row.problem], [row for row in rows if row.problem]
        return Review(7, good, wrong, wrong[:60], "Name;Address", 2)

    @property
    def facts(self) -> Facts:
        return Facts(self.several, self.plan.listed, NOW)

    @property
    def waiting(self) -> list[Account]:
        return [
            one.model_copy(update={"state": WAITING[n % 5]})
            for n, one in enumerate([self.one, *self.several])
        ]

    @property
    def paused(self) -> Customer:
        return Customer(id=1, name=self.name, paused_until=NOW, paused_by_user="U0CAROL")

    def reminder(self, to: Audience) -> reminders.ReminderView:
        row = Reminder(id=1, channel_id="C0ACME", posted_at=NOW)
        whose = RIVAL if to is Audience.SUPPORT else self.name
        sure = [("Sent", self.name), ("Drafts", self.name)]
        waiting = [
            reminders.Waiting(each, whose, "", (self.failure, self.verdict), sure)
            for each in self.waiting
        ]
        return reminders.ReminderView(row, waiting * 5, NOW, 7, ["U0CAROL"], (NOW, "U0CAROL"))

    @property
    def listed(self) -> FolderSuggestions:
        found = [
            MailFolder("INBOX", "INBOX", "/", ()),
            MailFolder("S", self.name, "/", ("\\Sent",)),
        ]
        found += [MailFolder(f"F{n}", f"{self.name}/{self.name}/{n}", "/", ()) for n in range(600)]
        suggestions = suggest(found)
        return FolderSuggestions(
            tuple(found), suggestions, {role: c.folder for role, c in suggestions.chosen.items()}
        )

    @property
    def folders(self) -> folders.FolderForm:
        keys = {FolderRole.SENT: folder_key("F599"), FolderRole.DRAFTS: folder_key("F599")}
        twice = {self.name: [FolderRole.SENT, FolderRole.DRAFTS]}
        return folders.FolderForm(self.one, self.listed, keys, self.name[:80], 1, 2, twice)


Render = Callable[[Made, Audience], Any]
RIVALS = home.HomeView([Standing(RIVAL, ["C0RIVAL"], 1, 2)], [(RIVAL, "")], [(RIVAL, ERROR)])
PACKET = account_window.Packet(
    "Acme", "Lumen CRM", "support@lumen.example", "https://login.example/adminconsent", SCOPES
)

EVERYBODY: dict[str, Render] = {
    "accounts.account_card": lambda made, to: account_cards.account_card(made.view),
    "account_list.account_list": lambda made, to: account_list.account_list(
        made.name, made.several * 9, "C0ACME", 1
    ),
    "setup.setup_card": lambda made, to: setup.setup_card(made.name, made.facts),
    "account_list.start_buttons": lambda made, to: account_list.start_buttons(),
    "diagnosis.error_message": lambda made, to: diagnosis.error_message(made.error, to),
    "diagnosis.error_window": lambda made, to: diagnosis.error_window(made.error, to),
    "diagnosis.lookup_form": lambda made, to: diagnosis.lookup_form(made.one.ref),
    "diagnosis.meaning_window": lambda made, to: diagnosis.meaning_window(made.verdict, to),
    "diagnosis.note_message": lambda made, to: diagnosis.note_message(Safe("A sentence"), ERROR),
    "exchange.exchange_tested": lambda made, to: exchange.exchange_tested(3),
    "exchange.exchange_window": lambda made, to: exchange.exchange_window(
        exchange.Preparation(
            made.name,
            "C0ACME",
            made.name,
            "support@lumen.example",
            ROWS.verdict("smtp-auth-off-tenant"),
        )
    ),
    "folders.loading": lambda made, to: folders.loading(made.one),
    "folders.accepted_window": lambda made, to: folders.accepted_window(
        Accepted(3, [made.one] * 90)
    ),
    "folders.mapping_form": lambda made, to: folders.mapping_form(made.folders),
    "folders.saved_window": lambda made, to: folders.saved_window(made.one, 3),
    "folders.unavailable": lambda made, to: folders.unavailable(made.one, made.verdict, ERROR),
    "account_form.account_form": lambda made, to: account_form.account_form(
        "C0ACME", Form(sender_name=made.name[:80])
    ),
    "home.help_message": lambda made, to: home.help_message(to),
    "home.help_window": lambda made, to: home.help_window(to),
    "home.home": lambda made, to: home.home(RIVALS if to is Audience.SUPPORT else None),
    "home.message_window": lambda made, to: home.message_window(
        "refused.title", Message(Safe("A sentence"), [section(Safe("A sentence"))])
    ),
    "account_window.account_window": lambda made, to: account_window.account_window(made.view),
    "account_window.disconnect_form": lambda made, to: account_window.disconnect_form(made.one),
    "account_window.disconnected": lambda made, to: account_window.disconnected(made.one),
    "account_window.packet_window": lambda made, to: account_window.packet_window(PACKET),
    "legacy.batch_message": lambda made, to: legacy.batch_message(made.batch),
    "legacy_import.listed_window": lambda made, to: legacy_import.listed_window(3, "C0ACME"),
    "legacy_import.paste_form": lambda made, to: legacy_import.paste_form("C0ACME", 7),
    "legacy_import.reading_window": lambda made, to: legacy_import.reading_window(),
    "legacy_import.review_form": lambda made, to: legacy_import.review_form(made.review),
    "legacy_import.unreadable_window": lambda made, to: legacy_import.unreadable_window(
        "old.file_not_text", "C0ACME"
    ),
    "legacy.plan_window": lambda made, to: legacy.plan_window(made.plan),
    "reminders.pause_form": lambda made, to: reminders.pause_form(
        made.paused, "C0ACME", NOW.date()
    ),
    "reminders.paused_window": lambda made, to: reminders.paused_window(NOW),
    "reminders.resumed_window": lambda made, to: reminders.resumed_window(made.name),
    "reminders.reminder_message": lambda made, to: reminders.reminder_message(
        made.reminder(to), to
    ),
    "support.help_message": lambda made, to: support.help_message(made.asked(ERROR)),
    "support.request_sent": lambda made, to: support.request_sent(ERROR, "support@lumen.example"),
    "checks.contact_button": lambda made, to: checks.contact_button(ERROR),
    "checks.test_message": lambda made, to: checks.test_message(
        checks.TestView(
            made.one,
            made.run,
            made.steps,
            {StepId.SMTP_AUTH: checks.Fault(ERROR, made.verdict, 3)},
        )
    ),
}
"""What is shown to customers, too."""

OURS: dict[str, Render] = {
    "incidents.alert_card": lambda made, to: incidents.alert_card(
        Incident(id=1, cause=made.cause, failure_ref=ERROR, opened_at=NOW, last_at=NOW),
        made.failure,
        made.verdict,
    ),
    "incidents.support_note": lambda made, to: incidents.support_note(
        Safe(f"{RIVAL} did something")
    ),
    "setup.setup_form": lambda made, to: setup.setup_form(
        setup.SetupForm("C0ACME", made.name[:80], "", made.name[:60])
    ),
    "diagnosis.evidence_window": lambda made, to: diagnosis.evidence_window(INTERNAL),
    "home.found_window": lambda made, to: home.found_window([(made.one, RIVAL)], RIVAL),
    "home.search_form": lambda made, to: home.search_form(),
    "support.request_card": lambda made, to: support.request_card(made.asked(ERROR)),
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
        importlib.import_module(f"{cards.__name__}.{found.name}")
        for found in pkgutil.iter_modules(cards.__path__)
    ]
    return {
        name for module in modules if not module.__name__.endswith(".kit") for name in _of(module)
    }


def _of(module: ModuleType) -> list[str]:
    own = [
        f
        for _, f in inspect.getmembers(module, inspect.isfunction)
        if f.__module__ == module.__name__
    ]
    short = module.__name__.rpartition(".")[2]
    makes = (Message, dict[str, Any])
    return [
        f"{short}.{f.__name__}"
        for f in own
        if inspect.signature(f).return_annotation in makes
        and f.__name__[0] != "_"
        and f.__name__ != "account_values"
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
@settings(max_examples=40)
@given(made=everything)
def test_a_customer_sees_nothing_internal_and_nobody_else(name: str, made: Made) -> None:
    drawn = said(EVERYBODY[name](made, Audience.CUSTOMER))
    assert INTERNAL not in drawn and RIVAL not in drawn


@pytest.mark.parametrize("name", [*EVERYBODY, *OURS])
@settings(max_examples=25)
@given(made=everything)
def test_what_support_sees_is_within_slacks_limits(name: str, made: Made) -> None:
    drawn = said((EVERYBODY | OURS)[name](made, Audience.SUPPORT))
    assert name not in TELLING or INTERNAL in drawn or RIVAL in drawn
