"""Working hours where clocks change at midnight, or by less than an hour: somebody may always be
reminded."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.lifecycle.hours import Hours
from bot.lifecycle.ladder import may_remind

pytestmark = pytest.mark.reminders

ZONES = (
    *(
        "America/Santiago",
        "America/Havana",
        "America/Asuncion",
        "America/Scoresbysund",
        "Europe/Berlin",
        "Atlantic/Azores",
    ),
    *(
        "Africa/Cairo",
        "Asia/Beirut",
        "Asia/Gaza",
        "Asia/Kathmandu",
        "Pacific/Chatham",
        "Australia/Lord_Howe",
    ),
)
WINDOWS = (
    *((time(0), time(2)), (time(0), time(0)), (time(0, 30), time(2, 30)), (time(1), time(3))),
    *((time(2), time(4)), (time(22), time(0)), (time(21, 45), time(23, 45))),
    *((time(1, 30), time(9)), (time(2, 30), time(10, 30))),
)
"""Of two hours and more: of shorter ones a clock may leave out the whole."""

WEEKS = ("1234567", "7", "6", "1")
YEAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=47)
AROUND = timedelta(days=2)
FINE = timedelta(minutes=11)
NEAR = timedelta(hours=2)


def near_changes(zone: ZoneInfo) -> Iterator[datetime]:
    """Moments of the year around each change of the clock there, and of its first days where it
    never changes."""
    begin, end = YEAR
    hours = [
        begin + timedelta(hours=number) for number in range((end - begin) // timedelta(hours=1))
    ]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    changes = [
        hour
        for hour, before, now in zip(hours[1:], offsets, offsets[1:], strict=False)
        if before != now
    ]
    for change in changes or [begin]:
        yield from (change - AROUND + STEP * number for number in range(2 * AROUND // STEP))
        yield from (change - NEAR + FINE * number for number in range(2 * NEAR // FINE))


@pytest.mark.parametrize("name", ZONES)
def test_the_next_moment_is_in_working_hours_and_not_past_wherever_the_clock_changes(
    name: str,
) -> None:
    zone = ZoneInfo(name)
    moments = list(near_changes(zone))
    for begin, end in WINDOWS:
        for days in WEEKS:
            hours = Hours(zone, begin, end, days)
            wrong = [
                at
                for at in moments
                if not (hours.next_moment(at) >= at and hours.includes(hours.next_moment(at)))
            ]
            assert wrong == [], f"{begin}-{end} on {days}"


@pytest.mark.parametrize("name", ZONES)
def test_when_work_begins_there_is_time_for_a_reminder_wherever_the_clock_changes(
    name: str,
) -> None:
    zone = ZoneInfo(name)
    moments = list(near_changes(zone))
    for begin, end in WINDOWS:
        hours = Hours(zone, begin, end, WEEKS[0])
        wrong = [at for at in moments if not may_remind(hours.next_day(at), hours)]
        assert wrong == [], f"{begin}-{end}"


@pytest.mark.parametrize("name", ZONES)
def test_the_next_working_day_is_a_later_one_wherever_the_clock_changes(name: str) -> None:
    zone = ZoneInfo(name)
    moments = list(near_changes(zone))
    for begin, end in WINDOWS:
        for days in WEEKS:
            hours = Hours(zone, begin, end, days)
            wrong = [at for at in moments if hours.day(hours.next_day(at)) <= hours.day(at)]
            assert wrong == [], f"{begin}-{end} on {days}"
