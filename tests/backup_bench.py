"""How long a move of a whole service takes, and in how much memory: 50,000 accounts from SQLite to
PostgreSQL and back, compared row by row.

`python -m tests.backup_bench [--accounts N]` fills a file of SQLite, backs it up, restores it into
PostgreSQL (where its server is installed), backs that up, restores it into another file of SQLite,
and prints the seconds, the size and the memory of each step. Each step is a process of its own. It
fails where a row differs, or where a step needs more memory than a bound that knows no number of
accounts.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Engine, Table, select
from sqlmodel import SQLModel

from storage import tables as tables
from storage.backup import restore_backup, write_backup
from storage.cipher import Cipher
from storage.database import connect
from storage.migrate import upgrade
from storage.row_text import shown
from storage.types import Sealed
from tests.real import postgres
from tests.support.filled import value

ACCOUNTS = 50_000
OTHERS = 500
"""So many rows has every table of which there is not one an account."""

PER_ACCOUNT = {
    "account": 1,
    "auditentry": 4,
    "connectiontest": 2,
    "failure": 1,
    "foldermapping": 1,
    "foldersnapshot": 1,
    "grant": 1,
    "loginticket": 1,
    "outboxitem": 2,
    "reminderstate": 1,
    "watch": 1,
}
TOKEN_BYTES = 3_000
"""A token cache of MSAL has about so many, and cannot be compressed."""

MOST_MEMORY_MB = 150
BATCH_ROWS = 5_000
CIPHER = Cipher([b"k" * 32])
RANDOM = os.urandom(TOKEN_BYTES * 2)


def fill(engine: Engine, accounts: int) -> None:
    """As many rows as a service with so many accounts has."""
    with engine.begin() as connection:
        for table in SQLModel.metadata.sorted_tables:
            size = _size(table, accounts)
            for first in range(1, size + 1, BATCH_ROWS):
                numbers = range(first, min(first + BATCH_ROWS, size + 1))
                rows = [_row(table, number, accounts) for number in numbers]
                connection.execute(table.insert(), rows)


def _size(table: Table, accounts: int) -> int:
    return PER_ACCOUNT.get(table.name, 0) * accounts or OTHERS


def _row(table: Table, number: int, accounts: int) -> dict[str, Any]:
    return {column.name: _value(column, number, accounts) for column in table.columns}


def _value(column: Column[Any], number: int, accounts: int) -> Any:
    for key in column.foreign_keys:
        referred = key.column.table
        if referred is column.table:
            return None
        return _value(key.column, (number - 1) % _size(referred, accounts) + 1, accounts)
    if isinstance(column.type, Sealed):
        begin = number % TOKEN_BYTES
        return CIPHER.seal_bytes(RANDOM[begin : begin + TOKEN_BYTES], "bench")
    return value(column, number, CIPHER)


def _rows(engine: Engine, table: Table) -> Iterator[Any]:
    found = select(*map(shown, table.columns)).order_by(*table.primary_key)
    with engine.connect() as connection:
        yield from connection.execution_options(yield_per=BATCH_ROWS).execute(found)


def compare(left: Engine, right: Engine) -> int:
    """How many rows both have; they are the same, row by row.

    Raises:
        SystemExit: they are not.
    """
    compared = 0
    for table in SQLModel.metadata.sorted_tables:
        for one, other in zip_longest(_rows(left, table), _rows(right, table)):
            if one is None or other is None or tuple(one) != tuple(other):
                sys.exit(f"A row of {table.name} is not the same")
            compared += 1
    return compared


def step(name: str, url: str, file: str) -> None:
    """One step, in a process of its own; prints what it took."""
    engine = connect(url)
    with engine.connect():
        before = _memory("VmRSS")
    begun = time.perf_counter()
    if name == "backup":
        with Path(file).open("wb") as written:
            rows = write_backup(engine, written, CIPHER, "bench")
    else:
        with Path(file).open("rb") as read:
            rows = restore_backup(engine, read, CIPHER).rows
    seconds = time.perf_counter() - begun
    took = {"rows": sum(rows.values()), "seconds": seconds, "grown": _memory("VmHWM") - before}
    print(json.dumps(took))


def _memory(which: str) -> float:
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith(which)) / 1024


def measured(said: str, name: str, url: str, file: Path) -> bool:
    """Do a step, and print it; whether it kept within the bound."""
    command = [sys.executable, "-m", "tests.backup_bench", "--step", name, url, str(file)]
    took = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    print(
        f"{said:28}{took['seconds']:8.1f} s {took['rows'] / took['seconds']:10,.0f} rows/s"
        f"{file.stat().st_size / 2**20:8.0f} MB file {took['grown']:6.0f} MB more memory",
        flush=True,
    )
    return bool(took["grown"] <= MOST_MEMORY_MB)


def main(accounts: int) -> int:
    """Move so many accounts there and back; the exit status."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="maildesk-backup-bench-"))
        stack.callback(shutil.rmtree, folder)
        first = f"sqlite:///{folder / 'first.db'}"
        last = f"sqlite:///{folder / 'last.db'}"
        upgrade(first)
        fill(connect(first), accounts)
        size = (folder / "first.db").stat().st_size / 2**20
        print(f"{accounts:,} accounts in SQLite, {size:.0f} MB", flush=True)
        file = folder / "backup"
        kept = [measured("backup of SQLite", "backup", first, file)]
        if postgres.programs() is not None:
            middle = stack.enter_context(postgres.Postgres()).url
            kept.append(measured("restore into PostgreSQL", "restore", middle, file))
            same = compare(connect(first), connect(middle))
            print(f"{same:,} rows of PostgreSQL are the same", flush=True)
            kept.append(measured("backup of PostgreSQL", "backup", middle, file))
        kept.append(measured("restore into SQLite", "restore", last, file))
        print(f"{compare(connect(first), connect(last)):,} rows of SQLite are the same")
    if not all(kept):
        print(f"A step took more than {MOST_MEMORY_MB} MB")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        step(*arguments.step)
    else:
        sys.exit(main(arguments.accounts))
