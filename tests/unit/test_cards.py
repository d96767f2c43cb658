"""Every card, with the worst text that people and servers can give: within Slack's limits, and
harmless."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.accounts.overview import Standing
from bot.accounts.progress import Facts
from bot.accounts.service import Form, form_of
from bot.config import clouds
from bot.diagnosis import catalogue
from bot.diagnosis.evidence import bundle
from bot.diagnosis.failures import Ending, History
from bot.diagnosis.step_records import FailedStep, StepRecord, failed_steps, keep_steps
from bot.folders.service import FolderSuggestions
from bot.mail.probe import MailFolder
from bot.mail.suggestions import suggest
from handlers.cards import (
    account_form,
    account_list,
    account_window,
    checks,
    diagnosis,
    folders,
    home,
    incidents,
    reminders,
    setup,
)
from handlers.cards.accounts import AccountView, account_card
from handlers.cards.kit import Audience, Message, safe
from handlers.cards.support import RequestView, help_message, request_card, request_sent
from handlers.text.words import sentences
from sandbox.slack.limits import problems
from storage.tables import Account, ConnectionTest, Failure, Incident, Reminder, SupportRequest
from storage.vocabulary import WAITING, Mended, Owner, Scope, State, StepId, StepStatus
from tests.unit.test_identity import account

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROWS = catalogue.load()
SCOPES = clouds.load()["worldwide"].scopes
MOMENT = timedelta(milliseconds=3)
NO_HISTORY = History([], [], 1, 1)
NASTY = [
    "<!channel>",
    "@here",
    "&lt;",
    "*bold*",
    "`",
    "```",
    "مرحبا",
    "😀" * 60,
    "x" * 80,
    "<@U0VERA>",
    "{name}",
    "\n\n",
]
words = st.one_of(st.sampled_from(NASTY), st.text(min_size=1, max_size=80))
accounts = st.builds(
    lambda name, sender, state, owner: account(
        id=7,
        name=name,
        sender_name=sender,
        sender_email=sender[:60] + "@acme.example",
        state=state,
        owner=owner,
    ),
    words,
    words,
    st.sampled_from(State),
    st.sampled_from(Owner),
)
causes = st.sampled_from(sorted(ROWS.rows))


def failure(cause: str, text: str = "") -> Failure:
    row = ROWS.rows[cause]
    facts: dict[str, Any] = {"owner": row.owner, "scope": row.scope, "permanence": row.permanence}
    seen = {"text": text, "status": 535, "codes": [50173], "trace_id": text}
    return Failure(
        ref="MX-0000-0000",
        cause=cause,
        step="smtp.auth",
        first_at=NOW,
        last_at=NOW,
        observation=seen,
        **facts,
    )


def failed_step(step: StepId, cause: str, evidence: str = "") -> FailedStep:
    """A step that failed of `cause`, as a finished test keeps it."""
    row = ROWS.rows[cause]
    return FailedStep(
        step=step,
        status=StepStatus.FAIL,
        elapsed=MOMENT,
        evidence=evidence,
        error="MX-0000-0000",
        cause=cause,
        owner=row.owner,
        permanence=row.permanence,
    )


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


def parts(blocks: Any) -> list[dict[str, Any]]:
    if isinstance(blocks, dict):
        return [blocks, *(part for value in blocks.values() for part in parts(value))]
    return [part for item in blocks for part in parts(item)] if isinstance(blocks, list) else []


@settings(max_examples=150)
@given(accounts, causes, words)
def test_the_account_card(one: Account, cause: str, folder: str) -> None:
    view = AccountView(
        one, folder, link="https://maildesk.example/login/x", link_until=NOW,
        admin_link="https://login.example/adminconsent", fault=(failure(cause), ROWS.verdict(cause)), folders=[("Sent", folder)],
    )  # fmt: skip
    held, asked = replace(view, held=f"{folder}@acme.example"), replace(view, question=True)
    for each in (view, held, asked, AccountView(one)):
        check_message(account_card(each))
        check_view(account_window.account_window(each))
    check_view(account_window.disconnect_form(one))
    check_view(account_window.disconnected(one))


@settings(max_examples=60)
@given(words, words)
def test_the_administrators_packet(name: str, vendor: str) -> None:
    link = "https://login.example/acme.example/v2.0/adminconsent?" + "x" * 400
    packet = account_window.Packet(name, vendor, "support@lumen.example", link, SCOPES)
    check_view(account_window.packet_window(packet))
    check_view(account_window.packet_window(replace(packet, link="")))
    assert link in account_window.packet_text(
        packet
    ) and "Global Administrator" in account_window.packet_text(packet)
    for scope in SCOPES:
        assert scope.rpartition("/")[2] in account_window.packet_text(packet)


@settings(max_examples=100)
@given(words, st.lists(accounts, max_size=60))
def test_the_customers_cards(name: str, several: list[Account]) -> None:
    check_message(setup.setup_card(name, Facts(several)))
    check_view(account_list.account_list(name, several, "C0ACME"))
    check_view(setup.setup_form(setup.SetupForm("C0ACME", name[:80])))
    check_view(account_form.account_form("C0ACME", Form(sender_name=name[:80])))
    for one in several[:1]:
        check_view(account_form.account_form(one.ref, form_of(one), changes=True))
    for number, one in enumerate(several):
        one.reminder.snoozed_until = NOW + timedelta(days=1)
        one.state = WAITING[number % 5]
    sure = [("Sent", name * 5), ("Deleted", name)]
    waiting = [
        reminders.Waiting(one, name, "https://maildesk.example/login/x", sure=sure)
        for one in several
    ]
    view = reminders.ReminderView(
        Reminder(id=1, channel_id="C0ACME", posted_at=NOW), waiting, NOW, len(several)
    )
    for audience in Audience:
        for now in (NOW, NOW + timedelta(days=2)):
            check_message(
                reminders.reminder_message(replace(view, now=now, people=["U0CAROL"]), audience)
            )


@settings(max_examples=100)
@given(accounts, st.lists(causes, min_size=1, max_size=2), words)
def test_the_connection_tests_message(one: Account, failed: list[str], text: str) -> None:
    steps = [StepRecord(step=StepId.TOKEN, status=StepStatus.OK, elapsed=MOMENT, evidence=text)]
    for step, cause in zip((StepId.IMAP_AUTH, StepId.SMTP_AUTH), failed, strict=False):
        steps.append(failed_step(step, cause))
    steps.append(
        StepRecord(step=StepId.IMAP_FOLDERS, status=StepStatus.SKIP, reason=StepId.IMAP_AUTH)
    )
    steps.append(
        StepRecord(
            step=StepId.ROUNDTRIP,
            status=StepStatus.WARN,
            elapsed=MOMENT,
            evidence=text,
            reason="sent-copy-missing",
        )
    )
    faults = {
        record.step: checks.Fault(record.error, ROWS.verdict(record.cause), 3)
        for record in failed_steps(steps)
    }
    for passed in (None, False):
        finished = None if passed is None else NOW
        run = ConnectionTest(
            id=1, account_id=7, started_at=NOW, finished_at=finished, passed=passed
        )
        message = checks.test_message(checks.TestView(one, run, steps, faults))
        check_message(message)
        assert "5.7.139" not in json.dumps(message.blocks)


@settings(max_examples=100)
@given(accounts, causes, words, words)
def test_what_support_and_on_call_see(one: Account, cause: str, text: str, name: str) -> None:
    happened = failure(cause, text)
    runs = [ConnectionTest(id=n, account_id=7, started_at=NOW, finished_at=NOW) for n in (0, 1)]
    keep_steps(runs[1], [failed_step(StepId.SMTP_AUTH, cause, text)])
    history = History(runs, [Ending(by, 3, 12) for by in Mended], 4, 2)
    for mended in (None, Mended.CHANGE):
        happened.mended_at, happened.mended_by = NOW if mended else None, mended
        seen = diagnosis.ErrorView(happened, ROWS.verdict(cause), one, name, history)
        check_view(diagnosis.error_window(seen, Audience.SUPPORT))
    view = diagnosis.ErrorView(happened, ROWS.verdict(cause), one, name, NO_HISTORY)
    request = SupportRequest(
        id=1, failure_ref="MX-0000-0000", asked_at=NOW, asked_by_team="T", asked_by_user="U0CAROL"
    )
    request.channel_id = "C0ACME"
    asked = RequestView(request, name, happened, ROWS.verdict(cause), one)
    to_do = SupportRequest(
        id=2, asked_at=NOW, asked_by_team="T", asked_by_user="U0CAROL", channel_id="C0ACME"
    )
    taken = to_do.model_copy(update={"taken_by_user": "U0VERA2", "taken_at": NOW})
    done = taken.model_copy(update={"done_at": NOW})
    for wanted in (
        asked,
        *(RequestView(each, name) for each in (to_do, taken, done)),
        RequestView(taken, name, None, None, one),
    ):
        check_message(request_card(wanted))
        check_message(help_message(wanted))
    check_view(request_sent("MX-0000-0000", "support@lumen.example"))
    check_view(diagnosis.evidence_window(bundle(happened, ROWS.verdict(cause), one, runs[1])))
    check_view(diagnosis.meaning_window(ROWS.verdict(cause), Audience.CUSTOMER))
    check_view(diagnosis.lookup_form())
    for audience in Audience:
        check_view(diagnosis.error_window(view, audience))
        check_message(diagnosis.error_message(view, audience))
    incident = Incident(id=1, cause=cause, failure_ref="MX-0000-0000", opened_at=NOW, last_at=NOW)
    check_message(incidents.alert_card(incident, failure(cause), ROWS.verdict(cause)))
    incident.acknowledged_by, incident.acknowledged_at = "U0OMAR", NOW
    check_message(incidents.alert_card(incident, failure(cause), ROWS.verdict(cause)))


def test_a_customer_never_sees_a_raw_reply() -> None:
    planted = "5.7.139 planted raw reply"
    view = diagnosis.ErrorView(
        failure("smtp-policy", planted),
        ROWS.verdict("smtp-policy"),
        account(id=7),
        "Acme",
        NO_HISTORY,
    )
    assert planted in json.dumps(diagnosis.error_window(view, Audience.SUPPORT))
    assert planted not in json.dumps(diagnosis.error_window(view, Audience.CUSTOMER))


@settings(max_examples=40)
@given(st.lists(words, min_size=1, max_size=650, unique=True), accounts)
def test_the_folder_form_with_any_names_and_number(names: list[str], one: Account) -> None:
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
    check_view(folders.unavailable(one, ROWS.verdict("no-answer"), "MX-0000-0000"))


@settings(max_examples=40)
@given(words, accounts)
def test_the_home_tab_and_help(name: str, one: Account) -> None:
    waits = {Owner.USER: NOW, Owner.MAILDESK: NOW}
    customers = [
        Standing(name, ["C0ACME"] * 9, number, 200, waits if number % 2 else {})
        for number in range(200)
    ]
    names = [(str(number), name) for number in range(700)]
    for page, state in enumerate(home.STATES):
        only = home.Filter(state, home.OWNERS[page % 3], "650", page)
        check_view(
            home.home(
                home.HomeView(
                    customers, [(name, "U0VERA2")] * 30, [(name, "MX-1")] * 30, only, names
                )
            )
        )
    check_view(home.home(home.HomeView([])))
    check_view(home.home(None))
    check_view(home.search_form())
    check_view(home.found_window([(one, name)] * 40, name))
    check_view(home.found_window([], name))
    for audience in Audience:
        check_view(home.help_window(audience))
        check_message(home.help_message(audience))


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
