"""Mapped folders that are renamed, deleted or made anew.

Each connection test lists the folders and asks by what the mapped ones are known (`FolderMark`).
A folder is followed to a new name only where that proves it to be the same one: a mail program that
files messages into a folder which merely looks alike would do harm that nobody notices. What cannot
be proved is lost, and a person chooses again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.common.clock import Clock
from bot.common.people import MAILDESK
from bot.folders.service import checked_names, listing_of
from bot.lifecycle.service import Lifecycle
from bot.mail.imap_list import MailFolder
from bot.mail.probe import MailReport
from bot.mail.suggestions import UNUSABLE
from bot.mail.target import FolderMark, Watched
from bot.messages import notices
from storage.database import Transaction
from storage.tables import Account, FolderMapping, FolderSnapshot
from storage.vocabulary import REQUIRED_ROLES, FolderRole, Loss, State

Mapped = Mapping[FolderRole, FolderMapping]


@dataclass(frozen=True)
class Fate:
    """What became of a mapped folder: the one that it is now, or how it was lost."""

    now: MailFolder | None = None
    loss: Loss | None = None


class Drift:
    """Compares what is mapped with what is there."""

    def __init__(self, clock: Clock, lifecycle: Lifecycle) -> None:
        self._clock = clock
        self._lifecycle = lifecycle

    def watched(self, tx: Transaction, account: Account) -> Watched | None:
        """What the test has to look at; None while nothing is mapped."""
        mapped = tx.folders.mapped(account.id)
        listing = tx.folders.snapshot(account.id)
        names = {row.server_name for row in mapped.values() if row.lost is None}
        return Watched(frozenset(names), checked_names(listing)) if names else None

    def suspects(
        self, tx: Transaction, account: Account, marks: Mapping[str, FolderMark] | None
    ) -> bool:
        """Whether a mapped folder is not what it was, as far as a look without a list can tell."""
        if marks is None:
            return False
        rows = [row for row in tx.folders.mapped(account.id).values() if row.lost is None]
        return any(
            row.server_name not in marks or not _same(row, marks[row.server_name]) for row in rows
        )

    def look(self, tx: Transaction, account: Account, report: MailReport, begun: datetime) -> bool:
        """Keep what was listed, follow folders to their new names, and note those that are lost;
        whether a required one is."""
        if not report.folders:
            return False
        before = tx.folders.snapshot(account.id)
        mapped = {
            role: row for role, row in tx.folders.mapped(account.id).items() if row.lost is None
        }
        # somebody looked at the folders, or mapped them, after the test had looked
        meanwhile = before is not None and before.listed_at > begun
        if mapped and (report.marks is None or meanwhile):
            return False  # the next test can tell
        marks = report.marks or {}
        # A mapped folder may be where there was none before, or where another mapped one was: two
        # may have changed their names. Any other folder was there and was another one.
        new = _new_names(report, marks, before) | _displaced(mapped, marks)
        fates = {role: self._fate(row, mapped, report, new) for role, row in mapped.items()}
        if _renumbered(mapped, marks):
            # a mailbox that moved has new numbers everywhere: names are all that is left to go by
            fates = {role: _as_it_is(mapped[role], report) or fate for role, fate in fates.items()}
        tx.folders.keep_snapshot(listing_of(account.id, report.folders, self._clock))
        if any(_moves(mapped[role], fate) for role, fate in fates.items()):
            self._lifecycle.changes.folders_change(tx, account)
        for role, fate in fates.items():
            self._settle(tx, account, mapped[role], fate, marks)
        if account.state is State.UNMAPPED:  # its card shows what may be accepted
            self._lifecycle.show(tx, account)
        return any(fates[role].loss is not None for role in REQUIRED_ROLES if role in fates)

    def _fate(self, row: FolderMapping, mapped: Mapped, report: MailReport, new: set[str]) -> Fate:
        known = {folder.server_name: folder for folder in _usable(report)}
        marks = report.marks or {}
        there = known.get(row.server_name)
        mark = marks.get(row.server_name)
        if there is not None and (mark is None or _same(row, mark)):
            return Fate(there)
        again = [known[name] for name in new if name in known and _recognised(row, marks[name])]
        # Servers may give several folders one UIDVALIDITY (it is a clock's second on some), so the
        # first look-alike will not do: there must be one folder to follow, and one that it can be.
        twins = [each for each in mapped.values() if each.uid_validity == row.uid_validity]
        unmistakable = bool(row.mailbox_id) or len(twins) == 1
        if len(again) == 1 and unmistakable:
            return Fate(again[0])
        return Fate(loss=Loss.MADE_ANEW if there is not None else Loss.GONE)

    def _settle(
        self,
        tx: Transaction,
        account: Account,
        row: FolderMapping,
        fate: Fate,
        marks: Mapping[str, FolderMark],
    ) -> None:
        role = row.role
        before = row.shown_name
        proved = account.proved_sent == row.server_name
        if fate.now is None:
            row.lost = fate.loss
            account.proved_sent = "" if proved else account.proved_sent
            self._lifecycle.audit(
                tx, MAILDESK, "folder.lost", account, role=role, folder=before, how=str(fate.loss)
            )
            self._tell(tx, account, f"folders.lost_{fate.loss}", role, before, before)
            self._lifecycle.show(tx, account)
            return
        mark = marks.get(fate.now.server_name)
        if mark is not None:
            row.uid_validity = mark.uid_validity
            row.mailbox_id = mark.mailbox_id
        if fate.now.server_name != row.server_name:
            row.server_name = fate.now.server_name
            row.shown_name = fate.now.shown_name
            account.proved_sent = row.server_name if proved else account.proved_sent
            self._lifecycle.audit(
                tx,
                MAILDESK,
                "folder.followed",
                account,
                role=role,
                before=before,
                now=row.shown_name,
            )
            self._tell(tx, account, "folders.followed", role, before, row.shown_name)
            self._lifecycle.show(tx, account)

    def _tell(
        self,
        tx: Transaction,
        account: Account,
        sentence: str,
        role: FolderRole,
        before: str,
        now: str,
    ) -> None:
        notices.note(
            tx, account, sentence, self._clock.now(), role=role.value, before=before, folder=now
        )


def _moves(row: FolderMapping, fate: Fate) -> bool:
    """Whether a mapped folder is not where it was any more."""
    return fate.now is None or fate.now.server_name != row.server_name


def _same(row: FolderMapping, mark: FolderMark) -> bool:
    """Whether what stands there now is the folder that was mapped, as far as that was ever seen."""
    if row.mailbox_id and mark.mailbox_id:
        return row.mailbox_id == mark.mailbox_id
    return 0 in (row.uid_validity, mark.uid_validity) or row.uid_validity == mark.uid_validity


def _recognised(row: FolderMapping, mark: FolderMark) -> bool:
    """Whether what stands under another name is surely the folder that was mapped."""
    return bool(row.uid_validity and mark.uid_validity) and _same(row, mark)


def _new_names(
    report: MailReport, marks: Mapping[str, FolderMark], before: FolderSnapshot | None
) -> set[str]:
    listed = checked_names(before)
    return {
        folder.server_name for folder in report.folders if folder.server_name not in listed
    } & marks.keys()


def _displaced(mapped: Mapped, marks: Mapping[str, FolderMark]) -> set[str]:
    """The names of mapped folders under which something else stands now: two may have changed their
    names."""
    return {
        r.server_name
        for r in mapped.values()
        if r.server_name in marks and not _same(r, marks[r.server_name])
    }


def _usable(report: MailReport) -> list[MailFolder]:
    """The listed folders that hold messages: a name that is only kept for what lies below it is
    none."""
    return [f for f in report.folders if not UNUSABLE & {flag.lower() for flag in f.flags}]


def _renumbered(mapped: Mapped, marks: Mapping[str, FolderMark]) -> bool:
    """Whether the server has numbered everything anew (a mailbox that moved): nobody can make an
    inbox anew."""
    inbox = mapped.get(FolderRole.INBOX)
    mark = marks.get(inbox.server_name) if inbox else None
    own = inbox is not None and inbox.server_name.upper() == "INBOX"
    return inbox is not None and own and mark is not None and not _same(inbox, mark)


def _as_it_is(row: FolderMapping, report: MailReport) -> Fate | None:
    """The folder of the same name, whatever it is known by now."""
    there = next(
        (folder for folder in _usable(report) if folder.server_name == row.server_name), None
    )
    return Fate(there) if there else None
