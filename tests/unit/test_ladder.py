"""The ladder of reminders: when the next one comes, what catches up, what is put off, and that all
of it is in working hours."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.common.people import Person
from bot.lifecycle.hours import Hours
from bot.lifecycle.ladder import (
    LAST_CALL,
    Ladder,
    asleep,
    handed_over,
    may_be_put_off,
    may_remind,
)
from bot.lifecycle.phases import PhaseRefused
from storage.tables import Account, ReminderState
from storage.vocabulary import Owner, ReminderPhase, State

pytestmark = pytest.mark.reminders

RUNGS = [timedelta(hours=4), timedelta(days=1), timedelta(days=3), timedelta(days=7)]
LADDER = Ladder(RUNGS)
ADA = Person("T0ACME", "U0ADA")
BERLIN = Hours(ZoneInfo("Europe/Berlin"), time(9), time(17))
ALWAYS = Hours(ZoneInfo("UTC"), time(0), time(0), "1234567")
ZONES = [
    "Europe/Berlin",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Santiago",
    "UTC",
]


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in Berlin in the week that begins on Monday the 2nd of November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN.zone).astimezone(UTC)


def account(state: State = State.AWAITING_SIGN_IN, owner: Owner = Owner.USER) -> Account:
    return Account(state=state, owner=owner, reminder=ReminderState(phase=ReminderPhase.IDLE))


def waiting(now: datetime, hours: Hours = BERLIN) -> Account:
    """An account whose wait begins now."""
    begun = account()
    LADDER.begin(begun, now, hours)
    return begun


def climbed(begun: Account, hours: Hours) -> list[datetime]:
    """When its reminders come, if each goes out as soon as it is due."""
    found = []
    while begun.reminder.due_at is not None:
        found.append(begun.reminder.due_at)
        LADDER.climb(begun, begun.reminder.due_at, hours)
    return found


def test_reminders_come_at_their_rungs_and_then_no_more() -> None:
    begin = datetime(2026, 11, 2, 3, tzinfo=UTC)
    assert climbed(waiting(begin, ALWAYS), ALWAYS) == [begin + rung for rung in RUNGS]


def test_the_last_climb_says_that_it_was_the_last() -> None:
    begin = datetime(2026, 11, 2, 3, tzinfo=UTC)
    begun = waiting(begin, ALWAYS)
    assert [LADDER.climb(begun, begin + rung, ALWAYS) for rung in RUNGS] == [
        True,
        True,
        True,
        False,
    ]
    assert begun.reminder.due_at is None and begun.reminder.rung == len(RUNGS)


@pytest.mark.parametrize(
    ("state", "owner"),
    [
        (State.LIVE, Owner.MAILDESK),
        (State.TESTING, Owner.MAILDESK),
        (State.DISCONNECTED, Owner.USER),
        (State.FAILING, Owner.ON_CALL),
    ],
)
def test_nothing_is_due_where_nobody_who_is_reminded_is_waited_for(
    state: State, owner: Owner
) -> None:
    idle = account(state, owner)
    idle.reminder.due_at = idle.reminder.snoozed_until = berlin(2, 9)
    LADDER.begin(idle, berlin(2, 10), BERLIN)
    assert (idle.reminder.due_at, idle.reminder.snoozed_until) == (None, None)
    assert idle.reminder.phase is ReminderPhase.IDLE


def test_microsofts_turn_is_looked_at_after_the_last_rung_and_not_before() -> None:
    theirs = account(State.BROKEN, Owner.MICROSOFT)
    LADDER.begin(theirs, berlin(2, 9), BERLIN)
    assert theirs.reminder.due_at == BERLIN.next_moment(berlin(2, 9) + RUNGS[-1])
    assert not LADDER.climb(theirs, theirs.reminder.due_at, BERLIN), (
        "there is nobody to remind again"
    )


def test_a_new_wait_begins_at_the_bottom_with_nothing_held_back() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.climb(begun, berlin(2, 13), BERLIN)
    begun.reminder.snoozed_until, begun.reminder.held_by_user = berlin(5, 9), "U0ADA"
    LADDER.begin(begun, berlin(3, 9), BERLIN)
    assert (begun.reminder.rung, begun.reminder.since, begun.reminder.due_at) == (
        0,
        berlin(3, 9),
        berlin(3, 13),
    )
    assert begun.reminder.snoozed_until is None and begun.reminder.held_by_user == ""


def test_a_wait_that_begins_late_on_a_friday_is_told_on_monday() -> None:
    assert waiting(berlin(6, 15)).reminder.due_at == berlin(9, 9)


def test_rungs_that_pass_over_the_weekend_are_merged_into_one() -> None:
    begun = waiting(berlin(6, 15))
    assert climbed(begun, BERLIN) == [berlin(9, 9), berlin(9, 15), berlin(13, 15)]


def test_a_bot_that_was_away_for_days_reminds_once_and_goes_on_from_there() -> None:
    begun = waiting(berlin(2, 9))
    assert LADDER.climb(begun, berlin(5, 10), BERLIN)
    assert (begun.reminder.rung, begun.reminder.due_at) == (3, berlin(9, 9))


def test_a_bot_that_was_away_for_the_whole_ladder_reminds_once() -> None:
    begun = waiting(berlin(2, 9))
    assert not LADDER.climb(begun, berlin(30, 9), BERLIN)
    assert begun.reminder.due_at is None


def test_a_wait_that_is_put_off_comes_then_and_the_later_ones_keep_their_distance() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.put_off(begun, berlin(4, 11), BERLIN)
    assert climbed(begun, BERLIN) == [berlin(4, 11), berlin(5, 9), berlin(9, 9), berlin(11, 9)]


def test_a_hold_into_the_night_ends_in_the_morning() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.put_off(begun, berlin(3, 23), BERLIN)
    assert begun.reminder.due_at == berlin(4, 9)


def test_after_the_last_reminder_there_is_none_to_put_off() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.climb(begun, berlin(20, 9), BERLIN)
    with pytest.raises(PhaseRefused):
        LADDER.put_off(begun, berlin(24, 12), BERLIN)
    with pytest.raises(PhaseRefused):
        LADDER.snooze(begun, berlin(24, 12), BERLIN, ADA)
    assert begun.reminder.due_at is None


def test_what_would_have_come_meanwhile_comes_when_reminders_are_resumed() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.stop(begun, ADA)
    assert (begun.reminder.due_at, begun.reminder.held_by_user) == (None, ADA.user)
    assert LADDER.resume(begun, berlin(4, 10), BERLIN)
    assert begun.reminder.due_at == berlin(4, 10)
    assert (begun.reminder.phase, begun.reminder.held_by_user) == (ReminderPhase.RUNNING, "")


def test_resuming_at_night_reminds_in_the_morning() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.snooze(begun, berlin(11, 9), BERLIN, ADA)
    LADDER.resume(begun, berlin(3, 22), BERLIN)
    assert (begun.reminder.due_at, begun.reminder.snoozed_until) == (berlin(4, 9), None)


def test_resuming_what_is_not_held_back_changes_nothing() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.resume(begun, berlin(2, 10), BERLIN)
    assert begun.reminder.due_at == berlin(2, 13)


def test_nothing_is_resumed_after_the_last_reminder_or_where_nobody_is_waited_for() -> None:
    over, done = waiting(berlin(2, 9)), waiting(berlin(2, 9))
    LADDER.climb(over, berlin(20, 9), BERLIN)
    assert not LADDER.resume(over, berlin(21, 9), BERLIN)
    done.state, done.owner = State.LIVE, Owner.MAILDESK
    LADDER.begin(done, berlin(20, 9), BERLIN)
    with pytest.raises(PhaseRefused):
        LADDER.resume(done, berlin(21, 9), BERLIN)
    assert (over.reminder.due_at, done.reminder.due_at) == (None, None)


def test_a_reminder_that_is_taken_back_counts_as_none_and_comes_in_the_morning() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.climb(begun, berlin(2, 13), BERLIN)
    LADDER.step_back(begun, berlin(2, 18), BERLIN)
    assert climbed(begun, BERLIN) == [berlin(3, 9), berlin(5, 9), berlin(9, 9)]


def test_a_snooze_outlasts_a_reminder_that_is_taken_back() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.climb(begun, berlin(2, 13), BERLIN)
    LADDER.snooze(begun, berlin(4, 11), BERLIN, ADA)
    LADDER.step_back(begun, berlin(2, 18), BERLIN)
    assert begun.reminder.phase is ReminderPhase.SNOOZED
    assert climbed(begun, BERLIN) == [berlin(4, 11), berlin(5, 9), berlin(9, 9), berlin(11, 9)]


def test_a_wait_that_begins_before_its_reminder_is_taken_back_has_all_of_its_reminders() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.climb(begun, berlin(2, 13), BERLIN)
    LADDER.begin(begun, berlin(3, 7), BERLIN)
    LADDER.step_back(begun, berlin(3, 7), BERLIN)
    assert climbed(begun, BERLIN) == [berlin(3, 9), berlin(4, 9), berlin(6, 9), berlin(10, 9)]


def test_the_first_reminder_comes_again_though_it_never_went_out() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.step_back(begun, berlin(2, 18), BERLIN)
    assert (begun.reminder.rung, begun.reminder.due_at) == (0, berlin(3, 9))
    LADDER.climb(begun, berlin(2, 14), BERLIN)
    LADDER.climb(begun, berlin(3, 9), BERLIN)
    LADDER.step_back(begun, berlin(3, 10), BERLIN)
    assert (begun.reminder.rung, begun.reminder.due_at) == (1, berlin(3, 10))


def test_the_last_reminder_that_is_snoozed_comes_when_that_ends() -> None:
    begun = waiting(berlin(2, 9))
    for rung in RUNGS[:-1]:
        LADDER.climb(begun, berlin(2, 9) + rung, BERLIN)
    LADDER.snooze(begun, berlin(17, 11), BERLIN, ADA)
    assert begun.reminder.since == berlin(17, 11) - RUNGS[-1]
    assert climbed(begun, BERLIN) == [berlin(17, 11)]


def test_what_was_stopped_after_the_last_reminder_can_be_asked_for_once_more() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.climb(begun, berlin(20, 9), BERLIN)
    LADDER.stop(begun, ADA)
    LADDER.snooze(begun, berlin(24, 11), BERLIN, ADA)
    assert climbed(begun, BERLIN) == [berlin(24, 11)]


def test_what_waits_may_be_put_off_until_its_last_reminder() -> None:
    begun = waiting(berlin(2, 9))
    assert may_be_put_off(begun)
    LADDER.snooze(begun, berlin(4, 11), BERLIN, ADA)
    assert may_be_put_off(begun)
    LADDER.stop(begun, ADA)
    assert not may_be_put_off(begun)
    LADDER.end(begun)
    assert not may_be_put_off(begun) and not handed_over(begun)
    begun.owner = Owner.SUPPORT
    assert handed_over(begun)
    LADDER.begin(begun, berlin(5, 9), BERLIN)
    assert may_be_put_off(begun) and not handed_over(begun)
    begun.state = State.LIVE
    assert not may_be_put_off(begun)


def test_who_holds_reminders_back_is_known_until_they_go_on() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.snooze(begun, berlin(4, 11), BERLIN, ADA)
    assert (begun.reminder.held_by_team, begun.reminder.held_by_user) == (ADA.team, ADA.user)
    LADDER.resume(begun, berlin(2, 10), BERLIN)
    assert (begun.reminder.held_by_team, begun.reminder.held_by_user) == ("", "")
    LADDER.stop(begun, ADA)
    assert (begun.reminder.held_by_team, begun.reminder.held_by_user) == (ADA.team, ADA.user)
    LADDER.begin(begun, berlin(3, 9), BERLIN)
    assert (begun.reminder.held_by_team, begun.reminder.held_by_user) == ("", "")


def test_a_snooze_ends_in_the_moment_until_which_it_was_asked_for() -> None:
    begun = waiting(berlin(2, 9))
    assert not asleep(begun, berlin(2, 9))
    LADDER.snooze(begun, berlin(4, 11), BERLIN, ADA)
    assert asleep(begun, berlin(4, 10, 59))
    assert not asleep(begun, berlin(4, 11))


def test_a_test_interrupts_a_wait_which_goes_on_as_it_was() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.snooze(begun, berlin(4, 11), BERLIN, ADA)
    LADDER.interrupt(begun)
    assert (begun.reminder.phase, begun.reminder.due_at) == (ReminderPhase.INTERRUPTED, None)
    LADDER.go_on(begun, berlin(2, 12), BERLIN)
    assert (begun.reminder.phase, begun.reminder.due_at) == (ReminderPhase.SNOOZED, berlin(4, 11))
    assert begun.reminder.held_by_user == ADA.user


def test_what_a_test_interrupted_is_kept_until_the_test_ends() -> None:
    begun = waiting(berlin(2, 9))
    LADDER.interrupt(begun)
    kept = begun.reminder
    assert kept.interrupted_phase is ReminderPhase.RUNNING
    assert (kept.interrupted_state, kept.interrupted_owner) == (begun.state, begun.owner)
    LADDER.go_on(begun, berlin(2, 18), BERLIN)
    assert kept.due_at == berlin(3, 9)
    assert (kept.interrupted_phase, kept.interrupted_state, kept.interrupted_owner) == (None,) * 3


def test_of_what_did_not_wait_a_test_keeps_nothing_to_go_on_with() -> None:
    live = account(State.LIVE, Owner.MAILDESK)
    LADDER.interrupt(live)
    assert live.reminder.interrupted_phase is ReminderPhase.IDLE
    assert (live.reminder.interrupted_state, live.reminder.interrupted_owner) == (None, None)
    LADDER.go_on(live, berlin(2, 10), BERLIN)
    assert (live.reminder.phase, live.reminder.due_at) == (ReminderPhase.IDLE, None)


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    """Working hours of at least two hours on at least one day, in one of several zones; midnight
    may end them."""
    begin = draw(st.integers(0, 21 * 4))
    end = draw(st.integers(begin + 8, 24 * 4))
    days = draw(st.sets(st.sampled_from("1234567"), min_size=1))
    first, last = (time(quarter // 4 % 24, quarter % 4 * 15) for quarter in (begin, end))
    return Hours(ZoneInfo(draw(st.sampled_from(ZONES))), first, last, "".join(sorted(days)))


moments = st.datetimes(datetime(2026, 3, 1), datetime(2026, 12, 1), timezones=st.just(UTC))
lengths = st.timedeltas(timedelta(), timedelta(days=12))


@given(begin=moments, when=hours(), late=st.lists(lengths, min_size=4, max_size=4))
def test_what_is_due_is_in_working_hours_and_not_before_its_rung(
    begin: datetime, when: Hours, late: list[timedelta]
) -> None:
    begun, came = waiting(begin, when), 0
    for delay in late:
        if begun.reminder.due_at is None:
            break
        assert when.includes(begun.reminder.due_at)
        assert begun.reminder.due_at >= begin + RUNGS[begun.reminder.rung]
        LADDER.climb(begun, begun.reminder.due_at + delay, when)
        came += 1
    assert 1 <= came <= len(RUNGS) and begun.reminder.due_at is None


@given(begin=moments, when=hours(), held=lengths, early=st.floats(0, 1))
def test_what_is_held_comes_in_working_hours_and_not_before_and_comes_at_once_when_resumed(
    begin: datetime, when: Hours, held: timedelta, early: float
) -> None:
    begun, until = waiting(begin, when), begin + held
    LADDER.put_off(begun, until, when)
    assert (
        begun.reminder.due_at is not None
        and begun.reminder.due_at >= until
        and when.includes(begun.reminder.due_at)
    )
    now = begin + held * early
    LADDER.resume(begun, now, when)
    assert (
        begun.reminder.due_at is not None
        and begun.reminder.due_at >= now
        and when.includes(begun.reminder.due_at)
    )
    assert begun.reminder.due_at <= when.next_moment(max(now, until, begin + RUNGS[0]))


def test_a_reminder_needs_some_time_before_the_end_of_work() -> None:
    assert may_remind(berlin(2, 9), BERLIN)
    assert may_remind(berlin(2, 17) - LAST_CALL - timedelta(minutes=1), BERLIN)
    assert not may_remind(berlin(2, 17) - LAST_CALL, BERLIN)
    assert not may_remind(berlin(7, 12), BERLIN)
