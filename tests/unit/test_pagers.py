"""What pagers are told of incidents: in order, once, within their limits, tried again until they
have it, and never more than they need."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from sqlmodel import select

from bot.incidents import pagerduty
from bot.incidents.facts import MAX_TITLE, IncidentFacts
from bot.incidents.pagerduty import Action
from bot.incidents.posting import (
    LONGEST_WAIT,
    USUAL_WAIT,
    Letter,
    PagerBusy,
    PagerRefuses,
    PagerUnreachable,
    retry_after,
)
from storage.claims import ClaimLost
from storage.pages import MAX_KEY, There, pager_key
from storage.tables import Page
from storage.vocabulary import PageChange, Pager, PageStatus, Standing
from tests.support.fast import ALERTS, KEY, FastBot, hours
from tests.support.pagers import (
    PAGERDUTY,
    SECRET_EXPIRED,
    STATUSES,
    WEBHOOK,
    events,
    facts,
    tell,
)
from tests.support.rows import every

OPENED = PageChange.OPENED
ACKNOWLEDGED = PageChange.ACKNOWLEDGED
UNACKNOWLEDGED = PageChange.UNACKNOWLEDGED
ESCALATED = PageChange.ESCALATED
MENDED = PageChange.MENDED
CLOSED = PageChange.CLOSED

SCHEMA = Path(__file__).parents[2] / "docs" / "alerts.schema.json"


def pages(bot: FastBot) -> list[Page]:
    with bot.store.transaction() as tx:
        return list(tx.session.exec(select(Page).order_by(Page.id)))  # type: ignore[arg-type]


def statuses(bot: FastBot, pager: str = "pagerduty") -> list[PageStatus]:
    return [page.status for page in pages(bot) if page.pager == pager]


def fail(bot: FastBot, *faults: Exception, host: str = PAGERDUTY) -> None:
    bot.pagers.faults.setdefault(host, []).extend(faults)


def refused() -> PagerUnreachable:
    return PagerUnreachable("ConnectionError", heard=False)


def timed_out() -> PagerUnreachable:
    return PagerUnreachable("ReadTimeout", heard=True)


# -- what is told


def test_an_incident_is_told_to_each_pager_in_order(bot: FastBot) -> None:
    tell(bot, OPENED, ACKNOWLEDGED)
    bot.run_due()
    tell(bot, UNACKNOWLEDGED, MENDED, CLOSED)
    bot.run_due()

    assert events(bot)[:2] == ["trigger", "acknowledge"]
    assert events(bot)[2:] == ["resolve"], "what is over calls nobody again"
    assert events(bot, WEBHOOK) == [
        "incident.opened",
        "incident.acknowledged",
        "incident.unacknowledged",
        "incident.mended",
        "incident.closed",
    ]


def test_pagerduty_reads_what_is_wrong_how_many_and_where_to_look(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        tx.outbox.stands("alert:7", ALERTS, "1764000000.000100")
    tell(bot, OPENED, incident_id=7)
    bot.run_due()

    [event] = bot.pagers.took[PAGERDUTY]
    assert event["routing_key"] == "f" * 32
    assert event["dedup_key"] == SECRET_EXPIRED
    told = event["payload"]
    assert told["summary"] == "The application's client secret has expired"
    assert (told["severity"], told["source"]) == ("critical", "maildesk.example")
    assert (told["class"], told["component"]) == ("app-secret-expired", "application")
    assert told["custom_details"]["mailboxes"] == 500
    assert told["custom_details"]["error ID"] == "MX-7Q3F-9K2D"
    links = {link["text"]: link["href"] for link in event["links"]}
    assert links["What to do"] == "https://maildesk.example/errors/app-secret-expired"
    assert f"channel={ALERTS}&message_ts=1764000000.000100" in links["The alert in Slack"]


@every(
    "severity, called",
    [("critical", ["trigger"]), ("high", ["trigger"]), ("low", []), ("info", [])],
)
def test_somebody_is_called_only_for_what_is_severe(severity: str, called: list[str]) -> None:
    bot = FastBot()
    tell(bot, OPENED, ACKNOWLEDGED, severity=severity)
    bot.run_due()

    assert events(bot)[:1] == called
    assert len(events(bot, WEBHOOK)) == 2, "the webhook hears of everything"


def test_what_becomes_severe_calls_somebody_then(bot: FastBot) -> None:
    tell(bot, OPENED, severity="low")
    bot.run_due()
    tell(bot, PageChange.PROMOTED, severity="high")
    bot.run_due()

    assert events(bot) == ["trigger"]
    assert bot.pagers.took[PAGERDUTY][0]["payload"]["severity"] == "error"


def test_taking_an_acknowledgement_back_calls_somebody_again(bot: FastBot) -> None:
    """PagerDuty's events cannot take one back, and a trigger calls nobody then."""
    tell(bot, OPENED, ACKNOWLEDGED)
    bot.run_due()
    tell(bot, UNACKNOWLEDGED)
    bot.run_due()

    assert events(bot) == ["trigger", "acknowledge", "resolve", "trigger"]
    assert {event["dedup_key"] for event in bot.pagers.took[PAGERDUTY]} == {SECRET_EXPIRED}


def test_what_is_silenced_before_the_pager_heard_of_it_calls_nobody(bot: FastBot) -> None:
    tell(bot, PageChange.REOPENED, status="silenced")
    bot.run_due()
    assert events(bot) == []

    tell(bot, PageChange.REOPENED, MENDED, PageChange.SILENCED)
    bot.run_due()
    assert events(bot) == [], "and neither does what is over and silenced by then"


def test_what_comes_and_goes_in_silence_is_posted_once(bot: FastBot) -> None:
    tell(bot, OPENED, PageChange.SILENCED, MENDED, MENDED, MENDED, CLOSED)
    bot.run_due()
    assert events(bot, WEBHOOK) == [
        "incident.opened",
        "incident.silenced",
        "incident.mended",
        "incident.closed",
    ]
    assert events(bot) == [], "it was over before PagerDuty heard of it"


def test_a_long_fingerprint_is_cut_to_what_the_pager_takes_and_stays_its_own() -> None:
    long = ["cause/tenant/" + "x" * 300 + end for end in "ab"]
    keys = [pager_key(each) for each in long]
    assert [len(key) for key in keys] == [MAX_KEY, MAX_KEY]
    assert keys[0] != keys[1]
    assert pager_key(SECRET_EXPIRED) == SECRET_EXPIRED


def test_a_long_title_is_cut_and_secrets_are_taken_out(bot: FastBot) -> None:
    planted = "eyJhbGciOiJSUzI1NiJ9.eyJwbGFudGVkIjoxfQ.c2lnbmF0dXJlLXBsYW50ZWQ"
    tell(bot, OPENED, title=f"{planted} {'x ' * 1000}")
    bot.run_due()

    told = bot.pagers.took[PAGERDUTY][0]["payload"]["summary"]
    assert len(told) <= MAX_TITLE
    assert planted not in json.dumps([letter.body.decode() for letter in bot.pagers.letters])


# -- what does not go well


def test_what_did_not_arrive_is_tried_again_ever_more_slowly(bot: FastBot) -> None:
    fail(bot, refused(), refused(), refused())
    tell(bot, OPENED)
    bot.run_due()
    assert events(bot) == []

    for wait in (2, 4, 8):
        bot.pass_time(seconds=wait - 1)
        assert events(bot) == []
        bot.pass_time(seconds=1)
    assert events(bot) == ["trigger"]
    assert statuses(bot) == [PageStatus.SENT]


def test_a_pager_that_does_not_answer_keeps_the_order_and_delays_nobody_else(bot: FastBot) -> None:
    fail(bot, *[timed_out()] * 3)
    tell(bot, OPENED, ACKNOWLEDGED)
    bot.run_due()
    assert events(bot, WEBHOOK) == ["incident.opened", "incident.acknowledged"]

    tell(bot, OPENED, fingerprint="smtp.auth_disabled/tenant/12")
    bot.live(hours(1))
    mine = [
        event["event_action"]
        for event in bot.pagers.took[PAGERDUTY]
        if event["dedup_key"] == SECRET_EXPIRED
    ]
    assert mine[-2:] == ["trigger", "acknowledge"]
    assert set(mine[:-1]) == {"trigger"}
    assert set(statuses(bot)) == {PageStatus.SENT}


def test_a_pager_that_is_busy_is_left_alone_as_long_as_it_asks(bot: FastBot) -> None:
    fail(bot, PagerBusy(timedelta(minutes=2)))
    tell(bot, OPENED)
    tell(bot, OPENED, fingerprint="smtp.auth_disabled/tenant/12")
    bot.run_due()
    bot.live(timedelta(seconds=110))
    assert [letter.url for letter in bot.pagers.letters if "pagerduty" in letter.url] == [
        "https://events.pagerduty.com/v2/enqueue"
    ]

    bot.live(timedelta(seconds=30))
    assert events(bot) == ["trigger", "trigger"]


def test_no_more_is_sent_in_a_minute_than_the_pager_takes(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        for number in range(125):
            tx.pages.add(1, f"smtp.auth_disabled/tenant/{number}", OPENED, facts(OPENED), bot.now)
    [sweep] = [each for each in bot.core.sweeps if each.name == "pager-pagerduty"]
    sent = []
    for _ in range(66):
        while sweep.search():
            pass
        sent.append(len(events(bot)))
        bot.clock.at += timedelta(seconds=1)
    assert sent[59] <= 120
    assert sent[-1] == 125


def test_an_incident_that_is_over_before_the_pager_heard_of_it_is_not_told(bot: FastBot) -> None:
    fail(bot, refused())
    tell(bot, OPENED)
    bot.run_due()
    tell(bot, ACKNOWLEDGED, MENDED, CLOSED)
    bot.live(hours(1))

    assert events(bot) == []
    assert statuses(bot) == [PageStatus.LEFT_OUT] * 4


def test_where_the_pager_may_have_heard_of_it_it_hears_that_it_is_over(bot: FastBot) -> None:
    fail(bot, timed_out())
    tell(bot, OPENED)
    bot.run_due()
    tell(bot, ACKNOWLEDGED, CLOSED)
    bot.live(hours(1))

    assert events(bot) == ["trigger", "resolve"]


def test_what_the_pager_refuses_is_told_once_and_what_comes_after_goes_on(bot: FastBot) -> None:
    fail(bot, *[PagerRefuses("HTTP 400 Length of 'routing_key' is incorrect")] * 2)
    tell(bot, OPENED)
    bot.run_due()
    tell(bot, OPENED, fingerprint="smtp.auth_disabled/tenant/12")
    bot.run_due()
    tell(bot, OPENED, fingerprint="smtp.auth_disabled/tenant/13")
    bot.run_due()

    assert statuses(bot) == [PageStatus.GIVEN_UP, PageStatus.GIVEN_UP, PageStatus.SENT]
    told = [posted.words for posted in bot.posted(ALERTS)]
    assert len(told) == 1
    assert "The pager refuses our alerts:" in told[0]
    assert "PagerDuty answers" in told[0]
    assert "HTTP 400 Length of" in told[0]
    assert "f" * 32 not in told[0]
    assert len(bot.outbox(ALERTS)) == 1


def test_a_pager_that_is_out_for_long_is_told_and_given_up_after_a_day(bot: FastBot) -> None:
    fail(bot, *[refused()] * 1000)
    tell(bot, OPENED)
    bot.live(timedelta(minutes=9))
    assert bot.posted(ALERTS) == []

    bot.live(timedelta(minutes=10))
    [told] = bot.posted(ALERTS)
    assert "The pager does not take our alerts:" in told.words

    tried = [letter for letter in bot.pagers.letters if "pagerduty" in letter.url]
    assert len(tried) < 15, "ever more slowly"
    bot.pass_time(hours=24)
    assert statuses(bot) == [PageStatus.GIVEN_UP]


def test_what_we_cannot_write_does_not_stop_what_comes_after(bot: FastBot) -> None:
    with bot.store.transaction() as tx:
        tx.pages.add(1, SECRET_EXPIRED, OPENED, {"title": None}, bot.now)
    tell(bot, ESCALATED)
    bot.live(hours(1))

    assert statuses(bot) == [PageStatus.GIVEN_UP, PageStatus.SENT]
    assert events(bot) == ["trigger"]


@every(
    "text, wait",
    [
        ("120", timedelta(minutes=2)),
        ("Tue, 24 Nov 2026 08:02:00 GMT", timedelta(minutes=2)),
        ("", USUAL_WAIT),
        ("soon", USUAL_WAIT),
        ("-5", USUAL_WAIT),
        ("Tue, 24 Nov 2026 07:00:00 GMT", USUAL_WAIT),
        ("99999999999999999999", USUAL_WAIT),
        ("86400", LONGEST_WAIT),
    ],
)
def test_how_long_a_pager_asks_to_wait(text: str, wait: timedelta) -> None:
    assert retry_after(text, FastBot().now) == wait


# -- a worker is killed


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("arrived", [False, True], ids=["before", "after"])
def test_a_killed_worker_loses_nothing_and_the_repeat_has_the_same_key(arrived: bool) -> None:
    bot = FastBot()
    kill = Killed()
    kill.heard = arrived  # type: ignore[attr-defined]
    fail(bot, kill, kill, host=PAGERDUTY)  # type: ignore[arg-type]
    fail(bot, kill, host=WEBHOOK)  # type: ignore[arg-type]
    tell(bot, OPENED, ACKNOWLEDGED)
    for _ in range(3):
        try:
            bot.run_due()
        except Killed:
            bot = FastBot(bot)
        bot.clock.at += timedelta(minutes=2)
    bot.live(timedelta(minutes=5))

    told = bot.pagers.took[PAGERDUTY]
    assert [event["event_action"] for event in told][-2:] == ["trigger", "acknowledge"]
    assert {event["dedup_key"] for event in told} == {SECRET_EXPIRED}
    ids = [event["id"] for event in bot.pagers.took[WEBHOOK]]
    assert len(set(ids)) == 2, "who was told twice knows it by the ID"
    assert set(statuses(bot)) | set(statuses(bot, "webhook")) == {PageStatus.SENT}


def test_a_worker_whose_lease_ran_out_changes_nothing_any_more(bot: FastBot) -> None:
    tell(bot, OPENED)
    lease = timedelta(seconds=90)
    with bot.store.transaction() as tx:
        slow = tx.pages.claim_next(Pager.PAGERDUTY, bot.now, lease)
    with bot.store.transaction() as tx:
        quick = tx.pages.claim_next(Pager.PAGERDUTY, bot.now + lease, lease)
        assert slow is not None and quick is not None
        tx.pages.sent(quick, Standing.TRIGGERED, bot.now + lease)
    for act in (
        lambda tx: tx.pages.keep(slow, bot.now + lease),
        lambda tx: tx.pages.sent(slow, Standing.NOTHING, bot.now + lease),
        lambda tx: tx.pages.left_out(slow, bot.now + lease),
        lambda tx: tx.pages.give_up(slow, "HTTP 403", bot.now + lease),
        lambda tx: tx.pages.later(slow, bot.now + hours(9), heard=False),
    ):
        with pytest.raises(ClaimLost), bot.store.transaction() as tx:
            act(tx)
    with bot.store.transaction() as tx:
        assert tx.pages.next_due(Pager.PAGERDUTY) == bot.now + lease
    assert statuses(bot) == [PageStatus.SENT]


# -- every way that an incident can go


SEVERITY = st.sampled_from(["critical", "low"])
STEPS = st.lists(st.tuples(st.sampled_from(list(PageChange)), SEVERITY), max_size=12)
ACTS = {
    ("nothing", Action.TRIGGER): "triggered",
    ("triggered", Action.ACKNOWLEDGE): "acknowledged",
    ("triggered", Action.RESOLVE): "nothing",
    ("acknowledged", Action.RESOLVE): "nothing",
}
"""What each event does at PagerDuty; others change nothing."""


@given(STEPS, st.lists(st.sampled_from(["ok", "lost", "late"]), max_size=40))
def test_pagerduty_ends_as_we_do_whatever_happens(
    steps: list[tuple[PageChange, str]], fates: list[str]
) -> None:
    """Of each event PagerDuty may hear without our knowing, or not hear at all; then it is sent
    again."""
    there = "nothing"
    known = There()
    left = list(fates)
    for change, severity in steps:
        now = IncidentFacts.model_validate(facts(change, severity=severity))
        done = False
        while not done:
            todo = pagerduty.actions(change, now, known)
            fate = left.pop(0) if left and todo else "ok"
            for action in () if fate == "lost" else todo:
                there = ACTS.get((there, action), there)
            done = fate == "ok"
            if done and todo:
                known = There(pagerduty.stands(todo, known))
            elif fate == "late":
                known = replace(known, unsure=True)
        assert known.unsure or known.standing.value == there
        wanted = STATUSES[change]
        if wanted in ("mended", "closed"):
            assert there == "nothing"
        elif wanted == "silenced":
            assert there != "triggered"
        elif severity == "critical":
            assert there == {"open": "triggered", "acknowledged": "acknowledged"}[wanted]


# -- the signed webhook


def test_each_post_fits_the_published_schema_and_is_signed(bot: FastBot) -> None:
    tell(bot, *PageChange)
    tell(bot, OPENED, severity="info", opened_at=None, error="", cause="", acknowledged_by="Omar")
    bot.run_due()

    validator = Draft202012Validator(
        json.loads(SCHEMA.read_text("utf-8")), format_checker=FormatChecker()
    )
    letters = [letter for letter in bot.pagers.letters if WEBHOOK in letter.url]
    assert len(letters) == len(PageChange) + 1
    for letter in letters:
        validator.validate(json.loads(letter.body))
        assert is_signed(letter, bot)
    assert len({letter.headers["webhook-id"] for letter in letters}) == len(letters)


def is_signed(letter: Letter, bot: FastBot) -> bool:
    """As a receiver checks it, whose secret is that of the settings (standardwebhooks.com)."""
    sent_at = letter.headers["webhook-timestamp"]
    content = f"{letter.headers['webhook-id']}.{sent_at}.".encode() + letter.body
    digest = base64.b64encode(hmac.new(KEY, content, hashlib.sha256).digest()).decode()
    right = letter.headers["webhook-signature"] == f"v1,{digest}"
    fresh = abs(int(sent_at) - bot.now.timestamp()) < 300
    return right and fresh and json.loads(letter.body)["id"] == letter.headers["webhook-id"]


@pytest.mark.redaction
def test_no_secret_is_kept_or_shown_by_a_letter(bot: FastBot) -> None:
    tell(bot, OPENED)
    bot.run_due()

    kept = json.dumps([page.model_dump(mode="json") for page in pages(bot)])
    secrets = ["f" * 32, base64.b64encode(KEY).decode()]
    for letter in bot.pagers.letters:
        assert not [secret for secret in secrets if secret in repr(letter) + kept]
    assert [page.facts for page in pages(bot)] == [{}, {}], "what is done keeps no facts"
