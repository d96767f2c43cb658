"""Tokens that are handed out by several web processes, on either database: many clients and one
refresh; a key that one process revokes is refused by the others."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from bot.api.keys import Wish
from bot.common.people import MAILDESK
from sandbox.world import Scenario
from storage.api_vocabulary import ApiScope
from tests.real.daemon import free_ports
from tests.support.web_process import running
from tests.support.world import BotWorld

pytestmark = [pytest.mark.real, pytest.mark.api]

PROCESSES, CLIENTS = 4, 50
ADDRESS, NAME = "info@acme.example", "Info"


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[BotWorld]:
    """A bot with a connected mailbox, which is at rest, on a database of either kind."""
    made = BotWorld(tmp_path, DATABASE_URL=url, TOKENS_PER_HOUR="1000")
    made.set_up()
    made.connect(ADDRESS, NAME)
    made.settle()
    with made.bot.store.transaction() as tx:  # whose looks would ask for tokens of their own
        tx.watches.stop(made.account(NAME).id)
    made.bot.worker.stop()
    yield made
    made.stop()


@pytest.fixture
def ports(world: BotWorld, tmp_path: Path) -> Iterator[list[int]]:
    """Web processes on the world's database."""
    with ExitStack() as stack:
        found = free_ports(PROCESSES)
        for port in found:
            environment = world.environment | {"PORT": str(port), "BIND_ADDRESS": "127.0.0.1"}
            stack.enter_context(running(environment, port, tmp_path / f"web-{port}"))
        yield found


def new_key(world: BotWorld) -> tuple[str, str]:
    """A key, and its public part."""
    made = world.bot.services.api.keys.create(Wish("Lumen CRM", list(ApiScope)), MAILDESK)
    return made.secret, made.key.public_id


def ask(world: BotWorld, port: int, key: str) -> requests.Response:
    """Ask a process for a token of the mailbox."""
    url = f"http://127.0.0.1:{port}/api/v1/accounts/{world.account(NAME).ref}/token"
    bearer = {"Authorization": f"Bearer {key}"}
    return requests.post(url, json={"for": "imap"}, headers=bearer, timeout=120)


def insist(world: BotWorld, port: int, key: str) -> dict[str, Any]:
    """The same, as often as it is told to come again, as a client does."""
    answer = ask(world, port, key)
    while answer.status_code == 503:
        threading.Event().wait(float(answer.headers["Retry-After"]))
        answer = ask(world, port, key)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def test_two_hundred_clients_of_four_processes_cost_one_refresh(
    world: BotWorld, ports: list[int], tmp_path: Path
) -> None:
    key, _ = new_key(world)
    world.expire_tokens(NAME)
    requested = world.practice.microsoft.grants.requests
    before = requested["refresh_token"]
    slow = Scenario("shaped", "", "", "application", "token.shape", {"seconds": 1})
    world.practice.world.scenarios["shaped"] = slow
    world.throw("shaped")

    with ThreadPoolExecutor(PROCESSES * CLIENTS) as clients:
        asked = [clients.submit(insist, world, port, key) for port in ports * CLIENTS]
        served = [each.result() for each in asked]

    assert len({said["access_token"] for said in served}) == 1
    assert {said["user"] for said in served} == {ADDRESS}
    assert min(said["expires_in"] for said in served) >= 300
    assert requested["refresh_token"] - before == 1
    with world.bot.store.transaction() as tx:
        entries = tx.audit.about(world.account(NAME).ref)
        done: Counter[str] = Counter(entry.action for entry in entries)
    assert done["token.handed_out"] == PROCESSES * CLIENTS
    said = "".join(each.read_text() for each in tmp_path.glob("web-*"))
    assert "token.handed_out" in said
    assert served[0]["access_token"] not in said and key not in said


def test_a_key_that_the_command_revokes_is_refused_by_every_process_at_once(
    world: BotWorld, ports: list[int]
) -> None:
    key, public_id = new_key(world)
    assert {ask(world, port, key).status_code for port in ports} == {200}

    command = [sys.executable, "-m", "bot.app.cli", "api-key", "revoke", public_id, "--no-env-file"]
    done = subprocess.run(
        command, env=world.environment, capture_output=True, text=True, check=True
    )

    assert public_id in done.stdout
    answers = [ask(world, port, key) for port in ports]
    assert {(each.status_code, each.json()["code"]) for each in answers} == {
        (401, "key_not_accepted")
    }
