"""What only reads: it waits for nobody who writes, and cannot write by mistake."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import select, update

from bot.app.pagers import told
from bot.common.people import Person
from bot.common.tallies import Tallies
from bot.diagnosis.duties import Duties
from bot.diagnosis.measures import Measures
from handlers.cards.accounts import account_card
from handlers.features import account_list
from handlers.features.home import HomeTab
from handlers.web.metrics import text
from storage import database
from storage.database import Store, Transaction, WroteInReading, connect
from storage.tables import Customer, PostedMessage
from storage.vocabulary import State
from tests.support.fast import ACME, ALERTS, CAROL, VERA, FastBot, Moment
from tests.support.held import database_held
from tests.support.product import Product

OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)


@pytest.fixture
def url(bot: FastBot, tmp_path: Path) -> str:
    """A file with a mailbox that works and one that broke."""
    bot.account(State.LIVE, name="Works")
    bot.failure(bot.account(State.BROKEN, name="Broken"))
    bot.run_due()
    file = tmp_path / "maildesk.db"
    memory: Any = bot.store.engine.raw_connection().driver_connection
    with closing(sqlite3.connect(file)) as copy:
        memory.backup(copy)
    return f"sqlite:///{file}"


@pytest.fixture
def on_file(bot: FastBot, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FastBot]:
    """The bot on that file; where it had to wait for somebody, it gives up at once."""
    monkeypatch.setattr(database, "SQLITE_WAIT_SECONDS", 0)
    engine = connect(url)
    yield FastBot(Moment(bot.outside, Store(engine, told(bot.settings)), bot.acme))
    engine.dispose()


def home(bot: FastBot, person: Person) -> object:
    shown: list[object] = []
    tabs: Any = SimpleNamespace(views_publish=lambda user_id, view: shown.append(view))
    HomeTab(bot.services, tabs).show(person)
    return shown


def read(product: Product, path: str) -> object:
    answer = product.get(path)
    assert answer.status_code == 200
    return answer.json


def looks(bot: FastBot, product: Product) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each way of looking, by its name."""
    broken = next(each for each in bot.accounts_there() if each.state is State.BROKEN)
    card = bot.views.accounts.card(broken.id)
    duties = Duties(bot.store, bot.clock)
    duties.watched("reminders", timedelta(seconds=15), lambda: 0)
    measures = Measures(bot.store, bot.clock, Tallies(), duties)
    for who, person in (("support", VERA), ("a customer", CAROL), ("on-call", OMAR)):
        yield f"home of {who}", lambda person=person: home(bot, person)  # type: ignore[misc]
    yield "account list", lambda: account_list.list_window(bot.services, CAROL, ACME)
    yield "card", lambda: account_card(bot.views.accounts.card(broken.id))
    yield "timeline", lambda: bot.views.timelines.of(broken.id, 0, 10)
    yield "set-up card", lambda: bot.views.setup.card(ACME)
    yield "error look-up", lambda: bot.views.errors.card(card.fault.error)
    yield "evidence", lambda: bot.evidence.of(card.fault.error)
    yield "pasted error", lambda: bot.catalogue.lookup_text("AADSTS50076")
    yield "alerts", lambda: bot.views.incident_lists.at_work()
    yield "predictions", lambda: bot.views.predictions.all()
    yield "metrics", lambda: text(measures)
    yield "duties", duties.late
    yield "what Slack refuses", bot.services.health.refused
    yield "next message", bot.delivery.next_due
    for path in ("/accounts", f"/accounts/{broken.ref}", f"/errors/{card.fault.error}"):
        yield f"API {path}", lambda path=path: read(product, path)  # type: ignore[misc]


@pytest.mark.sqlite("who reads on PostgreSQL waits for nobody who writes rows, anyhow")
def test_who_counts_lists_or_looks_waits_for_nobody_who_writes(on_file: FastBot, url: str) -> None:
    product = Product(on_file)
    product.get("/accounts")  # from now on it is known when the key was used
    every = dict(looks(on_file, product))
    expected = {name: look() for name, look in every.items()}
    with database_held(url):
        answered = {name: look() for name, look in every.items()}
    assert answered == expected


def add(tx: Transaction) -> None:
    tx.session.add(PostedMessage(key="card", channel_id=ACME, ts="1.0"))


def change(tx: Transaction) -> None:
    tx.session.exec(select(Customer)).one().name = "Somebody else"


def change_all(tx: Transaction) -> None:
    tx.connection.execute(update(Customer).values(name="Somebody else"))


def change_nothing(tx: Transaction) -> None:
    tx.connection.execute(update(Customer).where(Customer.id == 0).values(name="Nobody"))  # type: ignore[arg-type]


def say(tx: Transaction) -> None:
    tx.connection.exec_driver_sql("DELETE FROM customer")


def hold(tx: Transaction) -> None:
    tx.channels.lock_customer(tx.channels.customers()[0].id)


@pytest.mark.parametrize("write", [add, change, change_all, change_nothing, say, hold])
def test_who_only_reads_cannot_write(bot: FastBot, write: Callable[[Transaction], None]) -> None:
    with pytest.raises(WroteInReading), bot.store.reading() as tx:
        write(tx)
    with bot.store.transaction() as tx:  # on the same connection, which may write
        assert tx.session.get(PostedMessage, "card") is None
        add(tx)
    with bot.store.reading() as tx:
        assert tx.session.get_one(PostedMessage, "card").ts == "1.0"
        assert tx.channels.customers()[0].name == "Acme Marine"
