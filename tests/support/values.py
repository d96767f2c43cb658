"""An account, a failure, a folder and the like as tests of one function need them: complete, and
changed where the test says so."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.config import clouds
from bot.diagnosis import catalogue
from bot.diagnosis.step_records import FailedStep, StepRecord
from bot.mail.imap_list import MailFolder
from bot.views.accounts import AccountView
from bot.views.checks import CheckView
from bot.views.customers import CustomerView
from bot.views.failures import FailureView
from bot.views.incidents import IncidentView
from bot.views.legacy import OldAccountView
from bot.views.reminders import ReminderView
from bot.views.support import RequestView
from storage.tables import Account, Failure
from storage.vocabulary import (
    IncidentStatus,
    Owner,
    Plan,
    Scope,
    Severity,
    State,
    StepId,
    StepStatus,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROWS = catalogue.load()
SCOPES = clouds.load()["worldwide"].scopes
ERROR = "MX-0000-0000"
# a token of the practice Microsoft: a random text may hold "eyJ" by chance, but not all of this
TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}")


def account_row(**changed: Any) -> Account:
    """An account as it is stored."""
    facts: dict[str, Any] = {
        "id": 7,
        "ref": "MB-0000-0000",
        "customer_id": 1,
        "channel_id": "C1",
        "name": "Info",
        "sender_name": "Acme",
        "sender_email": "info@acme.example",
        "username": "info@acme.example",
        "address_key": "info@acme.example",
        "state": State.AWAITING_SIGN_IN,
        "state_since": NOW,
        "owner": Owner.USER,
        "created_at": NOW,
        "created_by_team": "T1",
        "created_by_user": "U1",
    }
    return Account(**(facts | changed))


def account(**changed: Any) -> AccountView:
    """An account as it is shown."""
    return AccountView.of(account_row(**changed))


def failure_row(cause: str, text: str = "") -> Failure:
    """A failure as it is stored; `text` stands where a server's words would."""
    row = ROWS.rows[cause]
    return Failure(
        ref=ERROR,
        cause=cause,
        step="smtp.auth",
        owner=row.owner,
        scope=row.scope,
        permanence=row.permanence,
        first_at=NOW,
        last_at=NOW,
        observation={"text": text, "status": 535, "codes": [50173], "trace_id": text},
    )


def failure(cause: str, text: str = "") -> FailureView:
    """A failure as it is shown."""
    return FailureView.of(failure_row(cause, text))


def passed(step: StepId, text: str = "") -> StepRecord:
    """A step that passed; `text` is what it found."""
    return StepRecord(step=step, status=StepStatus.OK, evidence=text)


def failed(step: StepId, cause: str, text: str = "") -> FailedStep:
    """A step that failed."""
    row = ROWS.rows[cause]
    return FailedStep(
        step=step,
        status=StepStatus.FAIL,
        evidence=text,
        error=ERROR,
        cause=cause,
        owner=row.owner,
        permanence=row.permanence,
    )


def folder(name: str, *flags: str, delimiter: str = "/") -> MailFolder:
    """A folder without folders below it."""
    return MailFolder(name, name, delimiter, ("\\HasNoChildren", *flags))


def run(steps: Sequence[StepRecord]) -> CheckView:
    """A connection test that failed, with these steps."""
    return CheckView(1, 7, NOW, NOW, False, tuple(steps))


def request(**changed: Any) -> RequestView:
    """A request to the support team that nobody has taken."""
    facts: dict[str, Any] = {
        "id": 1,
        "failure_ref": None,
        "account_id": None,
        "channel_id": "C0ACME",
        "asked_at": NOW,
        "asked_by_user": "U0CAROL",
        "taken_by_user": "",
        "taken_at": None,
        "done_at": None,
    }
    return RequestView(**(facts | changed))


def reminder() -> ReminderView:
    """A reminder in a customer's channel."""
    return ReminderView(1, "C0ACME", NOW, None, ())


def old_account(**changed: Any) -> OldAccountView:
    """An old account that is to be changed."""
    facts: dict[str, Any] = {
        "id": 1,
        "customer_id": 1,
        "channel_id": "C0ACME",
        "name": "Info",
        "address": "info@acme.example",
        "username": "",
        "plan": Plan.CHANGE,
        "listed_at": NOW,
        "deleted_at": None,
        "account_id": None,
    }
    return OldAccountView(**(facts | changed))


def customer(**changed: Any) -> CustomerView:
    """A customer whose reminders go out as everywhere."""
    facts: dict[str, Any] = {
        "id": 1,
        "name": "Acme Marine",
        "tenant_id": "",
        "time_zone": "",
        "working_hours": "",
        "working_days": "",
        "owner_user": "",
    }
    return CustomerView(**(facts | changed))


def incident(cause: str, **changed: Any) -> IncidentView:
    """An incident as it is shown."""
    facts: dict[str, Any] = {
        "id": 1,
        "cause": cause,
        "scope": Scope.APPLICATION,
        "severity": Severity.HIGH,
        "status": IncidentStatus.OPEN,
        "failure_ref": ERROR,
        "opened_at": NOW,
        "last_at": NOW,
    }
    return IncidentView(**(facts | changed))
