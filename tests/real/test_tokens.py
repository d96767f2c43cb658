"""Tokens under load and under fire, on either database: many askers and one refresh, killed askers,
keys rotated meanwhile."""

import base64
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.microsoft.tokens import LEASE
from bot.signin import links
from sandbox.world import Scenario
from storage.cipher import Cipher
from storage.tables import LoginTicket
from storage.vocabulary import State
from tests.support.asker import Asker, Served
from tests.support.examples import size
from tests.support.world import KEY, BotWorld

pytestmark = pytest.mark.real

INFO, CAROL = "info@acme.example", "carol@acme.example"
PROCESSES, THREADS = 4, 50
KILLS = size(100, 8)
"""At least so many, and on until a quarter of them hit: how many do is the machine's affair."""

MOST = 20
"""So many times as many at most."""

MANY = 10_000
NEW_KEY = base64.b64encode(b"n" * 32).decode()


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[BotWorld]:
    """A bot with two connected mailboxes on a database of either kind."""
    running = BotWorld(tmp_path, DATABASE_URL=url)
    running.set_up()
    running.connect(INFO, "Info")
    running.connect(CAROL, "Carol")
    running.settle()
    accounts = [running.account(name).id for name in ("Info", "Carol")]
    with running.bot.store.transaction() as tx:  # whose looks would ask for tokens of their own
        for account_id in accounts:
            tx.watches.stop(account_id)
    yield running
    running.stop()


def shape(world: BotWorld, **reply: object) -> None:
    """Shape every token answer from now on."""
    world.practice.world.scenarios["shaped"] = Scenario(
        "shaped", "", "", "application", "token.shape", dict(reply)
    )
    world.throw("shaped")


def refreshes(world: BotWorld) -> int:
    return world.practice.microsoft.grants.requests["refresh_token"]


def owner(world: BotWorld, upn: str) -> str:
    return world.practice.world.people[upn].oid


def test_two_hundred_askers_in_four_processes_cost_one_refresh(world: BotWorld) -> None:
    account_id = world.account("Info").id
    askers = [Asker(world.environment) for _ in range(PROCESSES)]
    world.expire_tokens("Info")
    before = refreshes(world)
    shape(world, seconds=1)
    for asker in askers:
        asker.ask(account_id, THREADS)
    served = [each for asker in askers for each in asker.served()]
    for asker in askers:
        asker.stop()
    assert len(served) == PROCESSES * THREADS
    assert len(set(served)) == 1 and served[0].object_id == owner(world, INFO)
    assert refreshes(world) - before == 1


class UnderFire:
    """One asker after the other is killed about when Microsoft has answered it."""

    def __init__(self, world: BotWorld) -> None:
        self._world = world
        self._asker = Asker(world.environment)
        self._ahead = 0.0

    def kill(self, account_id: int, after: float) -> bool:
        """Kill an asker so many seconds after it has asked Microsoft; whether what it got was
        lost."""
        before, stood = refreshes(self._world), self._serial(account_id)
        asking = self._asker.ask(account_id, ahead=self._later())
        end = time.monotonic() + 60
        while refreshes(self._world) == before:
            assert time.monotonic() < end, "it does not ask Microsoft"
            time.sleep(0.0005)
        time.sleep(after)
        with suppress(ProcessLookupError):  # it was quicker, and nothing of it is lost
            os.kill(asking, signal.SIGKILL)
        self._asker.served()
        return self._serial(account_id) == stood

    def ask(self, account_id: int) -> Served:
        """The next one asks, when the dead one's claim has ended."""
        self._asker.ask(account_id, ahead=self._later())
        return self._asker.served()[0]

    def stop(self) -> None:
        self._asker.stop()

    def _later(self) -> float:
        self._ahead += LEASE.total_seconds() + 1
        return self._ahead

    def _serial(self, account_id: int) -> int:
        with self._world.bot.store.transaction() as tx:
            grant = tx.grants.get(account_id)
        assert grant is not None
        return grant.serial


def test_kills_between_refresh_and_store_lose_no_account_and_mix_none_up(
    world: BotWorld,
) -> None:
    dice, fire = random.Random(4), UnderFire(world)
    ids = {upn: world.account(name).id for upn, name in ((INFO, "Info"), (CAROL, "Carol"))}
    shape(world, expires_in=60)  # too short to be kept: everybody who asks has to refresh
    world.expire_tokens("Info", "Carol")
    lost = 0
    for number in range(MOST * KILLS):
        if number >= KILLS and lost >= KILLS / 4:
            break
        upn = dice.choice([INFO, CAROL])
        lost += fire.kill(ids[upn], dice.uniform(0, 0.02))
        for each in ids if number % 10 == 9 else [upn]:
            served = fire.ask(ids[each])
            assert (served.error, served.object_id) == ("", owner(world, each))
    fire.stop()
    assert lost >= KILLS / 4, "the kills have to hit"


def test_where_a_refresh_token_is_good_for_one_use_a_kill_costs_one_new_sign_in(
    world: BotWorld,
) -> None:
    world.map_folders(world.card("Info"))
    world.card("Info", "Live")
    fire, account_id = UnderFire(world), world.account("Info").id
    # Its answer is on its way for longer than any machine is too busy to kill whoever waits for it
    shape(world, once=True, expires_in=60, seconds=60)
    world.expire_tokens("Info")
    assert fire.kill(account_id, 0.1)
    world.take_back("shaped")
    shape(world, once=True, expires_in=60)
    assert fire.ask(account_id).error == "invalid_grant"
    fire.stop()
    world.take_back("shaped")
    world.pass_time(days=8)
    for _ in range(5):  # what is refused is believed at the second sight, within ten minutes
        world.pass_time(minutes=2)
    assert world.account("Info").state == State.BROKEN
    world.carol.press(world.card("Info", "mailbox user"), "New login link")
    world.sign_in(world.card("Info", "Sign in to Microsoft"), INFO)
    world.card("Info", "Live")


def test_keys_are_rotated_while_the_bot_runs_and_nothing_is_lost(world: BotWorld) -> None:
    account_id, now = world.account("Info").id, datetime.now(UTC)
    old, new = Cipher(world.bot.settings.keys), Cipher([base64.b64decode(NEW_KEY)])
    with world.bot.store.transaction() as tx:
        for number in range(MANY):
            sealed = old.seal(f"secret {number}", links.sealed_for(account_id))
            ticket = LoginTicket(
                account_id=account_id, digest=str(number), sealed=sealed, created_at=now
            )
            ticket.expires_at, ticket.asked_by_team, ticket.asked_by_user = (
                now + timedelta(days=1),
                "T1",
                "U1",
            )
            ticket.finished_at = now
            tx.session.add(ticket)
    world.restart_bot({"ENCRYPTION_KEYS": f"{NEW_KEY},{KEY}"})
    shape(world, expires_in=60)
    world.expire_tokens("Info", "Carol")
    done, served = threading.Event(), [0, 0]

    def use(index: int, name: str) -> None:
        wanted = world.account(name).id
        while not done.is_set():
            world.bot.tokens.fresh(wanted)
            served[index] += 1

    users = [threading.Thread(target=use, args=each) for each in enumerate(("Info", "Carol"))]
    for user in users:
        user.start()
    rotation = subprocess.run(
        [Path(sys.executable).with_name("maildesk"), "keys", "rotate"],
        env=os.environ | world.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    done.set()
    for user in users:
        user.join()
    assert rotation.returncode == 0, rotation.stderr
    assert "Opened by none of the keys: 0" in rotation.stdout and min(served) > 10
    world.restart_bot({"ENCRYPTION_KEYS": NEW_KEY})
    with world.bot.store.transaction() as tx:
        for number in range(MANY):
            kept = tx.signins.ticket(str(number))
            assert (
                kept is not None
                and new.open(kept.sealed, links.sealed_for(account_id)) == f"secret {number}"
            )
    for name, upn in (("Info", INFO), ("Carol", CAROL)):
        assert world.bot.tokens.fresh(world.account(name).id).object_id == owner(world, upn)
