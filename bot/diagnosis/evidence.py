"""The evidence of a failure in one text, fit for Microsoft's own support: ids, UTC times, steps,
what was said. No secrets."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot.common.redaction import redact
from bot.diagnosis.failures import Failures
from bot.diagnosis.step_records import FailedStep, steps_of
from bot.diagnosis.verdict import Verdict
from storage.database import Store
from storage.tables import Account, ConnectionTest, Failure

LONGEST = 12_000
IDS = ("trace_id", "correlation_id", "timestamp")
FIELDS = ("error", "suberror", "codes", "status", "enhanced", "condition", "layer", "host")


class Evidence:
    """Collects what is known about a failure."""

    def __init__(self, store: Store, failures: Failures) -> None:
        self._store = store
        self._failures = failures

    def of(self, error: str) -> str:
        """The evidence of the failure with this error ID, which is known to exist."""
        with self._store.reading() as tx:
            failure = tx.failures.get(error)
            assert failure is not None
            account = tx.accounts.get(failure.account_id) if failure.account_id else None
            test = tx.checks.with_error(account.id, error) if account else None
            verdict = self._failures.verdict(tx, failure)
        return bundle(failure, verdict, account, test)


def bundle(
    failure: Failure, verdict: Verdict, account: Account | None, test: ConnectionTest | None
) -> str:
    """Everything that is known about `failure`; `test` is the run in which it was seen."""
    lines = [
        *_what(failure, verdict),
        *(_whose(account) if account else ()),
        *_said(failure.observation),
    ]
    return redact("\n".join([*lines, *(_steps(test) if test else ())]))[:LONGEST]


def _what(failure: Failure, verdict: Verdict) -> Iterator[str]:
    yield f"Error ID: {failure.ref}"
    yield f"Cause: {verdict.title} ({failure.cause}), at {failure.step}"
    seen = f"First seen: {_utc(failure.first_at)}, last seen: {_utc(failure.last_at)}"
    yield f"{seen}, times: {failure.count}"


def _whose(account: Account) -> Iterator[str]:
    mailbox = account.shared_mailbox or account.sender_email
    yield f"Mailbox: {mailbox}, sender: {account.sender_email}"
    yield f"Signed in as: {account.signed_in_as or '(nobody yet)'}"
    tenant_id = account.tenant_id or "(not known)"
    yield f"Tenant ID: {tenant_id}, object ID: {account.object_id or '(not known)'}"


def _said(observation: dict[str, object]) -> Iterator[str]:
    for name in IDS:
        if observation.get(name):
            yield f"{name.replace('_', ' ').capitalize()}: {observation[name]}"
    yield "Protocol: " + ", ".join(
        f"{name} {observation[name]}" for name in FIELDS if observation.get(name)
    )
    yield f"Server's words: {observation.get('text') or '(none)'}"


def _steps(test: ConnectionTest) -> Iterator[str]:
    yield f"Connection test of {_utc(test.started_at)}:"
    for record in steps_of(test):
        error = record.error if isinstance(record, FailedStep) else ""
        detail = record.evidence or error or record.reason
        ms = round(record.elapsed / timedelta(milliseconds=1))
        yield f"  {record.step}: {record.status}, {ms} ms{f', {detail}' if detail else ''}"


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
