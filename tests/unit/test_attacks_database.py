"""What others on the machine, on the network or in the logs must not see of the database."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from bot.config import reading
from storage.database import connect, with_tls
from storage.migrate import upgrade

pytestmark = pytest.mark.attacks
of_sqlite = pytest.mark.sqlite("its files, and what its errors say")


@pytest.fixture
def open_umask() -> Iterator[None]:
    """A process that creates files for everybody."""
    before = os.umask(0o000)
    yield
    os.umask(before)


@pytest.fixture
def engine(tmp_path: Path, open_umask: None) -> Iterator[Engine]:
    """A new SQLite database with something in it, still open."""
    url = f"sqlite:///{tmp_path / 'maildesk.db'}"
    upgrade(url)
    opened = connect(url)
    with opened.begin() as connection:
        connection.execute(text("CREATE TABLE planted (value TEXT UNIQUE)"))
    yield opened
    opened.dispose()


@of_sqlite
def test_sqlites_files_are_for_their_owner_alone(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO planted VALUES ('x')"))
        rights = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert rights == dict.fromkeys(["maildesk.db", "maildesk.db-wal", "maildesk.db-shm"], 0o600)


@of_sqlite
def test_they_are_created_so_and_never_changed(
    tmp_path: Path, open_umask: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between creating a file and changing its rights, others could open it."""
    monkeypatch.delattr(os, "chmod")
    monkeypatch.delattr(os, "fchmod")
    upgrade(f"sqlite:///{tmp_path / 'maildesk.db'}")
    assert stat.S_IMODE((tmp_path / "maildesk.db").stat().st_mode) == 0o600


@of_sqlite
def test_rights_that_somebody_gave_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "maildesk.db"
    file.touch()
    file.chmod(0o640)
    upgrade(f"sqlite:///{file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@of_sqlite
def test_a_file_that_is_there_is_never_opened_beside_sqlite(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever closes it again ends the locks that the process has on it (POSIX), and another
    process takes the log away under its connections."""
    closed: list[int] = []
    monkeypatch.setattr(os, "close", closed.append)

    other = connect(str(engine.url))
    with other.begin() as connection:
        connection.execute(text("SELECT * FROM planted"))
    assert closed == []
    other.dispose()


@of_sqlite
def test_a_folder_that_is_not_there_is_sqlites_to_complain_of(tmp_path: Path) -> None:
    with pytest.raises(SQLAlchemyError, match="unable to open database file"):
        upgrade(f"sqlite:///{tmp_path / 'nowhere' / 'maildesk.db'}")


@of_sqlite
@pytest.mark.redaction
def test_no_database_error_has_values_in_its_text(engine: Engine) -> None:
    statement = text("INSERT INTO planted VALUES (:value)")
    with pytest.raises(SQLAlchemyError) as raised, engine.begin() as connection:
        connection.execute(statement, {"value": "planted-secret"})
        connection.execute(statement, {"value": "planted-secret"})
    assert "UNIQUE" in str(raised.value)
    assert "planted-secret" not in f"{raised.value} {raised.value!r}"


def test_no_postgresql_error_would_have_them_either() -> None:
    assert connect("postgresql://u:p@db.example/d").hide_parameters


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql://u:p@db.example/d", "require"),
        ("postgresql+psycopg://u:p@10.0.0.5:5433/d", "require"),
        ("postgresql://u:p@/d?host=db.example", "require"),
        ("postgresql://u:p@/d?host=127.0.0.1&host=db.example", "require"),
        ("postgresql://u:p@/d?host=127.0.0.1,db.example&port=5432,5433", "require"),
        ("postgresql://u:p@127.0.0.1,db.example/d", "require"),
        ("postgresql://u:p@db.example/d?sslmode=verify-full", "verify-full"),
        ("postgresql://u:p@db.example/d?sslmode=disable", "disable"),
        ("postgresql://u:p@127.0.0.1/d", None),
        ("postgresql://u:p@localhost:5433/d", None),
        ("postgresql://u:p@[::1]/d", None),
        ("postgresql://u:p@/d", None),
        ("postgresql://u:p@/d?host=127.0.0.1,/var/run/postgresql&port=5432,5433", None),
        ("postgresql://u:p@/d?host=/var/run/postgresql", None),
    ],
)
def test_postgresql_on_another_machine_is_spoken_to_over_tls(url: str, mode: str | None) -> None:
    assert with_tls(make_url(url)).query.get("sslmode") == mode
    assert connect(url).url.query.get("sslmode") == mode


def test_an_address_of_several_hosts_reaches_libpq_whole() -> None:
    several = "host=db1.example,db2.example&port=5432,5433&target_session_attrs=read-write"
    engine = connect(reading.database(f"postgresql://u:p@/d?{several}"))
    _, given = engine.dialect.create_connect_args(engine.url)
    assert (
        given.items()
        >= {
            "user": "u",
            "dbname": "d",
            "host": "db1.example,db2.example",
            "port": "5432,5433",
            "target_session_attrs": "read-write",
            "sslmode": "require",
        }.items()
    )
