"""Where text is escaped: `safe` makes whatever people typed or servers sent harmless in Slack.

Everything that Slack reads as markup passes here once. `Safe` marks what did, so that nothing is
escaped twice and a type checker sees what was not.
"""

import re

REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of what follows them, the rest of our own line included
(Unicode TR 9, 2.4)."""


def tame(text: str) -> str:
    """`text` in its own direction, on one line."""
    return " ".join(REORDERING.sub("", text).split())


class Safe(str):
    """Text in Slack's markup whose foreign parts are escaped already."""

    __slots__ = ()


def safe(text: str) -> Safe:
    """`text` as it is, wherever it came from: escaped, without pings, without line breaks that
    could fake our layout. What is `Safe` already stays as it is."""
    if isinstance(text, Safe):
        return text
    return Safe(tame(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
