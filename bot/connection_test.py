"""The connection test of an account: its steps in order, shown as they happen, and what follows from the result."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot import notices
from bot.diagnosis.observation import Observation, Where
from bot.failures import Failures, Recorded
from bot.folders import target_of
from bot.microsoft import SCOPES
from bot.people import MAILDESK, Person
from bot.probe.mail import MailProbe, StepResult
from bot.road import Road
from bot.time import Clock
from bot.tokens import FreshToken, TokenFailed, Tokens
from storage.database import Store, Transaction
from storage.tables import Account, ConnectionTest
from storage.vocabulary import REQUIRED_ROLES, Owner, Permanence, State, StepId, StepStatus

JOB = "connection-test"
CHECK_JOB = "connection-check"
EVERY_DAY = timedelta(days=1)
"""How often a mailbox that works is looked at; it also keeps its grant from ageing (90 days, entra-docs refresh-tokens)."""

CHECKS = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
"""When a passing fault, or one of our own, is looked at again; the last one repeats."""

PATIENCE = 3
"""How many checks in a row a passing fault may spoil before a mailbox that worked counts as lost."""

WORKING = (State.LIVE, State.UNMAPPED)
MAIL_STEPS = tuple(step for step in StepId if step.value.startswith(("imap.", "smtp.")))


@dataclass(frozen=True)
class Ready:
    """What the first three steps give to the mail steps."""

    account: Account
    token: FreshToken


class StepFailed(Exception):
    """A step before the mail steps failed; the others are skipped."""


class ConnectionTests:
    """Runs connection tests."""

    def __init__(
        self, store: Store, clock: Clock, tokens: Tokens, probe: MailProbe, failures: Failures, road: Road
    ) -> None:
        self._store = store
        self._clock = clock
        self._tokens = tokens
        self._probe = probe
        self._failures = failures
        self._road = road

    def request(self, tx: Transaction, account: Account, by: Person) -> ConnectionTest:
        """Have the account tested and the result shown in its thread. A test that runs already is joined."""
        assert account.id is not None
        running = tx.tests.running(account.id)
        if running is not None:
            return running
        test = self._begin(tx, account, by)
        self._road.audit(tx, by, "test.requested", account)
        if account.state not in WORKING:
            self._road.move(tx, account, State.TESTING, by)
        notices.show_test(tx, account, test, self._clock.now())
        return test

    def check(self, args: Mapping[str, Any]) -> None:
        """Do the job of a check that is due: a test without a message, for an account that stands where it stood."""
        with self._store.transaction() as tx:
            account = tx.accounts.lock(int(args["account"]))
            checked = account.state in (*WORKING, State.FAILING, State.BROKEN)
            if checked and tx.tests.running(account.id or 0) is None:
                self._begin(tx, account, MAILDESK, quiet=True, round=int(args["round"]))

    def _begin(
        self, tx: Transaction, account: Account, by: Person, quiet: bool = False, round: int = 0
    ) -> ConnectionTest:
        assert account.id is not None
        now = self._clock.now()
        test = ConnectionTest(account_id=account.id, started_at=now, asked_by_team=by.team, asked_by_user=by.user)
        test.quiet, test.round = quiet, round
        tx.tests.add(test)
        tx.jobs.add(JOB, {"test": test.id}, now)
        return test

    def run(self, args: Mapping[str, Any]) -> None:
        """Do the job of a requested test. Takes seconds; what a killed worker left is done again from the start."""
        test_id = int(args["test"])
        with self._store.transaction() as tx:
            test = tx.tests.get(test_id)
            account = tx.accounts.get(test.account_id)
            test.steps = []
        if test.finished_at is not None:
            return
        try:
            ready = self._prepare(test_id, account)
            self._probe.run(
                target_of(ready.account, ready.token.access_token), lambda result: self._keep(test_id, result)
            )
        except StepFailed:
            pass
        self._finish(test_id)

    def _prepare(self, test_id: int, account: Account) -> Ready:
        token = self._token(test_id, account)
        self._step(test_id, StepId.SCOPES, lambda: _scopes(token))
        self._step(test_id, StepId.IDENTITY, lambda: _identity(account))
        return Ready(account, token)

    def _token(self, test_id: int, account: Account) -> FreshToken:
        begun = time.monotonic()
        try:
            token = self._tokens.fresh(account.id or 0)
        except TokenFailed as failed:
            self._keep(test_id, _result(StepId.TOKEN, begun, failed.observation, ""))
            raise StepFailed from None
        self._keep(test_id, _result(StepId.TOKEN, begun, None, "Microsoft gave a token"))
        return token

    def _step(self, test_id: int, step: StepId, check: Any) -> None:
        begun = time.monotonic()
        outcome = check()
        seen = outcome if isinstance(outcome, Observation) else None
        self._keep(test_id, _result(step, begun, seen, "" if seen else str(outcome)))
        if seen is not None:
            raise StepFailed

    def _keep(self, test_id: int, result: StepResult) -> None:
        with self._store.transaction() as tx:
            test = tx.tests.get(test_id)
            account = tx.accounts.lock(test.account_id)
            recorded = self._failures.record(tx, result.observation, account) if result.observation else None
            test.steps = [*test.steps, _row(result, recorded)]
            if not test.quiet:
                notices.show_test(tx, account, test, self._clock.now())

    def _finish(self, test_id: int) -> None:
        with self._store.transaction() as tx:
            test = tx.tests.get(test_id)
            account = tx.accounts.lock(test.account_id)
            test.steps = _complete(test.steps)
            test.passed = all(row["status"] in (StepStatus.OK, StepStatus.WARN) for row in test.steps)
            test.finished_at = self._clock.now()
            result = "passed" if test.passed else "failed"
            self._road.audit(tx, MAILDESK, "test.finished", account, result=result)
            self._plan_check(tx, account, test)
            if test.quiet and self._nothing_new(account, test):
                return
            self._arrive(tx, account, test)
            notices.show_test(tx, account, test, self._clock.now())
            self._road.show(tx, account)

    def _plan_check(self, tx: Transaction, account: Account, test: ConnectionTest) -> None:
        """When to look again by ourselves: daily at what works, soon at what may pass or is ours; what a person has to
        mend waits for that person."""
        if test.passed:
            wait, round = EVERY_DAY, 0
        elif _passing(test):
            wait, round = CHECKS[min(test.round, len(CHECKS) - 1)], test.round + 1
        else:
            return
        due = self._clock.now() + wait
        tx.jobs.add(CHECK_JOB, {"account": account.id, "round": round}, due, key=f"check:{account.id}")

    def _nothing_new(self, account: Account, test: ConnectionTest) -> bool:
        """Whether a check has nothing to tell: things are as they were, or a passing fault may still pass."""
        if account.state not in WORKING:
            return not test.passed
        return bool(test.passed) or (_passing(test) and (_ours(test) or test.round < PATIENCE))

    def _arrive(self, tx: Transaction, account: Account, test: ConnectionTest) -> None:
        mapped = set(REQUIRED_ROLES) <= tx.accounts.folders(account.id or 0).keys()
        if test.passed:
            self._road.move(tx, account, State.LIVE if mapped else State.UNMAPPED, MAILDESK)
            return
        owner = next(Owner(row["owner"]) for row in test.steps if row["status"] == StepStatus.FAIL)
        self._road.move(tx, account, State.BROKEN if mapped else State.FAILING, MAILDESK, owner)


def first_failure(steps: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The step that the result hangs on."""
    return next((row for row in steps if row["status"] == StepStatus.FAIL), None)


def _failed(test: ConnectionTest) -> list[dict[str, Any]]:
    return [row for row in test.steps if row["status"] == StepStatus.FAIL]


def _ours(test: ConnectionTest) -> bool:
    return all(row["owner"] == Owner.ON_CALL for row in _failed(test))


def _passing(test: ConnectionTest) -> bool:
    """Whether everything that failed may come right without the customer."""
    return all(row["owner"] == Owner.ON_CALL or row["permanence"] == Permanence.RETRY for row in _failed(test))


def _scopes(token: FreshToken) -> Observation | str:
    missing = [scope for scope in SCOPES if scope.lower() not in {s.lower() for s in token.scopes}]
    if missing:
        names = ", ".join(scope.rpartition("/")[2] for scope in missing)
        return Observation(Where.SCOPES, step=StepId.SCOPES, condition="missing", text=f"not granted: {names}")
    return "read mail, send mail"


def _identity(account: Account) -> Observation | str:
    if not account.object_id:
        return Observation(
            Where.IDENTITY, step=StepId.IDENTITY, condition="invalid-token", text="no identity is pinned"
        )
    return f"signed in as {account.signed_in_as}"


def _result(step: StepId, begun: float, seen: Observation | None, evidence: str) -> StepResult:
    status = StepStatus.FAIL if seen else StepStatus.OK
    return StepResult(step, status, timedelta(seconds=time.monotonic() - begun), evidence, seen)


def _row(result: StepResult, recorded: Recorded | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "step": result.step.value,
        "status": result.status.value,
        "ms": round(result.elapsed / timedelta(milliseconds=1)),
        "evidence": result.evidence,
        "reason": result.reason,
    }
    if recorded is not None:
        verdict = recorded.verdict
        row |= {"error": recorded.failure.ref, "cause": verdict.cause}
        row |= {"owner": verdict.owner.value, "permanence": verdict.permanence.value}
    return row


def _complete(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All steps in their order; those that were never reached are skipped because of the first that failed."""
    done = {row["step"]: row for row in steps}
    failed = first_failure(steps)
    reason = failed["step"] if failed else ""
    wanted = [StepId.TOKEN, StepId.SCOPES, StepId.IDENTITY, *MAIL_STEPS]
    skipped = {"status": StepStatus.SKIP.value, "ms": 0, "evidence": "", "reason": reason}
    return [done.get(step.value, {"step": step.value, **skipped}) for step in wanted]
