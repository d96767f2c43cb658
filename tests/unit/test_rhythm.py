"""When each mailbox is looked at: evenly over the round, and of a tenant few at a time."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from bot.checks.rhythm import (
    AT_ONCE_IN_TENANT,
    LOOKED_EVERY,
    TESTED_EVERY,
    Due,
    choose,
    next_check,
    next_look,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize("ids", [range(1, 10_001), range(5_000, 5_300), range(3, 30_003, 3)])
def test_accounts_that_came_together_are_spread_over_the_round(ids: range) -> None:
    minutes = Counter((next_look(each, NOON) - NOON) // timedelta(minutes=1) for each in ids)
    even = len(ids) / (LOOKED_EVERY / timedelta(minutes=1))
    assert set(minutes) == set(range(8))
    assert all(abs(count - even) <= max(3, even * 0.05) for count in minutes.values())


def test_ten_thousand_whole_tests_are_spread_over_the_hours_of_the_week() -> None:
    hours = Counter(
        (next_check(each, NOON) - NOON) // timedelta(hours=1) for each in range(1, 10_001)
    )
    assert len(hours) == 168
    assert max(hours.values()) <= 65


@pytest.mark.parametrize(("when", "every"), [(next_look, LOOKED_EVERY), (next_check, TESTED_EVERY)])
def test_a_late_look_does_not_move_the_next_ones(when, every: timedelta) -> None:  # type: ignore[no-untyped-def]
    turn = when(7, NOON)
    assert NOON < turn <= NOON + every
    assert when(7, turn - timedelta(microseconds=1)) == turn
    assert when(7, turn) == when(7, turn + every * 0.9) == turn + every


def due(number: int, tenant: str = "", person: str = "") -> Due:
    return Due(number, tenant or f"tenant {number}", person or f"person {number}")


def test_of_a_tenant_few_are_looked_at_at_a_time_and_others_go_before() -> None:
    waiting = [*(due(n, "big") for n in range(20)), due(50), due(51)]
    chosen = choose(waiting, [], 10)
    assert [each.account_id for each in chosen] == [0, 1, 2, 3, 50, 51]
    assert AT_ONCE_IN_TENANT == 4


def test_what_other_workers_have_in_hand_counts() -> None:
    in_hand = [due(n, "big") for n in range(3)]
    assert [each.account_id for each in choose([due(8, "big"), due(9, "big")], in_hand, 9)] == [8]


def test_mailboxes_that_one_person_opens_are_looked_at_one_after_the_other() -> None:
    shared = [due(n, "acme", "ada") for n in range(3)]
    assert choose(shared, [], 9) == shared[:1]
    assert choose(shared[1:], shared[:1], 9) == []


def test_no_more_is_taken_than_there_is_room_for() -> None:
    assert len(choose([due(n) for n in range(9)], [], 4)) == 4
