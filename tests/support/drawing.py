"""Every builder of messages and windows, with what it is given, so that tests can draw them all."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.common.people import Person
from bot.diagnosis.history import Ending
from bot.diagnosis.note import Note
from bot.diagnosis.verdict import Verdict
from bot.legacy.columns import MOST_OFFERS
from bot.mail.imap_list import MailFolder
from bot.mail.suggestions import suggest
from bot.views.account_form import Form
from bot.views.accounts import AccountCard, AccountView, CustomersAccount, HeldView
from bot.views.administration import (
    CustomerFacts,
    Offboarding,
    OrganisationChange,
    Rebinding,
    Unbinding,
)
from bot.views.approvals import ApprovedCard
from bot.views.audience import Audience, Role
from bot.views.checks import CheckCard, CheckView
from bot.views.customer_page import TOLD, Happened, Listed, PageAccount, People
from bot.views.customers import CustomerView, Pause, PauseOffer
from bot.views.desk import AnswerOffer, AnswerPlace
from bot.views.errors import ErrorCard
from bot.views.failures import FailureView, Fault
from bot.views.folders import Accepted, FolderSuggestions, folder_key
from bot.views.incident_lists import AlertRow
from bot.views.invitations import Invitation
from bot.views.legacy import BatchCard, BatchView, NotCreated
from bot.views.legacy_import import Dropped, Offer, Question, Review, Row
from bot.views.next_steps import Way
from bot.views.organisations import DoubtCard, FurtherCard
from bot.views.outages import OutageCard
from bot.views.overview import Standing
from bot.views.predictions import Kind, Prediction
from bot.views.reminders import MAX_SHOWN, ReminderCard, WaitingAccount
from bot.views.report import WEEK, CauseCount, Connected, Numbers, OnCallTimes, Report, Stage
from bot.views.setbacks import SetbackCard, Whose
from bot.views.setup import Facts, SetupCard, checklist
from bot.views.support import RequestCard
from bot.views.telling import Affected, for_audience
from bot.views.timeline import Happening, Timeline, told_of_an_account
from bot.views.unexplained import CauseName, DailyList, NotedView, ReplyView
from handlers.cards import (
    account_form,
    account_list,
    account_window,
    answers,
    approvals,
    checks,
    confirm,
    contact,
    customer_page,
    customers,
    desk,
    diagnosis,
    exchange,
    folders,
    help,
    home,
    invitations,
    legacy,
    legacy_import,
    newer,
    outages,
    plain,
    predictions,
    reminders,
    report,
    setbacks,
    setup,
    signin,
    support,
    timeline,
    unexplained,
    ways,
)
from handlers.cards import accounts as account_cards
from handlers.cards.kit import Message, Safe, section
from handlers.cards.links import no_link
from storage.vocabulary import STANDS, WAITING, Deed, FolderRole, Mended, Owner, StepId
from tests.support.drawing_alerts import ALERTS, known
from tests.support.values import (
    ERROR,
    NOW,
    ROWS,
    SCOPES,
    customer,
    failed,
    failure,
    incident,
    old_account,
    passed,
    reminder,
    request,
    run,
)

INTERNAL = "planted-internal"
RIVAL = "Planted Rival Ltd"
ZONE = ZoneInfo("Europe/Copenhagen")
ROLES = {Audience.CUSTOMER: Role.CUSTOMER, Audience.SUPPORT: Role.SUPPORT}


@dataclass(frozen=True)
class Made:
    """Generated data, with something internal planted wherever the product keeps such."""

    one: AccountView
    several: list[AccountView]
    name: str
    cause: str

    @property
    def failure(self) -> FailureView:
        made = failure(self.cause, INTERNAL)
        planted = {"correlation_id": INTERNAL, "enhanced": INTERNAL, "condition": INTERNAL}
        return replace(made, observation={**made.observation, **planted})

    @property
    def verdict(self) -> Verdict:
        return replace(ROWS.verdict(self.cause), support=INTERNAL)

    @property
    def fault(self) -> Fault:
        return Fault(ERROR, self.verdict, 3)

    @property
    def run(self) -> CheckView:
        return run([passed(StepId.TOKEN, INTERNAL), failed(StepId.SMTP_AUTH, self.cause, INTERNAL)])

    @property
    def listing(self) -> account_list.Listing:
        place = account_list.Place("C0ACME", 1)
        listing = account_list.Listing(place, self.name, self.several * 9)
        return listing.with_cards([replace(self.card, account=each) for each in listing.on_page])

    @property
    def invitation(self) -> Invitation:
        link = "https://maildesk.example/login/x"
        return Invitation(self.one, self.name, link, until=NOW, opened_at=NOW)

    @property
    def round(self) -> invitations.Round:
        listed = [replace(self.invitation, account=each) for each in self.several]
        listed = (listed * invitations.PAGE)[: invitations.PAGE]
        done = [self.name] * 40
        sheet = "https://maildesk.example/login/x/sheet"
        return invitations.Round("C0ACME", self.name, listed, 60, done, 1, sheet)

    @property
    def approved(self) -> ApprovedCard:
        return ApprovedCard(True, self.several * 9, 3, people=["U0CAROL"] * 40)

    @property
    def test(self) -> CheckCard:
        return CheckCard(self.one, self.run, {StepId.SMTP_AUTH: self.fault})

    @property
    def card(self) -> AccountCard:
        return AccountCard(
            self.one,
            self.name,
            held=HeldView(self.name, self.name, INTERNAL, INTERNAL, True),
            question=True,
            link="https://maildesk.example/login/x",
            link_until=NOW,
            fault=self.fault,
            folders={FolderRole.SENT: self.name},
            change={"aliases": ("", self.name), "sender_email": (self.name, self.name)},
        )

    @property
    def error(self) -> ErrorCard:
        endings = [Ending(Mended.CHANGE, 3, 12)]
        return ErrorCard(self.failure, self.verdict, self.one, self.name, [self.run], endings, 4, 2)

    def asked(self, about: str | None) -> RequestCard:
        asked = request(failure_ref=about, taken_by_user="U0VERA2", taken_at=NOW)
        return RequestCard(asked, self.name, self.failure, self.verdict, self.one)

    def reply(self, noted: bool = True, number: str = "") -> ReplyView:
        text = self.name[:400]
        note = Note("", text[:80], text[:70], text, text, "user", "retry", text)
        view = NotedView("a-cause", self.name, "U0OMAR", NOW, note, "x")
        facts = (self.name, True, self.name, 9, 3, 2, NOW, NOW, [ERROR])
        return ReplyView(7, "smtp", number, *facts, view if noted else None)

    @property
    def causes(self) -> list[CauseName]:
        return [CauseName(f"cause-{number}", self.name[:70] or "A cause") for number in range(250)]

    @property
    def unexplained(self) -> DailyList:
        kinds = [self.reply(), self.reply(False), self.reply(number=self.name)]
        return DailyList(kinds * 5, 4)

    @property
    def plan(self) -> legacy.OldView:
        listed = [
            old_account(id=n, name=self.name, username=self.name, account_id=n % 2 or None)
            for n in range(60)
        ]
        return legacy.OldView("C0ACME", listed, {1: "live"}, False, 1)

    @property
    def batch(self) -> BatchCard:
        batch = BatchView(1, 1, "C0ACME", "U0CAROL", range(500), {}, None, NOW)
        failed = [NotCreated(self.name, self.name, "form.address_taken")] * 200
        return BatchCard(batch, 300, failed)

    @property
    def review(self) -> Review:
        rows = [
            Row(n, self.name, "a@acme.example", self.name * 9, problem="old.twice" * (n % 2))
            for n in range(240)
        ]
        good, wrong = [row for row in rows if not row.problem], [row for row in rows if row.problem]
        dropped = Dropped(True, [self.name[:40]] * 10, True)
        return Review(7, good, wrong, wrong[:2], 2, dropped=dropped, several=True)

    @property
    def question(self) -> Question:
        offers = [
            Offer(n, self.name[:40], [self.name] * 3, n < 90, n > 10) for n in range(MOST_OFFERS)
        ]
        return Question("0badcafe", offers, {"address": 3, "name": 99})

    @property
    def customer(self) -> CustomerView:
        return customer(name=self.name, tenant_id=INTERNAL, owner_user="U0VERA2")

    @property
    def facts(self) -> CustomerFacts:
        stands = {name: number for number, name in enumerate(STANDS)}
        return CustomerFacts(self.customer, [self.name] * 60, ["C0ACME"] * 40, stands)

    @property
    def line(self) -> str:
        """The name on one line: lines that people write are quoted one by one."""
        return " ".join(self.name.split())

    @property
    def page_of(self) -> customer_page.Customer:
        standing = Standing(self.name, ["C0ACME"] * 9, 3, 500, {Owner.USER: NOW}, helper="U0VERA2")
        return customer_page.Customer(self.facts, replace(standing, cause=self.name), NOW)

    @property
    def happened(self) -> Listed:
        detail = {"before": self.name, "after": self.name, "domain": self.name}
        by = Person("T0ACME", "U0CAROL")
        told = [Happened(NOW, by, action, self.one, detail) for action in TOLD]
        return Listed(500, happened=told[: customer_page.HAPPENED_SHOWN])

    @property
    def report(self) -> Report:
        """A week in which everything happened, after one in which nothing did."""
        connected = [Connected(self.one.ref, self.name, RIVAL, timedelta(hours=3))]
        causes = [
            CauseCount(self.cause, self.name, owner, number)
            for number, owner in enumerate(list(Owner) * 3, 1)
        ]
        road = dict.fromkeys(Stage, 7)
        times = OnCallTimes(3, timedelta(minutes=4), timedelta(hours=5))
        busy = Numbers(NOW - WEEK, NOW, road, connected, 5, 2, 1, causes[::-1], times)
        none = dict.fromkeys(Stage, 0)
        quiet = Numbers(NOW - 2 * WEEK, NOW - WEEK, none, [], 0, 0, 0, [], OnCallTimes())
        return Report(busy, quiet)

    @property
    def timeline(self) -> Timeline:
        """Everything that a timeline can tell, on days of their own."""
        detail = {"before": self.name, "after": self.name, "domain": self.name}
        happened = [
            Happening(
                NOW - number * timedelta(days=1),
                what,
                Person("T0ACME", "U0CAROL"),
                title=self.name,
                error=ERROR,
                mended_by=Mended.CHANGE,
                lasted=timedelta(hours=number),
                deed=Deed.SIGN_IN,
                times=number,
                detail=detail,
            )
            for number, what in enumerate(told_of_an_account())
        ]
        return Timeline(self.one, RIVAL, happened[-timeline.SHOWN :], older=True)

    @property
    def moved(self) -> OrganisationChange:
        return OrganisationChange(self.customer, "rival.example", INTERNAL, self.several * 9, 3)

    @property
    def rebinding(self) -> Rebinding:
        name = self.name[:80]
        return Rebinding("C0ACME", self.customer, name, True, self.several * 9, "C0OTHER")

    @property
    def unbinding(self) -> Unbinding:
        return Unbinding("C0ACME", self.customer, self.several * 9, "")

    @property
    def offboarding(self) -> Offboarding:
        return Offboarding(self.customer, ["C0ACME"], self.several * 9, NOW)

    @property
    def setup(self) -> SetupCard:
        facts = Facts(self.several, self.plan.listed, NOW)
        return SetupCard(self.name, self.several, len(facts.old), checklist(facts))

    @property
    def doubt(self) -> DoubtCard:
        held = HeldView(self.name, self.name, INTERNAL, INTERNAL, False)
        return DoubtCard(self.one, self.name, held, [RIVAL], [RIVAL] * 3)

    @property
    def further(self) -> FurtherCard:
        facts = (self.name, "C0ACME", self.name, INTERNAL, INTERNAL)
        return FurtherCard(1, *facts, [RIVAL] * 2, "U0CAROL", NOW, "U0VERA2")

    def reminder(self, to: Audience) -> ReminderCard:
        whose = RIVAL if to is Audience.SUPPORT else self.name
        sure = {FolderRole.SENT: self.name, FolderRole.DRAFTS: self.name}
        waiting = [
            WaitingAccount(
                replace(each, state=WAITING[n % len(WAITING)]), whose, "", self.fault, sure
            )
            for n, each in enumerate([self.one, *self.several])
        ]
        return ReminderCard(
            reminder(), to, (waiting * 5)[:MAX_SHOWN], 7, ["U0CAROL"], Pause(NOW, "U0CAROL")
        )

    def outage(self, out: bool) -> OutageCard:
        hit = [self.one, *self.several]
        return OutageCard(NOW, None, hit if out else [], hit, self.fault, "", ["U0CAROL"] * 9)

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


def _setback(made: Made) -> SetbackCard:
    """What support is told of a cause at a customer."""
    whose = Whose(RIVAL, "C0RIVAL", "U0VERA", 40)
    return SetbackCard(7, whose, made.verdict, ERROR, made.several[:10], 12, 12, NOW)


RIVALS = home.HomeView(
    [Standing(RIVAL, ["C0RIVAL"], 1, 2)],
    [RequestCard(request(), RIVAL)],
    [AlertRow(incident("smtp-policy", whom=RIVAL), RIVAL)],
)
PACKET = account_window.Packet(
    "Acme",
    "Lumen CRM",
    "Lumen Mail",
    "support@lumen.example",
    "https://login.example/adminconsent",
    SCOPES,
)

HOST = invitations.Host("Lumen CRM", "support@lumen.example")

EVERYBODY: dict[str, Render] = {
    "accounts.account_card": lambda made, to: account_cards.account_card(made.card),
    "approvals.approved_message": lambda made, to: approvals.approved_message(
        made.approved, "C0ACME"
    ),
    "account_list.account_list": lambda made, to: account_list.account_list(made.listing, to),
    "setup.setup_card": lambda made, to: setup.setup_card(made.setup),
    "account_list.add_button": lambda made, to: account_list.add_button(),
    "account_list.start_buttons": lambda made, to: account_list.start_buttons(),
    "diagnosis.error_message": lambda made, to: diagnosis.error_message(made.error, to),
    "diagnosis.error_window": lambda made, to: diagnosis.error_window(made.error, to),
    "diagnosis.lookup_form": lambda made, to: diagnosis.lookup_form(made.one.ref),
    "diagnosis.meaning_window": lambda made, to: diagnosis.meaning_window(
        for_audience(made.verdict, to)
    ),
    "diagnosis.note_message": lambda made, to: diagnosis.note_message(Safe("A sentence"), ERROR),
    "exchange.exchange_tested": lambda made, to: exchange.exchange_tested(3),
    "exchange.exchange_window": lambda made, to: exchange.exchange_window(
        exchange.Preparation(
            made.name,
            "C0ACME",
            made.name,
            "support@lumen.example",
            [Affected(made.one.username, made.name, made.one.username)] * 40,
            ROWS.verdict("smtp-auth-off-tenant"),
        )
    ),
    "plain.plain_form": lambda made, to: plain.plain_form(account_cards.account_card(made.card)),
    "folders.loading": lambda made, to: folders.loading(made.one),
    "folders.accepted_window": lambda made, to: folders.accepted_window(
        Accepted(3, [made.one] * 90)
    ),
    "folders.mapping_form": lambda made, to: folders.mapping_form(made.folders),
    "folders.saved_window": lambda made, to: folders.saved_window(made.one, 3),
    "folders.unavailable": lambda made, to: folders.unavailable(
        made.one, for_audience(made.verdict, to), ERROR
    ),
    "account_form.account_form": lambda made, to: account_form.account_form(
        "C0ACME", Form(sender_name=made.name[:80])
    ),
    "help.greeting": lambda made, to: help.greeting(),
    "help.help_message": lambda made, to: help.help_message(ROLES[to]),
    "help.help_window": lambda made, to: help.help_window(ROLES[to], "C0ACME"),
    "answers.status_message": lambda made, to: answers.status_message(made.setup),
    "answers.error_answer": lambda made, to: answers.error_answer(
        for_audience(made.verdict, to), [made.one]
    ),
    "answers.not_understood": lambda made, to: answers.not_understood(to),
    "home.home": lambda made, to: home.home(RIVALS if to is Audience.SUPPORT else None),
    "home.message_window": lambda made, to: home.message_window(
        "refused.title", Message(Safe("A sentence"), [section(Safe("A sentence"))])
    ),
    "account_window.account_window": lambda made, to: account_window.account_window(made.card),
    "account_window.disconnect_form": lambda made, to: account_window.disconnect_form(made.one),
    "account_window.disconnected": lambda made, to: account_window.disconnected(made.one),
    "account_window.packet_window": lambda made, to: account_window.packet_window(PACKET),
    "invitations.invitation_window": lambda made, to: invitations.invitation_window(
        made.invitation, HOST
    ),
    "invitations.round_window": lambda made, to: invitations.round_window(made.round, HOST),
    "invitations.follow_up_window": lambda made, to: invitations.follow_up_window(made.round, HOST),
    "invitations.reminded_window": lambda made, to: invitations.reminded_window(3, NOW),
    "legacy.batch_message": lambda made, to: legacy.batch_message(made.batch),
    "legacy_import.columns_form": lambda made, to: legacy_import.columns_form(
        made.question, "C0ACME"
    ),
    "legacy_import.listed_window": lambda made, to: legacy_import.listed_window(3, "C0ACME"),
    "legacy_import.paste_form": lambda made, to: legacy_import.paste_form("C0ACME", 7),
    "legacy_import.reading_window": lambda made, to: legacy_import.reading_window(),
    "legacy_import.review_form": lambda made, to: legacy_import.review_form(made.review),
    "legacy_import.unreadable_window": lambda made, to: legacy_import.unreadable_window(
        "old.file_not_text", "C0ACME"
    ),
    "legacy.plan_window": lambda made, to: legacy.plan_window(made.plan),
    "outages.outage_message": lambda made, to: outages.outage_message(made.outage(True)),
    "outages.over_message": lambda made, to: outages.over_message(made.outage(False)),
    "outages.live_message": lambda made, to: outages.live_message([made.one, *made.several]),
    "reminders.pause_form": lambda made, to: reminders.pause_form(
        PauseOffer(made.name, NOW.date(), Pause(NOW, "U0CAROL")), "C0ACME"
    ),
    "reminders.paused_window": lambda made, to: reminders.paused_window(NOW),
    "reminders.resumed_window": lambda made, to: reminders.resumed_window(made.name),
    "reminders.reminder_message": lambda made, to: reminders.reminder_message(
        made.reminder(to), to
    ),
    "support.help_message": lambda made, to: support.help_message(made.asked(ERROR)),
    "support.request_sent": lambda made, to: support.request_sent(
        ERROR, "support@lumen.example", request(comment=made.name[:500])
    ),
    "support.commented_window": lambda made, to: support.commented_window(),
    "support.taken_back_window": lambda made, to: support.taken_back_window(),
    "desk.answer_message": lambda made, to: desk.answer_message("U0VERA2", made.line, ["U0CAROL"]),
    "diagnosis.saw_error": lambda made, to: diagnosis.saw_error(made.one.ref),
    "contact.contact_button": lambda made, to: contact.contact_button(ERROR),
    "ways.way_button": lambda made, to: ways.way_button(made.card, Way.MEND, to),
    "confirm.asking": lambda made, to: confirm.asking(
        contact.contact_button(ERROR), made.name, made.name, made.name, made.name
    ),
    "checks.test_message": lambda made, to: checks.test_message(made.test),
    "incident_messages.known_message": known,
}
"""What is shown to customers, too."""

OURS: dict[str, Render] = {
    **ALERTS,
    "setup.setup_form": lambda made, to: setup.setup_form(
        setup.SetupForm("C0ACME", made.name[:80], "", made.name[:60])
    ),
    "customers.choice_form": lambda made, to: customers.choice_form(
        [replace(made.customer, id=number, ended_at=NOW) for number in range(300)]
    ),
    "customer_page.accounts_page": lambda made, to: customer_page.accounts_page(
        customer_page.Where(7, customer_page.Part.ACCOUNTS, 1),
        made.page_of,
        Listed(500, accounts=[PageAccount(each, NOW) for each in (made.several * 9)[:30]]),
        no_link,
    ),
    "customer_page.history_page": lambda made, to: customer_page.history_page(
        customer_page.Where(7, customer_page.Part.HISTORY), made.page_of, made.happened
    ),
    "customer_page.people_page": lambda made, to: customer_page.people_page(
        customer_page.Where(7, customer_page.Part.PEOPLE),
        made.page_of,
        People({"U0CAROL": 3}, ["U0VERA2"], made.several * 40),
    ),
    "customer_page.settings_page": lambda made, to: customer_page.settings_page(
        customer_page.Where(7, customer_page.Part.SETTINGS), made.page_of
    ),
    "customers.rename_form": lambda made, to: customers.rename_form(made.customer),
    "customers.renamed_window": lambda made, to: customers.renamed_window(made.customer),
    "customers.organisation_form": lambda made, to: customers.organisation_form(made.customer),
    "customers.organisation_preview": lambda made, to: customers.organisation_preview(made.moved),
    "customers.organisation_changed": lambda made, to: customers.organisation_changed(made.moved),
    "customers.rebind_form": lambda made, to: customers.rebind_form("C0ACME"),
    "customers.rebind_preview": lambda made, to: customers.rebind_preview(made.rebinding),
    "customers.rebound_window": lambda made, to: customers.rebound_window(made.rebinding),
    "customers.unbind_form": lambda made, to: customers.unbind_form(made.unbinding),
    "customers.unbound_window": lambda made, to: customers.unbound_window(made.unbinding),
    "customers.offboard_form": lambda made, to: customers.offboard_form(made.offboarding),
    "customers.offboarded_window": lambda made, to: customers.offboarded_window(made.offboarding),
    "desk.answer_button": lambda made, to: desk.answer_button("setback:7"),
    "desk.answer_form": lambda made, to: desk.answer_form(
        AnswerOffer(
            "setback:7",
            made.name,
            [
                AnswerPlace("C0ACME"),
                *(
                    AnswerPlace("C0ACME", replace(each, ref=f"MB-{number}"))
                    for number, each in enumerate(made.several * 7)
                ),
            ],
        )
    ),
    "desk.answered_window": lambda made, to: desk.answered_window(AnswerPlace("C0ACME")),
    "desk.answer_note": lambda made, to: desk.answer_note("U0VERA2", made.line, "C0ACME"),
    "diagnosis.evidence_window": lambda made, to: diagnosis.evidence_window(INTERNAL),
    "home.found_window": lambda made, to: home.found_window(
        [CustomersAccount(made.one, RIVAL)], RIVAL
    ),
    "home.found_message": lambda made, to: home.found_message(CustomersAccount(made.one, RIVAL)),
    "help.on_call_help": lambda made, to: help.on_call_help(),
    "home.on_call_home": lambda made, to: home.on_call_home(RIVALS.alerts),
    "home.search_form": lambda made, to: home.search_form(),
    "answers.customers_message": lambda made, to: answers.customers_message(RIVALS.customers),
    "help.support_help": lambda made, to: help.support_help(),
    "newer.without": lambda made, to: newer.without(
        report.report_message(made.report), newer.newer_kinds(report.report_message(made.report))
    ),
    "predictions.predictions_message": lambda made, to: predictions.predictions_message(
        [
            Prediction(
                kind, NOW.date(), 7, RIVAL, "smtp-basic", 3, [each.ref for each in made.several]
            )
            for kind in Kind
        ],
        NOW.date(),
    ),
    "report.report_message": lambda made, to: report.report_message(made.report),
    "setbacks.all_live_message": lambda made, to: setbacks.all_live_message(
        Whose(RIVAL, "", "", 1)
    ),
    "setbacks.setback_message": lambda made, to: setbacks.setback_message(_setback(made)),
    "signin.doubt_message": lambda made, to: signin.doubt_message(made.doubt),
    "signin.further_message": lambda made, to: signin.further_message(made.further),
    "support.request_card": lambda made, to: support.request_card(made.asked(ERROR)),
    "timeline.timeline_window": lambda made, to: timeline.timeline_window(made.timeline, 1, ZONE),
    "timeline.timeline_button": lambda made, to: timeline.timeline_button(made.one.ref),
    "timeline.answer_with_newest": lambda made, to: timeline.answer_with_newest(
        home.found_message(CustomersAccount(made.one, RIVAL)), made.timeline, ZONE
    ),
    "unexplained.daily_list": lambda made, to: unexplained.daily_list(made.unexplained),
    "unexplained.note_form": lambda made, to: unexplained.note_form(made.reply(), made.causes),
    "unexplained.noted_window": lambda made, to: unexplained.noted_window(made.name),
    "unexplained.taken_back_window": lambda made, to: unexplained.taken_back_window(),
}
"""What is shown in our own channels, and to our own people only."""


def parts(blocks: Any) -> list[dict[str, Any]]:
    """Every object in what was drawn, however deep."""
    if isinstance(blocks, dict):
        return [blocks, *(part for value in blocks.values() for part in parts(value))]
    return [part for item in blocks for part in parts(item)] if isinstance(blocks, list) else []
