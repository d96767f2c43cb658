"""Which folder of a mailbox plays which role, how sure that is, and what speaks for it."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from types import MappingProxyType

from bot.mail.folder_words import Meaning, languages, meanings
from bot.mail.imap_list import MailFolder
from storage.vocabulary import REQUIRED_ROLES, FolderRole

FLAG_ROLES = {
    "\\inbox": FolderRole.INBOX,
    "\\sent": FolderRole.SENT,
    "\\drafts": FolderRole.DRAFTS,
    "\\trash": FolderRole.DELETED,
    "\\junk": FolderRole.JUNK,
    "\\archive": FolderRole.ARCHIVE,
}
"""Special-use attributes (RFC 6154; Exchange gives them in plain LIST, and none for the
archive)."""

UNUSABLE = {"\\noselect", "\\nonexistent"}
"""Attributes of a name that cannot hold messages (RFC 9051, 7.3.1): it is there for what lies
below it."""

COHERENT = 2
"""So many other roles named in the same language make a name as good as a mark."""

DECORATION = re.compile(r"^[\W_]+|[\W\d_]+$")
"""What people and programs put around a name: ``_Sent``, ``Sent (2)``."""


class Confidence(IntEnum):
    """How sure it is that a folder plays a role: one that is likely is chosen beforehand, one that
    is sure needs nobody's look."""

    POSSIBLE = 1
    LIKELY = 2
    SURE = 3


class Reason(StrEnum):
    """What speaks for a folder, the strongest first."""

    INBOX = "inbox"
    PROVED = "proved"
    MARKED = "marked"
    NAMED = "named"
    SIMILAR = "similar"


@dataclass(frozen=True)
class Suggestion:
    """A folder that may play a role, and why; `language` is that of its name, where the name is the
    reason."""

    folder: MailFolder
    confidence: Confidence
    reason: Reason
    language: str = ""


@dataclass(frozen=True)
class Suggestions:
    """For each role the folders that may play it, best first, and the one that may be chosen
    beforehand."""

    by_role: Mapping[FolderRole, tuple[Suggestion, ...]]
    chosen: Mapping[FolderRole, Suggestion]

    @property
    def sure(self) -> bool:
        """Whether every required role has a folder that nobody needs to look at."""
        sure = {role for role, each in self.chosen.items() if each.confidence is Confidence.SURE}
        return sure >= set(REQUIRED_ROLES)


def offered(folders: Sequence[MailFolder], needed: Collection[str] = ()) -> tuple[MailFolder, ...]:
    """The folders that can hold mail, by shown name with the inbox first, each once. `needed`: the
    server's names of those that are known to hold mail, whatever they are called."""
    return _Mailbox(folders, needed).offered


def suggest(
    folders: Sequence[MailFolder], proved: Mapping[FolderRole, str] = MappingProxyType({})
) -> Suggestions:
    """Who plays which role. `proved`: the server's name of the folder in which the test message was
    found."""
    mailbox = _Mailbox(folders, proved.values())
    by_role = {role: _ranked(_weighed(role, mailbox, proved), mailbox) for role in FolderRole}
    return Suggestions(by_role, _chosen(by_role))


class _Mailbox:
    """A listing, with the languages that its folders speak."""

    def __init__(self, folders: Sequence[MailFolder], needed: Collection[str]) -> None:
        self._containers = _containers(folders)
        self._own = self._spoken(folders)
        self.offered = self._offered(folders, needed)
        self.open_at_the_top = any(len(_path(f)) == 1 and not _is_inbox(f) for f in self.offered)
        self._speakers: dict[str, set[str]] = defaultdict(set)
        self._named: dict[tuple[str, FolderRole], set[str]] = defaultdict(set)
        for folder in folders:
            if self.depth(folder) == 1 and not _is_inbox(folder):  # INBOX is the protocol's word
                self._listen(folder)

    def _listen(self, folder: MailFolder) -> None:
        for meaning in _meanings_of(folder):
            self._speakers[meaning.language].add(_identity(folder))
            if meaning.own and meaning.role:
                self._named[meaning.language, meaning.role].add(_identity(folder))

    def _offered(
        self, folders: Sequence[MailFolder], needed: Collection[str]
    ) -> tuple[MailFolder, ...]:
        """One that is listed twice has every mark that it has anywhere."""
        usable = [f for f in folders if not UNUSABLE & _flags(f)]
        rows: dict[str, list[MailFolder]] = defaultdict(list)
        for folder in sorted(usable, key=_position):
            if folder.server_name in needed or not self._without_mail(folder):
                rows[_identity(folder)].append(folder)
        once = (
            replace(f, flags=tuple(sorted({*f.flags, *_all_flags(more)}))) if more else f
            for f, *more in rows.values()
        )
        return tuple(sorted(once, key=_position))

    def _spoken(self, folders: Sequence[MailFolder]) -> Collection[str]:
        """The languages in which Outlook named a folder for mail here, and English, in which
        services name theirs everywhere; all of them where it named none."""
        top = [f for f in folders if self.depth(f) == 1 and not _is_inbox(f)]
        own = {
            m.language
            for f in top
            for m in _meanings_of(f)
            if m.own and m.role not in (None, FolderRole.INBOX)
        }
        return own | {"en"} if own else set(languages())

    def _without_mail(self, folder: MailFolder) -> bool:
        """Whether it is, or lies in, a folder for something else than mail; the inbox and what is
        marked are for mail."""
        if _is_inbox(folder) or _marked_roles(folder):
            return False
        return any(m.role is None and m.language in self._own for m in meanings(_path(folder)[0]))

    def depth(self, folder: MailFolder) -> int:
        """How deep the folder lies; 1 is the top."""
        path = _path(folder)
        in_container = len(path) > 1 and path[0] in self._containers
        return len(path) - 1 if in_container else len(path)

    def voices(self, language: str, besides: MailFolder) -> int:
        """How many other folders have a name in the language."""
        return len(self._speakers[language] - {_identity(besides)})

    def coherent(self, language: str, role: FolderRole) -> bool:
        """Whether the language names enough other roles of this mailbox."""
        others = [
            other for other in FolderRole if other is not role and self._named[language, other]
        ]
        return len(others) >= COHERENT

    def readings(self, folder: MailFolder) -> tuple[Meaning, ...]:
        """What the folder's name says, the most spoken language first.

        A name that stands for two roles in different languages is read in the one that more of the
        mailbox speaks.
        """
        said = sorted(
            _meanings_of(folder), key=lambda m: (-self.voices(m.language, folder), not m.own)
        )
        if not said:
            return ()
        loudest = self.voices(said[0].language, folder)
        believed = {m.role for m in said if self.voices(m.language, folder) == loudest}
        return tuple(m for m in said if m.role in believed)


def _weighed(
    role: FolderRole, mailbox: _Mailbox, proved: Mapping[FolderRole, str]
) -> list[Suggestion]:
    """Every folder that something speaks for, each with its strongest reason."""
    claims = [_claim(folder, role, mailbox, proved) for folder in mailbox.offered]
    found = [claim for claim in claims if claim is not None]
    reasons = Counter(claim.reason for claim in found)
    if reasons[Reason.PROVED] + reasons[Reason.MARKED] > 1:
        # two folders with the server's mark: neither mark settles it
        found = [_doubted(c) if c.reason is Reason.MARKED else c for c in found]
    if len(found) == 1 and _convincing(found[0], role, mailbox):
        found = [replace(found[0], confidence=Confidence.SURE)]
    return found


def _claim(
    folder: MailFolder, role: FolderRole, mailbox: _Mailbox, proved: Mapping[FolderRole, str]
) -> Suggestion | None:
    elsewhere = [
        r for r, name in proved.items() if r is not role and _same(name, folder.server_name)
    ]
    if _same(proved.get(role, ""), folder.server_name):
        return Suggestion(folder, Confidence.SURE, Reason.PROVED)
    if role is FolderRole.INBOX and _is_inbox(folder):
        return Suggestion(folder, Confidence.SURE, Reason.INBOX)
    claim = _mark(folder, role) or _name(folder, role, mailbox)
    if claim and (elsewhere or _is_inbox(folder)):
        return replace(claim, confidence=Confidence.POSSIBLE)
    return claim


def _mark(folder: MailFolder, role: FolderRole) -> Suggestion | None:
    """What the server's mark says: less where the folder's name contradicts it, and hardly anything
    where it has two."""
    marked = _marked_roles(folder)
    if role not in marked:
        return None
    if len(marked) > 1:
        return Suggestion(folder, Confidence.POSSIBLE, Reason.MARKED)
    said = {meaning.role for meaning in _meanings_of(folder)}
    confidence = Confidence.SURE if not said or role in said else Confidence.LIKELY
    return Suggestion(folder, confidence, Reason.MARKED)


def _name(folder: MailFolder, role: FolderRole, mailbox: _Mailbox) -> Suggestion | None:
    """What the folder's name says."""
    readings = mailbox.readings(folder)
    mine = [meaning for meaning in readings if meaning.role is role]
    if not mine:
        return (
            Suggestion(folder, Confidence.POSSIBLE, Reason.SIMILAR)
            if role in _resembled(folder)
            else None
        )
    if mailbox.depth(folder) > 1:
        return Suggestion(folder, Confidence.POSSIBLE, Reason.SIMILAR)
    ambiguous = any(meaning.role is not role for meaning in readings)
    confidence = Confidence.POSSIBLE if ambiguous else Confidence.LIKELY
    own = next((meaning for meaning in mine if meaning.own), None)
    if own is None:
        return Suggestion(folder, confidence, Reason.SIMILAR)
    return Suggestion(folder, confidence, Reason.NAMED, own.language)


def _convincing(suggestion: Suggestion, role: FolderRole, mailbox: _Mailbox) -> bool:
    """Whether the only folder that could be meant has a name that fits the rest of the mailbox."""
    folder = suggestion.folder
    unquestioned = suggestion.confidence is Confidence.LIKELY and not _marked_roles(folder)
    own = len(_path(folder)) == 1 or not mailbox.open_at_the_top
    return (
        suggestion.reason is Reason.NAMED
        and unquestioned
        and own
        and mailbox.coherent(suggestion.language, role)
    )


def _doubted(suggestion: Suggestion) -> Suggestion:
    return replace(suggestion, confidence=min(suggestion.confidence, Confidence.LIKELY))


def _ranked(found: Iterable[Suggestion], mailbox: _Mailbox) -> tuple[Suggestion, ...]:
    """The suggestions of one role, the best first: by confidence, reason, depth and name."""
    weakness = {reason: number for number, reason in enumerate(Reason)}

    def rank(each: Suggestion) -> tuple[object, ...]:
        depth = mailbox.depth(each.folder)
        return -each.confidence, weakness[each.reason], depth, _position(each.folder)

    return tuple(sorted(found, key=rank))


def _chosen(by_role: Mapping[FolderRole, tuple[Suggestion, ...]]) -> dict[FolderRole, Suggestion]:
    """The best of each role, where it has no equal and no better use in another role."""
    best = {role: found[0] for role, found in by_role.items() if _stands_out(found)}
    return {
        role: suggestion
        for role, suggestion in best.items()
        if all(
            suggestion.confidence > other.confidence
            for rival, other in best.items()
            if rival is not role and other.folder == suggestion.folder
        )
    }


def _stands_out(found: tuple[Suggestion, ...]) -> bool:
    """Whether the first is clearly the best. Another program's name is not, where anything else
    could be meant: it may be that of a folder which a mail program made for itself beside the
    server's own."""
    if not found or found[0].confidence < Confidence.LIKELY:
        return False
    return len(found) == 1 or (
        found[0].confidence > found[1].confidence and found[0].reason is not Reason.SIMILAR
    )


def _flags(folder: MailFolder) -> set[str]:
    return {flag.lower() for flag in folder.flags}


def _all_flags(folders: Iterable[MailFolder]) -> set[str]:
    return {flag for folder in folders for flag in folder.flags}


def _marked_roles(folder: MailFolder) -> set[FolderRole]:
    return {FLAG_ROLES[flag] for flag in _flags(folder) & FLAG_ROLES.keys()}


def _is_inbox(folder: MailFolder) -> bool:
    return folder.server_name.casefold() == "inbox"


def _same(one: str, other: str) -> bool:
    return one == other or one.casefold() == other.casefold() == "inbox"


def _identity(folder: MailFolder) -> str:
    return "INBOX" if _is_inbox(folder) else folder.server_name


def _position(folder: MailFolder) -> tuple[bool, str, str, str, str, tuple[str, ...]]:
    shown = folder.shown_name
    return (
        not _is_inbox(folder),
        shown.casefold(),
        shown,
        folder.server_name,
        folder.delimiter,
        folder.flags,
    )


def _path(folder: MailFolder) -> list[str]:
    parts = folder.shown_name.split(folder.delimiter) if folder.delimiter else [folder.shown_name]
    return [part for part in parts if part] or [folder.shown_name]


def _containers(folders: Sequence[MailFolder]) -> set[str]:
    """The folders at the top below which the server keeps its own ("[Gmail]", "INBOX."): those that
    cannot be opened themselves, and the inbox where nothing lies beside it."""
    others = [_path(folder) for folder in folders if not _is_inbox(folder)]
    closed = {
        _path(folder)[0]
        for folder in folders
        if UNUSABLE & _flags(folder) and len(_path(folder)) == 1
    }
    below_inbox = others and all(path[0].casefold() == "inbox" for path in others)
    return closed | ({path[0] for path in others} if below_inbox else set())


def _meanings_of(folder: MailFolder) -> tuple[Meaning, ...]:
    """What the last part of its name stands for, in every language."""
    return meanings(_path(folder)[-1])


def _resembled(folder: MailFolder) -> set[FolderRole]:
    """The roles that its name would stand for without the number or the signs around it."""
    bare = "" if _meanings_of(folder) else DECORATION.sub("", _path(folder)[-1])
    return {meaning.role for meaning in meanings(bare) if meaning.role}
