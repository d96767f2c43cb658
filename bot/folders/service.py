"""Folder mapping: the folders of the live mailbox, suggestions with their evidence, and the choice
that is kept."""

from collections.abc import Container, Mapping, Sequence
from datetime import timedelta

from bot.common.clock import Clock
from bot.common.jobs import CheckAccount, FillFolders
from bot.common.people import MAILDESK, Person
from bot.common.refusals import Refused
from bot.diagnosis.failures import Failures, Recorded
from bot.diagnosis.observation import Condition, Observation, Where
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import Event
from bot.mail.imap_list import MailFolder
from bot.mail.probe import MailProbe
from bot.mail.steps import ProbeFailed
from bot.mail.suggestions import offered, suggest
from bot.mail.target import target_of
from bot.microsoft.tokens import TokenFailed, Tokens
from bot.views.accounts import AccountView
from bot.views.folders import Accepted, FolderSuggestions, folder_key
from storage.database import Store, Transaction
from storage.tables import Account, FolderMapping, FolderSnapshot
from storage.vocabulary import REQUIRED_ROLES, FolderRole, State, StepId

AT_ONCE = timedelta(0)
BETWEEN_CHECKS = timedelta(seconds=1)
"""Many mailboxes that are mapped at once are not all looked at at once: other people wait for the
same threads."""


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


class SameFolder(Exception):
    """One folder was chosen for several roles, which may be meant: by the folder's shown name, the
    roles."""

    def __init__(self, twice: dict[str, list[FolderRole]]) -> None:
        super().__init__(", ".join(twice))
        self.twice = twice


class Folders:
    """Lists, suggests and keeps folder mappings."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        tokens: Tokens,
        probe: MailProbe,
        failures: Failures,
        lifecycle: Lifecycle,
    ) -> None:
        self._store = store
        self._clock = clock
        self._tokens = tokens
        self._probe = probe
        self._failures = failures
        self._lifecycle = lifecycle

    def fetch(self, account_id: int) -> FolderSuggestions:
        """The folders of the live mailbox. Takes seconds.

        Raises:
            FoldersUnavailable: no token, or the mailbox did not list them.
        """
        with self._store.reading() as tx:
            account = tx.accounts.get(account_id)
        folders = self._list(account)
        with self._store.transaction() as tx:
            checked = checked_names(tx.folders.snapshot(account_id))
            tx.folders.keep_snapshot(listing_of(account_id, folders, self._clock, checked))
            return suggestions_of(tx, account)

    def listed(self, account_id: int) -> FolderSuggestions:
        """The folders as they were listed last."""
        with self._store.reading() as tx:
            return suggestions_of(tx, tx.accounts.get(account_id))

    def require_connection(self, account_id: int) -> None:
        """Make sure that there is a mailbox whose folders can be listed.

        Raises:
            Refused: nobody signed in yet.
        """
        with self._store.reading() as tx:
            account = tx.accounts.get(account_id)
        if not account.object_id:
            raise Refused("folders.not_connected", name=account.name)

    def show_in(self, account_id: int, view_id: str, ours: bool = False) -> None:
        """Have the worker fetch an account's folders into the window `view_id`, since a mailbox may
        be slow. `ours`: the window is our support team's."""
        with self._store.transaction() as tx:
            customer_id = tx.accounts.get(account_id).customer_id
            work = FillFolders(
                account_id=account_id, view_id=view_id, customer_id=customer_id, ours=ours
            )
            tx.jobs.add(work, self._clock.now())

    def unmapped(self, customer_id: int) -> list[AccountView]:
        """The customer's accounts that wait for their folders."""
        with self._store.reading() as tx:
            accounts = tx.accounts.of_customer(customer_id)
        return [AccountView.of(each) for each in accounts if each.state is State.UNMAPPED]

    def save(
        self,
        account_id: int,
        chosen: Mapping[FolderRole, str],
        by: Person,
        same_is_meant: bool = False,
    ) -> None:
        """Keep a choice: for each role the key (`folder_key`) of a folder listed before. The
        account becomes live.

        Raises:
            InvalidMapping: a required role is empty, or a folder is not in the last listing.
            SameFolder: a folder stands for several roles, and nobody said that it is meant.
        """
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            known = {
                folder_key(f.server_name): f for f in folders_of(tx.folders.snapshot(account.id))
            }
            problems = mapping_problems(chosen, known.keys())
            if problems:
                raise InvalidMapping(problems)
            twice = {
                known[key].shown_name: roles
                for key, roles in _by_key(chosen).items()
                if len(roles) > 1
            }
            if twice and not same_is_meant:
                raise SameFolder(twice)
            self._keep(tx, account, {role: known[key] for role, key in chosen.items()}, by)

    def accept(self, account_id: int, by: Person) -> bool:
        """Map the account's folders as suggested, if every required one is sure; whether they are
        mapped now."""
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            return account.state is State.LIVE or self._accept(tx, account, {}, by, AT_ONCE)

    def use_for_all(self, model_id: int, others: Sequence[int], by: Person) -> Accepted:
        """Map the folders of other accounts of the customer by evidence: their own, and that a
        folder is called as the one which was chosen for the account `model_id`. Those that somebody
        else has mapped by now are left alone."""
        with self._store.reading() as tx:
            names = {
                role: row.shown_name
                for role, row in tx.folders.mapped(model_id).items()
                if not row.lost
            }
        return self._accept_each(others, names, by)

    def accept_all(self, account_ids: Sequence[int], by: Person) -> Accepted:
        """Map the folders of these accounts as suggested, of each whose required ones are all
        sure."""
        return self._accept_each(account_ids, {}, by)

    def _accept_each(
        self, account_ids: Sequence[int], names: Mapping[FolderRole, str], by: Person
    ) -> Accepted:
        mapped = 0
        unsure: list[AccountView] = []
        for account_id in account_ids:
            with self._store.transaction() as tx:
                account = tx.accounts.lock(account_id)
                if self._accept(tx, account, names, by, mapped * BETWEEN_CHECKS):
                    mapped += 1
            if account.state is State.UNMAPPED:
                unsure.append(AccountView.of(account))
        return Accepted(mapped, unsure)

    def _accept(
        self,
        tx: Transaction,
        account: Account,
        names: Mapping[FolderRole, str],
        by: Person,
        wait: timedelta,
    ) -> bool:
        chosen = (
            suggestions_of(tx, account).unseen(names) if account.state is State.UNMAPPED else {}
        )
        if chosen:
            self._keep(tx, account, chosen, by, wait)
        return bool(chosen)

    def _keep(
        self,
        tx: Transaction,
        account: Account,
        chosen: Mapping[FolderRole, MailFolder],
        by: Person,
        wait: timedelta = AT_ONCE,
    ) -> None:
        """Map the account to these folders. What is mapped so already, since somebody whose window
        was not answered sends it again, is left as it is."""
        if account.state is not State.UNMAPPED and _is_mapped(tx, account, chosen):
            return
        rows = [
            FolderMapping(
                account_id=account.id,
                role=role,
                server_name=f.server_name,
                shown_name=f.shown_name,
            )
            for role, f in chosen.items()
        ]
        self._lifecycle.changes.folders_change(tx, account)
        tx.folders.map(account.id, rows)
        self._lifecycle.audit(
            tx, by, "folders.mapped", account, **{row.role: row.shown_name for row in rows}
        )
        # What the folders are known by is seen soon.
        tx.jobs.add(CheckAccount(account_id=account.id), self._clock.now() + wait, sooner=True)
        if account.state is State.UNMAPPED:
            self._lifecycle.transition(tx, account, Event.FOLDERS_MAPPED, by)
        self._lifecycle.show(tx, account)

    def _list(self, account: Account) -> tuple[MailFolder, ...]:
        try:
            token = self._tokens.fresh(account.id)
            folders = self._probe.folders(target_of(account, token.agreed, token.access_token))
        except (TokenFailed, ProbeFailed) as error:
            raise FoldersUnavailable(self._record(error.observation, account)) from None
        if not offered(folders):
            empty = Observation(Where.IMAP, step=StepId.IMAP_FOLDERS, condition=Condition.EMPTY)
            raise FoldersUnavailable(self._record(empty, account))
        return folders

    def _record(self, observation: Observation, account: Account) -> Recorded:
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account.id)
            recorded = self._failures.record(tx, observation, account)
            self._lifecycle.audit(
                tx, MAILDESK, "folders.failed", account, error=recorded.failure.ref
            )
            # Whoever is not in the window reads it on the card, where a test says so
            tx.jobs.add(CheckAccount(account_id=account.id), self._clock.now(), sooner=True)
            return recorded


def suggestions_of(tx: Transaction, account: Account) -> FolderSuggestions:
    """The folders that were listed last, what speaks for which, and what is mapped."""
    folders = folders_of(tx.folders.snapshot(account.id))
    proved = {FolderRole.SENT: account.proved_sent} if account.proved_sent else {}
    inbox = next((f.server_name for f in folders if f.server_name.upper() == "INBOX"), "")
    proved |= {FolderRole.INBOX: inbox} if inbox and account.proved_at else {}
    suggestions = suggest(folders, proved)
    there = {folder.server_name: folder for folder in folders}
    rows = tx.folders.mapped(account.id)
    mapped = {role: row for role, row in rows.items() if row.lost is None}
    kept = {
        role: there[row.server_name] for role, row in mapped.items() if row.server_name in there
    }
    needed = {*proved.values(), *(row.server_name for row in mapped.values())}
    # an optional role that was left empty was left so on purpose
    asked = {*REQUIRED_ROLES, *(rows if mapped else FolderRole)}
    suggested = {role: each.folder for role, each in suggestions.chosen.items() if role in asked}
    return FolderSuggestions(offered(folders, needed), suggestions, suggested | kept, kept)


def sure_names(tx: Transaction, account: Account) -> dict[FolderRole, str]:
    """The names of the folders that nobody needs to look at, if they are all that is needed; else
    none."""
    sure = suggestions_of(tx, account).unseen()
    return {role: sure[role].shown_name for role in FolderRole if role in sure}


def mapping_problems(
    chosen: Mapping[FolderRole, str], known: Container[str]
) -> dict[FolderRole, str]:
    """The sentence for every role whose choice cannot be kept."""
    problems = {role: "folders.role_missing" for role in REQUIRED_ROLES if not chosen.get(role)}
    return problems | {
        role: "folders.changed_meanwhile" for role, key in chosen.items() if key not in known
    }


def checked_names(listing: FolderSnapshot | None) -> frozenset[str]:
    """The folders that the last test listed: what was only seen in a window since is new to the
    next one."""
    return frozenset(
        r["server_name"] for r in (listing.folders if listing else []) if not r.get("new")
    )


def listing_of(
    account_id: int,
    folders: Sequence[MailFolder],
    clock: Clock,
    checked: Container[str] | None = None,
) -> FolderSnapshot:
    """What a mailbox listed, as it is kept; `checked`: what the last test listed, where this is
    none."""
    rows: list[dict[str, object]] = [
        {
            "server_name": f.server_name,
            "shown_name": f.shown_name,
            "delimiter": f.delimiter,
            "flags": list(f.flags),
        }
        for f in folders
    ]
    for row in rows:
        row["new"] = checked is not None and row["server_name"] not in checked
    return FolderSnapshot(account_id=account_id, listed_at=clock.now(), folders=rows)


def folders_of(listing: FolderSnapshot | None) -> tuple[MailFolder, ...]:
    """The folders of a listing that was kept."""
    rows = listing.folders if listing is not None else []
    return tuple(
        MailFolder(r["server_name"], r["shown_name"], r.get("delimiter", "/"), tuple(r["flags"]))
        for r in rows
    )


def _is_mapped(tx: Transaction, account: Account, chosen: Mapping[FolderRole, MailFolder]) -> bool:
    """Whether the account's folders are these, and none of them was lost."""
    mapped = {
        role: row.server_name
        for role, row in tx.folders.mapped(account.id).items()
        if row.lost is None
    }
    return mapped == {role: folder.server_name for role, folder in chosen.items()}


def _by_key(chosen: Mapping[FolderRole, str]) -> dict[str, list[FolderRole]]:
    found: dict[str, list[FolderRole]] = {}
    for role, key in chosen.items():
        found.setdefault(key, []).append(role)
    return found
