"""How much a run tries: how many examples hypothesis draws, and of what takes long, how much."""

import os

from hypothesis import settings


def examples(count: int) -> settings:
    """Draw so many examples; a share of them where MAILDESK_EXAMPLES says that one in so many is
    enough, as it is while somebody is writing."""
    return settings(max_examples=max(count // _share(), 5))


def size(full: int, ordinary: int) -> int:
    """How large a storm is, or how often something is killed: in full, unless MAILDESK_STORMS says
    that an ordinary run has no time for that, or somebody waits for the result."""
    small = in_a_hurry() or os.environ.get("MAILDESK_STORMS", "full") != "full"
    return ordinary if small else full


def in_a_hurry() -> bool:
    """Whether somebody is writing, and waits for the result."""
    return _share() > 1


def _share() -> int:
    return int(os.environ.get("MAILDESK_EXAMPLES", "1"))
