"""Lives of the whole bot, drawn from a seed: nothing is found in them, and what is planted is."""

import pytest

from tests.soak import lives
from tests.support.examples import in_a_hurry
from tests.support.rows import every
from tests.support.soak_plants import PLANTS

pytestmark = [
    pytest.mark.simulator,
    pytest.mark.sqlite("its triggers are the witnesses of what is done to accounts"),
]

SEED = 1
LIVES = 6
STEPS = 25
FOUND: dict[str, tuple[int, str]] = {
    "another's tokens": (1, "was tested with nothing wrong, and is"),
    "posted twice": (1, "was posted"),
    "a job is forgotten": (1, "was due at"),
}
"""A seed in whose first lives each fault shows, and as what. Other seeds may have it later:
`make soak PLANTED=1` draws them anew, and plants one more."""


def test_in_some_lives_of_the_whole_bot_nothing_is_found() -> None:
    lives(SEED, 2 if in_a_hurry() else LIVES, STEPS)


@every("name", list(FOUND)[: 1 if in_a_hurry() else None], ids=str)
def test_a_fault_that_is_planted_is_found_and_its_seed_has_it_again(name: str) -> None:
    number, what = FOUND[name]
    with PLANTS[name]():
        said = [_broken(number) for _ in range(2)]
    assert what in said[0]
    assert said[0] == said[1]


def _broken(number: int) -> str:
    """Which rule was broken in the lives of a seed."""
    with pytest.raises(AssertionError) as broken:
        lives(number, LIVES, STEPS, shrunken=False)
    return str(broken.value)
