"""The engine and its transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlmodel import Session

from storage.accounts import Accounts
from storage.audit import Audit
from storage.checks import Tests
from storage.customers import Channels
from storage.failures import Failures, Incidents
from storage.jobs import Jobs
from storage.legacy import OldAccounts
from storage.outbox import Outbox
from storage.reminders import Reminders
from storage.reported_fixes import Mends
from storage.signin import Grants, SignIns
from storage.support import Requests

SQLITE_WAIT_SECONDS = 30
POOL = {"pool_size": 5, "max_overflow": 10}
"""Connections of one process. PostgreSQL gives 100 to everybody together, unless it is told otherwise."""


class Transaction:
    """One unit of work: everything done through it is kept together or not at all."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.accounts = Accounts(session)
        self.audit = Audit(session)
        self.channels = Channels(session)
        self.failures = Failures(session)
        self.grants = Grants(session)
        self.incidents = Incidents(session)
        self.jobs = Jobs(session)
        self.mends = Mends(session)
        self.old = OldAccounts(session)
        self.outbox = Outbox(session)
        self.reminders = Reminders(session)
        self.requests = Requests(session)
        self.signins = SignIns(session)
        self.tests = Tests(session)


class Store:
    """The database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction that is committed at the end of the block and undone when the block raises.

        Rows stay readable afterwards (they are not expired).
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield Transaction(session)


def connect(url: str) -> Engine:
    """An engine for `url`. SQLite runs in WAL mode with foreign keys on, and takes its write lock at the beginning of a
    transaction (BEGIN IMMEDIATE), so that what a transaction reads is still so when it writes."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql" and parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, **POOL)
    engine = create_engine(parsed, connect_args={"timeout": SQLITE_WAIT_SECONDS}, **POOL)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
