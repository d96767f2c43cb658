"""Accounts as the product reads them, as they stand now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.api.callers import Caller
from bot.api.next_steps import next_step
from bot.api.proof import proof_holds
from bot.api.refusals import ApiRefused, Code
from bot.api.shapes import (
    AccountShape,
    AccountsShape,
    CustomerShape,
    FailureShape,
    FolderShape,
    StepShape,
    TestShape,
)
from bot.common.ids import NotAnId, read_account_ref
from bot.diagnosis.failures import Failures
from bot.diagnosis.step_records import A_MILLISECOND, FailedStep, StepRecord, steps_of
from bot.views.accounts import AccountCard, AccountView, failure_of, held_of
from bot.views.audience import Audience
from bot.views.failures import Fault
from bot.views.telling import Affected, for_audience
from storage.accounts import Wanted
from storage.database import Store, Transaction
from storage.tables import Account, ConnectionTest, Failure
from storage.vocabulary import FolderRole, State, StepStatus

ACCOUNT = "MB-"

LATE = timedelta(minutes=1)
"""So much later than its time a change may show: it has that of its transaction's beginning."""


@dataclass(frozen=True)
class Question:
    """Which accounts are asked for. `customer`: the number of one; `cursor`: what an earlier answer
    gave as `next`, eight characters; empty for the first ones."""

    state: State | None = None
    customer: int | None = None
    external_id: str | None = None
    changed_since: datetime | None = None
    limit: int = 50
    cursor: str = ""


class ApiAccounts:
    """Reads accounts for the product."""

    def __init__(self, store: Store, failures: Failures) -> None:
        self._store = store
        self._failures = failures

    def page(self, caller: Caller, question: Question) -> AccountsShape:
        """Accounts that the caller may see, in an order that no change disturbs."""
        after = _after(question.cursor)
        wanted = Wanted(
            _customers(caller, question.customer),
            question.state,
            _earlier(question.changed_since),
            question.external_id,
        )
        with self._store.reading() as tx:
            found = tx.accounts.page(wanted, after, question.limit + 1)
            shown_now = found[: question.limit]
            shapes = tuple(self.shape(tx, account) for account in shown_now)
        more = len(found) > question.limit
        return AccountsShape(accounts=shapes, next=_cursor(shapes[-1].ref) if more else None)

    def one(self, caller: Caller, ref: str) -> AccountShape:
        """An account.

        Raises:
            ApiRefused: there is none of this ID that the caller may see.
        """
        with self._store.reading() as tx:
            return self.shape(tx, visible(tx, caller, ref))

    def shape(self, tx: Transaction, account: Account) -> AccountShape:
        """What the product reads of an account."""
        failure = failure_of(tx, account)
        fault = Fault(failure.ref, self._failures.verdict(tx, failure)) if failure else None
        return shape_of(tx, account, failure, fault)

    def not_usable(self, tx: Transaction, account: Account) -> ApiRefused:
        """Why no token of an account is handed out."""
        said = self.shape(tx, account)
        failure = said.failure
        return ApiRefused(
            Code.NOT_USABLE,
            cause=failure.code if failure else "",
            state=said.state.value,
            detail=failure.sentence if failure else said.next_step,
            error_id=failure.error_id if failure else None,
        )


def shape_of(
    tx: Transaction, account: Account, failure: Failure | None, fault: Fault | None
) -> AccountShape:
    """What the product reads of an account, in an answer and in a webhook. `failure` is what is
    wrong with it, and `fault` what that means."""
    customer = tx.channels.customer(account.customer_id).name
    view = AccountView.of(account)
    card = AccountCard(view, customer, held=held_of(tx, account), fault=fault)
    test = tx.checks.latest(account.id)
    usable = proof_holds(tx, account)
    return AccountShape(
        ref=view.ref,
        external_id=account.external_id,
        name=view.name,
        state=view.state,
        owner=view.owner,
        since=view.state_since,
        next_step=next_step(card, usable),
        customer=CustomerShape(id=str(account.customer_id), name=customer),
        address=view.shared_mailbox or view.username,
        username=view.username,
        sender_name=view.sender_name,
        sender_email=view.sender_email,
        shared_mailbox=view.shared_mailbox or None,
        folders=folder_shapes(tx, account),
        last_test=_test(test) if test else None,
        failure=failure_shape(failure, fault, account) if failure and fault else None,
        usable=usable,
        changed_at=account.changed_at or account.state_since,
    )


def visible(tx: Transaction, caller: Caller, ref: str) -> Account:
    """The account of this ID. One of a customer that the caller may not see is as one that is not
    there.

    Raises:
        ApiRefused: there is none.
    """
    proper = read_ref(ref)
    account = tx.accounts.by_ref(proper) if proper else None
    if account is None or not caller.may_see(account.customer_id):
        raise ApiRefused(Code.NOT_FOUND)
    return account


def _earlier(moment: datetime | None) -> datetime | None:
    """From when on changes are looked for, so that none is missed that showed late."""
    try:
        return None if moment is None else moment - LATE
    except OverflowError:  # the first day of all
        return None


def read_ref(ref: str) -> str:
    """The account ID that stands in an address, in its proper form; empty where that is none."""
    try:
        return read_account_ref(ref)
    except NotAnId:
        return ""


def failure_shape(failure: Failure, fault: Fault, account: Account) -> FailureShape:
    """A failure as the product may show it to anybody: in a customer's words."""
    told = for_audience(fault.verdict, Audience.CUSTOMER, [Affected.of(account)])
    return FailureShape(
        error_id=failure.ref,
        code=fault.verdict.cause,
        sentence=told.sentence,
        owner=told.owner,
        at=failure.last_at,
    )


def _customers(caller: Caller, asked: int | None) -> frozenset[int] | None:
    if asked is None:
        return caller.customers
    return frozenset({asked}) if caller.may_see(asked) else frozenset()


def folder_shapes(tx: Transaction, account: Account) -> tuple[FolderShape, ...]:
    """The account's folders that are mapped and there, in the order of their roles."""
    mapped = tx.folders.mapped(account.id)
    there = [mapped[role] for role in FolderRole if role in mapped and mapped[role].lost is None]
    return tuple(
        FolderShape(role=row.role, name=row.server_name, id=row.mailbox_id or None) for row in there
    )


def _test(test: ConnectionTest) -> TestShape:
    return TestShape(
        at=test.finished_at or test.started_at,
        passed=bool(test.passed),
        steps=tuple(map(_step, steps_of(test))),
    )


def _step(step: StepRecord) -> StepShape:
    skipped = step.status is StepStatus.SKIP
    return StepShape(
        id=step.step,
        status=step.status,
        ms=None if skipped else round(step.elapsed / A_MILLISECOND),
        error_id=step.error if isinstance(step, FailedStep) else None,
    )


def _cursor(ref: str) -> str:
    return ref.removeprefix(ACCOUNT).replace("-", "")


def _after(cursor: str) -> str:
    """The ID after which the next accounts are; empty for the first ones. That account need not be
    there any more."""
    return f"{ACCOUNT}{cursor[:4]}-{cursor[4:]}" if cursor else ""
