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
from storage.vocabulary import REQUIRED_ROLES, Owner, State, StepId, StepStatus

JOB = "connection-test"
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
        now = self._clock.now()
        test = ConnectionTest(account_id=account.id, started_at=now, asked_by_team=by.team, asked_by_user=by.user)
        tx.tests.add(test)
        tx.jobs.add(JOB, {"test": test.id}, now)
        self._road.audit(tx, by, "test.requested", account)
        if account.state not in (State.LIVE, State.UNMAPPED):
            self._road.move(tx, account, State.TESTING, by)
        notices.show_test(tx, account, test, now)
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
            self._arrive(tx, account, test)
            notices.show_test(tx, account, test, self._clock.now())
            self._road.show(tx, account)

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
        row |= {"error": recorded.failure.ref, "cause": recorded.verdict.cause, "owner": recorded.verdict.owner.value}
    return row


def _complete(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All steps in their order; those that were never reached are skipped because of the first that failed."""
    done = {row["step"]: row for row in steps}
    failed = first_failure(steps)
    reason = failed["step"] if failed else ""
    wanted = [StepId.TOKEN, StepId.SCOPES, StepId.IDENTITY, *MAIL_STEPS]
    skipped = {"status": StepStatus.SKIP.value, "ms": 0, "evidence": "", "reason": reason}
    return [done.get(step.value, {"step": step.value, **skipped}) for step in wanted]
