"""What time it is, as something that can be handed in; and how long people say that something
lasts."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        return datetime.now(UTC)


def read_span(text: str) -> timedelta:
    """The length of ``30m``, ``4h``, ``1 day`` or ``2 weeks``.

    Raises:
        ValueError: it is none; the text says how one is written.
    """
    match = re.fullmatch(
        r"(\d{1,4})\s*([mhdw])(?:in(?:ute)?s?|ours?|ays?|eeks?)?", text.strip().lower()
    )
    if not match or int(match[1]) == 0:
        raise ValueError(f"'{text.strip()}' is not a duration like 30m, 4h, 1d or 1w")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def read_until(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment that ``3d``, ``2 weeks``, ``tomorrow`` or ``2026-12-24`` means, aware, in UTC;
    days begin in `zone`.

    Raises:
        ValueError: it means none.
    """
    words = text.strip().lower()
    if words == "tomorrow":
        day = now.astimezone(zone).date() + timedelta(days=1)
    elif re.fullmatch(r"\d{4}-\d{2}-\d{2}", words):
        day = date.fromisoformat(words)
    else:
        return now + read_span(words)
    return datetime.combine(day, time(0), zone).astimezone(UTC)
