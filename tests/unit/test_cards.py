"""Every card, with the worst text that people and servers can give: within Slack's limits, and
harmless."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.diagnosis.evidence import bundle
from bot.diagnosis.history import Ending
from bot.diagnosis.step_records import StepRecord, failed_steps
from bot.mail.imap_list import MailFolder
from bot.mail.suggestions import suggest
from bot.views.account_form import Form, form_of
from bot.views.accounts import AccountCard, AccountView, CustomersAccount, HeldBack, HeldView
from bot.views.audience import Audience, Role
from bot.views.checks import CheckCard
from bot.views.errors import ErrorCard
from bot.views.failures import Fault
from bot.views.folders import FolderSuggestions
from bot.views.incident_lists import AlertRow
from bot.views.incidents import AlertCard
from bot.views.overview import CustomerName, Standing
from bot.views.reminders import MAX_SHOWN, Pause, ReminderCard, WaitingAccount
from bot.views.setup import Facts, SetupCard, checklist
from bot.views.support import RequestCard
from bot.views.telling import for_audience
from handlers.cards import (
    account_form,
    account_list,
    account_window,
    answers,
    checks,
    diagnosis,
    folders,
    help,
    home,
    incidents,
    reminders,
    setup,
)
from handlers.cards.accounts import account_card
from handlers.cards.kit import Message, safe
from handlers.cards.support import help_message, request_card, request_sent
from handlers.text.words import sentences
from sandbox.slack.limits import problems
from storage.vocabulary import (
    WAITING,
    FolderRole,
    IncidentStatus,
    Mended,
    Owner,
    Scope,
    State,
    StepId,
    StepStatus,
)
from tests.support.drawing import parts
from tests.support.examples import examples
from tests.support.strategies import accounts, causes, words
from tests.support.values import (
    ERROR,
    NOW,
    ROWS,
    SCOPES,
    account,
    account_row,
    failed,
    failure,
    failure_row,
    incident,
    passed,
    reminder,
    request,
    run,
)

LINK = "https://maildesk.example/login/x"
TENANT = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"


def check_message(message: Message) -> None:
    assert problems("message", {"text": message.text[:4000], "blocks": message.blocks}) == []
    harmless(message.text, message.blocks)


def check_view(view: dict[str, Any]) -> None:
    assert problems(view["type"], view) == []
    harmless("", view["blocks"])


def harmless(text: str, blocks: list[dict[str, Any]]) -> None:
    """No ping, no foreign mention, and nothing that Slack would turn into one."""
    for mrkdwn in [text, *(part["text"] for part in parts(blocks) if part.get("type") == "mrkdwn")]:
        assert "<!channel>" not in mrkdwn and "<@U0VERA>" not in mrkdwn
    assert all(part.get("verbatim") for part in parts(blocks) if part.get("type") == "mrkdwn")


@examples(150)
@given(accounts, causes, words)
def test_the_account_card(one: AccountView, cause: str, name: str) -> None:
    card = AccountCard(
        one,
        name,
        link=LINK,
        link_until=NOW,
        admin_link="https://login.example/adminconsent",
        fault=Fault(ERROR, ROWS.verdict(cause)),
        folders={FolderRole.SENT: name},
        lost={FolderRole.DRAFTS: name},
        sure={FolderRole.SENT: name},
    )
    for each in (
        card,
        replace(card, held=HeldView(name, name, TENANT, TENANT, True)),
        replace(card, held=HeldView(name, name, TENANT, "", False)),
        replace(card, question=True),
        replace(card, held_back=HeldBack("U0CAROL", NOW)),
        replace(card, held_back=HeldBack("U0CAROL")),
        AccountCard(one),
    ):
        check_message(account_card(each))
        check_view(account_window.account_window(each))
    check_view(account_window.disconnect_form(one))
    check_view(account_window.disconnected(one))


@examples(60)
@given(words, words)
def test_the_administrators_packet(name: str, vendor: str) -> None:
    link = "https://login.example/acme.example/v2.0/adminconsent?" + "x" * 400
    packet = account_window.Packet(name, vendor, vendor, "support@lumen.example", link, SCOPES)
    check_view(account_window.packet_window(packet))
    check_view(account_window.packet_window(replace(packet, link="")))
    assert link in account_window.packet_text(
        packet
    ) and "Global Administrator" in account_window.packet_text(packet)
    for scope in SCOPES:
        assert scope.rpartition("/")[2] in account_window.packet_text(packet)


@examples(100)
@given(words, st.lists(accounts, max_size=60))
def test_the_customers_cards(name: str, several: list[AccountView]) -> None:
    check_message(setup.setup_card(SetupCard(name, several, 3, checklist(Facts(several)))))
    place = account_list.Place("C0ACME", whose=account_list.NOBODY)
    listing = account_list.Listing(place, name, several)
    cards = [AccountCard(each, name, link=LINK) for each in listing.on_page]
    check_view(account_list.account_list(listing.with_cards(cards)))
    check_view(setup.setup_form(setup.SetupForm("C0ACME", name[:80])))
    check_view(account_form.account_form("C0ACME", Form(sender_name=name[:80])))


@examples(100)
@given(words, st.lists(accounts, max_size=MAX_SHOWN))
def test_a_reminder(name: str, several: list[AccountView]) -> None:
    sure = {FolderRole.SENT: name * 5, FolderRole.DELETED: name}
    held_back = [None, HeldBack("U0CAROL", NOW), HeldBack("U0CAROL")]
    waiting = [
        WaitingAccount(
            replace(one, state=WAITING[number % len(WAITING)]),
            name,
            LINK,
            sure=sure,
            handed_over=number % 4 == 0,
            held_back=held_back[number % len(held_back)],
        )
        for number, one in enumerate(several)
    ]
    for audience in Audience:
        card = ReminderCard(
            reminder(), audience, waiting, len(several), ["U0CAROL"], Pause(NOW, "U0CAROL")
        )
        check_message(reminders.reminder_message(card, audience))
        check_message(reminders.reminder_message(replace(card, paused=None, people=[]), audience))


def test_the_form_of_an_account_holds_what_is_known() -> None:
    one = account_row()
    check_view(account_form.account_form(one.ref, form_of(one), changes=True))


@examples(100)
@given(accounts, st.lists(causes, min_size=1, max_size=2), words)
def test_the_connection_tests_message(one: AccountView, broken: list[str], text: str) -> None:
    skipped = StepRecord(step=StepId.IMAP_FOLDERS, status=StepStatus.SKIP, reason=StepId.IMAP_AUTH)
    odd = StepRecord(
        step=StepId.ROUNDTRIP,
        status=StepStatus.WARN,
        evidence=text,
        reason="sent-copy-missing",
    )
    failures = [
        failed(step, cause)
        for step, cause in zip((StepId.IMAP_AUTH, StepId.SMTP_AUTH), broken, strict=False)
    ]
    steps = [passed(StepId.TOKEN, text), *failures, skipped, odd]
    faults = {
        each.step: Fault(each.error, ROWS.verdict(each.cause), 3) for each in failed_steps(steps)
    }
    for outcome in (None, False):
        finished = None if outcome is None else NOW
        test = replace(run(steps), passed=outcome, finished_at=finished)
        message = checks.test_message(CheckCard(one, test, faults))
        check_message(message)
        assert "5.7.139" not in json.dumps(message.blocks)


@examples(100)
@given(accounts, causes, words, words)
def test_what_an_error_id_leads_to(one: AccountView, cause: str, text: str, name: str) -> None:
    happened, verdict = failure(cause, text), ROWS.verdict(cause)
    tests = [run([]), run([failed(StepId.SMTP_AUTH, cause, text)])]
    card = ErrorCard(happened, verdict, one, name)
    known = replace(
        card, tests=tests, endings=[Ending(by, 3, 12) for by in Mended], accounts=4, customers=2
    )
    over = replace(happened, mended_at=NOW, mended_by=Mended.CHANGE)
    for each in (known, replace(known, failure=over)):
        check_view(diagnosis.error_window(each, Audience.SUPPORT))
    for audience in Audience:
        check_view(diagnosis.error_window(card, audience))
        check_message(diagnosis.error_message(card, audience))
    check_view(diagnosis.meaning_window(for_audience(verdict, Audience.CUSTOMER)))
    check_view(diagnosis.lookup_form())
    told = bundle(failure_row(cause, text), verdict, account_row(name=name), None)
    check_view(diagnosis.evidence_window(told))


@examples(100)
@given(accounts, causes, words, words)
def test_what_support_and_on_call_see(one: AccountView, cause: str, text: str, name: str) -> None:
    verdict = ROWS.verdict(cause)
    taken = request(taken_by_user="U0VERA2", taken_at=NOW)
    for wanted in (
        RequestCard(request(failure_ref=ERROR), name, failure(cause, text), verdict, one),
        RequestCard(request(), name),
        RequestCard(taken, name),
        RequestCard(replace(taken, done_at=NOW), name),
        RequestCard(taken, name, account=one),
    ):
        check_message(request_card(wanted))
        check_message(help_message(wanted))
    check_view(request_sent(ERROR, "support@lumen.example", request(comment="&" * 500)))
    for status in IncidentStatus:
        there = incident(cause, status=status, mailboxes=900, customers=40, count=7, whom=name)
        check_message(incidents.alert_card(AlertCard(there, verdict)))
        check_view(incidents.alert_window(AlertCard(there, verdict)))


def test_a_customer_never_sees_a_raw_reply() -> None:
    planted = "5.7.139 planted raw reply"
    card = ErrorCard(
        failure("smtp-policy", planted), ROWS.verdict("smtp-policy"), account(), "Acme"
    )
    assert planted in json.dumps(diagnosis.error_window(card, Audience.SUPPORT))
    assert planted not in json.dumps(diagnosis.error_window(card, Audience.CUSTOMER))


@examples(40)
@given(st.lists(words, min_size=1, max_size=650, unique=True), accounts)
def test_the_folder_form_with_any_names_and_number(names: list[str], one: AccountView) -> None:
    listed = tuple(
        MailFolder(f"{number}{name}", name, "/", ()) for number, name in enumerate(names)
    )
    flagged = (
        MailFolder("INBOX", "INBOX", "/", ()),
        MailFolder("S", names[0], "/", ("\\Sent",)),
        *listed,
    )
    suggestions = suggest(flagged)
    found = FolderSuggestions(
        flagged, suggestions, {role: each.folder for role, each in suggestions.chosen.items()}
    )
    form = folders.first_form(one, found)
    last = folders.FolderForm(
        one, found, form.chosen, names[-1][:20], len(form.fitting) // folders.PAGE, 7
    )
    for each in (form, last, replace(last, words="no such name", page=0)):
        check_view(folders.mapping_form(each))
    check_view(folders.loading(one))
    check_view(
        folders.unavailable(
            one, for_audience(ROWS.verdict("no-answer"), Audience.CUSTOMER), "MX-0000-0000"
        )
    )


@examples(40)
@given(words, accounts)
def test_the_home_tab_and_help(name: str, one: AccountView) -> None:
    waits = {Owner.USER: NOW, Owner.MAILDESK: NOW}
    customers = [
        Standing(name, ["C0ACME"] * 9, number, 200, waits if number % 2 else {})
        for number in range(200)
    ]
    names = [CustomerName(number, name) for number in range(700)]
    requests = [RequestCard(request(taken_by_user="U0VERA2"), name)] * 30
    alerts = [AlertRow(incident("smtp-policy", whom=name), name)] * 30
    for page, state in enumerate(home.PLACES):
        only = home.Filter(state, home.OWNERS[page % 3], "650", page)
        check_view(home.home(home.HomeView(customers, requests, alerts, only, names)))
    check_view(home.home(home.HomeView([])))
    check_view(home.home(None))
    check_view(home.search_form())
    check_view(home.found_window([CustomersAccount(one, name)] * 40, name))
    check_view(home.found_window([], name))
    for role in Role:
        check_view(help.help_window(role, "C0ACME"))
        check_message(help.help_message(role))
    check_message(answers.customers_message(customers))


def test_every_sentence_that_a_word_needs_exists() -> None:
    known = sentences()
    wanted = [f"state.{state}" for state in State] + [f"owner.{owner}" for owner in Owner]
    wanted += [f"reach.{scope}" for scope in Scope] + [f"mended.{by}" for by in Mended]
    wanted += [
        f"test.remark_{reason}" for reason in ("renamed", "sent-copy-missing", "copies-left")
    ]
    wanted += [f"step.{step}" for step in StepId] + [f"next.{state}" for state in State]
    assert [name for name in wanted if name not in known] == []


def test_foreign_text_is_escaped_once() -> None:
    assert safe(safe("a & <b>")) == "a &amp; &lt;b&gt;"
