"""How many examples hypothesis draws."""

import os

from hypothesis import settings


def examples(count: int) -> settings:
    """Draw so many examples; a share of them where MAILDESK_EXAMPLES says that one in so many is
    enough, as it is while somebody is writing."""
    share = int(os.environ.get("MAILDESK_EXAMPLES", "1"))
    return settings(max_examples=max(count // share, 5))
