"""What a pasted text shows of mail servers: the replies of SMTP and IMAP in it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.diagnosis import phrases
from bot.diagnosis.lost_codes import LostCodes
from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.observe import MAX_TEXT_LENGTH, from_imap, from_smtp
from bot.diagnosis.reading import MOST, Reading

STATUSES = "421|43[0-2]|44[1-9]|45[0-9]|471|50[0-4]|51[0-7]|521|523|53[0-8]|541|542|55[0-7]|571"
"""Replies of a mail server that say that something failed (RFC 5321, 4.2; Exchange has more)."""

REPLY = re.compile(
    rf"(?<![0-9A-Za-z.-])({STATUSES})(?![0-9])[^0-9\n]{{1,40}}?"
    r"([45]\.[0-9]{1,2}\.[0-9]{1,3})(?![0-9])"
)
"""``535 5.7.139``, ``(535, b'5.7.139``, ``550-5.7.60``, ``SMTP code: 535 Additional: 5.7.3``."""

ENHANCED = re.compile(r"(?<![0-9A-Za-z.=-])([45]\.[0-9]{1,2}\.[0-9]{1,3})(?![0-9]|\.[0-9])")
"""``5.7.139``, its three digits lost."""

STATUS = re.compile(
    r"(?:(?:^|[\n:(\['\">;#]) ?"
    r"|\b[a-z_]{0,12}(?:error|code|reply|response|said|returned|failed|status|with|got|denied)"
    rf"['\"]?[ :#=(]{{1,3}}['\"]?)({STATUSES})(?![0-9.]|:[0-9])(?=[ :'\",)\n-]|$)",
    re.I,
)
"""``535 Authentication failed``, where a reply may begin."""

AGAIN = re.compile(r"\n\W{0,3}(?:S: ?)?[45][0-9]{2}[ -](?:[45]\.[0-9]{1,2}\.[0-9]{1,3})? ?", re.I)
"""The codes of a reply at the beginning of each of its further lines."""

HTTP_REASON = re.compile(
    r"\W{1,4}(?:service unav|server unav|bad gateway|internal server|gateway time|server error"
    r"|not impl)",
    re.I,
)
OF_HTTP = re.compile(r"tunnel|http|proxy|returned an error: \(", re.I)
"""What shows that a status is of HTTP; the last is how .NET begins it."""
LAST_WORD = re.compile(r"([A-Za-z]+)(\W{0,3})$")
VERSIONS = frozenset(("version", "ver", "v", "release", "build"))
SAYING = re.compile(
    r"error|code|smtp|status|sa(?:id|ys)|reply|response|return(?:ed|s)|with|failed|got|gets?|was|is"
    r"|are|and|or|the|a|this|of|server|message|bounce|ndr|answers?|shows|see|reason",
    re.I,
)
"""The words before a reply; any other word with a space is a program's name before its version."""

REFUSING = re.compile(
    r"authentic|denied|unsuccessful|disabled|exceeded|reject|throttl|STOREDRV|RESOLVER|SMTP;|SendAs"
    r"|unavailable|not available|permission|not found|not supported|not allowed|not active|full\b"
    r"|too many|too large|expir|unknown|temporar|limit|blocked|starttls|busy|try again|quota"
    r"|timed? ?out|relay|deferred|wrong|unable|refus|invalid"
    r"|insufficient|dropped|corrupt|loop\b|spam",
    re.I,
)
"""What a reply that refuses says."""
SIGNING_IN = re.compile(
    r"auth|credential|decode|base64|log ?in|sign[ -]?in|token|password|autentic", re.I
)
CONNECTING = re.compile(r"starttls|ehlo|helo|greeting|service not a", re.I)
FOR_SIGN_IN = (535, 530, 454, 501, 504, 550)
SIGN_INS = (534, 535, 538)
"""What answers nothing but a sign-in (RFC 4954, 4 and 6)."""
OWN_WORDS = ")"
"""What stands between a status and the words of the program that tells of it: ``Fehler (535): …``;
they are in its language, not the server's."""
OF_SIGN_IN = re.compile(r"(?<![0-9])53[458][^0-9\n]{1,30}(?:authenti|credential)", re.I)
"""One of these with its words, which needs nothing else to be a mail server's."""
PERMANENT = (550, 554, 530, 552, 501, 503)
PASSING = (451, 421, 432, 454, 450)
"""The statuses that an enhanced code may have had, the likeliest first."""

SENT = re.compile(
    r"235 2\.7\.0|\b250 2\.[06]\.0 (?:ok|<|queued)|\bqueued (?:mail|as)|status=sent", re.I
)
"""What a mail server says when it takes the sign-in, or the message."""

TAGGED = re.compile(
    r"(?<![^\s'\"<>:\[(=])(?:\*|[A-Za-z]{0,7}[0-9]{1,9}|[A-Z]{4,5}[0-9]{1,3}) "
    r"(?P<status>NO|BAD|BYE) (?P<words>[^\n]{0,400})"
)
"""``A3 NO AUTHENTICATE failed.``, ``* BYE Connection is closed. 13``."""
ANSWERED = re.compile(
    r"(?:command error: |=> |\(['\"]|with a ['\"]|[sS]tatus['\"]?: ['\"]"
    r"|(?:rejected|refused|failed|error|returned|answered|replied|said|response): ['\"]?)"
    r"(?P<status>NO|BAD|BYE)(?![A-Z])(?P<words>[^\n]{0,400})"
)
"""How imaplib2, MailKit and imapflow tell of a reply."""
ALONE = re.compile(r"^[ \t]{0,8}['\"]?(?P<status>NO|BAD|BYE) (?P<words>[^\n]{0,400})", re.M)
"""``NO LOGIN failed.``, a reply whose tag was left out."""
NAMED = re.compile(
    r"\b(?P<status>No|Bad|Bye)Response(?:Error|Exception)?[: (]{1,3}(?P<words>[^\n]{0,400})"
)
"""``Net::IMAP::NoResponseError (LOGIN failed.)``."""
RAISED = re.compile(
    r"': (?P<words>[^\n:]{1,200}) \(Net::IMAP::(?P<status>No|Bad|Bye)ResponseError\)"
)
"""``in `login': LOGIN failed. (Net::IMAP::NoResponseError)``, as Ruby ends a program."""
EXCHANGES = re.compile(r"(?P<status>)\b(?P<words>(?:LOGIN|AUTHENTICATE) failed\.[^\n]{0,200})")
"""``LOGIN failed.``, Exchange's own words, of which a program shows nothing else."""
CODED = re.compile(
    r"(?P<status>)(?P<words>\[(?:AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|UNAVAILABLE|EXPIRED"
    r"|PRIVACYREQUIRED|CONTACTADMIN|NOPERM|INUSE|LIMIT|OVERQUOTA|SERVERBUG|CLIENTBUG|NONEXISTENT)\]"
    r"[^\n]{0,400})"
)
"""A response code that stands alone (RFC 5530, 3); it belongs to a NO."""
SHAPES = (TAGGED, ANSWERED, RAISED, ALONE, NAMED, CODED, EXCHANGES)
"""The shapes of a reply, the plainest first; of a text those of one shape are read."""
BEGUN = re.compile(r"\A[ :,'\"]{0,4}(?:response: )?(?:\[?b?['\"])?")
ENDED = re.compile(r"['\"](?:[\]),;}]|$)")
"""What Python, JavaScript and JSON put around the words of a reply."""
OF_IMAP = re.compile(
    r"[iI][mM][aA][pP]|AUTHENTICATE|\bLOGIN\b|EXAMINE|\bSELECT\b|\bLIST\b|[mM]ailbox|exchangelabs"
    r"|(?:javax|jakarta)\.mail|office365|\* BYE "
    r"|\[(?:AUTH|UNAVAIL|ALERT|TRYCREATE|NONEXIST|LIMIT|PRIVACY|INUSE|OVERQUOTA|CLOSED|EXPIRED\]"
    r"|CONTACTADMIN|NOPERM|SERVERBUG|CLIENTBUG)"
)
LOGS_OUT = re.compile(r"\bLOGOUT\b")
LOGGED_OUT = re.compile(r"OK LOGOUT", re.I)
"""What shows that a goodbye was asked for: the command before it, or the answer behind it."""
NEVER_SAID = re.compile(r"J(?:ava|akarta )Mail Exception:")
"""The goodbye that Java's library makes up where the connection broke."""
OPENED = re.compile(r"\bOK (?:\[[^\]\n]{0,40}\] )?(?:AUTHENTICATE|LOGIN|LIST|EXAMINE|SELECT)\b")


@dataclass(frozen=True)
class Reply:
    """A reply of a mail server: where its code begins, where its words do, and the codes."""

    at: int
    words_at: int
    status: int
    enhanced: str = ""


def smtp(text: str, known: LostCodes) -> Iterator[Reading]:
    """SMTP's replies, also those whose three digits, or whose enhanced code, or both got lost."""
    replies = sorted(_replies(text), key=lambda reply: reply.at)
    taken = went_well(Where.SMTP, text)
    for index, reply in enumerate(replies[-MOST:], max(len(replies) - MOST, 0)):
        said = text[reply.words_at : _end(replies, index)]
        seen = _seen(reply, said, text[max(reply.at - 80, 0) : reply.at], known)
        yield Reading(seen, reply.at, overcome=taken > reply.at)
    if not replies:
        for at, one in known.alone(text):
            said = f"{one.enhanced} {text[at : at + MAX_TEXT_LENGTH]}"
            yield Reading([from_smtp(one.status, said, _step(said))], at, sure=False)


def imap(text: str) -> Iterator[Reading]:
    """IMAP's replies."""
    if not OF_IMAP.search(text):
        return
    opened = went_well(Where.IMAP, text)
    shapes = (list(shape.finditer(text)) for shape in SHAPES)
    for found in next(filter(None, shapes), [])[-MOST:]:
        words = BEGUN.sub("", found["words"])
        words = words if words.startswith("{") else ENDED.split(words)[0]
        condition = Condition(found["status"].upper() or "NO")
        said = f"{condition} {words.strip()}"
        before = text[max(found.start() - 120, 0) : found.start()]
        seen = from_imap(said, condition, step_of(said, before))
        asked = LOGS_OUT.search(before) or LOGGED_OUT.search(text, found.end(), found.end() + 80)
        if condition is Condition.BYE and (asked or NEVER_SAID.search(words)):
            continue  # a server says goodbye to whoever logs out
        aside = "invalid state" in said.lower()  # a server follows nobody whom it refused before
        overcome = opened > found.start()
        vague = aside or "Logging out" in said or found.re is EXCHANGES
        yield Reading([seen], found.start(), not aside, vague, overcome)


def step_of(said: str, before: str = "") -> str:
    """The step of ours in which a reply of IMAP would have been met."""
    for words in (said, before):
        if re.search(r"AUTHENTICATE|LOGIN|Auth|logon", words):
            return "imap.auth"
        if re.search(r"LIST|NAMESPACE|TRYCREATE|folder", words):
            return "imap.folders"
    return "imap.inbox"


def _replies(text: str) -> Iterator[Reply]:
    taken: set[int] = set()
    for found in REPLY.finditer(text):
        taken |= {found.start(1), found.start(2)}
        yield Reply(found.start(), found.start(2), int(found[1]), found[2])
    for found in ENHANCED.finditer(text):
        if found.start(1) not in taken and _is_a_reply(text, found):
            yield Reply(found.start(), found.start(), 0, found[1])
    if OF_SIGN_IN.search(text) or phrases.load().shows("smtp", phrases.folded(text)):
        for found in STATUS.finditer(text):
            before = text[max(found.start(1) - 30, 0) : found.start(1)]
            of_http = OF_HTTP.search(before) or HTTP_REASON.match(text, found.end(1))
            if found.start(1) not in taken and not of_http:
                yield Reply(found.start(1), found.end(1), int(found[1]))


def _is_a_reply(text: str, found: re.Match[str]) -> bool:
    """Whether a number in three parts is a status, and not some program's version."""
    word = LAST_WORD.search(text[max(found.start() - 30, 0) : found.start()])
    if word and (word[1].lower() in VERSIONS or (word[2] == " " and not SAYING.fullmatch(word[1]))):
        return False
    return bool(REFUSING.search(text[found.end() : found.end() + 120]))


def _end(replies: Sequence[Reply], index: int) -> int:
    """Where the words of a reply end: at the next one that is another's."""
    reply = replies[index]
    later = (
        other.at
        for other in replies[index + 1 :]
        if (other.status or reply.status, other.enhanced) != (reply.status, reply.enhanced)
    )
    return min(next(later, reply.at + 4 * MAX_TEXT_LENGTH), reply.at + 4 * MAX_TEXT_LENGTH)


def _seen(reply: Reply, said: str, before: str, known: LostCodes) -> Sequence[Observation]:
    """The observations of a reply; it may go on over several lines, each with its codes."""
    said = AGAIN.sub(" ", said)
    lost = "" if reply.enhanced else known.of(reply.status, said)
    if reply.status in SIGN_INS and not reply.enhanced and said.startswith(OWN_WORDS):
        said = ""
    step = "smtp.auth" if reply.status in SIGN_INS else _step(before + said)
    if reply.status:
        statuses: Sequence[int] = (reply.status,)
    elif reply.enhanced.startswith("4"):
        statuses = PASSING
    else:
        statuses = FOR_SIGN_IN if SIGNING_IN.search(said) else PERMANENT
    told = said.lstrip(" :,-'\"")
    return [from_smtp(status, f"{lost} {told}" if lost else told, step) for status in statuses]


def _step(words: str) -> str:
    """The step of ours in which a reply of SMTP would have been met."""
    if SIGNING_IN.search(words):
        return "smtp.auth"
    return "smtp.connect" if CONNECTING.search(words) else "smtp.sender"


def went_well(where: Where, text: str) -> int:
    """Where a mail server last says that all is well; -1 if it does not."""
    shape = {Where.SMTP: SENT, Where.IMAP: OPENED}.get(where)
    places = (found.start() for found in shape.finditer(text)) if shape else ()
    return max(places, default=-1)
