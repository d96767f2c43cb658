"""Folder mapping: the folders of the live mailbox, a suggestion, and the choice that is kept."""

import hashlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from bot.diagnosis.observation import Observation, Where
from bot.failures import Failures, Recorded
from bot.people import MAILDESK, Person
from bot.probe.mail import MailFolder, MailProbe, ProbeFailed, Target
from bot.road import Road
from bot.time import Clock
from bot.tokens import TokenFailed, Tokens
from storage.database import Store
from storage.tables import Account, FolderListing, FolderMapping
from storage.vocabulary import REQUIRED_ROLES, FolderRole, State

FLAG_ROLES = {
    "\\inbox": FolderRole.INBOX,
    "\\sent": FolderRole.SENT,
    "\\drafts": FolderRole.DRAFTS,
    "\\trash": FolderRole.DELETED,
    "\\junk": FolderRole.JUNK,
    "\\archive": FolderRole.ARCHIVE,
}
"""Special-use attributes (RFC 6154; Exchange gives them in plain LIST)."""


class FoldersUnavailable(Exception):
    """The mailbox's folders could not be had; `recorded` says why."""

    def __init__(self, recorded: Recorded) -> None:
        super().__init__(recorded.failure.ref)
        self.recorded = recorded


class InvalidMapping(Exception):
    """What is wrong with a choice of folders: the sentence to show at each role."""

    def __init__(self, problems: dict[FolderRole, str]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Candidates:
    """The folders that may be chosen, and which is suggested (or mapped already) for each role."""

    folders: tuple[MailFolder, ...]
    chosen: Mapping[FolderRole, MailFolder]


class Folders:
    """Lists, suggests and keeps folder mappings."""

    def __init__(
        self, store: Store, clock: Clock, tokens: Tokens, probe: MailProbe, failures: Failures, road: Road
    ) -> None:
        self._store = store
        self._clock = clock
        self._tokens = tokens
        self._probe = probe
        self._failures = failures
        self._road = road

    def candidates(self, account_id: int) -> Candidates:
        """The folders of the live mailbox. Takes seconds.

        Raises:
            FoldersUnavailable: no token, or the mailbox did not list them.
        """
        with self._store.transaction() as tx:
            account = tx.accounts.get(account_id)
            mapped = tx.accounts.folders(account_id)
        folders = selectable(self._list(account))
        with self._store.transaction() as tx:
            tx.accounts.put_listing(_listing(account_id, folders, self._clock))
        return Candidates(folders, suggest(folders) | _still_there(mapped, folders))

    def save(self, account: Account, chosen: Mapping[FolderRole, str], by: Person) -> None:
        """Keep a choice: for each role the key (`folder_key`) of a folder listed before. The account becomes live.

        Raises:
            InvalidMapping: a required role is empty, a folder was chosen twice, or is not in the last listing.
        """
        assert account.id is not None
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account.id)
            listing = tx.accounts.listing(account.id or 0)
            known = {folder_key(f["server_name"]): f for f in (listing.folders if listing else [])}
            problems = mapping_problems(chosen, known.keys())
            if problems:
                raise InvalidMapping(problems)
            rows = [_mapping(account, role, known[key]) for role, key in chosen.items()]
            tx.accounts.map_folders(account.id or 0, rows)
            self._road.audit(tx, by, "folders.mapped", account, **{r.role: r.shown_name for r in rows})
            if account.state is State.UNMAPPED:
                self._road.move(tx, account, State.LIVE, by)
            self._road.show(tx, account)

    def _list(self, account: Account) -> tuple[MailFolder, ...]:
        try:
            token = self._tokens.fresh(account.id or 0)
            folders = self._probe.folders(target_of(account, token.access_token))
        except (TokenFailed, ProbeFailed) as error:
            raise FoldersUnavailable(self._record(error.observation, account)) from None
        if not folders:
            empty = Observation(Where.IMAP, step="imap.folders", condition="empty")
            raise FoldersUnavailable(self._record(empty, account))
        return folders

    def _record(self, observation: Observation, account: Account) -> Recorded:
        with self._store.transaction() as tx:
            recorded = self._failures.record(tx, observation, account)
            self._road.audit(tx, MAILDESK, "folders.failed", account, error=recorded.failure.ref)
            return recorded


def target_of(account: Account, access_token: str) -> Target:
    """How the account's mailbox is opened: IMAP as the mailbox, SMTP as who signed in (the two differ for a shared mailbox)."""
    return Target(
        mailbox=account.shared_mailbox or account.signed_in_as or account.username,
        smtp_username=account.signed_in_as or account.username,
        sender_email=account.sender_email,
        access_token=access_token,
    )


def selectable(folders: Sequence[MailFolder]) -> tuple[MailFolder, ...]:
    """Those that can hold mail, by name with the inbox first."""
    open_ones = [f for f in folders if not {"\\noselect", "\\nonexistent"} & {flag.lower() for flag in f.flags}]
    return tuple(sorted(open_ones, key=lambda f: (f.server_name.upper() != "INBOX", f.shown_name.casefold())))


def suggest(folders: Sequence[MailFolder]) -> dict[FolderRole, MailFolder]:
    """A folder for each role that the server itself marks; the inbox is known by its name."""
    suggested: dict[FolderRole, MailFolder] = {}
    for folder in folders:
        if folder.server_name.upper() == "INBOX":
            suggested[FolderRole.INBOX] = folder
        for flag in folder.flags:
            role = FLAG_ROLES.get(flag.lower())
            if role:
                suggested.setdefault(role, folder)
    return suggested


def mapping_problems(chosen: Mapping[FolderRole, str], known: Container[str]) -> dict[FolderRole, str]:
    """The sentence for every role whose choice cannot be kept."""
    problems = {role: "folders.role_missing" for role in REQUIRED_ROLES if not chosen.get(role)}
    seen: dict[str, FolderRole] = {}
    for role, key in chosen.items():
        if key not in known:
            problems[role] = "folders.changed_meanwhile"
        elif key in seen:
            problems[role] = "folders.chosen_twice"
        seen[key] = role
    return problems


def folder_key(server_name: str) -> str:
    """A short name for a folder, for where its own would not fit (a Slack option's value holds 75 characters)."""
    return hashlib.sha256(server_name.encode()).hexdigest()[:20]


def _still_there(
    mapped: Mapping[FolderRole, FolderMapping], folders: Sequence[MailFolder]
) -> dict[FolderRole, MailFolder]:
    by_name = {folder.server_name: folder for folder in folders}
    return {role: by_name[row.server_name] for role, row in mapped.items() if row.server_name in by_name}


def _listing(account_id: int, folders: Sequence[MailFolder], clock: Clock) -> FolderListing:
    rows = [{"server_name": f.server_name, "shown_name": f.shown_name, "flags": list(f.flags)} for f in folders]
    return FolderListing(account_id=account_id, listed_at=clock.now(), folders=rows)


def _mapping(account: Account, role: FolderRole, folder: Mapping[str, str]) -> FolderMapping:
    assert account.id is not None
    return FolderMapping(
        account_id=account.id, role=role, server_name=folder["server_name"], shown_name=folder["shown_name"]
    )
