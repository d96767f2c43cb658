"""Having nothing in hand for a moment, so that the clock may be moved."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait

from bot.app.hands import Busy

A_MOMENT = 0.2
"""Who does not wait is done by then."""


def test_what_was_begun_ends_before_nothing_is_in_hand_and_the_next_waits() -> None:
    busy = Busy()
    begun, may_end = threading.Event(), threading.Event()
    order: list[str] = []
    waiting: list[Future[None]] = []

    def begin() -> None:
        with busy:
            begun.set()
            may_end.wait()
            order.append("what was begun")

    def move() -> None:
        with busy.all_held():
            waiting.append(threads.submit(next_one))
            order.append("the clock is moved")

    def next_one() -> None:
        with busy:
            order.append("the next")

    with ThreadPoolExecutor() as threads:
        threads.submit(begin)
        begun.wait()
        moved = threads.submit(move)
        waited = not wait([moved], A_MOMENT).done
        may_end.set()
        moved.result()
        waiting[0].result()
    assert waited
    assert order == ["what was begun", "the clock is moved", "the next"]
    assert not busy.anything
