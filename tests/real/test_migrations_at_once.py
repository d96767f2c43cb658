"""Several processes that start on one empty database: it is brought up to date once."""

import subprocess
import sys

import pytest
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.database import Store, connect
from storage.migrate import MIGRATIONS

pytestmark = pytest.mark.real

PROCESSES = 6
DEADLINE = 120
"""Seconds for all of them together, on a busy machine."""

UPGRADE = """
import sys
from storage.migrate import upgrade
print("ready", flush=True)
sys.stdin.readline()
upgrade(sys.argv[1])
"""
"""Waits for a line, so that all begin at once however long each took to start."""


def test_processes_that_start_at_once_bring_an_empty_database_up_to_date(empty_url: str) -> None:
    command = [sys.executable, "-c", UPGRADE, empty_url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes = [subprocess.Popen(command, text=True, **pipes) for _ in range(PROCESSES)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate(timeout=DEADLINE)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, errors

    engine = connect(empty_url)
    with engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    assert revision == ScriptDirectory(str(MIGRATIONS)).get_current_head()
    with Store(engine).transaction() as tx:
        assert tx.channels.all() == []
    engine.dispose()
