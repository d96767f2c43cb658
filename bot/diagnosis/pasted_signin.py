"""What a pasted text shows of Microsoft's sign-in and of Graph: numbers, and the words of OAuth."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from bot.diagnosis import phrases
from bot.diagnosis.observation import Observation, Where
from bot.diagnosis.observe import clean, from_oauth
from bot.diagnosis.reading import MOST, NEAR, Reading, Vocabulary, around

AADSTS = re.compile(
    r"AAD[ ._-]?STS?[^0-9A-Za-z]{0,5}(?:(?:error|code|fehler)[^0-9A-Za-z]{0,4}){0,2}"
    r"([0-9](?: ?[0-9Oo]){3,7})(?![0-9A-Za-z])",
    re.I,
)
"""However it is written: ``AADSTS50105``, ``AADSTS: 50105``, ``aadsts-50 105``."""

NUMBER = re.compile(r"(?<![\w.,/@&-])(?<!\w\[)[0-9]{5,8}(?![\w@]|[.,:/-][0-9])")
"""A number that stands for itself: no part of a date, an identifier or an address."""

WORDS = re.compile(r"[^\W\d_]+")

WORD = re.compile(r"(?<![A-Za-z_])[a-z]{2,30}_[a-z_]{2,40}(?![A-Za-z_])")
"""``invalid_grant``."""
SUBERROR = re.compile(
    r"(?:sub_?error|error_subcode)\W{1,6}(?!null\b|none\b|undefined\b|empty\b)([a-z_]{4,60})", re.I
)
MASKED = re.compile(r"AAD ?STS?[ :_-]{0,2}(?:[0-9]{0,6}[Xx*#?]{2,8}|[0-9]{0,3}(?:\W{0,4}$|\.\.|…))")
"""A number that somebody made unreadable, or cut: ``AADSTS9XXXXX``, ``AADSTS50…``."""
OTHERS = re.compile(
    r"(?<![0-9A-Za-z])(?!AADSTS|RFC)[A-Z]{3,6}(?:[0-9][A-Z])?[0-9]{4,8}(?![0-9A-Za-z])"
)
"""Another service's number for its reason, of which the word says nothing: ``AADB2C90090``."""
BESIDE = 40
"""So near to the word of an answer its number is."""
TRACE = re.compile(r"trace[ _]?id\W{1,6}([0-9a-f-]{36})", re.I)
CORRELATION = re.compile(r"correlation[ _]?id\W{1,6}([0-9a-f-]{36})", re.I)
ANSWER = re.compile(r"error_description|error['\"]?\W{1,4}$", re.I)
"""What shows that a word of OAuth stands in its answer."""
CONSENT = re.compile(r"admin_?consent", re.I)
OF_MICROSOFT = re.compile(r"login\.microsoftonline|AADSTS|trace id", re.I)

NAME = re.compile(r"(?<![A-Za-z_.])[A-Z][a-z]{1,40}[A-Z][A-Za-z0-9]{1,80}(?![A-Za-z_])")
"""``UserStrongAuthEnrollmentRequired``, how Microsoft calls a number of its."""

LONG = 20
"""So long a name is Microsoft's, whatever a text speaks of."""

CODE = re.compile(r"(?<![A-Za-z_])[A-Z][a-z]{1,30}_?[A-Z][A-Za-z]{1,60}(?![A-Za-z_])")
"""``MailboxNotEnabledForRESTAPI``, ``Request_ResourceNotFound``."""
CODE_LABELLED = re.compile(
    r"(?:code|error)['\"]?[:= ]{1,3}['\"]?([A-Z][A-Z_]{3,60})(?![A-Z_])", re.I
)
"""``"code": "unauthenticated"``, ``Code: ErrorItemNotFound``."""
OF_HTTP = re.compile(r"[45][0-9]{2} (?:client |server )?error: ", re.I)
"""What stands before HTTP's own reason, which has the words of some codes: ``403 Client Error:
Forbidden``."""
CLAIMS = "insufficient_claims"
"""The one inner code of Graph's that says something else than its code."""
OF_GRAPH = ("Error", "Mailbox", "Request_", "InvalidAuth", "Application", "Authorization_")
"""How those codes of Graph begin that nothing else is called."""

BUSY = re.compile(
    r"(?<![0-9.])(?P<reason>429|50[0234]) ?:? ?(?:client error|server error|too many|service unav"
    r"|bad gateway|gateway time|internal server)"
    r"|\btoo many (?P<retried>429|50[0234]) error responses"
    r"|\b(?:http(?: error| status)?|returns?|returned|responded|status(?: ?code)?)(?: with| was)?"
    r"['\"]?[ :=(]{1,3}"
    r"(?P<told>429|50[0234])(?![0-9])",
    re.I,
)
PLACES = {
    "login.microsoftonline": Where.TOKEN,
    "adalerror": Where.TOKEN,
    "msalserviceerror": Where.TOKEN,
    "msalserviceexception": Where.TOKEN,
    "msalthrottled": Where.TOKEN,
    "graph.microsoft": Where.GRAPH,
    "outlook.office365.com/": Where.GRAPH,
    "outlook.office.com/": Where.GRAPH,
    "/v1.0/users/": Where.GRAPH,
    "/v1.0/me/": Where.GRAPH,
}
"""What shows whom a text of an HTTP status asked: a host, a path, or the error of Microsoft's
library."""


def numbers(text: str, known: Vocabulary) -> Iterator[Reading]:
    """Microsoft's numbers, as its answer would have brought them, or its names for them."""
    for group in _replies(text)[-MOST:]:
        first = group[0]
        near = text[first.start() : group[-1].end() + 4 * NEAR]
        told = tuple(dict.fromkeys(map(_number, group)))
        seen = _answers(text, near, told, _word_near(text, first, known.oauth))
        yield Reading(seen, first.start())
    about = phrases.load().shows("authorize", phrases.folded(text))
    for name in list(NAME.finditer(text))[-MOST:]:
        if name[0] in known.names and (about or len(name[0]) >= LONG):
            near = around(text, name.start(), name.end())
            meant = _answers(text, near, (known.names[name[0]],))
            yield Reading(meant, name.start(), sure=False)
    for found in list(NUMBER.finditer(text))[-MOST:]:
        if _is_an_errors(text, found):
            near = around(text, found.start(), found.end())
            yield Reading(_answers(text, near, (int(found[0]),)), found.start(), sure=False)


def errors(text: str, words: Collection[str]) -> Iterator[Reading]:
    """The words of OAuth, where no number tells more."""
    if MASKED.search(text):
        return  # the number would have told more than the word
    known = [found for found in WORD.finditer(text) if found[0] in words]
    for found in known[-MOST:]:
        near = around(text, found.start(), found.end())
        before = text[max(found.start() - 20, 0) : found.start()]
        if is_anothers(text, found.end()):
            continue  # as with a masked number
        answered = ANSWER.search(before) or "error_description" in near
        yield Reading(_answers(text, near, (), found[0]), found.start(), sure=bool(answered))
    if OF_MICROSOFT.search(text):
        yield Reading([Observation(Where.TOKEN, text=clean(text))], 0, sure=False, vague=True)


def is_anothers(text: str, end: int) -> bool:
    """Whether a word of OAuth's that ends there is explained by another service's number."""
    return bool(OTHERS.search(text, end, end + BESIDE))


def codes(text: str, words: Collection[str]) -> Iterator[Reading]:
    """Graph's codes: called so, or words that nothing else is called by."""
    known = {word.lower(): word for word in words}
    about = phrases.load().shows("graph", phrases.folded(text))
    told = {
        found.start(1): found[1]
        for found in CODE_LABELLED.finditer(text)
        if not OF_HTTP.search(text, max(found.start() - 30, 0), found.end())
        # what Graph calls an error has its code within; what others call so may be any word
        if about or found[0].lower().startswith("code")
    }
    for found in CODE.finditer(text):
        if found[0].startswith(OF_GRAPH):
            # Exchange calls the exception behind a code by the same name
            told[found.start()] = found[0].removesuffix("Exception")
    for at in [at for at in sorted(told) if told[at].lower() in known][-MOST:]:
        near = around(text, at, at + len(told[at]))
        seen = Observation(
            Where.GRAPH,
            error=known[told[at].lower()],
            suberror=CLAIMS if CLAIMS in near else "",
            status=_status(near),
            text=clean(near),
        )
        yield Reading([seen], at)


def busy(text: str) -> Iterator[Reading]:
    """Answers without anything but an HTTP status that says busy."""
    for found in list(BUSY.finditer(text))[-MOST:]:
        near = around(text, found.start(), found.end())
        for host, where in PLACES.items():
            if host in near.lower():
                seen = Observation(where, status=_status(found[0]), text=clean(near))
                yield Reading([seen], found.start())


def _status(text: str) -> int | None:
    """HTTP's own reason for an answer, where it says that a service is busy."""
    found = BUSY.search(text)
    return int(found[found.lastgroup or 0]) if found else None


def _replies(text: str) -> Sequence[Sequence[re.Match[str]]]:
    """Microsoft's numbers by reply: it may put one around another, on one line."""
    groups: list[list[re.Match[str]]] = []
    for found in AADSTS.finditer(text):
        if groups and "\n" not in text[groups[-1][-1].end() : found.start()]:
            groups[-1].append(found)
        else:
            groups.append([found])
    return groups


def _number(found: re.Match[str]) -> int:
    """A number as it was meant: without spaces, and with zeros for the letter O."""
    return int(re.sub("[^0-9]", "", found[1].upper().replace("O", "0")))


def _answers(text: str, near: str, known: Sequence[int], error: str = "") -> Sequence[Observation]:
    """The answer of the token endpoint, then the same on the way back from a page; of the page for
    administrators first, where the text speaks of that."""
    suberror = SUBERROR.search(around(text, text.find(near), text.find(near) + len(near)))
    trace, correlation = TRACE.search(near), CORRELATION.search(near)
    answer: dict[str, Any] = {
        "error": error,
        "suberror": suberror[1].lower() if suberror else "",
        "error_codes": list(known),
        "error_description": near,
        "trace_id": trace[1] if trace else None,
        "correlation_id": correlation[1] if correlation else None,
    }
    ways = [Where.TOKEN, Where.AUTHORIZE, Where.ADMIN_CONSENT]
    return [from_oauth(answer, way) for way in (ways[::-1] if CONSENT.search(text) else ways)]


def _word_near(text: str, found: re.Match[str], words: Collection[str]) -> str:
    """The error of the answer that a number belongs to: before it, as a rule."""
    before = text[max(found.start() - NEAR, 0) : found.start()]
    after = text[found.end() : found.end() + 2 * NEAR]
    near = [*reversed(WORD.findall(before)), *WORD.findall(after)]
    return next((word for word in near if word in words), "")


def _is_an_errors(text: str, found: re.Match[str]) -> bool:
    """Whether a number is Microsoft's: it stands alone, or is called an error."""
    if text.strip(" \n.:;,#()[]'\"") == found[0]:
        return True
    beside = re.split("[0-9]", text[max(found.start() - 40, 0) : found.start()])[-1]
    before = WORDS.findall(beside.casefold())[-2:]
    after = WORDS.findall(text[found.end() : found.end() + 20].casefold())[:1]
    data = phrases.load()
    if {*before[-1:], *after} & set(data.labels["other"]):
        return False
    if any(_begins(word, data.labels["error"]) for word in (*before, *after)):
        return True
    about = data.shows("signing-in", phrases.folded(text))
    return about and any(_begins(word, data.labels["shown"]) for word in before[-1:])


def _begins(word: str, stems: Sequence[str]) -> bool:
    """Whether a word begins so, or (where words are not spaced) has it within."""
    return word.startswith(tuple(stems)) or any(
        stem in word for stem in stems if not stem.isascii() and ord(stem[0]) > 0x2FFF
    )
