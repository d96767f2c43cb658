"""The practice world's clock, and how the bot's worker follows it."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from bot.common import jobs
from sandbox.clock import ZONE, Step, WorldClock
from tests.support.fast import FastBot

FRIDAY_EVENING = datetime(2026, 11, 27, 18, tzinfo=ZONE)
EARLY_ON_TUESDAY = datetime(2026, 11, 24, 6, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "step", "then"),
    [
        (FRIDAY_EVENING, Step.HOUR, FRIDAY_EVENING + timedelta(hours=1)),
        (FRIDAY_EVENING, Step.DAY, FRIDAY_EVENING + timedelta(days=1)),
        (FRIDAY_EVENING, Step.WORKING_DAY, datetime(2026, 11, 30, 9, tzinfo=ZONE)),
        (EARLY_ON_TUESDAY, Step.WORKING_DAY, datetime(2026, 11, 24, 9, tzinfo=ZONE)),
    ],
)
def test_the_clock_moves_by_what_its_buttons_say(now: datetime, step: Step, then: datetime) -> None:
    clock = WorldClock()
    told: list[float] = []
    clock.heard.append(told.append)
    clock.set(now.timestamp() - datetime.now(UTC).timestamp())
    clock.move(step)
    assert abs(clock.time() - then.timestamp()) < 60
    assert told[-1] == clock.ahead


def test_time_leaps_only_while_nothing_is_in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease that seemed to end would have what is in hand done a second time."""
    bot = FastBot()
    account = bot.account()
    order: list[str] = []
    leap = threading.Thread(target=bot.worker.leap, args=(lambda: order.append("moved"),))
    monkeypatch.setattr(bot.worker, "tick", lambda: order.append("looked"))

    def check(_: jobs.CheckAccount) -> None:
        leap.start()
        leap.join(0.05)
        order.append("done")

    monkeypatch.setattr(bot.doers, "do", lambda kind, args: check(jobs.CheckAccount(**args)))
    with bot.store.transaction() as tx:
        tx.jobs.add(jobs.CheckAccount(account_id=account.id), bot.now)
    bot.worker.take_jobs()
    leap.join(10)
    assert order == ["done", "moved", "looked"]
