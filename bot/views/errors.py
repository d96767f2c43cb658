"""What an error ID leads to."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.diagnosis.failures import Failures
from bot.diagnosis.history import Ending, Rate
from bot.diagnosis.verdict import Verdict
from bot.views.accounts import AccountCard, AccountDetails, AccountView
from bot.views.attempts import AttemptView, attempts_at
from bot.views.checks import CheckView
from bot.views.failures import FailureView
from bot.views.telling import MAX_NAMED, Affected
from storage.database import Store, Transaction
from storage.tables import Account, Failure

MAX_TESTS = 5
"""So many of an account's newest tests are told."""


@dataclass(frozen=True)
class ErrorCard:
    """A failure, its meaning, whose it was, and what is known around it.

    Attributes:
        account: whose it was; None where it was no account's.
        tests: the newest connection tests of that account.
        endings: how such failures ended, on all accounts.
        accounts: at how many accounts the cause is at work now.
        customers: at how many customers.
        rates: how often what people did about the cause helped.
        advised: the cause with what is advised the first time, where support has it by now.
        attempts: what was done about the account last, oldest first.
        affected: the mailboxes of that account's customer at which it is at work.
        stands: the account's card, while this is why it stands where it does.
    """

    failure: FailureView
    verdict: Verdict
    account: AccountView | None
    customer: str
    tests: Sequence[CheckView] = ()
    endings: Sequence[Ending] = ()
    accounts: int = 1
    customers: int = 1
    rates: Sequence[Rate] = ()
    advised: Verdict | None = None
    attempts: Sequence[AttemptView] = ()
    affected: Sequence[Affected] = ()
    stands: AccountCard | None = None


class ErrorCards:
    """Reads what is shown of failures, as they stand now."""

    def __init__(self, store: Store, failures: Failures, details: AccountDetails) -> None:
        self._store = store
        self._failures = failures
        self._details = details

    def card(self, ref: str) -> ErrorCard | None:
        """What an error ID leads to; None if there is no such error."""
        with self._store.reading() as tx:
            failure = tx.failures.get(ref)
            if failure is None:
                return None
            account = tx.accounts.get(failure.account_id) if failure.account_id else None
            history = self._failures.history(tx, failure)
            return ErrorCard(
                FailureView.of(failure),
                self._failures.verdict(tx, failure),
                AccountView.of(account) if account else None,
                tx.channels.customer(account.customer_id).name if account else "",
                [CheckView.of(test) for test in tx.checks.newest(account.id, MAX_TESTS)]
                if account
                else [],
                history.endings,
                history.accounts,
                history.customers,
                history.rates,
                history.advised,
                attempts_at(tx, self._failures, account),
                [Affected.of(each) for each in self._failures.hit(tx, failure, MAX_NAMED + 1)],
                self._stands(tx, failure, account),
            )

    def _stands(
        self, tx: Transaction, failure: Failure, account: Account | None
    ) -> AccountCard | None:
        card = self._details.card(tx, account) if account else None
        fault = card.fault if card else None
        return card if fault and fault.error == failure.ref else None
