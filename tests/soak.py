"""Lives of the whole bot in a simulated world, one after the other, until something is found.

`python -m tests.soak --minutes 20` draws a new seed for each few lives. Where one breaks a rule, it
prints the shortest course that does, what was broken, and the seed, and ends with the status 1;
`python -m tests.soak --seed N` lives the same lives again.
"""

import argparse
import secrets
import sys
import time

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.logging import log_plainly
from tests.support.soak import Life

LIVES = 10
STEPS = 50
"""So many lives of so many steps come of one seed."""

SEEDS = 2**32


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


def main() -> int:
    """Live until the time is over, or something is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20, help="so long (20)")
    parser.add_argument("--seed", type=int, help="the lives of this seed, once")
    asked = parser.parse_args()
    log_plainly()
    end = time.monotonic() + asked.minutes * 60
    tried = 0
    while True:
        number = asked.seed if asked.seed is not None else secrets.randbelow(SEEDS)
        try:
            lives(number)
        except Exception as error:
            print(f"\n{error}\n\nSeed {number} has it: make soak SEED={number}", flush=True)
            return 1
        tried += 1
        print(f"seed {number}: {LIVES} lives, nothing found", flush=True)
        if asked.seed is not None or time.monotonic() >= end:
            print(f"{tried * LIVES} lives of up to {STEPS} steps: nothing found")
            return 0


if __name__ == "__main__":
    sys.exit(main())
