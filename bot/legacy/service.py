"""A customer's old mail accounts: imported, planned, marked deleted, replaced by new ones."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.accounts.service import LISTED, Accounts, InvalidForm
from bot.common import audit
from bot.common.bindings import bound, held_binding
from bot.common.clock import Clock
from bot.common.jobs import CreateAccounts
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.legacy import importing
from bot.messages import notices
from bot.views.account_form import Form
from bot.views.accounts import AccountView
from bot.views.legacy import OldAccounts, OldAccountView
from bot.views.legacy_import import Row
from storage.database import Conflict, Store, Transaction
from storage.statuses import BATCHES, BatchEvent
from storage.tables import Batch, Channel, OldAccount
from storage.vocabulary import BatchStatus, Plan

MAX_CARDS_AT_ONCE = 10
"""So many new cards at once a channel can take: Slack lets one message a second through, and people
have to find theirs."""

AT_A_TIME = 25
"""After so many new accounts, others have their turn: on SQLite there is one writer."""

KEPT = timedelta(days=7)
"""How long an account that was marked deleted can be taken back."""


class LegacyAccounts:
    """What becomes of a customer's old accounts."""

    def __init__(self, store: Store, clock: Clock, accounts: Accounts) -> None:
        self._store = store
        self._clock = clock
        self._accounts = accounts

    def of_customer(self, customer_id: int) -> OldAccounts:
        """Everything that the customer has imported, and what became of it."""
        with self._store.reading() as tx:
            old = tx.legacy.of_customer(customer_id)
            replaced = {each.account_id: each.id for each in old if each.account_id is not None}
            accounts = tx.accounts.several([*replaced])
            draft = tx.legacy.latest_draft(customer_id)
            return OldAccounts(
                accounts=[OldAccountView.of(each) for each in old],
                stands={replaced[each.id]: AccountView.of(each).stands for each in accounts},
                under_way=tx.legacy.open_batch(customer_id) is not None,
                unfinished=draft.id if draft is not None and draft.records else 0,
            )

    def check(self, channel_id: str, text: str) -> list[Row]:
        """What importing `text` would do: every row, with its problem if it has one. Changes
        nothing.

        Raises:
            NotAList: there are too many rows.
            Unclear: the headings do not say which column is what.
            Refused: the channel is bound to no customer.
        """
        return self.compare(channel_id, importing.read(text).rows)

    def compare(self, channel_id: str, rows: Sequence[Row]) -> list[Row]:
        """Rows, each with its problem if it has one: by itself, among the others, or beside what
        the customer has.

        Raises:
            Refused: the channel is bound to no customer.
        """
        with self._store.reading() as tx:
            customer_id = bound(tx, channel_id).customer_id
            known = {old.address_key for old in tx.legacy.of_customer(customer_id)}
            used = {account.address_key for account in tx.accounts.of_customer(customer_id)}
        return [_compared(row, known, used) for row in importing.checked(rows)]

    def import_text(self, channel_id: str, text: str, by: Person) -> list[Row]:
        """Keep every good row of `text`, to be changed; the rows as `check` gives them.

        Raises:
            NotAList: there are too many rows.
            Unclear: the headings do not say which column is what.
            Refused: the channel is bound to no customer.
        """
        rows = self.check(channel_id, text)
        self.import_rows(channel_id, [row for row in rows if not row.problem], by)
        return rows

    def import_rows(self, channel_id: str, rows: Sequence[Row], by: Person) -> int:
        """Keep these rows, to be changed; how many there were that nobody had imported
        meanwhile."""
        with self._store.transaction() as tx:
            # Held, so that of two imports in the same moment the second sees what the first kept
            channel = held_binding(tx, channel_id)
            known = {old.address_key for old in tx.legacy.of_customer(channel.customer_id)}
            new = _first_of_each_address(rows, known)
            tx.legacy.add([self._new(channel, row, by) for row in new])
            self._audit(tx, by, "old.listed", channel.id, rows=len(new))
            notices.show_setup_card(tx, channel.id, self._clock.now())
            return len(new)

    def plan(self, old_id: int, plan: Plan, by: Person) -> None:
        """Change or retain an old account.

        Raises:
            Refused: it is not there any more.
        """
        with self._changing(old_id, by, f"old.{plan}") as old:
            old.plan = plan

    def mark(self, old_id: int, deleted: bool, by: Person) -> None:
        """An old account was deleted where it was; or that was not so. It can be taken back for
        seven days.

        Raises:
            Refused: it is not there any more.
        """
        with self._changing(old_id, by, "old.deleted" if deleted else "old.taken_back") as old:
            old.deleted_at = self._clock.now() if deleted else None

    def take_off(self, old_id: int, by: Person) -> None:
        """Take an old account off the list; it can be listed again.

        Raises:
            Refused: it is not there any more, or a new account has taken its place.
        """
        with self._store.transaction() as tx:
            old = tx.legacy.get(old_id)
            if old is None:
                raise Refused("old.gone")
            if old.account_id is not None:
                raise Refused("old.replaced", address=old.address)
            tx.legacy.remove(old)
            self._audit(tx, by, "old.taken_off", old.channel_id, address=old.address)
            notices.show_setup_card(tx, old.channel_id, self._clock.now())

    def forget(self) -> int:
        """Remove what was marked deleted more than seven days ago, and imports that nobody went on
        with for as long; how many."""
        before = self._clock.now() - KEPT
        with self._store.transaction() as tx:
            return tx.legacy.forget(before) + tx.legacy.forget_drafts(before)

    def begin_batch(self, channel_id: str, by: Person) -> int:
        """Create accounts for everything that is marked *change* and has none; the id of the batch.
        One that is under way is joined.

        Raises:
            Refused: there is nothing to create, or the channel is bound to no customer.
        """
        with self._store.transaction() as tx:
            # Held, so that of two people who press in the same moment the second joins the first
            channel = held_binding(tx, channel_id)
            under_way = tx.legacy.open_batch(channel.customer_id)
            batch = under_way or self._begin_batch(tx, channel, by)
            return batch.id

    def cancel_batch(self, batch_id: int, by: Person) -> None:
        """Create no further accounts of the batch; those that are there stay."""
        with self._store.transaction() as tx:
            batch = tx.legacy.batch(batch_id)
            if batch is not None and BATCHES.allows(batch.status, BatchEvent.CANCELLED):
                batch.happened(BatchEvent.CANCELLED, self._clock.now())
                self._audit(tx, by, "old.batch_cancelled", batch.channel_id, batch=batch.id)

    def run(self, work: CreateAccounts) -> None:
        """Do the job of a batch: each account in a transaction of its own, so that who comes after
        a killed worker goes on where it was."""
        for _ in range(AT_A_TIME):
            if not self._create_next(work.batch_id):
                return
        with self._store.transaction() as tx:
            tx.jobs.add(work, self._clock.now())

    def _begin_batch(self, tx: Transaction, channel: Channel, by: Person) -> Batch:
        old_ids = tx.legacy.to_create(channel.customer_id)
        if not old_ids:
            raise Refused("old.nothing_to_create")
        now = self._clock.now()
        batch = Batch(
            customer_id=channel.customer_id,
            channel_id=channel.id,
            started_at=now,
            started_by_team=by.team,
            started_by_user=by.user,
            old_ids=old_ids,
        )
        tx.legacy.add_batch(batch)
        tx.jobs.add(CreateAccounts(batch_id=batch.id), now)
        self._audit(tx, by, "old.batch_begun", channel.id, batch=batch.id, accounts=len(old_ids))
        notices.show_batch(tx, batch, now)
        return batch

    def _create_next(self, batch_id: int) -> bool:
        """Create the batch's next account; False when it is at its end."""
        foreign = self._foreign_next(batch_id)
        try:
            with self._store.transaction() as tx:
                return self._create_next_in(tx, batch_id, foreign)
        except Conflict:
            return True  # somebody else saved the same address just now: it is looked at again

    def _foreign_next(self, batch_id: int) -> dict[int, str]:
        """By the ID of the old account that is next, why its mailbox is not the customer's, if
        Microsoft says so: asked outside of the transaction that creates the new one."""
        with self._store.transaction() as tx:
            batch = tx.legacy.batch(batch_id)
            left = _left(tx, batch) if batch is not None else []
            old = tx.legacy.get(left[0]) if left else None
            if batch is None or old is None:
                return {}
            form = _form(old, tx)
        by = _who_began(batch)
        return {old.id: self._accounts.problem_with_organisation(batch.channel_id, form, by)}

    def _create_next_in(self, tx: Transaction, batch_id: int, foreign: dict[int, str]) -> bool:
        customer_id = tx.legacy.customer_of(batch_id)
        if customer_id is None:
            return False
        # The customer is held before anything of theirs, as by whoever offboards them
        tx.channels.held_customer(customer_id)
        batch = tx.legacy.batch(batch_id)
        now = self._clock.now()
        if batch is None or batch.status is BatchStatus.FINISHED:
            return False
        left = _left(tx, batch)
        finished = batch.status is BatchStatus.STOPPING or not left
        if finished:
            batch.happened(BatchEvent.FINISHED, now)
            notices.show_setup_card(tx, batch.channel_id, now)
        else:
            problem = foreign.get(left[0], "") or self._create(tx, batch, left[0])
            if problem:
                batch.failed = batch.failed | {str(left[0]): problem}
        notices.show_batch(tx, batch, now)
        return not finished

    def _create(self, tx: Transaction, batch: Batch, old_id: int) -> str:
        """Create the account that takes an old one's place; the sentence that says why there is
        none, empty when there is."""
        old = tx.legacy.get(old_id)
        channel = tx.channels.get(batch.channel_id)
        if old is None or channel is None or old.plan is not Plan.CHANGE:
            return "old.not_wanted"
        by = _who_began(batch)
        try:
            quiet = len(batch.old_ids) > MAX_CARDS_AT_ONCE
            account = self._accounts.create_in(tx, channel, _form(old, tx), by, quiet=quiet)
        except InvalidForm as error:
            problem = next(iter(error.problems.values()))
            return LISTED.get(problem, problem)
        old.account_id = account.id
        return ""

    def _new(self, channel: Channel, row: Row, by: Person) -> OldAccount:
        return OldAccount(
            customer_id=channel.customer_id,
            channel_id=channel.id,
            name=row.name,
            address=row.address,
            address_key=row.address.lower(),
            username=row.user,
            kind=row.kind[:40],
            plan=Plan.CHANGE,
            listed_at=self._clock.now(),
            listed_by_team=by.team,
            listed_by_user=by.user,
        )

    @contextmanager
    def _changing(self, old_id: int, by: Person, action: str) -> Iterator[OldAccount]:
        """The old account, to be changed; that it was is kept in the audit and shown."""
        with self._store.transaction() as tx:
            old = tx.legacy.get(old_id)
            if old is None:
                raise Refused("old.gone")
            yield old
            self._audit(tx, by, action, old.channel_id, address=old.address)
            notices.show_setup_card(tx, old.channel_id, self._clock.now())

    def _audit(
        self, tx: Transaction, by: Person, action: str, channel_id: str, **detail: Any
    ) -> None:
        audit.record(tx, by, action, channel_id, self._clock.now(), **detail)


def problems(rows: Sequence[Row]) -> list[Row]:
    """The rows that cannot be taken as they are."""
    return [row for row in rows if row.problem]


def _compared(row: Row, known: set[str], used: set[str | None]) -> Row:
    """The row, with a problem if its address is known already or used by a new account."""
    address = row.address.lower()
    if row.problem:
        return row
    if address in known:
        return replace(row, problem="old.listed_already")
    return replace(row, problem="old.connected_already") if address in used else row


def _first_of_each_address(rows: Sequence[Row], known: set[str]) -> list[Row]:
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row.address.lower(), row)
    return [row for address, row in found.items() if address not in known]


def _who_began(batch: Batch) -> Person:
    return Person(batch.started_by_team, batch.started_by_user, batch.channel_id)


def _left(tx: Transaction, batch: Batch) -> list[int]:
    """The old accounts of a batch that have neither a new account nor a problem."""
    done = tx.legacy.created(batch.old_ids)
    return [each for each in batch.old_ids if each not in done and str(each) not in batch.failed]


def _form(old: OldAccount, tx: Transaction) -> Form:
    sender = tx.channels.customer(old.customer_id).name
    shared = "shared" in old.kind.lower() and old.username.lower() not in ("", old.address_key)
    return Form(old.name, sender, old.address, old.username, True, old.address if shared else "")
