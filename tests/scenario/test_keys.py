"""Key rotation on a database that is in use, and the audit table as a file."""

import io
import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import audit_export, key_rotation
from bot.common import audit
from bot.common.people import Person
from bot.microsoft import tokens
from bot.signin import links
from storage.cipher import CannotOpen, Cipher
from storage.database import Store, connect
from storage.tables import Account, Grant, LoginTicket
from storage.vocabulary import Owner, State
from tests.support.practice import database_in

NOW = datetime(2026, 11, 24, tzinfo=UTC)
OLD, NEW = b"o" * 32, b"n" * 32
MANY = 10_000

NOBODYS = {"shared_mailbox": "", "sender_email": ""}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(connect(database_in(tmp_path)))


def an_account(store: Store) -> int:
    with store.transaction() as tx:
        customer = tx.channels.add_customer("Acme", NOW)
        names = dict.fromkeys(("name", "sender_name", "created_by_team", "created_by_user"), "x")
        facts = {
            "customer_id": customer.id,
            "channel_id": "C1",
            "address_key": "a@b.example",
            "ref": "MB-1",
        }
        where = {
            "state": State.LIVE,
            "owner": Owner.MAILDESK,
            "state_since": NOW,
            "created_at": NOW,
        }
        mail = {"sender_email": "a@b.example", "username": "a@b.example"}
        return tx.accounts.add(Account(**names, **facts, **where, **mail)).id


def test_ten_thousand_values_are_sealed_anew_while_others_are_stored(store: Store) -> None:
    account_id, old, both, new = an_account(store), Cipher([OLD]), Cipher([NEW, OLD]), Cipher([NEW])
    with store.transaction() as tx:
        for number in range(MANY):
            sealed = old.seal(f"secret {number}", links.sealed_for(account_id))
            ticket = LoginTicket(
                account_id=account_id, digest=str(number), sealed=sealed, created_at=NOW
            )
            ticket.expires_at, ticket.asked_by_team, ticket.asked_by_user = (
                NOW + timedelta(days=1),
                "T1",
                "U1",
            )
            tx.session.add(ticket)
        first = old.seal("grant 0", tokens.sealed_for(account_id))
        tx.grants.put(
            Grant(account_id=account_id, sealed=first, scopes="", refreshed_at=NOW, **NOBODYS)
        )
    stored = [0]

    def refresh() -> None:
        stored[0] += 1
        sealer = (
            both if stored[0] % 2 else old
        )  # a process that was not restarted yet still seals with the old key
        sealed = sealer.seal(f"grant {stored[0]}", tokens.sealed_for(account_id))
        with store.transaction() as tx:
            tx.grants.put(
                Grant(account_id=account_id, sealed=sealed, scopes="", refreshed_at=NOW, **NOBODYS)
            )

    def in_another_thread() -> None:
        worker = threading.Thread(target=refresh)
        worker.start()
        worker.join()

    rotated = key_rotation.rotate(store, both, in_another_thread)
    assert rotated.unreadable == 0 and rotated.sealed >= MANY and stored[0] > MANY / 200
    assert key_rotation.rotate(store, both, lambda: None).sealed <= 1
    with store.transaction() as tx:
        for number in range(MANY):
            ticket = tx.signins.ticket(str(number))
            assert ticket is not None
            assert new.open(ticket.sealed, links.sealed_for(account_id)) == f"secret {number}"
        grant = tx.grants.get(account_id)
    assert (
        grant is not None
        and new.open(grant.sealed, tokens.sealed_for(account_id)) == f"grant {stored[0]}"
    )
    with pytest.raises(CannotOpen):
        new.open(grant.sealed, tokens.sealed_for(account_id + 1))
    assert key_rotation.rotate(store, both, lambda: None).sealed == 0


def test_what_no_key_opens_is_counted_and_left_as_it_is(store: Store) -> None:
    account_id = an_account(store)
    sealed = Cipher([b"x" * 32]).seal("grant", tokens.sealed_for(account_id))
    with store.transaction() as tx:
        tx.grants.put(
            Grant(account_id=account_id, sealed=sealed, scopes="", refreshed_at=NOW, **NOBODYS)
        )
    assert key_rotation.rotate(store, Cipher([NEW, OLD]), lambda: None).unreadable == 1
    with store.transaction() as tx:
        assert tx.grants.get(account_id).sealed == sealed  # type: ignore[union-attr]


def test_the_audit_table_is_written_in_order_and_between_two_moments(store: Store) -> None:
    with store.transaction() as tx:
        for day in range(1, 4):
            at = NOW + timedelta(days=day)
            by = Person("T1", "U1", "C1")
            audit.record(tx, by, "=cmd()", "MB-1", at, day=day)
    rows = list(audit_export.entries(store, NOW + timedelta(days=2), NOW + timedelta(days=3)))
    assert [(row["detail"], row["place"], row["result"]) for row in rows] == [
        ({"day": 2}, "C1", "done")
    ]
    lines, table = io.StringIO(), io.StringIO()
    audit_export.write_lines(audit_export.entries(store, NOW, NOW + timedelta(days=9)), lines)
    assert [json.loads(line)["detail"]["day"] for line in lines.getvalue().splitlines()] == [
        1,
        2,
        3,
    ]
    audit_export.write_csv(audit_export.entries(store, NOW, NOW + timedelta(days=9)), table)
    assert (
        table.getvalue().startswith("id,at,last_at,times,team,user,place,action")
        and "'=cmd()" in table.getvalue()
    )
