"""An account and an incident as the vendor's product reads them, as JSON: plain facts and words of
ours. No server's reply is among them, and no secret."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from bot.common.clock import Clock
from bot.diagnosis.advice import advised
from bot.diagnosis.explainer import Explainer
from bot.diagnosis.place import Place
from bot.diagnosis.step_records import FailedStep, StepRecord, steps_of
from bot.views.accounts import AccountCard, AccountView, failure_of, held_of
from bot.views.audience import Audience
from bot.views.failures import Fault
from bot.views.next_steps import way_on
from storage.database import Transaction
from storage.tables import Account, ConnectionTest, Failure, Incident
from storage.vocabulary import AdviceStatus, FailureStatus, FolderRole, State

Json = dict[str, Any]

LOOKED_AT = 5
"""Among so many of an account's newest tests is the last that ended."""


class AccountSnapshots:
    """Reads how things stand, in a caller's transaction."""

    def __init__(self, clock: Clock, explainer: Explainer) -> None:
        self._clock = clock
        self._explainer = explainer

    def account(self, tx: Transaction, account: Account) -> Json:
        """An account as it stands in the transaction."""
        view = AccountView.of(account)
        customer = tx.channels.customer(account.customer_id)
        fault = self._fault(tx, account)
        test = _last_test(tx, account)
        card = AccountCard(view, held=held_of(tx, account), fault=fault and fault[0])
        return {
            "ref": view.ref,
            "external_id": None,
            "name": view.name,
            "state": view.state.value,
            "owner": view.owner.value,
            "since": iso(view.state_since),
            "next_step": _next_step(card),
            "customer": {"id": str(view.customer_id), "name": customer.name},
            "address": view.shared_mailbox or view.username,
            "username": view.username,
            "sender_name": view.sender_name,
            "sender_email": view.sender_email,
            "shared_mailbox": view.shared_mailbox or None,
            "folders": self.folders(tx, account),
            "last_test": test and _test(test),
            "failure": fault and _failure(*fault),
            "usable": _usable(card, test, account.signed_in_at),
            "changed_at": iso(self._clock.now()),
        }

    def folders(self, tx: Transaction, account: Account) -> list[Json]:
        """The account's folders that are mapped and there, in the order of their roles. The stable
        ID is the server's own (RFC 8474), where it gives one."""
        mapped = tx.folders.mapped(account.id)
        return [
            {
                "role": role.value,
                "name": mapped[role].server_name,
                "id": mapped[role].mailbox_id or None,
            }
            for role in FolderRole
            if role in mapped and mapped[role].lost is None
        ]

    def incident(self, tx: Transaction, incident: Incident) -> Json:
        """An incident as it stands in the transaction."""
        return {
            "id": public_id(incident),
            "severity": incident.severity.value,
            "title": self._explainer.verdict(tx, incident.cause).title,
            "opened_at": iso(incident.opened_at),
            "closed_at": iso(incident.ended_at) if incident.ended_at else None,
        }

    def _fault(self, tx: Transaction, account: Account) -> tuple[Fault, Failure] | None:
        failure = failure_of(tx, account)
        if failure is None:
            return None
        place = Place.stored(failure.observation)
        verdict = self._explainer.verdict(tx, failure.cause, place)
        at_work = failure.status is FailureStatus.AT_WORK
        advice = failure.advice if at_work else AdviceStatus.GIVEN
        return Fault(failure.ref, advised(verdict, advice)), failure


def public_id(incident: Incident) -> str:
    """By what the product knows an incident: the same whatever becomes of it."""
    digest = hashlib.sha256(f"{incident.id}:{incident.fingerprint}".encode()).hexdigest()
    return f"inc_{digest[:24]}"


def iso(at: datetime) -> str:
    """A time as JSON has it: ISO 8601 in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _next_step(card: AccountCard) -> str:
    """What somebody does next, in words; empty where nobody has to do anything."""
    way = way_on(card, Audience.CUSTOMER) or way_on(card, Audience.SUPPORT)
    return way.value if way else ""


def _last_test(tx: Transaction, account: Account) -> ConnectionTest | None:
    newest = tx.checks.newest(account.id, LOOKED_AT)
    return next((test for test in newest if test.passed is not None), None)


def _test(test: ConnectionTest) -> Json:
    assert test.finished_at is not None
    return {
        "at": iso(test.finished_at),
        "passed": bool(test.passed),
        "steps": [_step(step) for step in steps_of(test)],
    }


def _step(step: StepRecord) -> Json:
    return {
        "id": step.step.value,
        "status": step.status.value,
        "ms": round(step.elapsed.total_seconds() * 1000) if step.elapsed else None,
        "error_id": step.error if isinstance(step, FailedStep) else None,
    }


def _failure(fault: Fault, failure: Failure) -> Json:
    verdict = fault.verdict
    return {
        "error_id": fault.error,
        "code": verdict.cause,
        "sentence": verdict.customer,
        "owner": verdict.owner.value,
        "at": iso(failure.last_at),
    }


def _usable(card: AccountCard, test: ConnectionTest | None, signed_in_at: datetime | None) -> bool:
    """Whether a token is handed out: the last proof holds, and nobody's sign-in waits for somebody
    to say whose it is."""
    if not card.account.connected or card.held is not None:
        return False
    if card.account.state is State.LIVE:
        return True
    proved = test is not None and bool(test.passed)
    since = test is not None and (signed_in_at is None or test.started_at >= signed_in_at)
    return card.account.state is State.UNMAPPED and proved and since
