"""What time it is, as something that can be handed in; and how long people say that something lasts."""

import re
from datetime import UTC, datetime, timedelta
from typing import Protocol

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
    match = re.fullmatch(r"(\d{1,4})\s*([mhdw])(?:in(?:ute)?s?|ours?|ays?|eeks?)?", text.strip().lower())
    if not match or int(match[1]) == 0:
        raise ValueError(f"'{text.strip()}' is not a duration like 30m, 4h, 1d or 1w")
    return timedelta(**{UNITS[match[2]]: int(match[1])})
