"""What PagerDuty says of an incident is heeded once, in order, if PagerDuty said it, and never where
it only repeats what we said."""

import hashlib
import hmac
import itertools
import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.incidents.pager_words import PagerWords, read
from bot.incidents.posting import PagerUnreachable
from bot.incidents.signatures import is_pagerdutys
from handlers.web.hardening import harden
from handlers.web.pagers import MAX_BODY_BYTES, pager_pages
from storage.vocabulary import PageChange
from tests.support.fast import FastBot
from tests.support.pagers import SECRET_EXPIRED, events, tell
from tests.support.rows import every

SECRET = "a secret that PagerDuty made"
OMAR = {"id": "PLH1HKV", "summary": "Omar Haddad", "type": "user_reference"}
INTEGRATION = {"id": "PXMQRWJ", "summary": "Events API V2", "type": "inbound_integration_reference"}


class Incidents:
    """Whoever is in charge of incidents: what they were asked to do, in order."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, str]] = []
        self.fails = False

    def _ask(self, what: str, incident_id: int, person_name: str) -> None:
        if self.fails:
            self.fails = False
            raise RuntimeError("killed")
        self.asked.append((what, incident_id, person_name))

    def acknowledge(self, incident_id: int, person_name: str, at: datetime) -> None:
        self._ask("acknowledge", incident_id, person_name)

    def unacknowledge(self, incident_id: int, person_name: str, at: datetime) -> None:
        self._ask("unacknowledge", incident_id, person_name)

    def reopen(self, incident_id: int, person_name: str, at: datetime) -> None:
        self._ask("reopen", incident_id, person_name)

    def escalate(self, incident_id: int, person_name: str, at: datetime) -> None:
        self._ask("escalate", incident_id, person_name)

    def resolve(self, incident_id: int, person_name: str, at: datetime) -> None:
        self._ask("resolve", incident_id, person_name)


class Line:
    """A bot that PagerDuty knows an incident of, and the way on which PagerDuty speaks."""

    def __init__(self) -> None:
        self.bot = FastBot()
        tell(self.bot, PageChange.OPENED)
        self.bot.run_due()
        self.incidents = Incidents()
        words = PagerWords(self.bot.store, self.bot.clock, self.incidents)
        web = Flask("test")
        web.register_blueprint(pager_pages(words, SecretStr(SECRET)))
        harden(web, secure=True)
        self.client: FlaskClient = web.test_client()

    @property
    def asked(self) -> list[str]:
        return [what for what, _, _ in self.incidents.asked]

    def say(self, what: str, status: str, ago: float = 0, agent: Any = OMAR, **data: Any) -> bytes:
        """A webhook's body, as PagerDuty sends it."""
        at = self.bot.now - timedelta(seconds=ago)
        incident = {"id": "PGR0VU2", "type": "incident", "status": status}
        incident |= {"incident_key": SECRET_EXPIRED, "title": "It fails"} | data
        event = {
            "id": str(uuid.uuid4()),
            "event_type": f"incident.{what}",
            "resource_type": "incident",
            "occurred_at": at.isoformat().replace("+00:00", "Z"),
            "agent": agent,
            "client": None,
            "data": incident,
        }
        return json.dumps({"event": event}).encode()

    def hear(self, body: bytes, signature: str | None = None) -> int:
        given = sign(body) if signature is None else signature
        headers = {"X-PagerDuty-Signature": given, "Content-Type": "application/json"}
        return self.client.post("/pagerduty/webhook", data=body, headers=headers).status_code


def sign(body: bytes, secret: str = SECRET) -> str:
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.fixture
def line() -> Line:
    return Line()


# -- what is heeded


@every(
    "what, status, asked",
    [
        ("acknowledged", "acknowledged", "acknowledge"),
        ("unacknowledged", "triggered", "unacknowledge"),
        ("reopened", "triggered", "reopen"),
        ("escalated", "triggered", "escalate"),
        ("resolved", "resolved", "resolve"),
    ],
)
def test_what_people_do_at_the_pager_is_done_here(what: str, status: str, asked: str) -> None:
    line = Line()
    assert line.hear(line.say(what, status)) == 202
    assert line.incidents.asked == [(asked, 1, "Omar Haddad")]


def test_what_came_from_us_comes_back_as_an_echo_and_does_nothing(line: Line) -> None:
    for what, status in (("acknowledged", "acknowledged"), ("resolved", "resolved")):
        assert line.hear(line.say(what, status, agent=INTEGRATION)) == 202
    assert line.asked == []


def test_what_pagerduty_did_by_itself_is_its_own(line: Line) -> None:
    for agent in (None, {"type": "service_reference", "summary": "Mailboxes"}, "PagerDuty", [1]):
        line.hear(line.say("unacknowledged", "triggered", agent=agent))
    assert {name for _, _, name in line.incidents.asked} == {"PagerDuty"}


def test_a_name_is_one_short_line(line: Line) -> None:
    line.hear(
        line.say("escalated", "triggered", agent=OMAR | {"summary": "O\n\x00mar " + "x" * 500})
    )
    [(_, _, name)] = line.incidents.asked
    assert name.startswith("O mar xxx")
    assert len(name) == 80


def test_an_acknowledgement_there_is_not_sent_back(line: Line) -> None:
    line.hear(line.say("acknowledged", "acknowledged"))
    tell(line.bot, PageChange.ACKNOWLEDGED)
    line.bot.run_due()
    assert events(line.bot) == ["trigger"]

    line.hear(line.say("unacknowledged", "triggered"))
    tell(line.bot, PageChange.UNACKNOWLEDGED)
    line.bot.run_due()
    assert events(line.bot) == ["trigger"], "PagerDuty calls somebody itself"

    line.hear(line.say("resolved", "resolved"))
    tell(line.bot, PageChange.REOPENED)
    line.bot.run_due()
    assert events(line.bot) == ["trigger", "trigger"], "what still fails calls somebody again"


def test_who_acknowledges_while_we_try_to_call_again_is_not_called(line: Line) -> None:
    line.hear(line.say("acknowledged", "acknowledged", ago=5))
    line.bot.pagers.faults["events.pagerduty.com"] = [PagerUnreachable("Refused", heard=False)]
    tell(line.bot, PageChange.UNACKNOWLEDGED)
    line.bot.run_due()
    line.hear(line.say("acknowledged", "acknowledged", ago=-1))
    tell(line.bot, PageChange.ACKNOWLEDGED)
    line.bot.pass_time(minutes=1)
    assert events(line.bot) == ["trigger"]


@every("pauses", list(itertools.product((False, True), repeat=4)))
def test_presses_there_are_not_sent_back_however_late_our_queue_is(
    pauses: tuple[bool, ...],
) -> None:
    line = Line()
    taken = ("acknowledged", "acknowledged", PageChange.ACKNOWLEDGED)
    left = ("unacknowledged", "triggered", PageChange.UNACKNOWLEDGED)
    for (what, status, change), emptied in zip((taken, left) * 2, pauses, strict=True):
        line.bot.clock.at += timedelta(seconds=1)
        line.hear(line.say(what, status))
        line.bot.clock.at += timedelta(seconds=1)
        tell(line.bot, change)
        if emptied:
            line.bot.run_due()
    line.bot.run_due()
    assert events(line.bot) == ["trigger"]


def test_a_key_that_was_cut_leads_back_to_its_fingerprint(line: Line) -> None:
    long = "cause/tenant/" + "x" * 400
    tell(line.bot, PageChange.OPENED, fingerprint=long, incident_id=9)
    line.bot.run_due()
    key = line.bot.pagers.took["events.pagerduty.com"][-1]["dedup_key"]
    assert len(key) == 255

    line.hear(line.say("acknowledged", "acknowledged", incident_key=key))
    assert line.incidents.asked == [("acknowledge", 9, "Omar Haddad")]


# -- what is not


def test_a_repetition_is_heeded_once(line: Line) -> None:
    body = line.say("escalated", "triggered")
    assert [line.hear(body) for _ in range(3)] == [202, 202, 202]
    assert line.asked == ["escalate"]


def test_what_was_not_heeded_for_a_crash_is_heeded_when_it_comes_again(line: Line) -> None:
    body = line.say("acknowledged", "acknowledged")
    line.incidents.fails = True
    assert line.hear(body) == 500, "PagerDuty sends it again"
    assert line.hear(body) == 202
    assert line.asked == ["acknowledge"]


def test_what_is_said_later_holds_whatever_comes_first(line: Line) -> None:
    before = line.say("acknowledged", "acknowledged", ago=60)
    after = line.say("unacknowledged", "triggered", ago=30)
    line.hear(after)
    line.hear(before)
    assert line.asked == ["unacknowledge"]


def test_a_replay_of_long_ago_is_not_heeded(line: Line) -> None:
    old = line.say("resolved", "resolved")
    line.bot.clock.at += timedelta(days=8)
    assert line.hear(old) == 202
    assert line.asked == []


def test_other_incidents_and_other_events_are_accepted_and_ignored(line: Line) -> None:
    others = [
        line.say("triggered", "triggered"),
        line.say("annotated", "triggered"),
        line.say("something_new", "triggered"),
        line.say("acknowledged", "acknowledged", incident_key="somebody else's"),
        line.say("acknowledged", "acknowledged", incident_key=None),
        line.say("acknowledged", "acknowledged", incident_key=""),
        line.say("acknowledged", "acknowledged", incident_key="\x00"),
        line.say("acknowledged", "acknowledged", incident_key="\ud800"),
        line.say("acknowledged", "acknowledged", incident_key="x" * 5000),
        json.dumps({"event": {"event_type": "pagey.ping", "data": {"message": "Hello"}}}).encode(),
        b'{"event":' * 5000,
        b"[" * 100_000,
        b"\xff\xfe",
        b"",
        b"null",
    ]
    assert {line.hear(body) for body in others} == {202}
    assert line.asked == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("id", "event_type", "occurred_at", "agent", "client", "data", "resource_type")


@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.sampled_from(["acknowledged", "x"]), JSON)
def test_whatever_a_body_holds_is_read_or_is_nothing(
    wrong: dict[str, Any], what: str, other: Any
) -> None:
    whole = json.loads(Line.say(_Still(), what, "acknowledged"))  # type: ignore[arg-type]
    for posted in (other, {"event": other}, {"event": whole["event"] | wrong}):
        word = read(posted)
        assert word is None or (word.key == SECRET_EXPIRED or "data" in wrong)
    data = dict.fromkeys(wrong, other)
    read({"event": whole["event"] | {"data": whole["event"]["data"] | data}})


class _Still:
    """Just enough of a line for `say`."""

    bot = FastBot()


# -- whose word it is


def test_nothing_is_heeded_that_pagerduty_has_not_signed(line: Line) -> None:
    body = line.say("resolved", "resolved")
    right = sign(body)
    wrong = [
        "",
        "v1=",
        right.replace("v1=", "v2="),
        right.removeprefix("v1="),
        right.upper(),
        right[:-1],
        right + "0",
        sign(body, "another secret"),
        sign(body + b" "),
        "v1=é☃",
        ",".join([sign(body, str(number)) for number in range(30)] + [right]),
    ]
    assert {line.hear(body, signature) for signature in wrong} == {401}
    assert line.hear(body + b" ", right) == 401
    assert line.asked == []


def test_while_the_secret_is_replaced_either_signature_is_enough(line: Line) -> None:
    for number, order in enumerate((1, -1)):
        body = line.say("escalated", "triggered", ago=-number)
        signatures = [sign(body, "the secret before"), sign(body)][::order]
        assert line.hear(body, ",".join(signatures)) == 202
        assert line.hear(body, ", ".join(signatures)) == 202
    assert line.asked == ["escalate", "escalate"]


def test_a_body_that_is_too_large_is_not_read(line: Line) -> None:
    body = b" " * (MAX_BODY_BYTES + 1)
    assert line.hear(body) == 413


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.text(max_size=120))
def test_only_our_secrets_signature_is_right(body: bytes, header: str) -> None:
    assert is_pagerdutys(SECRET, body, sign(body))
    assert is_pagerdutys(SECRET, body, f"{header.replace(',', '')},{sign(body)}")
    assert not is_pagerdutys(SECRET, body, header.replace(sign(body), ""))
