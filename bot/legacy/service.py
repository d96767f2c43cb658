"""Old mail accounts: listed, planned, marked deleted, and new accounts created for them in one
go."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from bot.accounts.service import Accounts, Form, InvalidForm
from bot.common import audit
from bot.common.clock import Clock
from bot.common.jobs import CreateAccounts
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.legacy import importing
from bot.legacy.importing import Row
from bot.messages import notices
from storage.database import Store, Transaction
from storage.statuses import BATCHES, BatchEvent
from storage.tables import Batch, Channel, OldAccount
from storage.vocabulary import BatchStatus, Plan

FEW = 10
"""So many new cards at once a channel can take: Slack lets one message a second through, and people
have to find theirs."""

AT_A_TIME = 25
"""After so many, others have their turn: on SQLite there is one writer."""

KEPT = timedelta(days=7)
"""How long an account that was marked deleted can be taken back."""


class LegacyAccounts:
    """What becomes of a customer's old accounts."""

    def __init__(self, store: Store, clock: Clock, accounts: Accounts) -> None:
        self._store = store
        self._clock = clock
        self._accounts = accounts

    def check(self, channel: Channel, text: str) -> list[Row]:
        """What listing `text` would do: every row, with its problem if it has one. Changes nothing.

        Raises:
            NotAList: there are too many rows.
        """
        with self._store.transaction() as tx:
            listed = {old.address_key for old in tx.legacy.of_customer(channel.customer_id)}
            used = {account.address_key for account in tx.accounts.of_customer(channel.customer_id)}
        return [_known(row, listed, used) for row in importing.read(text)]

    def list(self, channel: Channel, text: str, by: Person) -> list[Row]:
        """Keep every good row of `text`, to be changed; the rows as `check` gives them.

        Raises:
            NotAList: there are too many rows.
        """
        rows = self.check(channel, text)
        self.take(channel, [row for row in rows if not row.problem], by)
        return rows

    def take(self, channel: Channel, rows: Sequence[Row], by: Person) -> int:
        """Keep these rows, to be changed; how many there were that nobody had listed meanwhile."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            tx.channels.lock_customer(channel.customer_id)
            listed = {old.address_key for old in tx.legacy.of_customer(channel.customer_id)}
            new = {
                row.address.lower(): row
                for row in reversed(rows)
                if row.address.lower() not in listed
            }
            tx.legacy.add([self._listed(channel, row, by) for row in reversed(new.values())])
            self._audit(tx, by, "old.listed", channel.id, rows=len(new))
            notices.show_setup_card(tx, channel.id, now)
            return len(new)

    def plan(self, old: OldAccount, plan: Plan, by: Person) -> None:
        """Change or retain an old account."""
        self._set(old, by, f"old.{plan}", plan=plan)

    def mark(self, old: OldAccount, deleted: bool, by: Person) -> None:
        """An old account was deleted where it was; or that was not so. It can be taken back for
        seven days."""
        at = self._clock.now() if deleted else None
        self._set(old, by, "old.deleted" if deleted else "old.taken_back", deleted_at=at)

    def forget(self) -> int:
        """Remove what was marked deleted more than seven days ago, and lists that nobody went on
        with for as long; how many."""
        before = self._clock.now() - KEPT
        with self._store.transaction() as tx:
            return tx.legacy.forget(before) + tx.legacy.forget_drafts(before)

    def begin(self, channel: Channel, by: Person) -> Batch:
        """Create accounts for everything that is marked *change* and has none; a batch that is
        under way is joined.

        Raises:
            Refused: there is nothing to create.
        """
        now = self._clock.now()
        with self._store.transaction() as tx:
            tx.channels.lock_customer(channel.customer_id)
            batch, ids = (
                tx.legacy.open_batch(channel.customer_id),
                tx.legacy.to_create(channel.customer_id),
            )
            if batch is not None:
                return batch
            if not ids:
                raise Refused("old.nothing_to_create")
            batch = Batch(
                customer_id=channel.customer_id,
                channel_id=channel.id,
                started_at=now,
                old_ids=ids,
                **_by(by, "started"),
            )
            tx.legacy.add_batch(batch)
            tx.jobs.add(CreateAccounts(batch_id=batch.id), now)
            self._audit(tx, by, "old.batch_begun", channel.id, batch=batch.id, accounts=len(ids))
            notices.show_batch(tx, batch, now)
            return batch

    def cancel(self, batch: Batch, by: Person) -> None:
        """Create no further accounts of the batch; those that are there stay."""
        with self._store.transaction() as tx:
            held = tx.legacy.batch(batch.id)
            if held is not None and BATCHES.allows(held.status, BatchEvent.CANCELLED):
                held.happened(BatchEvent.CANCELLED, self._clock.now())
                self._audit(tx, by, "old.batch_cancelled", held.channel_id, batch=held.id)

    def run(self, work: CreateAccounts) -> None:
        """Do the job of a batch: each account in a transaction of its own, so that who comes after
        a killed worker goes on where it was."""
        for _ in range(AT_A_TIME):
            if not self._one_more(work.batch_id):
                return
        with self._store.transaction() as tx:
            tx.jobs.add(work, self._clock.now())

    def _one_more(self, batch_id: int) -> bool:
        try:
            with self._store.transaction() as tx:
                return self._next(tx, batch_id)
        except (
            IntegrityError
        ):  # somebody else saved the same address in this moment: it is looked at again
            return True

    def _next(self, tx: Transaction, batch_id: int) -> bool:
        """Create the batch's next account; False when it is at its end."""
        batch = tx.legacy.batch(batch_id)
        now = self._clock.now()
        if batch is None or batch.status is BatchStatus.FINISHED:
            return False
        done = tx.legacy.created(batch.old_ids)
        left = [
            old_id
            for old_id in batch.old_ids
            if old_id not in done and str(old_id) not in batch.failed
        ]
        finished = batch.status is BatchStatus.STOPPING or not left
        if finished:
            batch.happened(BatchEvent.FINISHED, now)
            notices.show_setup_card(tx, batch.channel_id, now)
        else:
            problem = self._create(tx, batch, left[0])
            batch.failed = batch.failed | ({str(left[0]): problem} if problem else {})
        notices.show_batch(tx, batch, now)
        return not finished

    def _create(self, tx: Transaction, batch: Batch, old_id: int) -> str:
        """The sentence that says why it has none; empty when it was created."""
        old, channel = tx.legacy.get(old_id), tx.channels.get(batch.channel_id)
        if old is None or channel is None or old.plan is not Plan.CHANGE:
            return "old.not_wanted"
        by = Person(batch.started_by_team, batch.started_by_user, batch.channel_id)
        try:
            old.account_id = self._accounts.create_in(
                tx, channel, _form(old, tx), by, quiet=len(batch.old_ids) > FEW
            ).id
        except InvalidForm as error:
            return next(iter(error.problems.values()))
        return ""

    def _listed(self, channel: Channel, row: Row, by: Person) -> OldAccount:
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
            **_by(by, "listed"),
        )

    def _set(self, old: OldAccount, by: Person, action: str, **values: object) -> None:
        with self._store.transaction() as tx:
            row = tx.legacy.get(old.id)
            if row is None:
                raise Refused("old.gone")
            for name, value in values.items():
                setattr(row, name, value)
            self._audit(tx, by, action, row.channel_id, address=row.address)
            notices.show_setup_card(tx, row.channel_id, self._clock.now())

    def _audit(
        self, tx: Transaction, by: Person, action: str, channel_id: str, **detail: Any
    ) -> None:
        audit.record(tx, by, action, channel_id, self._clock.now(), **detail)


def problems(rows: Sequence[Row]) -> list[Row]:
    """The rows that cannot be taken as they are."""
    return [row for row in rows if row.problem]


def _known(row: Row, listed: set[str], used: set[str | None]) -> Row:
    if row.problem:
        return row
    if row.address.lower() in listed:
        return replace(row, problem="old.listed_already")
    return replace(row, problem="old.connected_already") if row.address.lower() in used else row


def _form(old: OldAccount, tx: Transaction) -> Form:
    sender = tx.channels.customer(old.customer_id).name
    shared = "shared" in old.kind.lower() and old.username.lower() not in ("", old.address_key)
    return Form(old.name, sender, old.address, old.username, True, old.address if shared else "")


def _by(person: Person, what: str) -> dict[str, Any]:
    return {f"{what}_by_team": person.team, f"{what}_by_user": person.user}
