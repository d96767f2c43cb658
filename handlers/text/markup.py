"""Where text is escaped: `safe` makes whatever people typed or servers sent harmless in Slack.

Everything that Slack reads as markup passes here once. `Safe` marks what did, so that nothing is
escaped twice and a type checker sees what was not.
"""

import html
import re
from datetime import UTC, date, datetime, time

REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of what follows them, the rest of our own line included
(Unicode TR 9, 2.4)."""


ADDRESS = re.compile(r"(?<![\w.!#$%&'+/=?^{}~-])[\w.!#$%&'+/=?^{}~-]+@[\w.-]*\w")
"""An email address, which people copy: every sign of it counts."""

FORMATS = re.compile(r"(?<!\w)[*_~]|[*_~](?!\w)|`")
"""Where a sign of Slack's formats may begin or end one; within a word it does neither
(docs.slack.dev/messaging/formatting-message-text)."""

PICTURED = str.maketrans("*_~`", "∗ˍ∼ˋ")
"""Slack has no escape for these signs, so they are shown by others that look like them."""


def tame(text: str) -> str:
    """`text` in its own direction, on one line."""
    return " ".join(REORDERING.sub("", text).split())


class Safe(str):
    """Text in Slack's markup whose foreign parts are escaped already."""

    __slots__ = ()


def safe(text: str) -> Safe:
    """`text` as it is, wherever it came from: escaped, without pings, without line breaks that
    could fake our layout, and without formats. An address keeps its signs: where one could begin a
    format, the address is code. What is `Safe` already stays as it is."""
    if isinstance(text, Safe):
        return text
    harmless = escaped(text)
    parts: list[str] = []
    end = 0
    for found in ADDRESS.finditer(harmless):
        if FORMATS.search(harmless, found.start(), found.end()):
            parts += [_pictured(harmless[end : found.start()]), f"`{found[0]}`"]
            end = found.end()
    return Safe("".join([*parts, _pictured(harmless[end:])]))


def coded(text: str) -> Safe:
    """The same for where a sentence has code: every sign counts but the one that would end it."""
    if isinstance(text, Safe):
        return text
    return Safe(escaped(text).replace("`", "`".translate(PICTURED)))


def escaped(text: str) -> Safe:
    """The same for where Slack knows no formats, and every sign counts: the address of a link, and
    text between three backticks (which may not be in it)."""
    harmless = tame(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Safe(harmless.replace("```", "'''"))


def unmarked(text: Safe) -> str:
    """A sentence of ours as plain text, for where Slack reads no markup: without its signs for
    bold and code."""
    return html.unescape(text).replace("*", "").replace("`", "")


def _pictured(text: str) -> str:
    return FORMATS.sub(lambda sign: sign[0].translate(PICTURED), text)


def moment(at: datetime) -> Safe:
    """A time, shown in each reader's own zone."""
    stamp = int(at.timestamp())
    fallback = at.strftime("%Y-%m-%d %H:%M UTC")
    return Safe(f"<!date^{stamp}^{{date_short_pretty}} at {{time}}|{fallback}>")


def time_of_day(at: datetime) -> Safe:
    """A time of a day that is named elsewhere, shown in each reader's own zone."""
    return Safe(f"<!date^{int(at.timestamp())}^{{time}}|{at.strftime('%H:%M UTC')}>")


def long_day(day: date) -> Safe:
    """A day, as each reader writes it, whatever their zone is."""
    noon = datetime.combine(day, time(12), UTC)
    return Safe(f"<!date^{int(noon.timestamp())}^{{date_long_pretty}}|{day.isoformat()}>")


def day_of(day: date) -> Safe:
    """A day with its year, as each reader writes it, whatever their zone is."""
    noon = datetime.combine(day, time(12), UTC)
    return Safe(f"<!date^{int(noon.timestamp())}^{{date}}|{day.isoformat()}>")
