"""What a pasted error text may be: a number of Microsoft's, a server's reply, an OAuth error."""

import re
from collections.abc import Iterator

from bot.diagnosis.observation import Condition, Observation, Where

OAUTH = (Where.TOKEN, Where.AUTHORIZE, Where.ADMIN_CONSENT)
AADSTS = re.compile(r"AADSTS(\d{4,9})", re.I)
NUMBER = re.compile(r"[0-9]{4,9}")
"""``50173``, which somebody read out."""
SMTP_REPLY = re.compile(r"\b([245]\d\d)[^\d\n]{1,6}(\d\.\d{1,3}\.\d{1,3})")
"""``535 5.7.139``, ``(535, b'5.7.139``, ``554-5.2.252``."""
GRAPH_CODE = re.compile(r"\b[A-Z][a-z]+_?[A-Z][A-Za-z]+\b")
"""``MailboxNotEnabledForRESTAPI``, ``Request_ResourceNotFound``."""
OAUTH_ERROR = re.compile(r"(?<![a-z])[a-z]+_[a-z_]+")
"""``invalid_grant``."""


def readings(text: str) -> Iterator[Observation]:
    """Everything that the text may show, the most telling first. Nobody says where it was seen, so
    one text has several readings."""
    numbers = tuple(dict.fromkeys(int(number) for number in AADSTS.findall(text)))
    if not numbers and NUMBER.fullmatch(text.strip()):
        numbers = (int(text),)
    if numbers:
        for where in OAUTH:
            yield Observation(where, codes=numbers, text=text)
    reply = SMTP_REPLY.search(text)
    if reply:
        yield Observation(Where.SMTP, status=int(reply[1]), enhanced=reply[2], text=text)
    for condition in (Condition.NO, Condition.BAD, Condition.BYE):
        if re.search(rf"\b{condition}\b", text):
            yield Observation(Where.IMAP, condition=condition, text=text)
    for code in dict.fromkeys(GRAPH_CODE.findall(text)):
        yield Observation(Where.GRAPH, error=code, text=text)
    yield Observation(Where.SMTP, text=text)
    yield Observation(Where.IMAP, text=text)
    for word in dict.fromkeys(OAUTH_ERROR.findall(text)):
        yield Observation(Where.TOKEN, error=word, codes=numbers)
