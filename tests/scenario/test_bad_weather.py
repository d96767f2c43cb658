"""A day on which Slack refuses a third of the calls as too many, fails at a tenth, and loses the
answers to a twentieth that it did: it ends like any other day."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.slack.weather import Fate, Weather, bad_day
from tests.support.insisting import End, Insisting
from tests.support.world import BotWorld

pytestmark = pytest.mark.delivery

HISTORY = frozenset({"channels:history", "groups:history"})
"""What the app needs to see whether a message stands there of which it had no answer."""


def end_of(folder: Path, weather: Weather, scopes: frozenset[str] = HISTORY) -> End:
    """How the road ends in this weather."""
    folder.mkdir()
    world = BotWorld(folder)
    world.longest_wait = timedelta(minutes=5)
    world.practice.office.scopes |= scopes
    world.practice.office.weather = weather
    try:
        return Insisting(world).walk()
    finally:
        world.stop()


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> End:
    """How it ends on any other day."""
    return end_of(tmp_path_factory.mktemp("weather") / "good", Weather())


def test_it_ends_like_any_other_day(good: End, tmp_path: Path) -> None:
    weather = bad_day(seed=1)
    bad = end_of(tmp_path / "bad", weather)
    assert (bad.lacks(good), good.lacks(bad)) == ([], [])
    assert bad == good
    assert all(weather.met[fate] > 5 for fate in Fate), "it was such a day"


def test_without_the_right_to_look_a_message_may_stand_twice_and_never_not_at_all(
    good: End, tmp_path: Path
) -> None:
    bad = end_of(tmp_path / "bad", bad_day(seed=2), scopes=frozenset())
    assert replace(bad, messages={}) == replace(good, messages={})
    assert bad.lacks(good) == []
