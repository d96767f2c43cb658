"""The engine and its transactions."""

import os
import sqlite3
import time
from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.accounts import AccountRepository
from storage.api_keys import ApiKeyRepository, KnownKey, has_keys, known_key
from storage.api_requests import ApiRequestRepository
from storage.approvals import ApprovalRepository
from storage.attempts import AttemptRepository
from storage.audit import AuditRepository
from storage.bindings import Binding, binding
from storage.changes import ChangeRepository
from storage.checks import CheckRepository
from storage.customers import ChannelRepository
from storage.failures import FailureRepository
from storage.folders import FolderRepository
from storage.hand_outs import HandOutRepository
from storage.health import HealthRepository
from storage.incidents import IncidentRepository
from storage.jobs import JobRepository, forget
from storage.known_people import KnownPersonRepository
from storage.legacy import LegacyRepository
from storage.measures import MeasureRepository
from storage.outages import OutageRepository
from storage.outbox import OutboxRepository
from storage.paces import PaceRepository
from storage.pages import PageRepository
from storage.predictions import PredictionRepository
from storage.reminders import ReminderRepository
from storage.reported_fixes import ReportedFixRepository
from storage.reports import ReportRepository
from storage.retention import RetentionRepository
from storage.session import OfSession, Unit
from storage.setbacks import SetbackRepository
from storage.signin import GrantRepository, SignInRepository
from storage.storable import keep_text_storable
from storage.support import SupportRequestRepository
from storage.tables import Job
from storage.timeline import TimelineRepository
from storage.unexplained import NotedCauseRepository, UnexplainedRepository
from storage.vocabulary import Pager
from storage.watching import WatchRepository

SQLITE_WAIT_SECONDS = 30
WAL_ATTEMPTS = 300
CATALOGUE = {"sqlite": "sqlite_master", "postgresql": "pg_class"}
"""What every database of a kind has."""

LOOPBACK = frozenset({"", "localhost", "127.0.0.1", "::1"})
"""Hosts of this machine; none at all is a Unix socket."""
READS_ONLY = "maildesk_reads_only"
"""The option of a connection that takes no write lock on SQLite, and only questions to
PostgreSQL."""
READING: dict[str, dict[str, Any]] = {
    "sqlite": {READS_ONLY: True},
    "postgresql": {READS_ONLY: True, "isolation_level": "REPEATABLE READ"},
}
"""How a connection only reads, and all of it as it was at one moment."""
READ_ONLY_TRANSACTION = "25006"
"""PostgreSQL's word for it (postgresql.org/docs/current/errcodes-appendix.html)."""
BEGINS_NOTHING = "maildesk_begins_nothing"
"""The option of a connection to SQLite that has one statement to say."""

ALONE: dict[str, dict[str, Any]] = {
    "sqlite": {BEGINS_NOTHING: True},
    "postgresql": {"isolation_level": "AUTOCOMMIT"},
}
"""How a connection says one statement and no more: it is a transaction by itself."""

POOL = {"pool_size": 5, "max_overflow": 10}
"""Connections of one process. PostgreSQL gives 100 to everybody together, unless it is told
otherwise."""


IDLE_SECONDS = 30
"""A process that is suspended within a transaction holds rows that others wait for; so long at
most. Nothing of ours waits for somebody outside within a transaction."""

PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""After half a minute of silence a database is away, whatever the network says: libpq's own
patience is hours (postgresql.org/docs/current/libpq-connect.html)."""


class Conflict(Exception):
    """Another transaction was quicker: what may be there once would be there twice. Nothing of this
    one was kept."""


class DatabaseAway(Exception):
    """The database does not answer, or is held by somebody for too long. Nothing was kept, and the
    same may succeed in a moment."""


class WroteInReading(Exception):
    """Something was to be written, or held, where only reading was meant: a mistake of ours.
    Nothing was kept, and the same will not succeed later."""


class Transaction(Unit):
    """One unit of work: everything done through it is kept together or not at all. What it offers
    is made when it is first asked for: most transactions need little of it."""

    def __init__(self, begin: Callable[[], Connection], pagers: Collection[Pager] = ()) -> None:
        super().__init__(begin)
        self._pagers = pagers
        self._at_end: dict[Hashable, Callable[[], None]] = {}

    accounts = OfSession(AccountRepository)
    api_keys = OfSession(ApiKeyRepository)
    api_requests = OfSession(ApiRequestRepository)
    approvals = OfSession(ApprovalRepository)
    attempts = OfSession(AttemptRepository)
    changes = OfSession(ChangeRepository)
    channels = OfSession(ChannelRepository)
    checks = OfSession(CheckRepository)
    failures = OfSession(FailureRepository)
    fixes = OfSession(ReportedFixRepository)
    folders = OfSession(FolderRepository)
    grants = OfSession(GrantRepository)
    health = OfSession(HealthRepository)
    incidents = OfSession(IncidentRepository)
    jobs = OfSession(JobRepository)
    legacy = OfSession(LegacyRepository)
    measures = OfSession(MeasureRepository)
    noted = OfSession(NotedCauseRepository)
    outages = OfSession(OutageRepository)
    outbox = OfSession(OutboxRepository)
    paces = OfSession(PaceRepository)
    people = OfSession(KnownPersonRepository)
    predictions = OfSession(PredictionRepository)
    reminders = OfSession(ReminderRepository)
    reports = OfSession(ReportRepository)
    requests = OfSession(SupportRequestRepository)
    retention = OfSession(RetentionRepository)
    setbacks = OfSession(SetbackRepository)
    signins = OfSession(SignInRepository)
    timeline = OfSession(TimelineRepository)
    unexplained = OfSession(UnexplainedRepository)
    watches = OfSession(WatchRepository)

    @cached_property
    def audit(self) -> AuditRepository:
        """Who did what."""
        return AuditRepository(self)

    @cached_property
    def hand_outs(self) -> HandOutRepository:
        """What is handed out."""
        return HandOutRepository(self)

    @cached_property
    def pages(self) -> PageRepository:
        """What on-call is told."""
        return PageRepository(self.session, self._pagers)

    def at_end(self, key: Hashable, do: Callable[[], None]) -> None:
        """Have something done once everything else of this transaction is, in the order in which it
        was asked for. What has the same `key` is done once, as it was asked for first."""
        self._at_end.setdefault(key, do)

    def finish(self) -> None:
        """Do what was left to the end, and say what has not been said to the database yet."""
        for do in self._at_end.values():
            do()
        self.flush()


class Store:
    """The database."""

    def __init__(self, engine: Engine, pagers: Collection[Pager] = ()) -> None:
        """`pagers`: who is told of incidents."""
        self.engine = engine
        self._alone = engine.execution_options(**ALONE[engine.dialect.name])
        self._pagers = frozenset(pagers)

    @cached_property
    def _reading(self) -> Engine:
        engine = self.engine.execution_options(**READING[self.engine.dialect.name])
        if engine.dialect.name == "sqlite":
            event.listen(engine, "before_cursor_execute", _refuse_to_write)
        return engine

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction that is committed at the end of the block and undone when the block raises.

        Rows stay readable afterwards (they are not expired).

        Raises:
            Conflict: another transaction kept the same at the same time; this one is undone.
            DatabaseAway: the database does not do it just now.
        """
        with self._unit(self.engine) as tx:
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction that only reads, and reads everything as it was at one moment, whatever
        others write meanwhile: it waits for nobody, and nobody waits for it. Who writes according
        to what was read here reads it again in a `transaction`. Rows stay readable afterwards.

        Raises:
            WroteInReading: something was to be written, or held until the end (FOR UPDATE).
            DatabaseAway: the database does not answer it just now.
        """
        with self._unit(self._reading) as tx:
            yield tx

    @contextmanager
    def _unit(self, engine: Engine) -> Iterator[Transaction]:
        with (
            _told_apart(),
            ExitStack() as begun,
            closing(Transaction(lambda: begun.enter_context(engine.begin()), self._pagers)) as tx,
        ):
            yield tx
            tx.finish()

    def binding(self, channel_id: str) -> Binding | None:
        """The binding of a channel, if it has one: asked alone, it waits for nobody.

        Raises:
            DatabaseAway: the database does not answer it just now.
        """
        with _told_apart(), self._alone.connect() as connection:
            return binding(connection, channel_id)

    def api_key(self, digest: str) -> KnownKey | None:
        """The key of the API with this digest, if there is one: asked alone, it waits for nobody.

        Raises:
            DatabaseAway: the database does not answer it just now.
        """
        with _told_apart(), self._alone.connect() as connection:
            return known_key(connection, digest)

    def has_api_keys(self) -> bool:
        """Whether there ever was a key of the API: asked alone, it waits for nobody.

        Raises:
            DatabaseAway: the database does not answer it just now.
        """
        with _told_apart(), self._alone.connect() as connection:
            return has_keys(connection)

    def done(self, job: Job) -> None:
        """Forget a finished job, unless it is somebody else's by now: a statement by itself.

        Raises:
            DatabaseAway: the database does not do it just now.
        """
        with _told_apart(), self._alone.connect() as connection:
            forget(connection, job)
            connection.commit()

    def takes_writes(self) -> bool:
        """Whether the database answers, has our tables and takes what is written. Takes as long as
        its time-out when it does not."""
        try:
            with self.transaction() as tx:
                tx.health.beat()
        except (Conflict, DatabaseAway, SQLAlchemyError):
            return False
        return True


@contextmanager
def _told_apart() -> Iterator[None]:
    """Within this, what ends a transaction is told by what it means."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict(type(error.orig).__name__) from None
    except PoolTimeout as error:
        raise DatabaseAway(type(error).__name__) from error
    except DBAPIError as error:
        if _may_not_write(error.orig) and not error.connection_invalidated:
            raise WroteInReading from error
        # One that was idle for too long is told of in another class than what else ends it
        if isinstance(error, OperationalError) or error.connection_invalidated:
            raise DatabaseAway(type(error).__name__) from error
        raise


def _refuse_to_write(
    _connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool
) -> None:
    """On SQLite nothing but questions is asked within a transaction that only reads, and nothing is
    held, which PostgreSQL would refuse. SQLite's own way (`PRAGMA query_only`) has every statement
    that the connection knows prepared anew: that takes several times as long as the questions."""
    asked = getattr(context.compiled, "statement", None)
    holds = getattr(asked, "_for_update_arg", None) is not None
    writes = context.isinsert or context.isupdate or context.isdelete
    if holds or writes or not statement.startswith(("BEGIN", "SELECT", "WITH")):
        raise WroteInReading(statement.partition(" ")[0])


def _leave_the_standby(context: ExceptionContext) -> None:
    """A server that refuses to write is the primary no more: another one took over. All that is
    connected to it is dropped, so that who connects next looks for the primary. Of a transaction
    that only reads it is no wonder."""
    connection = context.connection
    reads = connection is not None and _only_reads(connection)
    if _may_not_write(context.original_exception) and not reads:
        context.is_disconnect = True


def _may_not_write(error: BaseException | None) -> bool:
    """Whether PostgreSQL takes nothing that is written, from this transaction or as a whole."""
    return getattr(error, "sqlstate", None) == READ_ONLY_TRANSACTION


def connect(url: str) -> Engine:
    """An engine for `url`. SQLite runs in WAL mode with foreign keys on, and takes its write lock
    at the beginning of a transaction (BEGIN IMMEDIATE), so that what a transaction reads is still
    so when it writes. PostgreSQL on another machine is spoken to over TLS, unless `url` says
    otherwise; who does nothing there within a transaction for `IDLE_SECONDS` loses it. Text that
    they would refuse is made such that they take it. No error's text has values in it."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        encrypted = with_tls(parsed.set(drivername="postgresql+psycopg"))
        patience = {"connect_args": PATIENCE}
        engine = create_engine(
            encrypted, pool_pre_ping=True, hide_parameters=True, **patience, **POOL
        )
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "begin", _begin_postgresql)
        event.listen(engine, "handle_error", _leave_the_standby)
        keep_text_storable(engine)
        return engine
    waiting = {"timeout": SQLITE_WAIT_SECONDS}
    engine = create_engine(parsed, connect_args=waiting, hide_parameters=True, **POOL)
    event.listen(engine, "do_connect", _create_privately)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    keep_text_storable(engine)
    return engine


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
    connection.commit()


def _begin_postgresql(connection: Connection) -> None:
    """Where a transaction only reads, psycopg says so when it begins it. It says nothing of any
    other: "READ WRITE", which SQLAlchemy's own option leaves behind, is no word that a standby
    knows, and overrules what the database is set to."""
    driver: Any = connection.connection.driver_connection
    wanted = True if _only_reads(connection) else None
    if driver.read_only is not wanted:
        driver.read_only = wanted


def _only_reads(connection: Connection) -> bool:
    only: bool = connection.get_execution_options().get(READS_ONLY, False)
    return only


class CannotConnect(Exception):
    """A database cannot be used; the text is its own words."""


def look_in(url: str) -> None:
    """Connect and ask the simplest question. Takes as long as the connection does.

    Raises:
        CannotConnect: it cannot be reached, does not let us in, or is none.
    """
    engine = connect(url)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM " + CATALOGUE[engine.dialect.name])
    except SQLAlchemyError as error:
        raise CannotConnect(str(getattr(error, "orig", None) or error)) from None
    finally:
        engine.dispose()


def file_of(url: str) -> Path | None:
    """SQLite's file; None for any other database, and for one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return None if parsed.database.startswith((":memory:", "file:")) else Path(parsed.database)


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads, and reads everything as it was at one moment, whatever others
    write meanwhile. It holds nobody up.

    Raises:
        DatabaseAway: the database does not answer.
    """
    reading = READING[engine.dialect.name]
    try:
        with engine.execution_options(**reading).connect() as connection, connection.begin():
            wait_for_slow_files(connection)
            yield connection
    except (OperationalError, PoolTimeout) as error:
        raise DatabaseAway(type(error).__name__) from error


def with_tls(url: URL) -> URL:
    """PostgreSQL's address with an explicit `sslmode`: its own, else `require`, because libpq's
    default would go on in clear where TLS fails (postgresql.org/docs/current/libpq-ssl.html). On
    this machine, by loopback or a Unix socket, none is needed."""
    named = url.normalized_query.get("host", (url.host or "",))
    hosts = [host for each in named for host in each.split(",")]
    local = all(host in LOOPBACK or host.startswith("/") for host in hosts)
    if local or "sslmode" in url.query:
        return url
    return url.update_query_dict({"sslmode": "require"})


def _create_privately(_dialect: Any, _record: Any, arguments: Any, _parameters: Any) -> None:
    """Create SQLite's file, where there is none, for its owner alone: customers' data is in it.
    SQLite gives the files beside it (-wal, -shm) the same rights.

    A file that is there is never opened: to close it again would end every lock that this process
    has on it (POSIX), and another process would take SQLite's log away under its connections
    (sqlite.org/howtocorrupt.html, 2.2)."""
    file = str(arguments[0])
    if file == ":memory:" or file.startswith("file:"):
        return
    with suppress(OSError):  # it is there; or SQLite says better what is wrong
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    _use_write_ahead_log(connection)
    for pragma in ("foreign_keys=ON", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def wait_for_slow_files(connection: Connection) -> None:
    """PostgreSQL waits in this transaction however long it takes to read or write a file meanwhile,
    where it would end others that do nothing for a while."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def _begin_sqlite(connection: Connection) -> None:
    """With the write lock; of a transaction that only reads without it: what SQLite's log had when
    it read first is what it goes on to see (sqlite.org/isolation.html). For one
    statement nothing is begun."""
    if not connection.get_execution_options().get(BEGINS_NOTHING, False):
        connection.exec_driver_sql("BEGIN" if _only_reads(connection) else "BEGIN IMMEDIATE")


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL, once. SQLite does not wait for a lock here, as it does elsewhere: of
    several processes that open a new file at once, all but one are refused and try again."""
    for _ in range(WAL_ATTEMPTS):
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode=WAL")
            return
        time.sleep(SQLITE_WAIT_SECONDS / WAL_ATTEMPTS)
    connection.execute("PRAGMA journal_mode=WAL")
