"""`maildesk backup` and `maildesk restore`: what they do with files, and what they say when it
cannot be."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel
from typer.testing import CliRunner, Result

from bot.app.backups import release
from bot.app.cli import cli
from storage import backup
from storage.cipher import Cipher
from storage.database import connect
from storage.migrate import newest_revision, upgrade
from storage.row_text import RowText
from tests.support.fast import ENVIRONMENT, KEY
from tests.support.filled import contents, count, fill

pytestmark = pytest.mark.sqlite(
    "from one of its files into another; tests/real/test_backup.py has both databases"
)

NEWER = "n" * 43 + "="


class Drill:
    """A filled database, its backup, and an empty database to restore into."""

    def __init__(self, folder: Path) -> None:
        self.source = f"sqlite:///{folder / 'source.db'}"
        self.target = f"sqlite:///{folder / 'target.db'}"
        self.file = folder / "backup"
        upgrade(self.source)
        fill(connect(self.source), Cipher([KEY]))

    def run(self, command: str, url: str, file: str = "", **environ: str) -> Result:
        """What a command does with a database."""
        known = ENVIRONMENT | {"DATABASE_URL": url} | environ
        return CliRunner().invoke(cli, [command, file or str(self.file)], env=known)

    def backup(self) -> bytes:
        """Make the backup; what is in the file."""
        made = self.run("backup", self.source)
        assert made.exit_code == 0, made.output
        return self.file.read_bytes()

    def refused(self, **environ: str) -> str:
        """The one line with which a restore is refused; nothing was restored."""
        result = self.run("restore", self.target, **environ)
        assert result.exit_code == 1, result.output
        assert len(result.stderr.splitlines()) == 1
        return result.stderr


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Drill:
    """A source that all tests share: none changes it."""
    return Drill(tmp_path_factory.mktemp("backup"))


@pytest.fixture
def drill(filled: Drill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drill:
    monkeypatch.setattr(filled, "target", f"sqlite:///{tmp_path / 'target.db'}")
    monkeypatch.setattr(filled, "file", tmp_path / "backup")
    return filled


def test_an_empty_machine_has_everything_afterwards(drill: Drill) -> None:
    drill.backup()
    restored = drill.run("restore", drill.target)

    assert restored.exit_code == 0, restored.output
    everything = contents(connect(drill.source))
    assert all(everything.values()), "a table has no rows"
    assert contents(connect(drill.target)) == everything
    assert f"{count(connect(drill.source))} rows of {len(everything)} tables" in restored.output


def test_a_database_with_tables_and_no_rows_is_empty(drill: Drill) -> None:
    drill.backup()
    upgrade(drill.target)

    assert drill.run("restore", drill.target).exit_code == 0
    assert contents(connect(drill.target)) == contents(connect(drill.source))


def test_the_file_is_its_owners_alone_and_whole_or_not_there(
    drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = drill.backup()
    assert stat.S_IMODE(drill.file.stat().st_mode) == 0o600

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RowText, "write", fails)
    failed = drill.run("backup", drill.source)
    assert failed.exit_code == 1
    assert "No space left on device" in failed.stderr
    assert drill.file.read_bytes() == good, "the backup of before stays until the new one is whole"
    assert list(drill.file.parent.glob("*partial*")) == []


def test_a_backup_goes_through_pipes(drill: Drill) -> None:
    environ = ENVIRONMENT | {"DATABASE_URL": drill.source}
    made = CliRunner().invoke(cli, ["backup", "-"], env=environ)
    environ["DATABASE_URL"] = drill.target
    CliRunner().invoke(cli, ["restore", "-"], env=environ, input=made.stdout_bytes)
    assert contents(connect(drill.target)) == contents(connect(drill.source))


def changed_in_the_middle(data: bytes) -> bytes:
    half = len(data) // 2
    return data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :]


@pytest.mark.parametrize("spoil", [changed_in_the_middle, lambda data: data[:-1]])
def test_a_damaged_backup_restores_nothing(drill: Drill, spoil: Callable[[bytes], bytes]) -> None:
    good = drill.backup()
    drill.file.write_bytes(spoil(good))
    upgrade(drill.target)

    assert "damaged" in drill.refused()
    assert count(connect(drill.target)) == 0
    drill.file.write_bytes(good)
    assert drill.run("restore", drill.target).exit_code == 0


def test_what_is_noticed_at_the_very_end_undoes_everything(drill: Drill) -> None:
    drill.file.write_bytes(drill.backup() + b"more")

    assert "something follows its end" in drill.refused()
    with connect(drill.target).connect() as connection:
        there = connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar()
    assert there == 0, "not even the tables are there"


def test_another_key_is_one_line(drill: Drill) -> None:
    drill.backup()
    assert "ENCRYPTION_KEYS" in drill.refused(ENCRYPTION_KEYS=NEWER)


def test_an_older_key_is_enough_beside_the_newer_one(drill: Drill) -> None:
    drill.backup()
    both = f"{NEWER},{ENVIRONMENT['ENCRYPTION_KEYS']}"
    assert drill.run("restore", drill.target, ENCRYPTION_KEYS=both).exit_code == 0


def test_sealed_values_that_no_key_opens_are_told(drill: Drill, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    upgrade(url)
    fill(connect(url), Cipher([b"x" * 32]))
    drill.run("backup", url)

    assert "15 sealed values need a key" in drill.refused()
    assert contents(connect(drill.target)) == contents(connect(url)), "the rest is there"


def test_a_database_that_is_not_empty_stays_as_it_is(drill: Drill) -> None:
    drill.backup()
    upgrade(drill.target)
    pulse = SQLModel.metadata.tables["pulse"]
    source = contents(connect(drill.source))["pulse"][0]
    with connect(drill.target).begin() as connection:
        connection.execute(pulse.insert().values(source))

    assert "has rows (pulse)" in drill.refused()
    assert count(connect(drill.target)) == 1


def test_the_release_to_use_is_named(drill: Drill, monkeypatch: pytest.MonkeyPatch) -> None:
    drill.backup()
    monkeypatch.setattr(backup, "newest_revision", lambda: "9999")

    line = drill.refused()
    assert f"restore it with release {release()}, then upgrade" in line
    assert newest_revision() in line and "9999" in line


def test_a_database_of_another_revision_is_not_backed_up(
    drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "newest_revision", lambda: "9999")
    for url, said in ((drill.source, "maildesk migrate"), (drill.target, "has no tables")):
        result = drill.run("backup", url)
        assert result.exit_code == 1
        assert said in result.stderr
        assert not drill.file.exists()


def test_a_database_of_a_later_release_is_left_alone(drill: Drill) -> None:
    drill.backup()
    upgrade(drill.target)
    with connect(drill.target).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert "use a later release" in drill.refused()


def test_a_file_that_is_not_there_is_one_line(drill: Drill) -> None:
    assert "No such file" in drill.refused()
    drill.file.write_bytes(b"SQLite format 3")
    assert "no backup of Maildesk" in drill.refused()
