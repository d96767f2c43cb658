"""Pagers over the wire: what they are told, when it does not go well, and what they say back."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from bot.common.ways_out import WaysOut
from bot.incidents.posting import (
    HttpPoster,
    Letter,
    PagerBusy,
    PagerRefuses,
    PagerUnreachable,
)
from sandbox.pagers.incidents import Press, faults
from sandbox.pagers.moods import Mood
from sandbox.practice import Practice
from storage.tables import Incident
from storage.vocabulary import PageChange
from tests.support.pagers import SECRET_EXPIRED, facts
from tests.support.practice import new_practice
from tests.support.proxy import proxy
from tests.support.world import ACME, ALERTS, BotWorld

INFO = "info@acme.example"
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
TENANT = "smtp.auth_disabled/tenant/12"


def tell(world: BotWorld, *changes: PageChange, fingerprint: str = SECRET_EXPIRED) -> None:
    """An incident changes."""
    for change in changes:
        with world.bot.store.transaction() as tx:
            tx.pages.add(1, fingerprint, change, facts(change), world.clock.now())


def statuses(world: BotWorld) -> dict[str, str]:
    """How each incident stands at PagerDuty now, by its key."""
    return {each.key: each.status for each in world.practice.pagerduty.incidents.all}


def told(world: BotWorld) -> list[str]:
    return [event["event_action"] for event in world.practice.pagerduty.events]


# -- told


def test_both_pagers_are_told_and_end_as_the_incident_does(world: BotWorld) -> None:
    receiver = world.practice.receiver
    tell(world, PageChange.OPENED, PageChange.ACKNOWLEDGED)
    world.until(lambda: statuses(world) == {SECRET_EXPIRED: "acknowledged"})
    tell(world, PageChange.UNACKNOWLEDGED)
    world.until(lambda: told(world)[-1] == "trigger")
    first, second = world.practice.pagerduty.incidents.all
    assert (first.status, second.status) == ("resolved", "triggered"), "somebody is called again"
    tell(world, PageChange.MENDED, PageChange.CLOSED)
    world.until(lambda: statuses(world) == {SECRET_EXPIRED: "resolved"})
    world.until(lambda: len(receiver.got) == 5)
    assert receiver.changes == [
        "incident.opened",
        "incident.acknowledged",
        "incident.unacknowledged",
        "incident.mended",
        "incident.closed",
    ]
    assert world.omar.messages(ALERTS) == []


@pytest.mark.parametrize("mood", [Mood.DOWN, Mood.ERROR, Mood.BUSY], ids=str)
def test_a_pager_that_fails_is_told_later_and_delays_nobody(world: BotWorld, mood: Mood) -> None:
    world.practice.pagerduty.moody.mood = mood
    tell(world, PageChange.OPENED, PageChange.ACKNOWLEDGED)
    world.until(lambda: len(world.practice.receiver.got) == 2)
    assert told(world) == []

    world.practice.pagerduty.moody.mood = Mood.WELL
    world.leap(minutes=2)
    world.until(lambda: statuses(world) == {SECRET_EXPIRED: "acknowledged"})


def test_a_wrong_key_is_told_on_call_without_the_key(tmp_path: Any) -> None:
    wrong = "0123456789abcdef" * 2
    world = BotWorld(tmp_path, PAGERDUTY_ROUTING_KEY=wrong)
    try:
        tell(world, PageChange.OPENED)
        told = world.omar.find(ALERTS, "The pager refuses our alerts:")
        assert "PagerDuty" in told.text and "Invalid routing key" in told.text
        assert wrong not in told.text
    finally:
        world.stop()


def test_a_bot_that_is_killed_goes_on_where_it_was(world: BotWorld) -> None:
    """It dies after the pagers have heard it, and before it can write that down."""
    world.practice.pagerduty.moody.mood = Mood.DOWN
    world.practice.receiver.moody.mood = Mood.DOWN
    tell(world, PageChange.OPENED)
    world.until(lambda: _attempts(world) >= 2)
    world.stop_bot()
    with world.bot.store.transaction() as tx:
        for pager in ("pagerduty", "webhook"):
            lane = tx.pages._lane(pager, SECRET_EXPIRED)  # type: ignore[arg-type]
            lane.due_at = world.clock.now() + timedelta(seconds=80)  # as its worker left it
    world.practice.pagerduty.moody.mood = Mood.WELL
    world.practice.receiver.moody.mood = Mood.WELL
    world.start_bot()
    tell(world, PageChange.ACKNOWLEDGED)
    world.leap(minutes=2)
    world.until(lambda: statuses(world) == {SECRET_EXPIRED: "acknowledged"})
    world.until(lambda: len(world.practice.receiver.got) == 2)
    assert told(world) == ["trigger", "acknowledge"]


def _attempts(world: BotWorld) -> int:
    with world.bot.store.transaction() as tx:
        rows = tx.session.connection().exec_driver_sql("SELECT sum(attempts) FROM page")
        return int(rows.scalar_one())


# -- what people do there


EXPIRED = "application-secret-expired"


@pytest.fixture
def alerted(world: BotWorld) -> BotWorld:
    """A live mailbox whose test fails because our secret has expired; somebody is called."""
    world.set_up()
    world.map_folders(world.connect(INFO, "Info"))
    world.card("Info", "Live")
    world.settle()
    world.expire_tokens("Info")
    world.throw(EXPIRED)
    world.vera.slash(ACME, "test Info")
    world.until(lambda: [*statuses(world).values()] == ["triggered"])
    return world


def incident(world: BotWorld) -> Incident:
    """The one that there is, as it is now."""
    with world.bot.store.transaction() as tx:
        [found] = tx.incidents.since(world.clock.now() - timedelta(days=1), 10)
    return found


def press(world: BotWorld, what: Press, person: str = "Omar Haddad") -> None:
    """Somebody does something at PagerDuty, and the bot hears of it."""
    there = world.practice.pagerduty
    assert there.press(there.incidents.all[-1], what, person)
    world.until(lambda: not there.words.on_the_way)
    assert there.words.sent[-1].status == 202


def test_what_people_do_at_pagerduty_is_shown_in_slack(alerted: BotWorld) -> None:
    press(alerted, Press.ACKNOWLEDGE)
    assert incident(alerted).acknowledged_name == "Omar Haddad"
    alerted.omar.find(ALERTS, "Omar Haddad")
    alerted.until(lambda: "incident.acknowledged" in alerted.practice.receiver.changes)

    press(alerted, Press.UNACKNOWLEDGE)
    assert incident(alerted).status == "open"
    alerted.settle()
    assert told(alerted) == ["trigger"], "PagerDuty is told nothing that it knows"


def test_resolving_there_tests_first(alerted: BotWorld) -> None:
    press(alerted, Press.RESOLVE)
    alerted.until(lambda: told(alerted) == ["trigger", "trigger"])
    assert incident(alerted).status == "open", "it still fails"

    alerted.take_back(EXPIRED)
    press(alerted, Press.RESOLVE)
    alerted.until(lambda: incident(alerted).status == "mended")
    alerted.until(lambda: alerted.practice.receiver.changes[-1] == "incident.mended")
    assert statuses(alerted) == {incident(alerted).fingerprint: "resolved"}


def test_a_webhook_that_comes_twice_or_with_two_signatures_counts_once(alerted: BotWorld) -> None:
    words = alerted.practice.pagerduty.words
    words.repeats = 3
    words.secrets.insert(0, "the secret that comes next")
    press(alerted, Press.ESCALATE)
    assert len([each for each in words.sent if each.event["event_type"].endswith("escalated")]) == 3
    with alerted.bot.store.transaction() as tx:
        entries = [each.event for each in tx.incidents.timeline(incident(alerted).id, 50)]
    assert entries.count("escalated") == 1


def test_the_pages_of_the_stand_ins_show_it_and_have_its_buttons(alerted: BotWorld) -> None:
    there = alerted.practice.pagerduty
    page = requests.get(there.url, timeout=60).text
    assert "Triggered" in page and "Acknowledge" in page
    [one] = there.incidents.all
    asked = {"incident": one.id, "do": "acknowledge", "as": "Omar Haddad"}
    assert requests.post(f"{there.url}/press", data=asked, timeout=60).status_code == 200
    alerted.until(lambda: incident(alerted).acknowledged_name == "Omar Haddad")
    receiver = alerted.practice.receiver.url
    alerted.until(lambda: "incident.opened" in requests.get(receiver, timeout=60).text)
    labels = [link["label"] for link in alerted.practice.office.links]
    assert labels == ["Lumen CRM", "Switchboard", "PagerDuty", "Alert receiver"]


# -- the way there


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    running = new_practice()
    running.start()
    yield running
    running.stop()


def letter(url: str, content: Any = None, **headers: str) -> Letter:
    return Letter(url, json.dumps(content or {"planted": 1}).encode(), headers, ("planted-key",))


def post(url: str, deadline: float = 20, ways: WaysOut | None = None) -> None:
    HttpPoster(ways or WaysOut(), deadline).post(letter(url), NOW)


@contextmanager
def server(*parts: bytes, pause: float = 0) -> Iterator[str]:
    """Something that takes a request and answers in these parts, with a pause before each."""
    end = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                for part in parts:
                    if end.wait(pause):
                        return
                    connection.sendall(part)

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/in/planted-path"
        end.set()
        thread.join()


def test_no_redirect_is_followed(practice: Practice) -> None:
    before = len(practice.receiver.got)
    moved = f"HTTP/1.1 307 Moved\r\nLocation: {practice.receiver.hook_url}\r\n\r\n".encode()
    with server(moved) as url, pytest.raises(PagerRefuses, match="HTTP 307"):
        post(url)
    assert len(practice.receiver.got) == before


def test_an_answer_that_drips_is_not_waited_for(practice: Practice) -> None:
    begun = time.monotonic()
    with (
        server(b"HTTP/1.1 200 OK\r\nX: ", *[b"x"] * 200, pause=0.1) as url,
        pytest.raises(PagerUnreachable) as late,
    ):
        post(url, deadline=0.5)
    assert late.value.heard
    assert time.monotonic() - begun < 15


def test_what_an_answer_says_is_told_in_a_line_without_secrets() -> None:
    said = b"HTTP/1.1 400 Bad\r\n\r\nNo <b>such</b>\nkey: planted-key" + b"!" * 100_000
    with server(said) as url, pytest.raises(PagerRefuses) as refused:
        post(url)
    assert refused.value.reason.startswith("HTTP 400 No <b>such</b> key: [hidden]!!")
    assert len(refused.value.reason) < 250


def test_nobody_there_is_known_not_to_have_heard_and_a_broken_answer_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(PagerUnreachable) as nobody:
        post(f"http://127.0.0.1:{port}/in/planted-path")
    assert not nobody.value.heard
    assert "planted" not in str(nobody.value)
    with server() as url, pytest.raises(PagerUnreachable) as broken:
        post(url)
    assert broken.value.heard


def test_who_is_busy_says_how_long() -> None:
    busy = b"HTTP/1.1 429 Too Many\r\nRetry-After: 90\r\n\r\n"
    with server(busy) as url, pytest.raises(PagerBusy) as asked:
        post(url)
    assert asked.value.wait == timedelta(seconds=90)


@pytest.mark.field
def test_it_goes_by_the_proxy(practice: Practice) -> None:
    with proxy() as way, pytest.raises(PagerRefuses, match="HTTP 401"):
        post(practice.receiver.hook_url, ways=WaysOut(way.url))
    assert way.went_to(practice.receiver.hook_url)


# -- the stand-ins are as strict as the real ones


def event(practice: Practice, **changed: Any) -> dict[str, Any]:
    payload = {"summary": "It fails", "source": "here", "severity": "critical"}
    whole = {"routing_key": practice.pagerduty.routing_key, "event_action": "trigger"}
    return whole | {"dedup_key": "a/b/c", "payload": payload} | changed


@pytest.mark.simulator
def test_pagerduty_refuses_what_pagerduty_refuses(practice: Practice) -> None:
    right = event(practice)
    assert faults(right) == []
    long = "x" * 1025
    wrong = [
        (event(practice, routing_key="short"), "Length of 'routing_key' is incorrect"),
        (event(practice, routing_key="-" * 32), "non-alphanumeric"),
        (event(practice, routing_key=None), "'routing_key' is missing"),
        (event(practice, event_action="open"), "'event_action' is invalid"),
        (event(practice, event_action="resolve", dedup_key=""), "'dedup_key' is missing"),
        (event(practice, dedup_key="x" * 256), "'dedup_key' is too long"),
        (event(practice, payload=None), "'payload' is missing"),
        (event(practice, payload=right["payload"] | {"summary": long}), "summary' is too long"),
        (event(practice, payload=right["payload"] | {"severity": "high"}), "severity' is invalid"),
        (event(practice, links=[{"text": "x"}]), "'links' is invalid"),
    ]
    for one, said in wrong:
        answer = requests.post(practice.pagerduty.events_url, json=one, timeout=60)
        assert answer.status_code == 400
        assert answer.json()["status"] == "invalid event"
        assert [each for each in answer.json()["errors"] if said in each], said
    answer = requests.post(practice.pagerduty.events_url, json=right, timeout=60)
    assert (answer.status_code, answer.json()["dedup_key"]) == (202, "a/b/c")


@pytest.mark.simulator
def test_pagerduty_takes_120_events_a_minute(practice: Practice) -> None:
    practice.pagerduty._times.clear()
    late = event(practice, event_action="resolve")
    with requests.Session() as session:
        codes = [
            session.post(practice.pagerduty.events_url, json=late, timeout=60).status_code
            for _ in range(121)
        ]
    practice.pagerduty._times.clear()
    assert codes == [202] * 120 + [429]


@pytest.mark.simulator
def test_the_receiver_takes_nothing_that_is_not_signed(practice: Practice) -> None:
    answer = requests.post(practice.receiver.hook_url, json={"id": "x"}, timeout=60)
    assert answer.status_code == 401
