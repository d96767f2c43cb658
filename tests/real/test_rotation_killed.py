"""A rotation of the keys that is killed goes on when it is run again, on either database."""

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from bot.app import key_rotation
from storage.cipher import Cipher
from storage.database import Store, connect
from storage.rotation import sealed_columns
from storage.tables import Account, LoginTicket
from tests.support.filled import fill

pytestmark = pytest.mark.real

OLD = b"o" * 32
NEW = b"n" * 32
NOW = datetime(2026, 11, 24, tzinfo=UTC)
LINKS = 700
DIES_AFTER = 250
"""In the middle of the second batch of a table, if it was not begun before."""

ROTATE = f"""
import os, signal, sys
from bot.app import key_rotation
from storage.cipher import Cipher
from storage.database import Store, connect

class Killed(Cipher):
    sealed = 0
    def seal(self, plain, sealed_for):
        self.sealed += 1
        if self.sealed == {DIES_AFTER}:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().seal(plain, sealed_for)

key_rotation.rotate(Store(connect(sys.argv[1])), Killed([{NEW!r}, {OLD!r}]), lambda: None)
"""


@pytest.fixture
def store(url: str) -> Store:
    """A database with a row in every table, and hundreds of links, sealed with the older key."""
    store = Store(connect(url))
    older = Cipher([OLD])
    fill(store.engine, older)
    with store.transaction() as tx:
        account = tx.session.exec(select(Account)).first()
        assert account is not None
        for number in range(LINKS):
            tx.session.add(
                LoginTicket(
                    id=100 + number,
                    account_id=account.id,
                    digest=f"digest {number}",
                    sealed=b"",
                    created_at=NOW,
                    expires_at=NOW + timedelta(days=1),
                    asked_by_team="T",
                    asked_by_user="U",
                )
            )
    with store.transaction() as tx:
        for table, columns in sealed_columns().items():
            for row in tx.session.exec(select(table)):
                sealed_for = key_rotation.SEALED_FOR[table](row)
                for column in columns:
                    setattr(row, column, older.seal(f"{column} of {sealed_for}", sealed_for))
    return store


def opened_with(store: Store, key: bytes) -> tuple[int, int]:
    """How many sealed values the key opens, to what was sealed there; and of how many."""
    cipher = Cipher([key])
    opened = 0
    every = 0
    with store.transaction() as tx:
        for table, columns in sealed_columns().items():
            for row in tx.session.exec(select(table)):
                sealed_for = key_rotation.SEALED_FOR[table](row)
                for column in columns:
                    every += 1
                    if cipher.knows(getattr(row, column)):
                        plain = cipher.open(getattr(row, column), sealed_for)
                        assert plain == f"{column} of {sealed_for}"
                        opened += 1
    return opened, every


def test_a_rotation_that_was_killed_goes_on(store: Store, url: str) -> None:
    before = 0
    ended = -signal.SIGKILL
    kills = 0
    while ended == -signal.SIGKILL:
        ended = subprocess.run([sys.executable, "-c", ROTATE, url], check=False).returncode
        done, every = opened_with(store, NEW)
        kept, _ = opened_with(store, OLD)
        assert done + kept == every, "every value opens with the one key or the other"
        assert done > before, "what was done before it was killed is kept"
        before = done
        kills += ended == -signal.SIGKILL
    assert ended == 0
    assert kills >= 2
    assert opened_with(store, NEW) == (every, every)
    assert key_rotation.rotate(store, Cipher([NEW]), lambda: None).unreadable == 0
    store.engine.dispose()
