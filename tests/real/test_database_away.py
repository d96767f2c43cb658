"""A PostgreSQL that is not there for a while: whoever is started then waits, and whoever runs loses
nothing."""

import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from sqlmodel import select

from bot.messages import notices
from storage.database import Store, connect
from storage.migrate import upgrade
from storage.tables import OutboxItem
from tests.real.daemon import free_ports, listens
from tests.real.postgres import Postgres
from tests.support.worker_process import process, seconds_to_end, until
from tests.support.world import ACME, DESK, BotWorld

pytestmark = [pytest.mark.real, pytest.mark.delivery]

EVENTS = 6


@pytest.fixture
def server() -> Iterator[Postgres]:
    """One of its own, since it comes and goes."""
    with Postgres() as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, server: Postgres) -> Iterator[BotWorld]:
    upgrade(server.url)
    running = BotWorld(tmp_path, DATABASE_URL=server.url)
    running.set_up()
    running.settle()
    running.stop_bot()
    yield running
    running.practice.stop()


def tell(server: Postgres, word: str) -> None:
    store = Store(connect(server.url))
    with store.transaction() as tx:
        notices.say_in(tx, DESK, word, "signin.mended", datetime.now(UTC), username=word)
    store.engine.dispose()


def times_told(world: BotWorld) -> Counter[str]:
    """How often each message of `tell` stands in Slack."""
    texts = [message.text for message in world.practice.office.messages]
    found = (text.partition("word-")[2].partition("-end")[0] for text in texts if "word-" in text)
    return Counter(found)


def mention(number: int) -> bytes:
    """Carol asks something, as Slack tells it."""
    told = {"type": "app_mention", "channel": ACME, "user": "U0CAROL", "text": "help"}
    of = {"type": "event_callback", "event_id": f"Ev{number}", "team_id": "T0ACME"}
    return json.dumps(of | {"event": told | {"ts": f"{number}.1"}}).encode()


def post(url: str, secret: str, body: bytes) -> int:
    """Send an event; the status of the answer."""
    stamp = str(int(time.time()))
    mac = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={mac}",
    }
    answer = requests.post(f"{url}/slack/events", data=body, headers=headers, timeout=60)
    return answer.status_code


def answers(server: Postgres) -> list[str]:
    """What is said to who mentioned the bot."""
    store = Store(connect(server.url))
    with store.transaction() as tx:
        said = select(OutboxItem.key).where(OutboxItem.notice == notices.WHAT_TO_DO)
        found = list(tx.session.exec(said))
    store.engine.dispose()
    return found


def test_who_is_started_while_it_is_away_waits(
    world: BotWorld, server: Postgres, tmp_path: Path
) -> None:
    tell(server, "word-one-end")
    server.go_away()
    said = tmp_path / "said"
    with process(world.environment, said) as worker:
        until(lambda: "database.away" in said.read_text(), "the word that it is away")
        assert worker.poll() is None
        server.come_back()
        until(lambda: times_told(world), "the message")
        seconds_to_end(worker)
    assert times_told(world) == Counter(one=1)
    assert said.read_text().count("database.away") == 1
    assert "Traceback" not in said.read_text()


def test_who_waits_for_it_can_be_stopped(world: BotWorld, server: Postgres, tmp_path: Path) -> None:
    server.go_away()
    said = tmp_path / "said"
    with process(world.environment, said) as worker:
        until(lambda: "database.away" in said.read_text(), "the word that it is away")
        assert seconds_to_end(worker) < 10


def test_what_comes_while_it_is_away_is_not_taken_and_nothing_is_lost(
    world: BotWorld, server: Postgres, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    environment = world.environment | {
        "PORT": str(port),
        "BIND_ADDRESS": "127.0.0.1",
        "PUBLIC_URL": url,
    }
    said = tmp_path / "said"
    with process(environment, said, "run") as bot:
        until(lambda: listens(port), "an answer")
        server.go_away()
        until(lambda: "database.away" in said.read_text(), "the word that it is away")
        asked = [mention(number) for number in range(EVENTS)]
        secret = world.practice.office.signing_secret
        assert {post(url, secret, each) for each in asked} == {503}, "Slack sends it again"
        page = requests.get(f"{url}/login/none", timeout=60)
        assert (page.status_code, page.headers["Retry-After"]) == (503, "60")
        assert "Please try again in a minute" in page.text

        server.come_back()
        tell(server, "word-one-end")
        until(lambda: times_told(world), "a message")
        for _ in range(2):
            assert {post(url, secret, each) for each in asked} == {200}
        until(lambda: len(answers(server)) >= EVENTS, "an answer to each")
        seconds_to_end(bot)
    assert len(answers(server)) == EVENTS
    assert times_told(world) == Counter(one=1)
    assert "Traceback" not in said.read_text()
