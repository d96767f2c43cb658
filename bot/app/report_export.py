"""The numbers of the weekly report for any span of days: as a CSV table, or as lines to read."""

import csv
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from typing import TextIO

from bot.common.cells import harmless
from bot.views.report import WEEK, Numbers, Reports

COLUMNS = ("from", "to", "measure", "of", "value", "about")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Figure:
    """One number: what was measured, of what, and about whom; empty where nothing was."""

    measure: str
    of: str = ""
    value: str = ""
    about: str = ""


def weeks(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days from `first` to `last` in spans of seven; what is left over is shorter."""
    while first <= last:
        end = min(first + WEEK - timedelta(days=1), last)
        yield first, end
        first = end + timedelta(days=1)


def rows(reports: Reports, first: date, last: date) -> Iterator[tuple[str, ...]]:
    """A row for each figure of each week, as the columns say."""
    for begin, end in weeks(first, last):
        numbers = reports.between(begin, end + timedelta(days=1))
        for figure in figures(numbers):
            yield begin.isoformat(), end.isoformat(), *astuple(figure)


def figures(numbers: Numbers) -> Iterator[Figure]:
    """The figures of a span of time, always in this order."""
    for stage, count in numbers.road.items():
        yield Figure("road", stage, str(count))
    yield Figure("newly_live", value=str(len(numbers.connected)))
    yield Figure("minutes_to_connect", "median", _minutes(numbers.median))
    worst = numbers.worst
    whose = f"{worst.ref} {worst.name} ({worst.customer})" if worst else ""
    yield Figure("minutes_to_connect", "worst", _minutes(worst.took if worst else None), whose)
    yield Figure("standing", "live", str(numbers.live))
    yield Figure("standing", "broken", str(numbers.broken))
    yield Figure("broke", value=str(numbers.broke))
    for cause in numbers.causes:
        yield Figure("cause", cause.cause, str(cause.mailboxes), cause.owner)
    for owner, count in numbers.by_owner.items():
        yield Figure("causes_by_turn", owner, str(count))
    on_call = numbers.on_call
    yield Figure("alerts", "opened", str(on_call.opened))
    yield Figure("alerts", "minutes_to_acknowledge", _minutes(on_call.acknowledged))
    yield Figure("alerts", "minutes_to_fix", _minutes(on_call.mended))


def write_csv(reports: Reports, first: date, last: date, file: TextIO) -> None:
    """A table with a header, one figure a row."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in rows(reports, first, last):
        writer.writerow(map(harmless, row))


def write_lines(reports: Reports, first: date, last: date, file: TextIO) -> None:
    """Lines to read: a heading for each week, a line for each figure that is known."""
    before = ("", "")
    for begin, end, measure, of, value, about in rows(reports, first, last):
        if (begin, end) != before:
            file.write(f"{begin} to {end}\n")
            before = (begin, end)
        what = f"{measure} {of}".strip().replace("_", " ")
        file.write(f"  {what}: {value or '-'}{f'  ({about})' if about else ''}\n")


def _minutes(span: timedelta | None) -> str:
    return "" if span is None else str(round(span / MINUTE))
