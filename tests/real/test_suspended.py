"""Processes that are suspended, on PostgreSQL: what they hold is given to others, and when they go on
they do nothing that another has done."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from bot.app.claimed_jobs import LEASE
from bot.messages import notices
from storage import database
from storage.database import DatabaseAway, Store, connect
from tests.support.fast import ACME, FastBot
from tests.support.worker_process import until

pytestmark = [pytest.mark.real, pytest.mark.parametrize("url", ["postgresql"], indirect=True)]

DEADLINE = 20


def waits_in(store: Store) -> bool:
    """Whether somebody waits in the database for what another holds."""
    with store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(connection.execute(waiting).scalar_one())


def test_what_is_held_by_who_does_nothing_is_given_to_others(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "IDLE_SECONDS", 1)
    bot = FastBot(engine=connect(url))
    account = bot.account()

    def rename() -> None:
        with bot.store.transaction() as tx:
            tx.accounts.lock(account.id).name = "Quick"

    with ThreadPoolExecutor(1) as pool, pytest.raises(DatabaseAway), bot.store.transaction() as tx:
        tx.accounts.lock(account.id).name = "Suspended"
        tx.session.flush()
        pool.submit(rename).result(DEADLINE)
    assert bot.read(account).name == "Quick"
    bot.store.engine.dispose()


def test_a_channel_gets_another_id_while_a_message_is_sent_there(url: str) -> None:
    """Whoever sends holds the lane before the message, and so does who renumbers."""
    bot = FastBot(engine=connect(url))
    store = bot.store
    with store.transaction() as tx:
        notices.say_in(tx, ACME, "hello", "signin.mended", bot.now, username="somebody")
    with ThreadPoolExecutor(1) as pool:
        with store.transaction() as tx:
            tx.outbox.hold(ACME, bot.now)
            renumbering = pool.submit(bot.customers.renumber, ACME, "C0NEW")
            until(lambda: waits_in(store) or renumbering.done(), "two who want the same")
            claimed = tx.outbox.claim_next(bot.now, LEASE)
        renumbering.result(DEADLINE)
    assert claimed is not None and claimed.item.channel_id == ACME
    with store.transaction() as tx:
        tx.outbox.sent(claimed, "1.1", bot.now, LEASE)
        stands = tx.outbox.posted(claimed.item.key)
        assert stands is not None and stands.channel_id == "C0NEW"
    store.engine.dispose()
