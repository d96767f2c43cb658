"""What a sweep for due reminders costs among a hundred thousand and among a million accounts of
which the same thousand are due.

`python -m tests.sweep_bench` prints the time and the memory of both sweeps, and the ratio of the
times. Each sweep runs in a process of its own, so that its memory is its own too.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.lifecycle.hours import Hours, read_hours
from bot.lifecycle.ladder import Ladder
from bot.lifecycle.service import Lifecycle
from bot.reminders.service import Reminders
from storage.database import Store, connect
from storage.migrate import upgrade
from tests.support.changes import unheard

SIZES = (100_000, 1_000_000)
DUE, IN_A_CHANNEL, ROUNDS = 1_000, 100, 3
AT_MOST, MOST_MEMORY_MB = 1.3, 50
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RUNGS = tuple(timedelta(hours=hours) for hours in (4, 24, 72, 168))


class StoppedClock:
    """A clock at noon."""

    def now(self) -> datetime:
        """Noon."""
        return NOW


def fill(file: Path, accounts: int) -> None:
    """A database with so many accounts, a hundred in a channel, of which one is due in each of a
    thousand channels."""
    upgrade(f"sqlite:///{file}")
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA synchronous=OFF")
        channels, at = accounts // IN_A_CHANNEL, _stored(NOW - timedelta(days=9))
        numbers = range(1, channels + 1)
        _insert(
            database,
            "customer",
            ({"id": n, "name": f"Customer {n}", "created_at": at} for n in numbers),
        )
        _insert(
            database,
            "channel",
            ({"id": f"C{n}", "customer_id": n, "bound_at": at} for n in numbers),
        )
        _insert(database, "account", _accounts(accounts, channels))
        _insert(database, "reminderstate", _reminder_states(accounts, channels))


def _insert(database: sqlite3.Connection, table: str, rows: Iterator[dict[str, object]]) -> None:
    """Rows of which only what matters is named; the other columns are empty."""
    columns = {
        row[1]: "" if row[3] else None for row in database.execute(f"PRAGMA table_info({table})")
    }
    marks = ", ".join("?" * len(columns))
    database.executemany(
        f"INSERT INTO {table} VALUES ({marks})", (tuple((columns | row).values()) for row in rows)
    )


def _accounts(accounts: int, channels: int) -> Iterator[dict[str, object]]:
    for number in range(accounts):
        channel = number // IN_A_CHANNEL + 1
        since = _stored(_since(number, channels))
        waits = _waits(number, channels)
        yield {
            "id": number + 1,
            "ref": f"MB-{number}",
            "customer_id": channel,
            "channel_id": f"C{channel}",
            "name": f"Box {number}",
            "address_key": f"box{number}@example.com",
            "state": "unmapped" if waits else "live",
            "owner": "user" if waits else "maildesk",
            "state_since": since,
            "created_at": since,
        }


def _reminder_states(accounts: int, channels: int) -> Iterator[dict[str, object]]:
    for number in range(accounts):
        since = _since(number, channels)
        row: dict[str, object] = {"account_id": number + 1, "since": _stored(since)}
        if _waits(number, channels):
            rung = 0 if _due(number, channels) else 2
            due_at = _stored(since + RUNGS[rung])
            yield row | {"phase": "running", "rung": rung, "due_at": due_at}
        else:
            yield row | {"phase": "idle", "rung": 0}


def _due(number: int, channels: int) -> bool:
    channel = number // IN_A_CHANNEL + 1
    return number % IN_A_CHANNEL == 0 and channel % (channels // DUE) == 0


def _waits(number: int, channels: int) -> bool:
    return _due(number, channels) or number % IN_A_CHANNEL % 10 == 0


def _since(number: int, channels: int) -> datetime:
    return NOW - (timedelta(hours=5) if _due(number, channels) else timedelta(days=2))


def _stored(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


def sweep(file: Path) -> dict[str, float]:
    """Sweep until nothing is due: how many places were reminded, how long it took, and by how much
    the process grew."""
    store, clock = Store(connect(f"sqlite:///{file}")), StoppedClock()
    ladder, hours = Ladder(RUNGS), Hours(ZoneInfo("UTC"), *read_hours("00:00-24:00"), "1234567")
    reminders = Reminders(
        store,
        clock,
        Lifecycle(clock, ladder, hours, "C0DESK", unheard(clock)),
        ladder,
        hours,
        "C0DESK",
    )
    with store.transaction() as tx:
        assert tx.accounts.get(1).id == 1  # everything is loaded
    before, begun, places = _memory("VmRSS"), time.perf_counter(), 0
    while (done := reminders.remind_due()) > 0:
        places += done
    return {
        "places": places,
        "seconds": time.perf_counter() - begun,
        "grown": _memory("VmHWM") - before,
    }


def _memory(what: str) -> float:
    """What this process holds now (VmRSS), or held at the most (VmHWM), in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:"))


def measured(folder: Path, accounts: int) -> dict[str, float]:
    """The quickest of a few sweeps over the same database, and the greatest growth."""
    original, results = folder / f"{accounts}.db", []
    fill(original, accounts)
    for _ in range(ROUNDS):
        copy = folder / "copy.db"
        shutil.copyfile(original, copy)
        command = [sys.executable, "-m", "tests.sweep_bench", str(copy)]
        told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
        results.append(json.loads(told.stdout))
        for left in folder.glob("copy.db*"):
            left.unlink()
    assert all(result["places"] == DUE for result in results), results
    return {
        "seconds": min(r["seconds"] for r in results),
        "grown": max(r["grown"] for r in results),
    }


def main() -> int:
    """Print both, and their ratio."""
    if len(sys.argv) > 1:
        print(json.dumps(sweep(Path(sys.argv[1]))))
        return 0
    with tempfile.TemporaryDirectory(prefix="sweep-") as name:
        results = {accounts: measured(Path(name), accounts) for accounts in SIZES}
    for accounts, result in results.items():
        print(
            f"{accounts:>9,} accounts, {DUE:,} due: {result['seconds']:.2f} s, "
            f"{result['grown']:.0f} MB more than at the start"
        )
    few, many = (results[accounts] for accounts in SIZES)
    ratio = many["seconds"] / few["seconds"]
    print(f"ratio {ratio:.2f} (at most {AT_MOST}), memory at most {MOST_MEMORY_MB} MB")
    return 0 if ratio <= AT_MOST and max(few["grown"], many["grown"]) <= MOST_MEMORY_MB else 1


if __name__ == "__main__":
    sys.exit(main())
