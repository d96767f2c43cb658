"""Working hours, in any zone, over both changes of the clock and the leap day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lifecycle.hours import BadHours, BadZone, Hours, hours_of, read_hours, read_zone, written
from storage.tables import Customer

pytestmark = pytest.mark.reminders

BERLIN = Hours(ZoneInfo("Europe/Berlin"), time(9), time(17))
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Africa/Casablanca",
    "UTC",
]
BAD_HOURS = [
    *("", "9-17", "nine to five", "25:00-26:00", "09:60-17:00"),
    *("17:00-09:00", "09:00-09:00", "09:00-09:30", "23:30-24:00"),
]
GUESSES = {
    "europe/berlin ": "Europe/Berlin",
    "Copenhagen": "Europe/Copenhagen",
    "New York": "America/New_York",
    "Asia/Tokio": "Asia/Tokyo",
    "Sao_Paolo": "America/Sao_Paulo",
    "gmt": "GMT",
    "Pariss": "Europe/Paris",
    "xyz": "",
    "Hong Kong": "Asia/Hong_Kong",
    "Munich": "",
}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2026-11-24T09:30", "2026-11-24T09:30"),
        ("2026-11-24T05:00", "2026-11-24T08:00"),
        ("2026-11-24T16:00", "2026-11-25T08:00"),
        ("2026-11-27T15:59", "2026-11-27T15:59"),
        ("2026-11-27T16:00", "2026-11-30T08:00"),
        ("2027-03-26T17:00", "2027-03-29T07:00"),  # the clock goes forward on Sunday
        ("2026-10-23T17:00", "2026-10-26T08:00"),  # and back
        ("2028-02-28T17:00", "2028-02-29T08:00"),
    ],
)
def test_the_next_moment_in_working_hours(at: str, then: str) -> None:
    assert BERLIN.next_moment(utc(at)) == utc(then)


def test_the_next_day_is_the_next_on_which_people_work() -> None:
    assert BERLIN.next_day(utc("2026-11-24T03:00")) == utc("2026-11-25T08:00")
    assert BERLIN.next_day(utc("2026-11-24T23:30")) == utc("2026-11-26T08:00")
    assert BERLIN.next_day(utc("2026-11-27T12:00")) == utc("2026-11-30T08:00")


def test_a_night_shift_that_ends_at_midnight() -> None:
    late = Hours(ZoneInfo("Europe/Berlin"), time(18), time(0), "1234567")
    assert late.includes(utc("2026-11-24T22:59")) and not late.includes(utc("2026-11-24T23:00"))


def test_an_hour_that_the_clock_leaves_out_begins_when_it_goes_on() -> None:
    early = Hours(ZoneInfo("Europe/Berlin"), time(2, 30), time(12), "1234567")
    opening = early.next_moment(utc("2027-03-28T00:00"))
    assert utc("2027-03-28T01:00") <= opening <= utc("2027-03-28T01:30") and early.includes(opening)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)),
    st.sampled_from(ZONES),
    st.integers(0, 22),
    st.integers(1, 23),
    st.sets(st.sampled_from("1234567"), min_size=1),
)
def test_the_next_moment_is_the_first(
    at: datetime, zone: str, begin: int, length: int, days: set[str]
) -> None:
    hours = Hours(
        ZoneInfo(zone),
        time(begin),
        time((begin + length) % 24 if begin + length < 24 else 0),
        "".join(days),
    )
    moment = at.replace(tzinfo=UTC)
    then = hours.next_moment(moment)
    assert then >= moment and hours.includes(then)
    for minutes in range(0, int((then - moment) / timedelta(minutes=1)), 17):
        assert not hours.includes(moment + timedelta(minutes=minutes))
    tomorrow = hours.next_day(moment)
    assert hours.day(tomorrow) > hours.day(moment) and hours.includes(tomorrow)


def test_hours_are_read_and_refused() -> None:
    assert read_hours("9:00 – 17:30") == (time(9), time(17, 30))
    assert read_hours("00:00-24:00") == (time(0), time(0))
    assert read_hours(" 23:00-24:00 ") == (time(23), time(0))
    assert read_hours("09:00-10:00") == (time(9), time(10))
    for wrong in BAD_HOURS:
        with pytest.raises(BadHours) as refused:
            read_hours(wrong)
        assert str(refused.value) == wrong


def test_hours_are_written_as_they_are_read() -> None:
    for text in ("09:00-17:00", "00:05-09:30", "18:00-24:00", "00:00-24:00"):
        begin, end = read_hours(text)
        assert written(Hours(BERLIN.zone, begin, end)) == text


def test_a_customer_has_hours_of_its_own_where_they_were_said() -> None:
    nothing = Customer(name="Acme", created_at=utc("2026-11-24T09:30"))
    assert hours_of(None, BERLIN) == hours_of(nothing, BERLIN) == BERLIN
    own = Customer(name="Acme", time_zone="Asia/Tokyo", working_hours="8:30-24:00")
    own.working_days = "67"
    assert hours_of(own, BERLIN) == Hours(ZoneInfo("Asia/Tokyo"), time(8, 30), time(0), "67")
    gone = Customer(name="Acme", time_zone="Asia/Atlantis", working_days="1")
    assert hours_of(gone, BERLIN) == Hours(BERLIN.zone, BERLIN.begin, BERLIN.end, "1")


def test_a_zone_that_does_not_exist_gets_a_guess() -> None:
    assert read_zone("Europe/Copenhagen").key == "Europe/Copenhagen"
    for typed, guess in GUESSES.items():
        assert (BadZone(typed).guess, str(BadZone(typed))) == (guess, typed)
    with pytest.raises(BadZone, match="Copenhagen"):
        read_zone("Copenhagen")
    for hostile in ("../../etc/passwd", "", "/", "x" * 5000, "Europe/\x00Berlin"):
        with pytest.raises(BadZone):
            read_zone(hostile)


def test_the_day_is_the_one_there() -> None:
    assert Hours(ZoneInfo("Pacific/Auckland"), time(9), time(17)).day(
        utc("2026-11-24T12:00")
    ) == date(2026, 11, 25)
