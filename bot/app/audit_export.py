"""The audit table as files: who did what, when, from where and with which result."""

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TextIO

from bot.common.cells import harmless
from storage.database import Store

PAGE_ROWS = 1000
COLUMNS = (
    "id",
    "at",
    "last_at",
    "times",
    "team",
    "user",
    "place",
    "action",
    "subject",
    "result",
    "detail",
)


def entries(store: Store, begin: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """The entries made from `begin` until before `end`, oldest first: who (team, user), from where
    in Slack (a channel, ``window`` or ``web``), did what, to which account, with which result.
    What was refused several times within an hour is one entry: `times` says how often, `at` when
    first, `last_at` when last. Times are UTC."""
    after = 0
    while True:
        with store.reading() as tx:
            rows = tx.audit.since(begin, end, after, PAGE_ROWS)
        for row in rows:
            who = {
                "id": row.id,
                "at": row.at.isoformat(),
                "last_at": row.last_at.isoformat(),
                "times": row.times,
                "team": row.team,
                "user": row.user,
                "place": row.channel_id,
            }
            yield who | {
                "action": row.action,
                "subject": row.subject,
                "result": row.result,
                "detail": row.detail,
            }
        if len(rows) < PAGE_ROWS:
            return
        after = rows[-1].id


def write_lines(rows: Iterator[dict[str, Any]], file: TextIO) -> None:
    """One JSON object a line."""
    for row in rows:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_csv(rows: Iterator[dict[str, Any]], file: TextIO) -> None:
    """A table with a header; what a spreadsheet would take for a formula is marked as text, and
    what happened several times says so, as in ``× 37``."""
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    for row in rows:
        flat = row | {
            "times": f"× {row['times']}" if row["times"] > 1 else "",
            "detail": json.dumps(row["detail"], ensure_ascii=False),
        }
        writer.writerow({name: harmless(str(value)) for name, value in flat.items()})
