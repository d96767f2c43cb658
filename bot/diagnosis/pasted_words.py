"""What the sentences of a pasted text show, where no number and no reply does."""

import re
from collections.abc import Iterator

from bot.diagnosis import phrases
from bot.diagnosis.observation import Condition, Layer, Observation, Where
from bot.diagnosis.observe import clean
from bot.diagnosis.pasted_mail import went_well
from bot.diagnosis.pasted_signin import is_anothers
from bot.diagnosis.reading import Reading, around

NAMED = (
    re.compile(
        r"(?:://|\bhost(?:=|: ?| )['\"]?|lookup |resolve:? ['\"]?|connect to |server at ['\"]?)"
        r"((?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,20})",
        re.I,
    ),
    re.compile(
        r"(?<![a-z0-9./-])((?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,20}):[0-9]{2,5}(?![0-9:.])", re.I
    ),
)
"""A server that a library names: in an address, with a port, or in a sentence."""
PORT = re.compile(r"(?:\.[0-9]{1,3}\]?:|\bport[=: ]{1,3})([0-9]{2,5})(?![0-9.])", re.I)
OURS = re.compile(
    r"office|outlook|microsoftonline|(?:login|graph)\.(?:microsoft|windows)|smtp|imap|mail|exchange"
    r"|live\.com|sts\.windows\.net|proxy|mx",
    re.I,
)
"""What is in the names of the servers that a mailbox needs."""
PORTS = frozenset((25, 80, 143, 443, 465, 587, 993, 3128, 8080))
STEPS = {
    "smtp.connect": re.compile(r"smtp|:587|:465|port 587", re.I),
    "imap.connect": re.compile(r"imap|:993|port 993|outlook\.office365", re.I),
    "token": re.compile(r"login\.microsoftonline|/oauth2/", re.I),
}


def sentences(text: str) -> Iterator[Reading]:
    """What the sentences that we know stand for."""
    for phrase, begin, end in phrases.load().found(phrases.folded(text)):
        near = around(text, begin, end)
        seen = _seen(phrase, near)
        if seen.where is Where.TOKEN and is_anothers(text, end):
            continue
        if seen.where is not Where.NETWORK or _of_ours(near):
            overcome = went_well(seen.where, text) > end
            yield Reading([seen], end, False, phrase.vague, overcome)


def _seen(phrase: phrases.Phrase, near: str) -> Observation:
    fields = dict(phrase.seen)
    where = Where(fields.pop("where"))
    condition, layer = fields.pop("condition", None), fields.pop("layer", None)
    codes = tuple(fields.pop("codes", ()))
    if where is Where.NETWORK:
        fields["step"] = next((step for step, of in STEPS.items() if of.search(near)), "")
    return Observation(
        where,
        condition=Condition(condition) if condition else None,
        layer=Layer(layer) if layer else None,
        codes=codes,
        text=clean(fields.pop("text", near)),
        **fields,
    )


SOURCE = re.compile(
    r"\.(?:go|m?js|jsx|tsx?|py|rb|php|java|kt|rs|cs|cpp?|hpp?|swift|scala|pl|exs?|lua|vue|m|mm)$",
    re.I,
)
"""A file of a program, whose line is named as a port is: ``notify.go:303``."""
EXPLAINS = re.compile(r"github\.com|aka\.ms|stackoverflow|learn\.microsoft", re.I)
"""Where programs send people for help: no server that was asked."""


def _of_ours(near: str) -> bool:
    """Whether a fault of the network is one of our kind: no other server is named than those that
    a mailbox needs."""
    hosts = (host for shape in NAMED for host in shape.findall(near))
    named = [host for host in hosts if not EXPLAINS.search(host) and not SOURCE.search(host)]
    if named:
        return any(map(OURS.search, named))
    ports = {int(port) for port in PORT.findall(near)}
    return not ports or bool(ports & PORTS)
