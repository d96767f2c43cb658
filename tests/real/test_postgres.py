"""The bot on PostgreSQL: the road, the claims of several workers, and the migrations."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from bot.accounts.service import InvalidForm
from bot.common import audit
from bot.common.jobs import CheckAccount
from bot.common.people import MAILDESK, Person
from bot.views.account_form import Form
from storage.database import Store, connect
from tests.support.failures import a_fault_at_two_mailboxes_is_the_organisations
from tests.support.world import ACME, BotWorld

pytestmark = pytest.mark.real

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEASE = timedelta(minutes=1)


def test_the_migrations_make_the_tables_that_the_code_knows(url: str) -> None:
    engine = connect(url)
    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    engine.dispose()


def test_the_whole_road_on_either_database(url: str, tmp_path: Path) -> None:
    world = BotWorld(tmp_path, DATABASE_URL=url)
    world.set_up()
    world.map_folders(world.connect("info@acme.example", "Info"))
    world.card("Info", "Live")
    world.stop()


def test_what_is_counted_over_failures_on_either_database(url: str, tmp_path: Path) -> None:
    world = BotWorld(tmp_path, DATABASE_URL=url)
    a_fault_at_two_mailboxes_is_the_organisations(world)
    world.stop()


def test_text_that_a_database_refuses_is_kept_and_asked_for_all_the_same(url: str) -> None:
    said = "a\x00b \ud83d"  # as JSON and addresses may have it: %00, "\ud83d"
    store = Store(connect(url))
    with store.transaction() as tx:
        for number in range(2):  # many rows are one statement
            audit.record(tx, MAILDESK, said, said, NOW, said=said, number=number)
        assert tx.noted.own(said) is None
    with store.transaction() as tx:
        kept = list(tx.audit.about("a\ufffdb \ufffd"))
        assert [entry.detail["said"] for entry in kept] == [said, said]
    store.engine.dispose()


def test_a_job_is_claimed_by_one_worker(url: str) -> None:
    store = Store(connect(url))
    with store.transaction() as tx:
        for number in range(40):
            tx.jobs.add(CheckAccount(account_id=number), NOW)
    together = threading.Barrier(4)

    def claim(_: int) -> list[int]:
        together.wait()
        mine: list[int] = []
        while True:
            with store.transaction() as tx:
                jobs = tx.jobs.claim_due(NOW, 3, LEASE)
            if not jobs:
                return mine
            mine += [job.args["account"] for job in jobs]

    with ThreadPoolExecutor(4) as pool:
        claimed = [number for mine in pool.map(claim, range(4)) for number in mine]
    assert sorted(claimed) == list(range(40))
    with store.transaction() as tx:
        assert len(tx.jobs.claim_due(NOW + LEASE * 2, 100, LEASE)) == 40, (
            "a killed worker's jobs come back"
        )


def test_a_channels_messages_have_one_sender_at_a_time_and_keep_their_order(url: str) -> None:
    store = Store(connect(url))
    with store.transaction() as tx:
        for channel in ("C1", "C2"):
            for number in range(10):
                tx.outbox.show(channel, f"{channel}:{number}", "note", {"number": number}, NOW)
    sent: dict[str, list[int]] = {"C1": [], "C2": []}
    at_work: set[str] = set()

    def send(_: int) -> None:
        while True:
            with store.transaction() as tx:
                claimed = tx.outbox.claim_next(NOW, LEASE)
            if claimed is None:
                with store.transaction() as tx:
                    if tx.outbox.waiting() == 0:
                        return
                continue
            assert claimed.item.channel_id not in at_work
            at_work.add(claimed.item.channel_id)
            sent[claimed.item.channel_id].append(claimed.item.args["number"])
            at_work.discard(claimed.item.channel_id)
            with store.transaction() as tx:
                tx.outbox.sent(claimed, "1.1", NOW, timedelta())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(4)))
    assert sent == {"C1": list(range(10)), "C2": list(range(10))}


def test_one_refresh_at_a_time(url: str, tmp_path: Path) -> None:
    world = BotWorld(tmp_path, DATABASE_URL=url)
    world.set_up()
    world.connect("info@acme.example", "Info")
    account_id = world.account("Info").id
    with world.bot.store.transaction() as tx:
        assert tx.grants.claim(account_id, NOW, NOW + LEASE)
        assert not tx.grants.claim(account_id, NOW, NOW + LEASE)
    with world.bot.store.transaction() as tx:
        assert tx.grants.claim(account_id, NOW + LEASE * 2, NOW + LEASE * 3), (
            "a claim ends with its lease"
        )
    world.stop()


def test_the_database_refuses_a_second_account_of_an_address(url: str, tmp_path: Path) -> None:
    world = BotWorld(tmp_path, DATABASE_URL=url)
    world.set_up()
    together = threading.Barrier(5)

    def create(number: int) -> str:
        together.wait()
        try:
            form = Form(f"Info {number}", "Acme", "info@acme.example", "", True)
            return world.bot.services.accounts.create(ACME, form, Person("T0ACME", "U0CAROL")).ref
        except InvalidForm as error:
            return error.problems["sender_email"]

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(create, range(5)))
    assert sum(answer.startswith("MB-") for answer in answers) == 1
    assert answers.count("form.address_taken") == 4
    world.stop()
