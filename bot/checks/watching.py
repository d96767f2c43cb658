"""Looks at mailboxes that work, by the clock: light ones, of which nothing is kept where all is
well."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from bot.checks.aftermath import Aftermath
from bot.checks.first_steps import StepFailed, first_steps
from bot.checks.results import record_of
from bot.checks.rhythm import Due, choose, full, next_look
from bot.common.clock import Clock
from bot.common.jobs import CheckAccount
from bot.common.people import MAILDESK
from bot.common.stop import Stopped
from bot.diagnosis.failures import Failures
from bot.diagnosis.step_records import StepRecord, keep_steps
from bot.folders.drift import Drift
from bot.lifecycle.states import WORKING
from bot.mail.probe import MailProbe, MailReport
from bot.mail.steps import StepResult
from bot.mail.target import target_of
from bot.microsoft.tokens import FreshToken, Tokens
from storage.database import Store, Transaction
from storage.tables import Account, ConnectionTest
from storage.vocabulary import State, StepStatus
from storage.watching import Look, Watched

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
"""How long a look is its worker's, unless the worker says before that it is still at it. What a
killed worker had in hand is looked at again afterwards."""

CONSIDERED = 400
"""So many of those that are due are considered at a time."""

FOLDERS_ASKED = timedelta(days=1)
"""Where a mapped folder is suspected, or none is mapped yet, a look has the mailbox tested wholly,
but not more often."""


class Watching:
    """Looks at mailboxes that work. What a look finds is judged as any test's result is, by
    `Aftermath`, which says when to look again."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        tokens: Tokens,
        probe: MailProbe,
        failures: Failures,
        drift: Drift,
        aftermath: Aftermath,
        scopes: Collection[str],
    ) -> None:
        """`scopes`: what a token has to be good for."""
        self._store = store
        self._clock = clock
        self._tokens = tokens
        self._probe = probe
        self._failures = failures
        self._drift = drift
        self._aftermath = aftermath
        self._scopes = scopes
        self._in_hand: set[Look] = set()

    def claim(self, room: int) -> list[Look]:
        """Take up to `room` accounts whose turn it is, so that no other worker looks at them."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            tx.watches.extend(list(self._in_hand), now + LEASE)
            in_hand = [_due(each) for each in tx.watches.in_hand(now)]
            due = [_due(each) for each in tx.watches.due(now, CONSIDERED, full(in_hand))]
            if not due:
                return []
            chosen = [each.account_id for each in choose(due, in_hand, room)]
            looks = tx.watches.lease(chosen, now + LEASE)
        self._in_hand.update(looks)
        return looks

    def keep(self) -> None:
        """What is in hand stays so for another lease."""
        looks = list(self._in_hand)
        if looks:
            with self._store.transaction() as tx:
                tx.watches.extend(looks, self._clock.now() + LEASE)

    def hand_back(self) -> None:
        """Let others look where we began to."""
        looks = list(self._in_hand)
        if looks:
            with self._store.transaction() as tx:
                for look in looks:
                    tx.watches.hand_back(look)

    def look(self, look: Look) -> None:
        """Look at an account that was claimed. Takes seconds; never raises."""
        try:
            self._look(look)
        except Stopped:
            with self._store.transaction() as tx:
                tx.watches.hand_back(look)
        except Exception:  # its lease ends, and it is looked at again
            log.exception("watching.look_failed", account=look.account_id)
        finally:
            self._in_hand.discard(look)

    def _look(self, look: Look) -> None:
        account_id = look.account_id
        begun = self._clock.now()
        with self._store.reading() as tx:
            account = tx.accounts.get(account_id)
            watched = self._drift.watched(tx, account)
        steps: list[StepResult] = []
        report: MailReport | None = None
        renamed = False
        with suppress(StepFailed):
            token = first_steps(account, self._tokens.renewed, self._scopes, steps.append)
            renamed = _is_renamed(account, token)
            if not renamed:
                target = target_of(account, token.agreed, token.access_token, watched)
                report = self._probe.look(target, steps.append)
        with self._store.transaction() as tx:
            account = tx.accounts.lock(account_id)
            if not tx.watches.is_current(look):
                return  # we were too slow: somebody else looks, and knows better
            failed = any(step.status is StepStatus.FAIL for step in steps)
            if not failed:
                self._pass(tx, account, report, renamed)
            if failed or tx.watches.is_failing(account.id):
                self._keep(tx, account, steps, begun)

    def _pass(
        self, tx: Transaction, account: Account, report: MailReport | None, renamed: bool
    ) -> None:
        """All is well; what a look cannot follow (a person or a folder under a new name) has the
        account tested wholly."""
        now = self._clock.now()
        tx.watches.looked(account.id, now, next_look(account.id, now))
        if renamed or (report and self._suspects(tx, account, report, now)):
            tx.jobs.add(CheckAccount(account_id=account.id), now, sooner=True)

    def _suspects(
        self, tx: Transaction, account: Account, report: MailReport, now: datetime
    ) -> bool:
        last = tx.checks.latest(account.id)
        if last is not None and (last.finished_at or now) > now - FOLDERS_ASKED:
            return False
        # Where none is mapped, the card suggests what was listed at the last test
        unmapped = account.state is State.UNMAPPED
        return unmapped or self._drift.suspects(tx, account, report.marks)

    def _keep(
        self, tx: Transaction, account: Account, steps: Sequence[StepResult], begun: datetime
    ) -> None:
        """Keep what was seen as a test that nobody asked for, and do what follows, unless somebody
        tested the account meanwhile: theirs is the later word."""
        now = self._clock.now()
        last = tx.checks.latest(account.id)
        tested = last is not None and last.finished_at is not None and last.finished_at > begun
        if tested or account.state not in WORKING or tx.checks.running(account.id, begun):
            tx.watches.looked(account.id, now, next_look(account.id, now))
            return
        test = ConnectionTest(
            account_id=account.id,
            started_at=begun,
            asked_by_team=MAILDESK.team,
            asked_by_user=MAILDESK.user,
        )
        test.quiet = True
        tx.checks.add(test)
        keep_steps(test, [self._record(tx, account, step) for step in steps])
        self._aftermath.follow(tx, account, test, None)

    def _record(self, tx: Transaction, account: Account, step: StepResult) -> StepRecord:
        if step.observation is None:
            return record_of(step, None)
        seen = self._failures.record(tx, step.observation, account, believed=False)
        return record_of(step, seen)


def _due(watched: Watched) -> Due:
    # Who signed in for nobody yet known stands for themselves
    person = watched.object_id or str(watched.account_id)
    return Due(watched.account_id, watched.tenant_id, person)


def _is_renamed(account: Account, token: FreshToken) -> bool:
    return bool(token.username) and token.username != account.signed_in_as
