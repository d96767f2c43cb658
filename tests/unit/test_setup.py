"""The road of a customer as a checklist, as a table: what each part shows for what is known."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.views.accounts import AccountView
from bot.views.legacy import OldAccountView
from bot.views.setup import Facts, Mark, Part, Step, checklist
from storage.vocabulary import Owner, Plan, State
from tests.support.fast import ACME, CAROL, FastBot
from tests.support.values import account, old_account

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
Shown = tuple[Mark, int, int, Owner | None, datetime | None]
USER, ADMIN, SUPPORT, WE = Owner.USER, Owner.ADMINISTRATOR, Owner.SUPPORT, Owner.MAILDESK


def ago(hours: float) -> datetime:
    """So many hours before now."""
    return NOW - timedelta(hours=hours)


def one(state: State, owner: Owner = USER, hours: float = 1) -> AccountView:
    """An account in a state, with who has to act since so many hours."""
    return account(state=state, owner=owner, state_since=ago(hours))


def old(
    plan: Plan = Plan.CHANGE, replaced_by: int | None = None, hours: float = 1
) -> OldAccountView:
    """A listed old account."""
    return old_account(plan=plan, account_id=replaced_by, listed_at=ago(hours))


def done(count: int = 0, total: int = 0) -> Shown:
    """Everything is through."""
    return Mark.DONE, count, total, None, None


def untouched(count: int = 0, total: int = 0) -> Shown:
    """Nobody's turn yet."""
    return Mark.OPEN, count, total, None, None


def waits(count: int, total: int, owner: Owner, hours: float) -> Shown:
    """Somebody has to act, since so many hours."""
    return Mark.WAITS, count, total, owner, ago(hours)


@dataclass(frozen=True)
class Row:
    """What is known, and what each part shows; parts that are not named are untouched."""

    facts: Facts
    shows: dict[Part, Shown] = field(default_factory=dict)


OLD, EXCHANGE, CREATE, SIGN_IN, TEST, FOLDERS = Part
TABLE = {
    "nothing is known": Row(Facts()),
    "one waits for its sign-in": Row(
        Facts([one(State.AWAITING_SIGN_IN, hours=2)]),
        {CREATE: done(1, 1), SIGN_IN: waits(0, 1, USER, 2), TEST: untouched(0, 1), FOLDERS: untouched(0, 1)},
    ),
    "one waits for the administrator": Row(
        Facts([one(State.AWAITING_ADMIN, ADMIN, 5)]),
        {CREATE: done(1, 1), SIGN_IN: waits(0, 1, ADMIN, 5), TEST: untouched(0, 1), FOLDERS: untouched(0, 1)},
    ),
    "one is being tested": Row(
        Facts([one(State.TESTING, WE)]),
        {CREATE: done(1, 1), SIGN_IN: done(1, 1), TEST: waits(0, 1, WE, 1), FOLDERS: untouched(0, 1)},
    ),
    "one fails": Row(
        Facts([one(State.FAILING, SUPPORT, 3)]),
        {CREATE: done(1, 1), SIGN_IN: done(1, 1), TEST: waits(0, 1, SUPPORT, 3), FOLDERS: untouched(0, 1)},
    ),
    "one is broken": Row(
        Facts([one(State.BROKEN, USER, 3)]),
        {CREATE: done(1, 1), SIGN_IN: done(1, 1), TEST: waits(0, 1, USER, 3), FOLDERS: untouched(0, 1)},
    ),
    "sending is off in Exchange": Row(
        Facts([one(State.FAILING, ADMIN, 3)], sending_off_since=ago(9)),
        {
            EXCHANGE: waits(0, 0, ADMIN, 9),
            CREATE: done(1, 1),
            SIGN_IN: done(1, 1),
            TEST: waits(0, 1, ADMIN, 3),
            FOLDERS: untouched(0, 1),
        },
    ),
    "sending is off though another mailbox is live": Row(
        Facts([one(State.LIVE, WE), one(State.FAILING, ADMIN, 3)], sending_off_since=ago(3)),
        {
            EXCHANGE: waits(0, 0, ADMIN, 3),
            CREATE: done(2, 2),
            SIGN_IN: done(2, 2),
            TEST: waits(1, 2, ADMIN, 3),
            FOLDERS: untouched(1, 2),
        },
    ),
    "one has no folders yet": Row(
        Facts([one(State.UNMAPPED, USER, 4)]),
        {
            EXCHANGE: done(),
            CREATE: done(1, 1),
            SIGN_IN: done(1, 1),
            TEST: done(1, 1),
            FOLDERS: waits(0, 1, USER, 4),
        },
    ),
    "all are live": Row(
        Facts([one(State.LIVE, WE), one(State.LIVE, WE)]),
        {
            EXCHANGE: done(),
            CREATE: done(2, 2),
            SIGN_IN: done(2, 2),
            TEST: done(2, 2),
            FOLDERS: done(2, 2),
        },
    ),
    "one of each, and of each part those that wait there": Row(
        Facts([
            one(State.AWAITING_SIGN_IN, USER, 1),
            one(State.FAILING, SUPPORT, 2),
            one(State.UNMAPPED, USER, 3),
            one(State.LIVE, WE, 4),
        ]),
        {
            EXCHANGE: done(),
            CREATE: done(4, 4),
            SIGN_IN: waits(3, 4, USER, 1),
            TEST: waits(2, 4, SUPPORT, 2),
            FOLDERS: waits(1, 4, USER, 3),
        },
    ),
    "of several that wait the longest says whose turn it is": Row(
        Facts([
            one(State.AWAITING_SIGN_IN, USER, 2),
            one(State.AWAITING_ADMIN, ADMIN, 7),
            one(State.AWAITING_SIGN_IN, USER, 5),
        ]),
        {CREATE: done(3, 3), SIGN_IN: waits(0, 3, ADMIN, 7), TEST: untouched(0, 3), FOLDERS: untouched(0, 3)},
    ),
    "old accounts are listed": Row(
        Facts(old=[old(hours=2), old(hours=6), old(hours=4)]), {OLD: waits(0, 3, USER, 6)}
    ),
    "some are retained and replaced": Row(
        Facts(old=[old(Plan.RETAIN, hours=8), old(replaced_by=1, hours=8), old(hours=2)]), {OLD: waits(2, 3, USER, 2)}
    ),
    "all are retained or replaced": Row(Facts(old=[old(Plan.RETAIN), old(replaced_by=1)]), {OLD: done(2, 2)}),
}  # fmt: skip


@pytest.mark.parametrize("known", TABLE)
def test_each_part_shows_how_far_it_is_whose_turn_and_since_when(known: str) -> None:
    row = TABLE[known]
    assert checklist(row.facts) == [Step(part, *row.shows.get(part, untouched())) for part in Part]


@pytest.mark.parametrize("state", [state for state in State if state is not State.DISCONNECTED])
def test_an_account_waits_at_one_part_at_most_and_in_their_order(state: State) -> None:
    steps = [
        step for step in checklist(Facts([one(state)])) if step.part in (SIGN_IN, TEST, FOLDERS)
    ]
    marks = [step.mark for step in steps]
    expected = {
        State.CREATED: 0, State.AWAITING_SIGN_IN: 0, State.AWAITING_ADMIN: 0, State.TESTING: 1,
        State.FAILING: 1, State.BROKEN: 1, State.UNMAPPED: 2, State.LIVE: 3,
    }[state]  # fmt: skip
    order = [Mark.DONE] * expected + [Mark.WAITS] + [Mark.OPEN] * 3
    assert marks == order[:3]


def exchange_step(bot: FastBot) -> Step:
    """What the channel's set-up card shows of Exchange."""
    (step,) = [step for step in bot.views.setup.card(ACME).steps if step.part is EXCHANGE]
    return step


def test_nobody_waits_for_sending_at_a_mailbox_that_was_disconnected(bot: FastBot) -> None:
    failing = bot.account(State.FAILING)
    bot.failure(failing)
    assert exchange_step(bot).mark is Mark.WAITS

    bot.accounts.disconnect(failing.id, CAROL)
    assert exchange_step(bot).mark is Mark.OPEN
