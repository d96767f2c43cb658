"""What Slack makes of the text that somebody types, before an app gets it.

``&``, ``<`` and ``>`` become entities; people, channels, addresses and whatever looks like one of a
page become references in angle brackets, with the text that was typed behind a bar
(docs.slack.dev/messaging/formatting-message-text; `should_escape` of a slash command in
docs.slack.dev/reference/app-manifest). Slack knows the domains that there are; here every name with
a dot counts as one, so that an app meets links wherever it may.
"""

import re

from sandbox.slack.office import Office

HOST = r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}"
ADDRESS = re.compile(rf"(?<![\w.+@-])[\w.+-]+@{HOST}(?![\w-])")
PAGE = re.compile(
    rf"(?<![\w.@/:-])(?:https?://[^\s<>|]*[^\s<>|.,;:!?)]|{HOST}(?![\w@-])(?:/[^\s<>|]*)?)"
)
CHANNEL = re.compile(r"(?<!\S)#([\w-]+)")


def as_sent(office: Office, text: str, in_command: bool = False) -> str:
    """The text of a message, or what stands behind a command."""
    places = {channel.name: channel.id for channel in office.channels.values()}
    made = ""
    at = 0
    for begin, end, reference in _references(office, places, text, in_command):
        if begin >= at:
            made += escaped(text[at:begin]) + reference
            at = end
    return made + escaped(text[at:])


def escaped(text: str) -> str:
    """`text` with Slack's three entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _references(
    office: Office, places: dict[str, str], text: str, in_command: bool
) -> list[tuple[int, int, str]]:
    """Where each begins and ends in the text, and what stands in its place."""
    found = [(*each.span(), _mail(each[0])) for each in ADDRESS.finditer(text)]
    found += [(*each.span(), _page(each[0])) for each in PAGE.finditer(text)]
    found += [
        (*each.span(), f"<#{places[each[1]]}|{each[1]}>")
        for each in CHANNEL.finditer(text)
        if each[1] in places
    ]
    for member in office.members.values():
        named = f"|{member.name}" if in_command else ""
        for each in re.finditer(rf"(?<![\w@])@{re.escape(member.name)}(?!\w)", text):
            found.append((*each.span(), f"<@{member.id}{named}>"))
    return sorted(found)


def _mail(address: str) -> str:
    return f"<mailto:{address}|{address}>"


def _page(written: str) -> str:
    if written.startswith("http"):
        return f"<{escaped(written)}>"
    return f"<http://{escaped(written)}|{escaped(written)}>"
