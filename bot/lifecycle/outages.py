"""What a customer's channel is told of mailboxes that were live: one message for a cause, which
others join, and which says when it is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.diagnosis.step_records import FailedStep, first_failure, steps_of
from bot.messages import notices
from storage.database import Transaction
from storage.tables import Account, Outage
from storage.vocabulary import Permanence, State

FOLDERS = "folders-lost"
"""The cause (of none in the catalogue) that a mailbox has to be mapped anew."""

FLAPS_FOR = timedelta(days=1)
"""A cause that comes again within this time is told in the message that stands there."""


def follow(tx: Transaction, account: Account, now: datetime) -> None:
    """Have the channel's messages about what is out say how an account stands. Whoever calls holds
    the account's row."""
    if account.live_at is None or account.state is State.TESTING:
        return
    recent = tx.outages.lock_recent(account.customer_id, account.channel_id, now - FLAPS_FOR)
    cause = _cause(tx, account, recent)
    for outage in recent:
        if outage.cause != cause:
            _leave(tx, outage, account, now)
    if cause:
        there = next((each for each in reversed(recent) if each.cause == cause), None)
        _join(tx, there or _begin(tx, account, cause, now), account, now)


def _cause(tx: Transaction, account: Account, recent: Sequence[Outage]) -> str:
    """Why the account is out; empty where it is not, or where that may pass unnoticed: who asks for
    a test reads in its thread of what passes by itself."""
    if account.state is State.UNMAPPED:
        return FOLDERS
    if account.state not in (State.FAILING, State.BROKEN):
        return ""
    test = tx.checks.latest(account.id)
    failed = first_failure(steps_of(test)) if test else None
    if test is None or failed is None:
        return ""
    known = any(_is_out(tx, outage, account) for outage in recent if outage.cause == failed.cause)
    return failed.cause if known or test.quiet or not _may_pass(failed) else ""


def _may_pass(failed: FailedStep) -> bool:
    return failed.permanence is Permanence.RETRY


def _is_out(tx: Transaction, outage: Outage, account: Account) -> bool:
    mailbox = tx.outages.mailbox(outage.id, account.id)
    return mailbox is not None and mailbox.works_at is None


def _begin(tx: Transaction, account: Account, cause: str, now: datetime) -> Outage:
    key = f"{account.customer_id}:{account.channel_id}:{cause}"
    outage = Outage(
        customer_id=account.customer_id,
        channel_id=account.channel_id,
        cause=cause,
        open_key=key,
        began_at=now,
    )
    if tx.outages.add(outage):
        return outage
    recent = tx.outages.lock_recent(account.customer_id, account.channel_id, now)
    return next(each for each in recent if each.open_key == key)


def _join(tx: Transaction, outage: Outage, account: Account, now: datetime) -> None:
    """The account is out; if the outage was over, it goes on."""
    mailbox = tx.outages.mailbox(outage.id, account.id)
    if mailbox is None:
        tx.outages.hit_by(outage.id, account.id)
    else:
        mailbox.works_at = None
    outage.ended_at = None
    outage.open_key = f"{outage.customer_id}:{outage.channel_id}:{outage.cause}"
    notices.show_outage(tx, outage, now)


def _leave(tx: Transaction, outage: Outage, account: Account, now: datetime) -> None:
    """The account is out of an outage, which ends with the last of its mailboxes."""
    mailbox = tx.outages.mailbox(outage.id, account.id)
    if mailbox is None or mailbox.works_at is not None:
        return
    mailbox.works_at = now
    if all(works_at is not None for _, works_at in tx.outages.hit(outage.id)):
        outage.ended_at = now
        outage.open_key = None
        notices.show_outage_over(tx, outage, now)
    notices.show_outage(tx, outage, now)
