"""Migrations of databases that are in use: from every revision, with rows in every table and
reminders in every phase. What stands there stays, and the bot goes on with it."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    inspect,
    text,
)
from sqlmodel import SQLModel, func, select

from bot.common.people import MAILDESK
from bot.lifecycle.hours import Hours
from bot.lifecycle.ladder import Ladder, handed_over
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import Event
from bot.reminders.service import Reminders
from storage.database import Store, connect
from storage.migrate import MIGRATIONS, upgrade
from storage.tables import Account, Incident, OutboxItem, Reminder
from storage.vocabulary import CustomersAre, IncidentStatus, Owner, ReminderPhase, State
from tests.support.changes import unheard

pytestmark = pytest.mark.real

SINCE = datetime(2026, 11, 2, 12, tzinfo=UTC)
DUE = SINCE + timedelta(days=1)
LATER = SINCE + timedelta(days=5)
RUNGS = (timedelta(hours=4), timedelta(days=1), timedelta(days=3), timedelta(days=7))
RENAMED = {"mend": "reportedfix", "folderlisting": "foldersnapshot"}

WORDS = {
    "state": "live",
    "owner": "maildesk",
    "scope": "mailbox",
    "permanence": "retry",
    "role": "sent",
    "plan": "change",
    "phase": "idle",
    "customers_are": "other-workspaces",
    "advice": "given",
    "deed": "change",
    "outcome": "waiting",
    "pager": "pagerduty",
    "change": "opened",
    "standing": "nothing",
    "of": "application",
    "severity": "high",
    "status": "open",
    "canary.status": "works",
    "change.kind": "account.live",
    "change.status": "waiting",
}
LISTS = ("folders", "steps", "old_ids", "account_ids")

UNMAPPED = {"state": "unmapped", "owner": "user", "nag_since": SINCE, "nag_rung": 1}
TESTING = {"state": "testing", "owner": "maildesk", "nag_since": SINCE, "nag_rung": 1}
HELD = {"nag_held_by_team": "T0ACME", "nag_held_by_user": "U0ADA"}

WAITS: dict[str, tuple[dict[str, Any], ReminderPhase]] = {
    "due": (UNMAPPED | {"nag_due_at": DUE}, ReminderPhase.RUNNING),
    "snoozed": (
        UNMAPPED
        | HELD
        | {"nag_due_at": LATER, "snoozed_until": LATER, "nag_since": LATER - RUNGS[1]},
        ReminderPhase.SNOOZED,
    ),
    "stopped": (UNMAPPED | HELD | {"nag_stopped_at": SINCE}, ReminderPhase.STOPPED),
    "handed over": (
        {"state": "broken", "owner": "support", "nag_since": SINCE, "nag_rung": 4},
        ReminderPhase.ENDED,
    ),
    "microsoft's": (
        {"state": "failing", "owner": "microsoft", "nag_since": SINCE, "nag_rung": 3}
        | {"nag_due_at": LATER},
        ReminderPhase.RUNNING,
    ),
    "on-call's": (
        {"state": "failing", "owner": "on-call", "nag_since": SINCE},
        ReminderPhase.IDLE,
    ),
    "live": ({"state": "live", "owner": "maildesk", "nag_since": SINCE}, ReminderPhase.IDLE),
    "first test": (TESTING | {"nag_for": "awaiting_sign_in:user"}, ReminderPhase.INTERRUPTED),
    "snoozed, tested": (
        TESTING
        | HELD
        | {"nag_for": "failing:user", "snoozed_until": LATER, "nag_since": LATER - RUNGS[1]},
        ReminderPhase.INTERRUPTED,
    ),
    "handed over, tested": (
        TESTING | {"nag_for": "failing:handed-over", "nag_rung": 4},
        ReminderPhase.INTERRUPTED,
    ),
}
"""Accounts as the revision before phases kept them, and the phase that they are in."""


def config() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    return settings


REVISIONS = [
    script.revision
    for script in reversed(list(ScriptDirectory.from_config(config()).walk_revisions()))
]
WITH_PHASES_IN_COLUMNS = "0006"


def to(engine: Engine, revision: str) -> MetaData:
    """Bring an empty database to an earlier revision; its tables."""
    settings = config()
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)
    tables = MetaData()
    with engine.connect() as connection:
        tables.reflect(connection)
    return tables


def sample(column: Column[Any], number: int) -> Any:
    """A value that fits a column; rows that refer to each other have the same number."""
    for name in (f"{column.table.name}.{column.name}", column.name):
        if name in WORDS:
            return WORDS[name]
    if column.nullable:
        return None
    match column.type:
        case Boolean():
            return False
        case Integer():
            return number
        case DateTime():
            return SINCE.replace(tzinfo=None)
        case LargeBinary():
            return b"sealed"
        case JSON():
            return [] if column.name in LISTS else {}
    return "[]" if column.name in LISTS else str(number)


def insert(engine: Engine, table: Table, number: int, **values: Any) -> None:
    row = {column.name: sample(column, number) for column in table.columns}
    known = {name: value for name, value in values.items() if name in table.columns}
    times = {
        name: value.replace(tzinfo=None)
        for name, value in known.items()
        if isinstance(value, datetime)
    }
    with engine.begin() as connection:
        connection.execute(table.insert().values(**(row | known | times)))


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_row_of_every_revision_can_be_read_afterwards_in_the_tables_of_the_models(
    empty_url: str, revision: str
) -> None:
    engine = connect(empty_url)
    tables = to(engine, revision)
    names = [table.name for table in tables.sorted_tables if table.name != "alembic_version"]
    for name in names:
        insert(engine, tables.tables[name], 1)
    upgrade(empty_url)
    with Store(engine).transaction() as tx:
        models = {
            mapper.local_table.name: mapper.class_ for mapper in SQLModel._sa_registry.mappers
        }
        for name in names:
            model = models[RENAMED.get(name, name)]
            assert len(tx.session.exec(select(model)).all()) == 1, name
        accounts = tx.session.exec(select(Account)).all()
        assert [account.reminder.phase for account in accounts] == [ReminderPhase.IDLE]
    check_tables(engine)
    engine.dispose()


def check_tables(engine: Engine) -> None:
    """The tables and their indexes are those of the models."""
    there = {
        name: {column["name"] for column in inspect(engine).get_columns(name)}
        for name in inspect(engine).get_table_names()
        if name != "alembic_version"
    }
    wanted = {
        name: {column.name for column in table.columns}
        for name, table in SQLModel.metadata.tables.items()
    }
    assert there == wanted
    assert _indexes_there(engine) == _indexes_wanted()


def _indexes_there(engine: Engine) -> set[tuple[str, str | None]]:
    """The indexes of a database, by table and name, without those that a constraint brings."""
    return {
        (name, index["name"])
        for name in inspect(engine).get_table_names()
        for index in inspect(engine).get_indexes(name)
        if "duplicates_constraint" not in index
    }


def _indexes_wanted() -> set[tuple[str, str | None]]:
    return {
        (name, index.name)
        for name, table in SQLModel.metadata.tables.items()
        for index in table.indexes
    }


class StoppedClock:
    """A time that the test sets."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


def test_reminders_go_on_in_the_phase_that_they_were_in(empty_url: str) -> None:
    engine = connect(empty_url)
    tables = to(engine, WITH_PHASES_IN_COLUMNS).tables
    insert(engine, tables["customer"], 1)
    insert(engine, tables["channel"], 1, id="C1", closed="")
    for number, (name, (columns, _)) in enumerate(WAITS.items(), start=1):
        where = {"customer_id": 1, "channel_id": "C1", "address_key": f"{number}@acme.example"}
        insert(engine, tables["account"], number, name=name, **where, **columns)
    upgrade(empty_url)
    store = Store(engine)
    with store.transaction() as tx:
        found = {account.name: account.reminder for account in tx.session.exec(select(Account))}
        assert {name: one.phase for name, one in found.items()} == {
            name: phase for name, (_, phase) in WAITS.items()
        }
        due = {name: one.due_at for name, one in found.items() if one.due_at is not None}
        assert due == {"due": DUE, "snoozed": LATER, "microsoft's": LATER}
        assert found["snoozed"].snoozed_until == LATER
        assert found["snoozed"].held_by_user == found["stopped"].held_by_user == "U0ADA"
    engine.dispose()


def test_the_bot_goes_on_with_the_database_of_the_version_before(empty_url: str) -> None:
    engine = connect(empty_url)
    tables = to(engine, WITH_PHASES_IN_COLUMNS).tables
    insert(engine, tables["customer"], 1, time_zone="", working_hours="", working_days="")
    insert(engine, tables["channel"], 1, id="C1", closed="")
    for number, (name, (columns, _)) in enumerate(WAITS.items(), start=1):
        where = {"customer_id": 1, "channel_id": "C1", "address_key": f"{number}@acme.example"}
        insert(engine, tables["account"], number, name=name, **where, **columns)
    upgrade(empty_url)
    store = Store(engine)
    clock = StoppedClock(DUE + timedelta(minutes=1))
    ladder = Ladder(RUNGS)
    always = Hours(ZoneInfo("UTC"), time(0), time(0), "1234567")
    lifecycle = Lifecycle(clock, ladder, always, "C0SUPPORT", unheard(clock))
    reminders = Reminders(store, clock, lifecycle, ladder, always, "C0SUPPORT")

    assert reminders.remind_due() == 1, "the one that is due, in its channel"
    assert reminders.remind_due() == 0
    with store.transaction() as tx:
        reminder = tx.session.exec(select(Reminder)).one()
        listed = {account.name for account in tx.accounts.several(reminder.account_ids)}
        assert listed == {"due"}
        for name in ("first test", "snoozed, tested", "handed over, tested"):
            account = tx.accounts.lock(_id_of(tx.session, name))
            lifecycle.transition(
                tx, account, Event.TEST_FAILED_UNMAPPED, MAILDESK, owner=Owner.USER
            )
    with store.transaction() as tx:
        after = {account.name: account for account in tx.session.exec(select(Account))}
        assert after["first test"].reminder.phase is ReminderPhase.RUNNING
        assert after["first test"].reminder.rung == 0, "a new wait begins at the bottom"
        assert after["snoozed, tested"].reminder.phase is ReminderPhase.SNOOZED
        assert after["snoozed, tested"].reminder.due_at == LATER
        assert handed_over(after["handed over, tested"])
        assert handed_over(after["handed over"])
        assert after["handed over, tested"].state is State.FAILING
        assert tx.session.exec(select(func.count()).select_from(Reminder)).one() == 1
    engine.dispose()


def _id_of(session: Any, name: str) -> int:
    found: int = session.exec(select(Account.id).where(Account.name == name)).one()
    return found


def test_a_channel_of_before_has_its_customers_in_other_workspaces(empty_url: str) -> None:
    engine = connect(empty_url)
    tables = to(engine, "0007").tables
    insert(engine, tables["customer"], 1)
    insert(engine, tables["channel"], 1, id="C1", closed="")
    upgrade(empty_url)
    with Store(engine).transaction() as tx:
        channel = tx.channels.get("C1")
        assert channel is not None
        assert channel.customers_are is CustomersAre.OTHER_WORKSPACES
        assert channel.customer_teams == "", "nobody has said whose workspaces they are"
    engine.dispose()


def test_jobs_that_the_version_before_asks_for_are_done(empty_url: str) -> None:
    engine = connect(empty_url)
    of_before = to(engine, "0010").tables["job"]
    insert(engine, of_before, 1, kind="connection-test", args={"test": 1})
    upgrade(empty_url)
    insert(engine, of_before, 2, kind="connection-test", args={"test": 2})
    with Store(engine).transaction() as tx:
        jobs = tx.jobs.claim_due(LATER, 8, timedelta(minutes=5))
        assert [(job.args["test"], job.lane, job.awaited) for job in jobs] == [
            (1, None, False),
            (2, None, False),
        ]
    engine.dispose()


def test_what_can_be_drawn_no_more_is_not_sent_and_does_not_come_back(empty_url: str) -> None:
    engine = connect(empty_url)
    items = to(engine, "0023").tables["outboxitem"]
    told = {"sentence": "signin.consent_given", "values": {}}
    kept = {"sentence": "test.unmoved", "values": {}}
    insert(engine, items, 1, args=told, given_up="")
    insert(engine, items, 2, args=told, given_up="is_archived", done_at=SINCE)
    insert(engine, items, 3, args=told, given_up="", done_at=SINCE)
    insert(engine, items, 4, args=kept, given_up="is_archived", done_at=SINCE)
    upgrade(empty_url)
    with Store(engine).transaction() as tx:
        assert set(tx.session.exec(select(OutboxItem.id))) == {3, 4}
    engine.dispose()


def test_alerts_of_before_go_on_in_the_course_that_they_were_in(empty_url: str) -> None:
    engine = connect(empty_url)
    tables = to(engine, "0027").tables
    insert(engine, tables["customer"], 1)
    insert(engine, tables["channel"], 1, id="C1", closed="")
    where = {"customer_id": 1, "channel_id": "C1"}
    insert(engine, tables["account"], 1, address_key="1@acme.example", **where)
    cases = {
        "open": {"open_cause": "open"},
        "taken": {"open_cause": "taken", "acknowledged_by": "U0OMAR", "acknowledged_at": SINCE},
        "ended": {"ended_at": SINCE + timedelta(hours=1)},
        "left": {},
    }
    for number, (cause, columns) in enumerate(cases.items(), start=1):
        facts = {"ref": f"MX-{number}", "account_id": 1, "customer_id": 1, "cause": cause}
        insert(engine, tables["failure"], number, **facts)
        insert(
            engine,
            tables["incident"],
            number,
            failure_ref=f"MX-{number}",
            cause=cause,
            **({"open_cause": None, "acknowledged_by": ""} | columns),
        )
    upgrade(empty_url)
    with Store(engine).transaction() as tx:
        found = {each.cause: each for each in tx.session.exec(select(Incident))}
        assert {cause: each.status for cause, each in found.items()} == {
            "open": IncidentStatus.OPEN,
            "taken": IncidentStatus.ACKNOWLEDGED,
            "ended": IncidentStatus.CLOSED,
            "left": IncidentStatus.CLOSED,
        }
        assert found["taken"].acknowledged_until == SINCE + timedelta(hours=8)
        assert found["ended"].ended_at == SINCE + timedelta(hours=1)
        assert found["open"].fingerprint == "open/mailbox/account:1"
        counts = [tx.incidents.count(found[cause].id) for cause in cases]
        assert counts == [1, 1, 0, 0]
        new = Incident(**(found["left"].model_dump() | {"id": None, "open_fingerprint": "new"}))
        assert tx.incidents.add(new).id > found["left"].id
    engine.dispose()
