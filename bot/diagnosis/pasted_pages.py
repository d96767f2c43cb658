"""What a pasted text shows of answers that were no answers: a web page, or what a library says that
could not read one."""

import re
from collections.abc import Iterator

from bot.diagnosis.network_faults import Fault
from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.observe import clean
from bot.diagnosis.reading import Reading, around
from bot.diagnosis.web_pages import PAGE, fault_of_page

STATUS = re.compile(
    r"(?:http|status|error|code|returned|returns)[a-z ]{0,20}[ :=(]{1,4}([345][0-9]{2})\b", re.I
)
OF_SIGN_IN = re.compile(
    r"microsoftonline|/oauth2/|authorization server|login\.windows\.net|graph\.microsoft", re.I
)
"""What shows that an answer of Microsoft's was expected."""
UNREADABLE = re.compile(
    r"JSONDecodeError|Expecting value: line \d|Unexpected token '?<|is not valid JSON|Expected JSON"
    r"|invalid json response|Failed to parse JSON|unexpected character encountered while parsing"
    r"|invalid character '<' looking for|JsonReaderException|JsonParseException|JSON::ParserError",
    re.I,
)
"""What libraries say of a page where JSON was due."""


def pages(text: str) -> Iterator[Reading]:
    """Web pages, and complaints about them, in a text about Microsoft's sign-in or Graph."""
    if not OF_SIGN_IN.search(text):
        return
    begun = PAGE.search(text)
    if begun is not None:
        told = STATUS.search(text[max(begun.start() - 200, 0) : begun.start()])
        fault = fault_of_page(text[begun.start() :], int(told[1]) if told else None)
        if fault is not None:
            yield Reading([_seen(fault)], begun.start())
        return
    for found in UNREADABLE.finditer(text):
        near = around(text, found.start(), found.end())
        yield Reading([_seen(Fault(Condition.PROTOCOL, near))], found.start(), sure=False)


def _seen(fault: Fault) -> Observation:
    return Observation(
        Where.NETWORK,
        step="token",
        condition=fault.condition,
        layer=fault.layer,
        status=fault.status,
        text=clean(fault.text),
    )
