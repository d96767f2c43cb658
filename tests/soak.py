"""Lives of the whole bot in a simulated world, one after the other, until something is found.

`python -m tests.soak --minutes 20` draws a new seed for each few lives. Where one breaks a rule, it
prints the shortest course that does, what was broken, and the seed, and ends with the status 1;
`python -m tests.soak --seed N` lives the same lives again. `python -m tests.soak --planted` plants one
fault after the other in the bot, draws seeds until it is found, and lives its lives again to see
that the seed has it.
"""

import argparse
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.logging import log_plainly
from tests.support.soak import Life
from tests.support.soak_plants import PLANTS

LIVES = 10
STEPS = 50
"""So many lives of so many steps come of one seed."""

SEEDS = 2**32
MOST_SEEDS = 20
"""So many seeds at most are drawn for a fault that is planted."""


def lives(number: int, count: int = LIVES, steps: int = STEPS, shrunken: bool = True) -> None:
    """Live the lives of a seed. Of one that breaks a rule the shortest course is looked for and
    printed, unless it is not to be `shrunken`.

    Raises:
        AssertionError: a rule was broken.
    """
    run_state_machine_as_test(
        seed(number)(Life),
        settings=settings(
            max_examples=count,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            phases=(Phase.generate, Phase.shrink) if shrunken else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )


def broken_in(number: int, shrunken: bool = True) -> str:
    """Which rules were broken in the lives of a seed; empty where none was."""
    try:
        lives(number, shrunken=shrunken)
    except Exception as error:
        course = getattr(error, "__notes__", []) if shrunken else []
        return "\n".join([str(error) or type(error).__name__, *course])
    return ""


def search(minutes: float) -> int:
    """Draw seeds until the time is over or something is found."""
    end = time.monotonic() + minutes * 60
    tried = 0
    while not tried or time.monotonic() < end:
        number = secrets.randbelow(SEEDS)
        if not nothing_in(number):
            return 1
        tried += 1
    print(f"{tried * LIVES} lives of up to {STEPS} steps: nothing found")
    return 0


def nothing_in(number: int) -> bool:
    """Whether nothing is found in the lives of a seed; says what is."""
    broken = broken_in(number)
    if broken:
        print(f"\n{broken}\n\nSeed {number} has it: make soak SEED={number}", flush=True)
        return False
    print(f"seed {number}: {LIVES} lives, nothing found", flush=True)
    return True


def find_planted() -> int:
    """Plant each fault, find it, and find it again by its seed."""
    missed = [name for name, plant in PLANTS.items() if not is_found(name, plant)]
    return 1 if missed else 0


def is_found(name: str, plant: Callable[[], AbstractContextManager[object]]) -> bool:
    """Whether a fault that is planted is found, and its seed has it again; says how."""
    with plant():
        for _ in range(MOST_SEEDS):
            number = secrets.randbelow(SEEDS)
            broken = broken_in(number, shrunken=False)
            if broken:
                same = broken_in(number, shrunken=False) == broken
                how = "and lived again is the same" if same else "but lived again is another"
                print(f"{name}: seed {number} has it, {how}: {broken.splitlines()[0]}", flush=True)
                return same
    print(f"{name}: not found by {MOST_SEEDS} seeds", flush=True)
    return False


def main() -> int:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20, help="so long (20)")
    parser.add_argument("--seed", type=int, help="the lives of this seed, once")
    parser.add_argument("--planted", action="store_true", help="find faults that are planted")
    asked = parser.parse_args()
    log_plainly()
    if asked.planted:
        return find_planted()
    if asked.seed is not None:
        return 0 if nothing_in(asked.seed) else 1
    return search(asked.minutes)


if __name__ == "__main__":
    sys.exit(main())
