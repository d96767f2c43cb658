"""What an audience reads of a cause: which words, and the steps of which people.

A customer reads what the mailbox's user and the customer's administrator can do, for one channel
has both; support and on-call read everything, in words that are meant for them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from string import ascii_uppercase
from typing import Protocol

from bot.common.mail_addresses import tidied
from bot.diagnosis.verdict import Remedy, RemedyKind, Verdict
from bot.views.audience import Audience
from storage.vocabulary import Owner

OUR_SIDE = "Something is wrong on our side"
"""What a customer reads for a title, where the cause's own one tells engineers what to look at."""

AFTER = "Then"
"""What stands over the steps that follow a choice, whichever it was."""

CUSTOMERS = frozenset({Owner.USER, Owner.ADMINISTRATOR})
MAX_NAMED = 25
"""So many mailboxes are named in a command; with more, an administrator wants the switch for
everybody. One more has to be known, for it to be said that there are more."""

AND_MORE = "# There are more mailboxes than these; they need the same."
"""A comment behind a command that does not name them all."""

MAX_NAMED_IN_TEXT = 3
LONGEST_LINE = 1000
"""So many characters a command's line has; Slack shows 3,000 in one piece."""

UNKNOWN = {
    "<mailbox>": "the mailbox",
    "<sender>": "the sender's mailbox",
    "<user>": "the user who signs in",
}
"""How is called who is not known."""

BLANK = re.compile("|".join(UNKNOWN))
BARE = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9.-]+\Z")
"""An address that PowerShell takes for one word as it stands."""

QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")
"""What ends a string in single quotes; doubled, it stands for itself (about_Quoting_Rules,
learn.microsoft.com/powershell)."""


class Addressed(Protocol):
    """What has the addresses of an account: its row, and how it is shown."""

    @property
    def sender_email(self) -> str: ...
    @property
    def shared_mailbox(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def signed_in_as(self) -> str: ...


@dataclass(frozen=True)
class Affected:
    """A mailbox at which a cause is at work: its address, that of its sender, and who signs in; as
    servers know them."""

    mailbox: str
    sender: str
    user: str

    @classmethod
    def of(cls, account: Addressed) -> "Affected":
        """The addresses of an account."""
        return cls(
            tidied(account.shared_mailbox or account.sender_email),
            tidied(account.sender_email),
            tidied(account.signed_in_as or account.username),
        )


@dataclass(frozen=True)
class Way:
    """What to do one after the other, the same as commands, and how it is undone.

    `letter` is set where it is one of several ways to the same end; `title` there, and where it
    comes after them.
    """

    steps: Sequence[str]
    commands: Sequence[str]
    undo: Sequence[str]
    letter: str = ""
    title: str = ""


@dataclass(frozen=True)
class Part:
    """What one person has to do: where there is a choice, first what comes before it, then each
    option, then what comes after."""

    who: Owner
    ways: Sequence[Way]


@dataclass(frozen=True)
class Told:
    """A cause as its audience reads it: what is wrong, what happens next, and who does what."""

    audience: Audience
    title: str
    sentence: str
    owner: Owner
    parts: Sequence[Part]
    link: str


def for_audience(verdict: Verdict, audience: Audience, affected: Sequence[Affected] = ()) -> Told:
    """What `audience` reads of a cause. `affected`: the mailboxes that it hits, as far as they are
    known; the steps name them."""
    if audience is Audience.SUPPORT:
        steps = [step for step in verdict.remedy if step.kind is not RemedyKind.ASK]
        title = verdict.title
        sentence = verdict.support
    else:
        steps = [step for step in verdict.remedy if step.who in CUSTOMERS]
        title = OUR_SIDE if verdict.owner is Owner.ON_CALL else verdict.title
        sentence = verdict.customer
    people = dict.fromkeys(step.who for step in steps)
    parts = [_part(who, [each for each in steps if each.who is who], affected) for who in people]
    return Told(audience, title, sentence, verdict.owner, parts, verdict.link)


def part_of(verdict: Verdict, who: Owner, affected: Sequence[Affected] = ()) -> Part:
    """What one person has to do about a cause, for a letter to them alone. Where nobody is
    `affected`, it has no command for somebody."""
    steps = [step for step in verdict.remedy if step.who is who]
    nameless = [step for step in steps if not affected and _names_somebody(step)]
    return _part(who, [step for step in steps if step not in nameless], affected)


def _names_somebody(step: Remedy) -> bool:
    return step.kind is RemedyKind.POWERSHELL and bool(BLANK.search(step.text))


def _part(who: Owner, steps: Sequence[Remedy], affected: Sequence[Affected]) -> Part:
    first, options, last = _sorted(steps)
    if len(options) < 2:
        everything = [*first, *(step for option in options for step in option[1:]), *last]
        return Part(who, [_way(everything, affected)])
    ways = [
        replace(_way(option[1:], affected), letter=letter, title=option[0].text)
        for letter, option in zip(ascii_uppercase, options, strict=False)
    ]
    before = [_way(first, affected)] if first else []
    after = [replace(_way(last, affected), title=AFTER)] if last else []
    return Part(who, [*before, *ways, *after])


def _sorted(steps: Sequence[Remedy]) -> tuple[list[Remedy], list[list[Remedy]], list[Remedy]]:
    """What comes before the options, the options (each with its title), and what comes after."""
    first: list[Remedy] = []
    options: list[list[Remedy]] = []
    last: list[Remedy] = []
    place = first
    for step in steps:
        if step.kind is RemedyKind.OPTION:
            options.append([])
            place = options[-1]
        elif step.kind is RemedyKind.WAIT and options:
            place = last
        place.append(step)
    return first, options, last


def _way(steps: Sequence[Remedy], affected: Sequence[Affected]) -> Way:
    apart = (RemedyKind.POWERSHELL, RemedyKind.UNDO)
    commands = [step.text for step in steps if step.kind is RemedyKind.POWERSHELL]
    undo = [step.text for step in steps if step.kind is RemedyKind.UNDO]
    return Way(
        [_capital(_named(step.text, affected)) for step in steps if step.kind not in apart],
        [line for text in commands for line in _lines(text, affected)],
        [_named(text, affected) for text in undo],
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _named(text: str, affected: Sequence[Affected]) -> str:
    """A step with the names of those whom it is about."""
    known = {blank: _listed(_each(blank, affected)) for blank in UNKNOWN}
    return _filled(text, {blank: known[blank] or UNKNOWN[blank] for blank in UNKNOWN})


def _listed(addresses: Sequence[str]) -> str:
    """Names in a sentence."""
    more = len(addresses) - MAX_NAMED_IN_TEXT
    if more > 0:
        addresses = [*addresses[:MAX_NAMED_IN_TEXT], f"{more} more"]
    return " and ".join(filter(None, [", ".join(addresses[:-1]), *addresses[-1:]]))


def _lines(command: str, affected: Sequence[Affected]) -> Iterator[str]:
    """A command for everybody whom it is about, in as few lines as possible."""
    blanks = [blank for blank in UNKNOWN if blank in command]
    if not blanks or not affected:
        yield _filled(command, {blank: f'"address of {UNKNOWN[blank]}"' for blank in blanks})
    elif len(blanks) == 1:
        yield from _for_each(command, blanks[0], _each(blanks[0], affected))
    else:
        pairs = (
            {blank: _word(_of(blank, each)) for blank in blanks} for each in affected[:MAX_NAMED]
        )
        yield from dict.fromkeys(_filled(command, words) for words in pairs)
    if blanks and len(affected) > MAX_NAMED:
        yield AND_MORE


def _for_each(command: str, blank: str, addresses: Sequence[str]) -> Iterator[str]:
    if len(addresses) == 1:
        yield command.replace(blank, _word(addresses[0]))
        return
    quoted = [_quoted(address) for address in addresses]
    while quoted:
        fit = sum(end <= LONGEST_LINE for end in accumulate(len(word) + 2 for word in quoted))
        line, quoted = quoted[: max(fit, 1)], quoted[max(fit, 1) :]
        yield f"{', '.join(line)} | ForEach-Object {{ {command.replace(blank, '$_')} }}"


def _each(blank: str, affected: Sequence[Affected]) -> list[str]:
    """The addresses that may stand in a blank, each once."""
    return list(dict.fromkeys(_of(blank, each) for each in affected[:MAX_NAMED]))


def _of(blank: str, affected: Affected) -> str:
    match blank:
        case "<mailbox>":
            return affected.mailbox
        case "<sender>":
            return affected.sender
        case _:
            return affected.user


def _filled(text: str, words: Mapping[str, str]) -> str:
    """All at once, so that nothing is filled in within what was filled in."""
    return BLANK.sub(lambda found: words[found[0]], text)


def _word(address: str) -> str:
    """An address as PowerShell takes it for one word."""
    return address if BARE.match(address) else _quoted(address)


def _quoted(address: str) -> str:
    return f"'{QUOTES.sub(lambda found: found[0] * 2, address)}'"
