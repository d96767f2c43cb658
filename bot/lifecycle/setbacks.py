"""Support is told when a customer breaks and when all of its mailboxes are live: one message for a
customer and a cause, which changes as things do."""

from bot.common.clock import Clock
from bot.diagnosis.step_records import first_failure, steps_of
from bot.messages import notices
from storage.database import Transaction
from storage.setbacks import STUCK
from storage.tables import Account, Failure, Setback
from storage.vocabulary import Owner, Scope, State

OURS = (Owner.ON_CALL, Owner.MICROSOFT)
"""Who mends what is nobody's own: on-call is alerted to it once, for all customers together."""


class Setbacks:
    """Tells support what becomes of customers, in the transaction of an account's change."""

    def __init__(self, clock: Clock, support_channel: str) -> None:
        self._clock = clock
        self._support_channel = support_channel

    def follow(self, tx: Transaction, account: Account) -> None:
        """Tell what an account's new state means for its customer; a test that runs says nothing
        yet. Held by the caller: the account."""
        if account.state is State.TESTING:
            return
        failure = _to_tell(tx, account)
        if failure is not None or tx.setbacks.open_of(account.customer_id):
            self._bring_up_to_date(tx, account, failure.cause if failure else "")
        if account.state is State.LIVE:
            self._tell_live(tx, account)

    def tell(self, tx: Transaction, account: Account, cause: str) -> None:
        """Tell that a cause keeps an account from its next step, if it does: `STUCK`, or that of a
        refused sign-in. Held by the caller: the account."""
        if tx.setbacks.count_hit(Setback(customer_id=account.customer_id, cause=cause)):
            self._bring_up_to_date(tx, account, cause, joins=True)

    def recount(self, tx: Transaction, account: Account) -> None:
        """Show what support was told of the customer as it is now that the account's reminders
        were changed. Held by the caller: the account."""
        if tx.setbacks.open_of(account.customer_id):
            self._bring_up_to_date(tx, account, "")

    def _bring_up_to_date(
        self, tx: Transaction, account: Account, cause: str, joins: bool = False
    ) -> None:
        """Count anew what keeps the customer's mailboxes from working, with `cause` ("" for none)
        as a new message where it has none. `joins`: the account is told of, however many there
        were before."""
        now = self._clock.now()
        # So that of two accounts that break in the same moment one begins the message
        tx.outbox.hold(self._support_channel, now)
        there = tx.setbacks.open_of(account.customer_id)
        if cause and cause not in {each.cause for each in there}:
            new = Setback(customer_id=account.customer_id, cause=cause, began_at=now)
            there.append(tx.setbacks.add(new))
        for setback in there:
            self._count(tx, setback, joins and setback.cause == cause == STUCK)

    def _count(self, tx: Transaction, setback: Setback, joined: bool) -> None:
        """Look how many mailboxes a cause keeps from working; support is shown a change."""
        now = self._clock.now()
        before = setback.hit
        hit = tx.setbacks.count_hit(setback)
        if hit == before and hit and not joined:
            return
        setback.hit = hit
        setback.most = max(hit, setback.most)
        setback.over_at = None if hit else now
        notices.show_setback(tx, setback, self._support_channel, now)
        if joined and before:  # who reads an edit is not told of it
            head = notices.setback_key(setback)
            notices.tell_at_desk(tx, self._support_channel, head, "setback.more", now, count=hit)

    def _tell_live(self, tx: Transaction, account: Account) -> None:
        """Once for a customer: every one of its mailboxes is live."""
        key = notices.all_live_key(account.customer_id)
        if tx.outbox.latest(key) is None and tx.accounts.all_live(account.customer_id):
            notices.show_all_live(tx, account, self._support_channel, self._clock.now())


def _to_tell(tx: Transaction, account: Account) -> Failure | None:
    """Why a mailbox that was in use does not work any more; or one does not get to work, for a
    reason that all of the customer's share."""
    if account.state not in (State.BROKEN, State.FAILING):
        return None
    failure = _failure(tx, account)
    if failure is None or failure.owner in OURS or failure.mended_at is not None:
        return None
    shared = failure.scope is not Scope.MAILBOX
    return failure if shared or account.state is State.BROKEN else None


def _failure(tx: Transaction, account: Account) -> Failure | None:
    test = tx.checks.latest(account.id)
    failed = first_failure(steps_of(test)) if test is not None else None
    return tx.failures.get(failed.error) if failed else tx.failures.latest_of(account.id)
