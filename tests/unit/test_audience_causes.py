"""Every cause on every surface: a customer reads nothing that only engineers can do, support reads
nothing that is meant for customers, and nobody reads a blank that was not filled in."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot.common.jobs import FillFolders
from bot.common.people import Person
from bot.diagnosis import catalogue
from bot.diagnosis.failures import Recorded
from bot.diagnosis.observation import Observation, Where
from bot.diagnosis.verdict import RemedyKind, Verdict
from bot.microsoft.client import MicrosoftUnreachable
from bot.signin.failed import SignInRefused
from bot.views.accounts import AccountCard
from bot.views.audience import Audience
from bot.views.checks import CheckCard
from bot.views.errors import ErrorCard
from bot.views.failures import Fault
from bot.views.incidents import AlertCard
from bot.views.reminders import ReminderCard, WaitingAccount
from bot.views.telling import Affected, for_audience
from handlers.cards import (
    account_list,
    account_window,
    accounts,
    checks,
    diagnosis,
    exchange,
    folders,
    incidents,
    reminders,
)
from handlers.features import lookup
from handlers.features.folders import fill_folders
from handlers.slack.presenter import Presenter
from handlers.web.pages import Pages
from storage.vocabulary import Owner, State, StepId
from tests.support.fast import ALERTS, CAROL, DESK, VERA, FastBot
from tests.support.values import ERROR, account, failed, failure, incident, reminder, run

pytestmark = pytest.mark.audience

ROWS = catalogue.load(application=catalogue.Application("Lumen Mail", "0000-1111"))
VERDICTS = [row.verdict() for row in ROWS.rows.values()]
ENGINEERS = frozenset({Owner.SUPPORT, Owner.ON_CALL})

INTERNAL = re.compile(
    r"(?-i:\b[A-Z]{2,}(?:_[A-Z]+)+\b|\bMAIL FROM\b)"  # settings: MS_CLIENT_SECRET, IMAP_HOST, PUBLIC_URL
    r"|\bprox(?:y|ies)\b|\bsecrets?\b|\bour (?:app )?registration\b|App registrations|\btokens?\b"
    r"|\b(?:client|redirect) (?:ID|URI)\b|\bfirewall|\bTLS\b|\bSTARTTLS\b|\bXOAUTH2\b|\bPKCE\b"
    r"|\bscopes?\b|\bendpoint|\bhostname|\bEHLO\b|\bour engineers:|\bworkers?\b",
    re.IGNORECASE,
)
"""What nobody outside can do anything with. Microsoft's own pages may say *tenant* to an
administrator, so the steps of theirs do; sentences never do: `JARGON`."""

JARGON = re.compile(r"\btenant|\bSMTP\b|\bIMAP\b|\bOAuth\b|\bAADSTS|\bUPN\b|\b\d{3} \d\.\d|<", re.I)
THEIRS = re.compile(
    r"\byour (?:Microsoft 365 )?administrator|[Cc]ontact support|\bour support team"
)
DATE = re.compile(r"<!date[^>]*>")
BLANK = re.compile(r"<(?:mailbox|sender|user|application|client-id)>|&lt;\w+(?:-id)?&gt;|\{\w+\}")

MINE = account(
    state=State.FAILING,
    sender_email="sender@acme.example",
    username="person@acme.example",
    shared_mailbox="shared@acme.example",
)
AFFECTED = [Affected.of(MINE), Affected.of(account(sender_email="b@acme.example"))]


@dataclass(frozen=True)
class Surface:
    """Where a cause is shown, and to whom: `draw` makes it of the cause."""

    name: str
    audience: Audience
    draw: Callable[[Verdict], Any]

    def text(self, verdict: Verdict) -> str:
        """What people read there."""
        drawn = self.draw(verdict)
        shown = drawn if isinstance(drawn, str) else "\n".join(_texts(_blocks(drawn)))
        return html.unescape(DATE.sub("", shown))


def _blocks(drawn: Any) -> Any:
    return [drawn.text, drawn.blocks] if hasattr(drawn, "blocks") else drawn


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key in ("text", "title", "label", "hint") and isinstance(value, str):
                yield value
            elif key not in ("value", "action_id", "url"):
                yield from _texts(value)
    elif isinstance(part, list):
        for each in part:
            yield from _texts(each)
    elif isinstance(part, str) and " " in part:
        yield part


def fault(verdict: Verdict) -> Fault:
    return Fault(ERROR, verdict, 2, AFFECTED)


def test_thread(verdict: Verdict) -> Any:
    steps = run([failed(StepId.SMTP_AUTH, "unknown")])
    return checks.test_message(CheckCard(MINE, steps, {StepId.SMTP_AUTH: fault(verdict)}))


test_thread.__test__ = False  # type: ignore[attr-defined]


def card_of(verdict: Verdict, state: State) -> AccountCard:
    return AccountCard(replace(MINE, state=state, owner=verdict.owner), fault=fault(verdict))


def cards(verdict: Verdict) -> str:
    drawn = [
        accounts.account_card(card_of(verdict, state))
        for state in (State.FAILING, State.AWAITING_ADMIN)
    ]
    return "\n".join("\n".join(_texts(_blocks(card))) for card in drawn)


def windows(verdict: Verdict, to: Audience) -> str:
    states = (State.BROKEN, State.AWAITING_ADMIN)
    drawn = [account_window.account_window(card_of(verdict, state), to) for state in states]
    place = account_list.Place("C0ACME")
    for card in (card_of(verdict, state) for state in states):
        listing = account_list.Listing(place, "Acme", [card.account]).with_cards([card])
        drawn.append(account_list.account_list(listing, to))
    return "\n".join(line for window in drawn for line in _texts(window))


def error_card(verdict: Verdict) -> ErrorCard:
    return ErrorCard(failure("unknown"), verdict, MINE, "Acme", affected=AFFECTED)


def reminded(verdict: Verdict, to: Audience) -> Any:
    waiting = [
        WaitingAccount(replace(MINE, state=state), "Acme", fault=fault(verdict), handed_over=True)
        for state in (State.FAILING, State.BROKEN, State.AWAITING_ADMIN)
    ]
    return reminders.reminder_message(ReminderCard(reminder(), to, waiting), to)


def note(verdict: Verdict) -> Any:
    """The note in an account's thread that a sign-in was refused."""
    services: Any = SimpleNamespace(
        views=SimpleNamespace(),
        application_name="Lumen Mail",
        catalogue=SimpleNamespace(verdict=lambda cause: verdict),
    )
    args = {"sentence": "signin.refused", "values": {"cause": verdict.cause, "error": ERROR}}
    return Presenter(services).draw("note", args)


def alert(verdict: Verdict) -> Any:
    return incidents.alert_card(AlertCard(incident(verdict.cause), verdict))


def letter(verdict: Verdict) -> str:
    return exchange.exchange_text(
        exchange.Preparation("Acme", "C0ACME", "Lumen CRM", "s@lumen.example", AFFECTED, verdict)
    )


class Website:
    """The pages, at a Microsoft that answers whatever is asked with one cause."""

    def __init__(self) -> None:
        self.verdict = VERDICTS[0]
        refused = SimpleNamespace(finish=self._refuse, begin=self._unreachable)
        consent = SimpleNamespace(look=lambda answer: None, told=self._told, link_for=lambda _: "")
        known = SimpleNamespace(explain=lambda seen: self.verdict, row=self._row)
        services: Any = SimpleNamespace(
            signin=refused,
            consent=consent,
            catalogue=known,
            support_email="s@lumen.example",
            vendor_name="Lumen CRM",
            application_name="Lumen Mail",
            public_url="https://localhost",
        )
        app = Flask(__name__)
        app.register_blueprint(Pages(services, lambda person: "", lambda: None).blueprint())
        self.client: FlaskClient = app.test_client()

    def read(self, verdict: Verdict, method: str, path: str) -> str:
        """A page as it is read."""
        self.verdict = verdict
        page = self.client.open(path, method=method).text
        return html.unescape(re.sub(r"<[^>]*>", " ", page.partition("<main")[2]))

    def _recorded(self) -> Recorded:
        kept: Any = SimpleNamespace(ref=ERROR)
        return Recorded(kept, self.verdict)

    def _refuse(self, *_: Any) -> None:
        raise SignInRefused(self._recorded(), MINE)

    def _unreachable(self, *_: Any) -> None:
        raise MicrosoftUnreachable(Observation(Where.NETWORK, error="x"))

    def _told(self, answer: Any) -> Recorded:
        return self._recorded()

    def _row(self, code: str) -> Any:
        return SimpleNamespace(verdict=lambda: self.verdict)


WEB = Website()
US, THEM = Audience.SUPPORT, Audience.CUSTOMER


def page(method: str, path: str) -> Callable[[Verdict], str]:
    return lambda verdict: WEB.read(verdict, method, path)


SURFACES = [
    Surface("card", THEM, cards),
    Surface("window and list of accounts", THEM, lambda v: windows(v, THEM)),
    Surface("thread of a test", THEM, test_thread),
    Surface("note of a refused sign-in", THEM, note),
    Surface("What to do", THEM, lambda v: diagnosis.error_window(error_card(v), THEM)),
    Surface("/maildesk error", THEM, lambda v: diagnosis.error_message(error_card(v), THEM)),
    Surface("a text looked up", THEM, lambda v: diagnosis.meaning_window(for_audience(v, THEM))),
    Surface("folders", THEM, lambda v: folders.unavailable(MINE, for_audience(v, THEM), ERROR)),
    Surface("reminder", THEM, lambda v: reminded(v, THEM)),
    Surface("letter", THEM, letter),
    Surface("sign-in page", THEM, page("POST", "/oauth/callback")),
    Surface("unreachable page", THEM, page("POST", "/login/x")),
    Surface("approval page", THEM, page("GET", "/consent/callback")),
    Surface("approval page, told", THEM, page("POST", "/consent/callback")),
    Surface("error page", THEM, page("GET", "/errors/x")),
    Surface("window and list of support", US, lambda v: windows(v, US)),
    Surface("Details", US, lambda v: diagnosis.error_window(error_card(v), US)),
    Surface("/maildesk error of support", US, lambda v: diagnosis.error_message(error_card(v), US)),
    Surface(
        "a text support looked up", US, lambda v: diagnosis.meaning_window(for_audience(v, US))
    ),
    Surface(
        "folders of support", US, lambda v: folders.unavailable(MINE, for_audience(v, US), ERROR)
    ),
    Surface("reminder of support", US, lambda v: reminded(v, US)),
    Surface("alert", US, alert),
]


def steps(verdict: Verdict, who: frozenset[Owner]) -> list[str]:
    """The steps of some people, as far as they are not filled in."""
    return [
        step.text
        for step in verdict.remedy
        if step.who in who and "<" not in step.text and step.kind is not RemedyKind.OPTION
    ]


@pytest.mark.parametrize("surface", SURFACES, ids=[each.name for each in SURFACES])
def test_everybody_reads_what_is_meant_for_them(surface: Surface) -> None:
    wrong = []
    for verdict in VERDICTS:
        text = surface.text(verdict)
        foreign = THEIRS if surface.audience is US else INTERNAL
        found = [each for each in (foreign.search(text), BLANK.search(text)) if each]
        wrong += [(verdict.cause, each[0]) for each in found]
        if surface.audience is THEM:
            wrong += [(verdict.cause, step) for step in steps(verdict, ENGINEERS) if step in text]
    assert wrong == []


WITH_STEPS = ("thread of a test", "What to do", "a text looked up", "sign-in page", "error page")


@pytest.mark.parametrize("name", WITH_STEPS)
def test_customers_read_every_step_that_is_theirs(name: str) -> None:
    (surface,) = (each for each in SURFACES if each.name == name)
    theirs = frozenset({Owner.USER, Owner.ADMINISTRATOR})
    for verdict in VERDICTS:
        text = surface.text(verdict)
        missing = [each for each in steps(verdict, theirs) if each[1:] not in text]
        assert missing == [], verdict.cause


@pytest.mark.parametrize("name", ["Details", "a text support looked up", "alert"])
def test_support_and_on_call_read_every_step(name: str) -> None:
    (surface,) = (each for each in SURFACES if each.name == name)
    for verdict in VERDICTS:
        text = surface.text(verdict)
        asked = {step.text for step in verdict.remedy if step.kind is RemedyKind.ASK}
        everybodys = steps(verdict, frozenset(Owner))
        assert [each for each in everybodys if each not in asked and each[1:] not in text] == []


def test_a_customers_sentence_has_no_word_of_engineers() -> None:
    found = {
        verdict.cause: word[0]
        for verdict in VERDICTS
        for word in [JARGON.search(verdict.customer) or INTERNAL.search(verdict.customer)]
        if word
    }
    assert found == {}


def test_a_cause_that_is_ours_has_a_title_that_customers_understand() -> None:
    ours = [each for each in VERDICTS if each.owner is Owner.ON_CALL]
    titles = {for_audience(verdict, THEM).title for verdict in ours}
    assert titles == {"Something is wrong on our side"}
    assert all(for_audience(verdict, US).title == verdict.title for verdict in ours)


def test_every_cause_that_support_or_on_call_mends_tells_them_how() -> None:
    helpless = [
        verdict.cause
        for verdict in VERDICTS
        if verdict.owner in ENGINEERS and not for_audience(verdict, US).parts
    ]
    assert helpless == ["unexpected"]


SENDING_IS_OFF = "535 5.7.139 SmtpClientAuthentication is disabled for the Tenant."


def test_who_looks_a_text_up_reads_it_as_who_they_are(bot: FastBot) -> None:
    engineer = Person("T0LUMEN", "U0OMAR", DESK)
    bot.slack.members[ALERTS] = {engineer.user}
    seen = {
        person: lookup.pasted(bot.services, person, SENDING_IS_OFF).audience
        for person in (VERA, engineer, CAROL)
    }
    assert seen == {VERA: US, engineer: US, CAROL: THEM}


@pytest.mark.parametrize(("person", "read"), [(VERA, "support"), (CAROL, "customer")])
def test_a_folder_window_that_fails_speaks_to_who_opened_it(
    bot: FastBot, person: Person, read: str
) -> None:
    mailbox = bot.account(State.UNMAPPED)
    bot.microsoft.refusal = {"error": "invalid_client", "error_description": "AADSTS7000222: x"}
    bot.expire_token(mailbox)
    ours = bot.rights.is_support(person)
    work = FillFolders(account_id=mailbox.id, view_id="V1", ours=ours)
    shown: Any = SimpleNamespace(views_update=lambda view_id, view: views.append(view))
    views: list[Any] = []

    fill_folders(bot.services, shown, work)

    expected = getattr(ROWS.rows["application-secret-expired"], read)
    assert expected[:60] in "\n".join(_texts(views[0]))
