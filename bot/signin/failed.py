"""Sign-ins and approvals that did not go through: kept under an error ID, told in the account's
thread, and the card moved to whose turn it is."""

from bot.common.clock import Clock
from bot.common.mail_addresses import shown
from bot.common.people import MAILDESK, Person
from bot.diagnosis.failures import Failures, Recorded
from bot.diagnosis.observation import Observation, Where
from bot.diagnosis.verdict import Verdict
from bot.lifecycle.service import Lifecycle
from bot.lifecycle.states import SIGNING_IN, Event
from bot.messages import notices
from bot.signin.approval_watches import ApprovalWatches
from bot.views.accounts import AccountView
from storage.database import Transaction
from storage.tables import Account, Failure
from storage.vocabulary import Owner, Permanence, State, Trouble


class SignInRefused(Exception):
    """The sign-in went wrong and nothing was kept. `link` leads to another try, where the login
    link is still good."""

    def __init__(
        self,
        recorded: Recorded,
        account: AccountView,
        actual: str = "",
        link: str = "",
        other_name: str = "",
    ) -> None:
        """`other_name`: who signed in, where that may be how the mailbox's own person signs in."""
        super().__init__(recorded.verdict.cause)
        self.other_name = other_name
        self.recorded = recorded
        self.account = account
        waits = account.state in SIGNING_IN
        self.turn = account.owner if waits else turn_after(recorded.verdict)
        self.actual = actual
        self.link = link


class FailedSignIns:
    """Keeps sign-ins and approvals that did not go through."""

    def __init__(
        self, clock: Clock, lifecycle: Lifecycle, failures: Failures, watches: ApprovalWatches
    ) -> None:
        self._clock = clock
        self._lifecycle = lifecycle
        self._failures = failures
        self._watches = watches

    def keep(
        self,
        tx: Transaction,
        account: Account,
        seen: Observation,
        by: Person,
        sentence: str = "signin.refused",
        other_name: str = "",
    ) -> Recorded:
        """Keep why it did not go through. `sentence` tells it; the same thing is told once a day,
        and another organisation's account is reported to the support team. `other_name`: who signed
        in, where that may be how the account's own person signs in."""
        now = self._clock.now()
        refused = account.state in SIGNING_IN and _is_refusal(seen)
        recorded = self._failures.record(tx, seen, account, sign_in_refused=refused)
        error = recorded.failure.ref
        cause = recorded.verdict.cause
        self._lifecycle.refused(tx, by, sentence, account, error=error, cause=cause)
        if account.state in SIGNING_IN:
            self._move(tx, account, recorded, by)
        if recorded.failure.count == 1 and not recorded.failure.advice_is_spent:
            turn = account.owner if account.state in SIGNING_IN else turn_after(recorded.verdict)
            values = {"error": error, "cause": cause, "turn": turn}
            if other_name:
                values |= {"upn": shown(other_name), "own_name_of": account.ref}
            notices.note(tx, account, sentence, now, **values)
        if cause == "other-tenant":
            self._lifecycle.tell_support(tx, account, cause, error)
        return recorded

    def explained_again(self, tx: Transaction, account: Account, failure: Failure) -> None:
        """What refused the account's sign-in means something else by now: its card says whose turn
        that makes it. A test tells of everything else by itself."""
        latest = tx.failures.latest_of(account.id)
        refused = account.trouble is Trouble.SIGN_IN or account.state is State.AWAITING_ADMIN
        if refused and account.state in SIGNING_IN and latest is failure:
            recorded = Recorded(failure, self._failures.verdict(tx, failure))
            self._move(tx, account, recorded, MAILDESK)

    def _move(self, tx: Transaction, account: Account, recorded: Recorded, by: Person) -> None:
        """Have the card say whose turn it is now, and why."""
        if recorded.failure.owner is Owner.ADMINISTRATOR:
            self._lifecycle.transition(tx, account, Event.APPROVAL_NEEDED, by)
            if recorded.verdict.approval:
                self._watches.begin(tx, account)
        else:
            turn = turn_after(recorded.verdict)
            refused = Trouble.SIGN_IN
            self._lifecycle.transition(tx, account, Event.SIGN_IN_FAILED, by, turn, trouble=refused)
            account.trouble = refused
        self._lifecycle.show(tx, account)


def turn_after(verdict: Verdict) -> Owner:
    """Who acts next after a refused sign-in. What passes by itself is tried again by who signed
    in."""
    passes = verdict.permanence is Permanence.RETRY or verdict.owner is Owner.MICROSOFT
    return Owner.USER if passes else verdict.owner


def _is_refusal(seen: Observation) -> bool:
    """Whether a sign-in was refused, by Microsoft or by us. Who presses *Cancel* has said no
    themselves, and an administrator's page is no sign-in."""
    return seen.where is not Where.ADMIN_CONSENT and seen.error != "access_denied"
