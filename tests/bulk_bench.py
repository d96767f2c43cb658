"""How long a worker needs to test thousands of mailboxes, beside the bare libraries in a loop with
as many threads, against the same servers in the same run.

`python -m tests.bulk_bench [MAILBOXES]` prints both in mailboxes a second and their ratio. The
servers are the practice world's, in this process; the loop and the worker are processes of their
own, and each connection goes through a relay that holds every packet back for a while, as a network
does. Ours finds the work in the database, opens the token, takes the same steps as the bare
libraries, keeps what it saw, and shows it in Slack.
"""

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import structlog
from sqlmodel import col, func, select

from bot.app.shares import FOR_OTHERS
from bot.common import ids
from bot.common.people import MAILDESK
from bot.microsoft.tokens import sealed_for
from sandbox.world import Person
from storage.cipher import Cipher
from storage.database import Transaction
from storage.tables import Account, Channel, ConnectionTest, Customer, FolderMapping, Grant
from tests.support.relay import Relay
from tests.support.worker_process import process
from tests.support.world import ACME, BotWorld

MAILBOXES = 2000
OF_A_CUSTOMER = 20
DELAY_MS = 30
THREADS = 8
"""So many mailboxes at a time. A worker has two threads more, which it keeps for people."""

AT_LEAST = 0.8
"""The mailboxes a second that ours may test at least, as a share of the bare loop's."""

MODEL_ADDRESS, MODEL = "info@acme.example", "Info"
SCOPES = frozenset({"openid", "profile", "offline_access"})


class Bench:
    """A world with as many live mailboxes as asked for, of many customers: each is the first one's
    rows with another address and token."""

    def __init__(self, folder: Path, mailboxes: int) -> None:
        self._folder = folder
        self.world = world = BotWorld(folder)
        world.practice.office.rate_limits = False
        world.set_up()
        world.map_folders(world.connect(MODEL_ADDRESS, MODEL))
        world.settle()
        world.stop_bot()
        imap = Relay(world.practice.imap.port, DELAY_MS / 1000)
        smtp = Relay(world.practice.smtp.port, DELAY_MS / 1000)
        self._ports = {"imap_port": imap.port, "smtp_port": smtp.port}
        self._cipher = Cipher(world.bot.settings.keys)
        self._accounts: list[int] = []
        self._mailboxes: list[tuple[str, str]] = []
        model = world.account(MODEL)
        with world.bot.store.transaction() as tx:
            self._folders = [each.server_name for each in tx.folders.mapped(model.id).values()]
            for first in range(0, mailboxes, OF_A_CUSTOMER):
                channel = self._customer(tx, first)
                for number in range(first, min(first + OF_A_CUSTOMER, mailboxes)):
                    self._account(tx, model, channel, number)

    def bare(self) -> float:
        """Mailboxes a second that the bare loop opens."""
        asked = self._ports | {
            "ca_file": str(self.world.practice.certificates.ca_file),
            "folders": self._folders,
            "mailboxes": self._mailboxes,
        }
        said = subprocess.run(
            [sys.executable, "-m", "tests.support.bare_loop", str(THREADS)],
            input=json.dumps(asked),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return len(self._mailboxes) / float(said.stdout)

    def ours(self) -> float:
        """Mailboxes a second that a worker tests, each asked for beforehand."""
        for account_id in self._accounts:
            self.world.bot.services.checks.start(account_id, MAILDESK)
        there = self._count(passed=True)
        ports = {name.upper(): str(port) for name, port in self._ports.items()}
        ports["WORKER_THREADS"] = str(THREADS + FOR_OTHERS)
        with process(self.world.environment | ports, self._folder / "worker"):
            _until(lambda: self._count(passed=True) > there)
            first, begun = self._count(passed=True), time.monotonic()
            _until(lambda: self._count(passed=True) >= there + len(self._accounts))
            took = time.monotonic() - begun
        assert self._count(passed=False) == 0, "a test failed"
        return (there + len(self._accounts) - first) / took

    def _count(self, passed: bool) -> int:
        """How many of the tests that were asked for came out like this so far."""
        found = select(func.count()).where(
            col(ConnectionTest.passed) == passed, col(ConnectionTest.quiet).is_(False)
        )
        with self.world.bot.store.transaction() as tx:
            return tx.session.exec(found).one()

    def _customer(self, tx: Transaction, number: int) -> Channel:
        customer = Customer(name=f"Customer {number}", created_at=self.world.clock.now())
        tx.session.add(customer)
        tx.session.flush()
        model = tx.channels.get(ACME)
        assert model is not None
        office = self.world.practice.office
        name = f"C{number:05}"
        office.add_channel(name, name.lower(), office.channels[ACME].members)
        copied = {"id": name, "customer_id": customer.id}
        channel = Channel(**(model.model_dump() | copied))
        tx.session.add(channel)
        tx.session.flush()
        return channel

    def _account(self, tx: Transaction, model: Account, channel: Channel, number: int) -> None:
        address = f"box{number}@acme.example"
        person = self._person(address)
        copied = {
            "ref": ids.new_account_ref(),
            "customer_id": channel.customer_id,
            "channel_id": channel.id,
            "name": f"Box {number}",
            "sender_email": address,
            "username": address,
            "address_key": address,
            "object_id": person.oid,
            "signed_in_as": address,
        }
        account = tx.accounts.add(Account(**(model.model_dump(exclude={"id"}) | copied)))
        for folder in tx.folders.mapped(model.id).values():
            tx.session.add(FolderMapping(**(folder.model_dump() | {"account_id": account.id})))
        self._grant(tx, model, account, person)
        self._accounts.append(account.id)

    def _person(self, address: str) -> Person:
        """Somebody new at Microsoft, with a mailbox."""
        outside = self.world.practice.world
        like = outside.people[MODEL_ADDRESS]
        person = Person(address, address, like.tenant_id)
        outside.add(person)
        outside.add(replace(deepcopy(outside.mailboxes[MODEL_ADDRESS]), address=address))
        return person

    def _grant(self, tx: Transaction, model: Account, account: Account, person: Person) -> None:
        grant = tx.grants.get(model.id)
        assert grant is not None
        scopes = frozenset(grant.scopes.split()) | SCOPES
        microsoft = self.world.practice.microsoft.grants
        microsoft.agree(person, scopes)
        answer = microsoft.answer(person, scopes, "", "", {})
        cache = json.loads(self._cipher.open(grant.sealed, sealed_for(model.id)))
        for kind, key in (("AccessToken", "access_token"), ("RefreshToken", "refresh_token")):
            for entry in cache[kind].values():
                entry["secret"] = answer[key]
        for entry in cache["Account"].values():
            entry |= {"username": account.username, "local_account_id": person.oid}
        sealed = self._cipher.seal(json.dumps(cache), sealed_for(account.id))
        copied = {"account_id": account.id, "sealed": sealed, "sender_email": account.username}
        tx.grants.put(Grant(**(grant.model_dump() | copied)))
        self._mailboxes.append((account.username, answer["access_token"]))


def _until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.2)


def main() -> None:
    """Print both, and fail where ours does less than it may."""
    parser = argparse.ArgumentParser()
    parser.add_argument("mailboxes", type=int, nargs="?", default=MAILBOXES)
    mailboxes = parser.parse_args().mailboxes
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), mailboxes)
        ours, bare = bench.ours(), bench.bare()
        bench.world.practice.stop()
    share = ours / bare
    print(f"{mailboxes} mailboxes, {2 * DELAY_MS} ms there and back, {THREADS} at a time:")
    print(f"ours {ours:.1f} a second, bare {bare:.1f} a second: {share:.2f} (at least {AT_LEAST})")
    if share < AT_LEAST:
        raise SystemExit("outside its limit")


if __name__ == "__main__":
    main()
