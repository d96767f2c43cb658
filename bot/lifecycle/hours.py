"""When somebody may be reminded: working hours in their own time zone."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from storage.tables import Customer

WEEKDAYS = "12345"
MIDNIGHT = "24:00"
SHORTEST = timedelta(hours=1)
MAX_WAIT_DAYS = 8
"""Within so many days a week has come round to every working day."""


@dataclass(frozen=True)
class Hours:
    """From `begin` until before `end` of the clock in `zone` (an `end` of 00:00 is midnight), on
    `days` (Monday is 1)."""

    zone: ZoneInfo
    begin: time
    end: time
    days: str = WEEKDAYS

    def day(self, at: datetime) -> date:
        """Which day it is there."""
        return at.astimezone(self.zone).date()

    def includes(self, at: datetime) -> bool:
        """Whether people work at that moment. Where the clock is put back, nobody goes home for the
        hour that comes twice."""
        there = at.astimezone(self.zone)
        begun = self.begin <= there.time() or (there.fold == 1 and self._has_begun(there))
        return self._is_workday(there.date()) and begun and there.time() < self._closing

    def next_moment(self, at: datetime) -> datetime:
        """The first moment in working hours that is not before `at`."""
        if self.includes(at):
            return at
        there = at.astimezone(self.zone)
        today = there.date()
        first = today if there.time() < self.begin else today + timedelta(days=1)
        return self._opening(first)

    def next_day(self, at: datetime) -> datetime:
        """The beginning of the first working day after the one of `at`."""
        return self._opening(self.day(at) + timedelta(days=1))

    def _has_begun(self, there: datetime) -> bool:
        first = datetime.combine(there.date(), self.begin, self.zone)
        # in UTC: within one zone Python compares what stands on the clock
        return first.astimezone(UTC) <= there.astimezone(UTC)

    @property
    def _closing(self) -> time:
        return self.end if self.end > self.begin else time.max

    def _is_workday(self, day: date) -> bool:
        return str(day.isoweekday()) in self.days

    def _opening(self, first: date) -> datetime:
        """When work begins on the first working day from `first` on. An hour that the clock leaves
        out begins when the clock goes on; one that comes twice begins the first time."""
        days = (first + timedelta(days=ahead) for ahead in range(MAX_WAIT_DAYS))
        day = next(day for day in days if self._is_workday(day))
        return datetime.combine(day, self.begin, self.zone).astimezone(UTC)


def hours_of(customer: Customer | None, ordinary: Hours) -> Hours:
    """When a customer's people may be reminded: as was said when they were set up, and else (or for
    ourselves, with None) as everywhere."""
    if customer is None:
        return ordinary
    begin, end = (
        read_hours(customer.working_hours)
        if customer.working_hours
        else (ordinary.begin, ordinary.end)
    )
    try:
        zone = read_zone(customer.time_zone) if customer.time_zone else ordinary.zone
    except BadZone:  # zones are taken out of the time zone database now and then
        zone = ordinary.zone
    return Hours(zone, begin, end, customer.working_days or ordinary.days)


def written(hours: Hours) -> str:
    """The working hours as people write them: ``09:00-17:00``."""
    end = MIDNIGHT if hours.end <= hours.begin else f"{hours.end:%H:%M}"
    return f"{hours.begin:%H:%M}-{end}"


class BadHours(ValueError):
    """Hours that cannot be read."""


def read_hours(text: str) -> tuple[time, time]:
    """The beginning and the end of ``09:00-17:00``; ``24:00`` as an end is midnight.

    Raises:
        BadHours: they are not given so, or are shorter than an hour.
    """
    match = re.fullmatch(r"(\d\d?:\d\d)\s*[-–]\s*(\d\d?:\d\d)", text.strip())
    if match is None:
        raise BadHours(text)
    begin, end = (part.rjust(5, "0") for part in match.groups())
    try:
        opens = time.fromisoformat(begin)
        closes = time.fromisoformat("00:00" if end == MIDNIGHT else end)
    except ValueError:
        raise BadHours(text) from None
    length = datetime.combine(date.min, closes) - datetime.combine(date.min, opens)
    if length + (timedelta(days=1) if end == MIDNIGHT else timedelta()) < SHORTEST:
        raise BadHours(text)
    return opens, closes


class BadZone(ValueError):
    """No time zone of that name; `guess` is one that reads like it, or empty."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        by_case = {zone.lower(): zone for zone in available_timezones()}
        places = {zone.rpartition("/")[2]: zone for zone in sorted(by_case)}
        key = name.strip().lower().replace(" ", "_")
        near = get_close_matches(key, [*by_case, *places], n=1, cutoff=0.7)
        self.guess = by_case[places.get(near[0], near[0])] if near else ""


def read_zone(name: str) -> ZoneInfo:
    """The time zone of that name.

    Raises:
        BadZone: there is none.
    """
    try:
        return ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadZone(name) from None
