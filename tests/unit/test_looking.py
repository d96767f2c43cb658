"""Who looks for what is due, looks once more for whoever asked meanwhile."""

import threading

import pytest

from bot.app.looking import Looking

PATIENCE_SECONDS = 60


def test_what_comes_while_it_is_looked_is_looked_for_too() -> None:
    looks = list[int]()

    def look() -> None:
        looks.append(1)
        if len(looks) < 3:
            assert not looking.ask(), "whoever looks will do it"

    looking = Looking(look)
    assert looking.ask()
    looking.go()
    assert len(looks) == 3


def test_it_is_looked_once_at_a_time_and_by_one() -> None:
    begun, go_on = threading.Event(), threading.Event()
    looks = list[int]()

    def look() -> None:
        looks.append(threading.get_ident())
        begun.set()
        assert go_on.wait(PATIENCE_SECONDS)

    looking = Looking(look)
    first = threading.Thread(target=looking.go)
    first.start()
    assert begun.wait(PATIENCE_SECONDS)
    looking.go()
    looking.go()
    assert looks == [first.ident], "others leave it to the first"
    go_on.set()
    first.join(PATIENCE_SECONDS)
    assert looks == [first.ident] * 2, "who looks once more sees all that was left meanwhile"


def test_after_an_error_it_is_looked_again() -> None:
    looks = list[int]()

    def look() -> None:
        looks.append(1)
        if len(looks) == 1:
            raise OSError

    looking = Looking(look)
    with pytest.raises(OSError):
        looking.go()
    assert looking.ask(), "nobody is at it"
    looking.go()
    assert len(looks) == 2
