"""While a release is rolled out, processes of the one before work on its tables for a while: what a
migration does has to leave them everything that they read, and take everything that they write."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from storage.database import connect
from storage.migrate import MIGRATIONS, TooNew, newest_revision, standing, upgrade

FIRST = "0032"
"""The first migration that this holds for."""

STOPPED_FOR = {"0032": frozenset({"connectiontest.round is gone"})}
"""What a migration takes away all the same, by its number. The bot is stopped for such a release,
which docs/operations.md says of it by this number."""

OPERATIONS = Path(__file__).parents[2] / "docs/operations.md"


@dataclass(frozen=True)
class Tables:
    """A database's, as they were at one revision."""

    columns: dict[tuple[str, str], dict[str, Any]]
    unique: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    references: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection) -> "Tables":
        """As they are now."""
        looked = inspect(connection)
        names = looked.get_table_names()
        columns = {(n, column["name"]): column for n in names for column in looked.get_columns(n)}
        unique: dict[str, set[tuple[str, ...]]] = {}
        for name in names:
            indexes = [i for i in looked.get_indexes(name) if i["unique"]]
            alone = [*indexes, *looked.get_unique_constraints(name)]
            unique[name] = {tuple(map(str, each["column_names"])) for each in alone}
        keys = {n: looked.get_foreign_keys(n) for n in names}
        references = {n: {tuple(each["constrained_columns"]) for each in keys[n]} for n in names}
        return cls(columns, unique, references)

    def taken_away(self, later: "Tables") -> Iterator[str]:
        """What code that knows these tables cannot do any more with the later ones."""
        for name, column in self.columns.items():
            there = later.columns.get(name)
            dotted = ".".join(name)
            if there is None:
                yield f"{dotted} is gone"
            elif str(there["type"]) != str(column["type"]):
                yield f"{dotted} is of another type"
            elif column["nullable"] and not there["nullable"]:
                yield f"{dotted} must have a value"
        old = {table for table, _ in self.columns}
        for table, name in later.columns.keys() - self.columns.keys():
            new = later.columns[table, name]
            if table in old and not new["nullable"] and new["default"] is None:
                yield f"{table}.{name} is new, and has no value where nobody gives one"
        for what in ("unique", "references"):
            for table in old & getattr(later, what).keys():
                for parts in getattr(later, what)[table] - getattr(self, what).get(table, set()):
                    if {(table, part) for part in parts} <= self.columns.keys():
                        yield f"{table}: {', '.join(parts)} must be {what} now"


def migrated(folder: Path) -> Iterator[tuple[str, Tables]]:
    """The tables after each migration from the one before `FIRST` on."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    revisions = sorted(script.revision for script in scripts.walk_revisions())
    engine = connect(f"sqlite:///{folder / 'maildesk.db'}")
    for revision in revisions[revisions.index(FIRST) - 1 :]:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            yield revision, Tables.of(connection)
    engine.dispose()


def test_no_migration_takes_anything_from_the_release_before(tmp_path: Path) -> None:
    stages = list(migrated(tmp_path))
    for (_, before), (revision, after) in pairwise(stages):
        taken = frozenset(before.taken_away(after))
        assert taken == STOPPED_FOR.get(revision, frozenset()), revision


def test_whoever_has_to_stop_the_bot_for_a_release_can_read_it() -> None:
    said = OPERATIONS.read_text("utf-8")
    assert all(f"revision {number}" in said for number in STOPPED_FOR)


def test_the_tables_say_which_code_goes_on_with_them(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'maildesk.db'}"
    upgrade(url)
    with connect(url).connect() as connection:
        oldest = connection.execute(text("SELECT oldest_code FROM alembic_version")).scalar()
    assert oldest == max(STOPPED_FOR)


@pytest.mark.parametrize(
    ("oldest", "usable"),
    [("0032", True), (newest_revision(), True), ("9998", False), ("", False)],
)
def test_newer_tables_are_gone_on_with_where_they_allow_it(
    tmp_path: Path, oldest: str, usable: bool
) -> None:
    url = f"sqlite:///{tmp_path / 'maildesk.db'}"
    upgrade(url)
    engine = connect(url)
    newer = text("UPDATE alembic_version SET version_num = '9999', oldest_code = :oldest")
    with engine.begin() as connection:
        connection.execute(newer, {"oldest": oldest})

    if usable:
        upgrade(url)
    else:
        with pytest.raises(TooNew, match="9999, which this release does not know"):
            upgrade(url)
    there = standing(engine)
    assert (there.revision, there.known, there.usable) == ("9999", False, usable)


def test_newer_tables_that_say_nothing_are_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'maildesk.db'}"
    with connect(url).begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))

    with pytest.raises(TooNew):
        upgrade(url)


def column(nullable: bool = True, kind: str = "VARCHAR", default: str | None = None) -> Any:
    return {"type": kind, "nullable": nullable, "default": default}


def test_what_is_taken_away_is_seen() -> None:
    old = Tables({("job", "id"): column(False), ("job", "key"): column()})
    changes = {
        "job.key is gone": {("job", "id"): column(False)},
        "job.key is of another type": old.columns | {("job", "key"): column(kind="INTEGER")},
        "job.key must have a value": old.columns | {("job", "key"): column(False)},
        "job.lane is new, and has no value where nobody gives one": old.columns
        | {("job", "lane"): column(False)},
    }
    for what, columns in changes.items():
        assert list(old.taken_away(Tables(columns))) == [what]
    harmless = {("job", "lane"): column(False, default="''"), ("duty", "name"): column(False)}
    assert list(old.taken_away(Tables(old.columns | harmless))) == []
    alone = Tables(old.columns, unique={"job": {("key",)}})
    assert list(old.taken_away(alone)) == ["job: key must be unique now"]
