"""What is done behind an acknowledgement."""

from contextvars import ContextVar
from threading import Event, get_ident

from handlers.slack.behind import Behind

WHO = ContextVar("WHO", default="nobody")
PATIENCE_SECONDS = 20


def test_it_is_done_elsewhere_with_what_was_known_here() -> None:
    behind = Behind()
    WHO.set("Carol")
    there, who = behind.submit(lambda: (get_ident(), WHO.get())).result(PATIENCE_SECONDS)
    assert there != get_ident() and who == "Carol"
    assert behind.stop(PATIENCE_SECONDS) == 0


def test_where_there_is_no_room_it_is_done_by_who_brings_it() -> None:
    behind = Behind(threads=1, most=2)
    go_on = Event()
    first = behind.submit(go_on.wait, PATIENCE_SECONDS)
    second = behind.submit(get_ident)
    assert behind.submit(get_ident).result(0) == get_ident()
    go_on.set()
    assert first.result(PATIENCE_SECONDS) and second.result(PATIENCE_SECONDS) != get_ident()
    assert behind.submit(get_ident).result(PATIENCE_SECONDS) != get_ident(), "there is room again"
    behind.stop(PATIENCE_SECONDS)


def test_who_ends_the_process_hears_what_is_left_undone() -> None:
    behind = Behind(threads=1)
    go_on = Event()
    behind.submit(go_on.wait, PATIENCE_SECONDS)
    behind.submit(go_on.wait, PATIENCE_SECONDS)
    assert behind.stop(0) == 2
    go_on.set()


def test_what_comes_after_the_end_is_done_by_who_brings_it() -> None:
    behind = Behind()
    assert behind.stop(PATIENCE_SECONDS) == 0
    assert behind.submit(get_ident).result(0) == get_ident()
