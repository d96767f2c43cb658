"""The drills of docs/operations.md: every command in them is run, as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from storage.database import connect
from storage.migrate import newest_revision, upgrade
from tests.real.postgres import Postgres
from tests.support.fast import ENVIRONMENT, FastBot
from tests.support.filled import contents

pytestmark = pytest.mark.real

TOP = Path(__file__).resolve().parents[2]
PAGE = (TOP / "docs" / "operations.md").read_text("utf-8")
ELSEWHERE = "postgresql://maildesk:password@database.example/maildesk"
SECTIONS = ("Backup and restore", "Upgrade", "With containers")
NEWER = "bmV3ZXIga2V5IG9mIHRoaXJ0eS10d28gYnl0ZXMhISE="


def blocks(heading: str) -> list[str]:
    """The blocks of commands below a heading, until the next one."""
    below = re.split(rf"^#+ {re.escape(heading)}$", PAGE, flags=re.MULTILINE)[1]
    own = re.split(r"^#+ ", below, flags=re.MULTILINE)[0]
    found = re.findall(r"(?:^    .+\n)+", own, re.MULTILINE)
    return [re.sub("^    ", "", block, flags=re.MULTILINE) for block in found]


class Machine:
    """A machine with Maildesk on it, whose database has a customer in it."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        programs = folder / "programs"
        programs.mkdir()
        command = programs / "maildesk"
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m bot.app.cli "$@"\n')
        command.chmod(0o755)
        path = f"{programs}:{os.environ['PATH']}"
        self.environ = ENVIRONMENT | {"PATH": path, "PYTHONPATH": str(TOP)} | environ
        self.environ.setdefault("DATABASE_URL", "sqlite:///maildesk.db")

    def url(self, file: str = "maildesk.db") -> str:
        return f"sqlite:///{self.folder / file}"

    def fill(self) -> None:
        """A bot has worked here."""
        upgrade(self.url())
        bot = FastBot(engine=connect(self.url()))
        bot.sign_in(bot.account())
        bot.link(bot.account())

    def run(self, commands: str) -> str:
        """Run commands, as they would be typed; what they print."""
        done = subprocess.run(
            ["bash", "-euc", commands],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    ours = Machine(tmp_path)
    ours.fill()
    return ours


def test_every_block_of_commands_is_run_here() -> None:
    headings = re.findall(r"^#{2,3} (.+)$", PAGE, re.MULTILINE)
    first = headings.index(SECTIONS[0])
    ours = [heading for heading in headings[first:] if blocks(heading)]
    here = Path(__file__).read_text("utf-8")
    assert len(ours) >= 7
    assert [heading for heading in ours if f'blocks("{heading}")' not in here] == []


def test_backup_and_restore(machine: Machine, tmp_path: Path) -> None:
    backup, restore = blocks("Backup and restore")
    machine.run(backup)
    before = contents(connect(machine.url()))
    (machine.folder / "maildesk.db").unlink()
    for beside in machine.folder.glob("maildesk.db-*"):
        beside.unlink()
    machine.run(restore)
    assert contents(connect(machine.url())) == before

    (gone,) = blocks("Drill: the machine is gone")
    (tmp_path / "new").mkdir()
    new = Machine(tmp_path / "new")
    (new.folder / "maildesk.backup").write_bytes((machine.folder / "maildesk.backup").read_bytes())
    new.run(gone)
    assert contents(connect(new.url())) == before


def test_whether_the_backup_is_good(machine: Machine) -> None:
    (drill,) = blocks("Drill: is the backup good?")
    there = set(machine.folder.iterdir())
    machine.run(drill)
    assert set(machine.folder.iterdir()) <= there | {
        machine.folder / f"drill.db-{each}" for each in ("wal", "shm")
    }


def test_from_sqlite_to_postgresql(machine: Machine, cluster: Postgres) -> None:
    (drill,) = blocks("Drill: from SQLite to PostgreSQL")
    engine = connect(cluster.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    assert ELSEWHERE in drill
    machine.run(drill.replace(ELSEWHERE, cluster.url))
    assert contents(engine) == contents(connect(machine.url()))
    engine.dispose()


def test_the_encryption_key_is_replaced(machine: Machine) -> None:
    (drill,) = blocks("Drill: the encryption key is replaced")
    machine.environ["ENCRYPTION_KEYS"] = f"{NEWER},{machine.environ['ENCRYPTION_KEYS']}"
    said = machine.run(drill)
    assert "Opened by none of the keys: 0" in said and "Sealed anew: 0" not in said
    (quoted,) = re.findall(r"`(Opened by[^`]+)`", PAGE)
    assert quoted in said


def test_a_customers_data(machine: Machine) -> None:
    (drill,) = blocks("Drill: a customer asks for their data, or wants it gone")
    said = machine.run(drill)
    assert "would be erased" in said
    assert "Acme Marine" in (machine.folder / "acme.json").read_text("utf-8")


def test_an_upgrade_and_the_way_back(machine: Machine) -> None:
    for block in blocks("Drill: a new release"):
        machine.run(block)
    look, back = blocks("Drill: back to the release of before")
    machine.run(back)
    restored = connect(machine.url("before-upgrade.db"))
    assert contents(restored) == contents(connect(machine.url()))

    with connect(machine.url()).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    said = machine.run(f"{look.strip()} --json || true")  # there is no Slack to be reached here
    assert "The tables are of a newer version (9999" in said
    assert "lets this version go on with them" in said


@pytest.mark.parametrize("command", ["migrate", "run", "web", "worker"])
def test_a_release_that_is_too_old_for_the_tables_says_so_in_one_line(
    machine: Machine, command: str
) -> None:
    newer = "UPDATE alembic_version SET version_num = '9999', oldest_code = '9998'"
    with connect(machine.url()).begin() as connection:
        connection.exec_driver_sql(newer)

    said = machine.run(f'maildesk {command} 2>&1 || echo "status $?"').splitlines()
    assert said[:-1] == [
        "maildesk: the database is at migration 9999, which this release does not know "
        f"(it knows {newest_revision()} at most): start the newer release"
    ]
    assert said[-1] == "status 1"


def test_the_secrets_of_the_containers(tmp_path: Path) -> None:
    secrets, *docker = blocks("With containers")
    host = Machine(tmp_path)
    host.run(f"chown() {{ :; }}\n{secrets}")  # only root may give files away
    composed = yaml.safe_load((TOP / "compose.yaml").read_text("utf-8"))
    assert {file.name for file in (tmp_path / "secrets").iterdir()} == composed["secrets"].keys()
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "secrets").iterdir())
    url = (tmp_path / "secrets" / "database_url").read_text().strip()
    connect(url).dispose()
    # The rest needs a Docker daemon: what it names exists
    lines = [line for block in docker for line in block.splitlines()]
    assert lines and all(line.startswith("docker compose ") for line in lines)
    for service in re.findall(r"no-TTY (\w+)|--scale (\w+)=", "\n".join(lines)):
        assert "".join(service) in composed["services"]
