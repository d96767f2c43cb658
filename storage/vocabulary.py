"""The closed sets of words that accounts, folders and verdicts are described with, wherever they
are stored or shown."""

from enum import StrEnum


class State(StrEnum):
    """Where an account stands on its road."""

    CREATED = "created"
    AWAITING_SIGN_IN = "awaiting_sign_in"
    AWAITING_ADMIN = "awaiting_admin"
    TESTING = "testing"
    FAILING = "failing"
    UNMAPPED = "unmapped"
    LIVE = "live"
    BROKEN = "broken"
    DISCONNECTED = "disconnected"


class Trouble(StrEnum):
    """What does not work at an account, as far as its state does not say so."""

    SIGN_IN = "sign-in"
    SENDING = "sending"
    RECEIVING = "receiving"


class Owner(StrEnum):
    """Who has to act next, or who can mend a fault."""

    USER = "user"
    ADMINISTRATOR = "administrator"
    SUPPORT = "support"
    ON_CALL = "on-call"
    MICROSOFT = "microsoft"
    MAILDESK = "maildesk"


WAITING = (
    State.AWAITING_SIGN_IN,
    State.AWAITING_ADMIN,
    State.FAILING,
    State.BROKEN,
    State.UNMAPPED,
)
"""The states in which an account waits for a person."""

WORST_FIRST = (
    State.BROKEN,
    State.FAILING,
    State.AWAITING_ADMIN,
    State.AWAITING_SIGN_IN,
    State.UNMAPPED,
    State.TESTING,
    State.CREATED,
)
"""The states of accounts that are in use and not live, in the order in which support looks."""

TROUBLED = (State.AWAITING_SIGN_IN, State.FAILING, State.BROKEN)
"""In these states an account may have a trouble that says more than the state."""

FOLDERS_LOST = "folders_lost"

STANDS: tuple[str, ...] = (
    State.BROKEN,
    Trouble.SENDING,
    Trouble.RECEIVING,
    State.FAILING,
    State.AWAITING_ADMIN,
    Trouble.SIGN_IN,
    State.AWAITING_SIGN_IN,
    FOLDERS_LOST,
    State.UNMAPPED,
    State.TESTING,
    State.CREATED,
    State.LIVE,
)
"""Where accounts that are in use can be, in the order in which support looks."""


def stand(state: State, trouble: Trouble | None, was_live: bool) -> str:
    """Where an account is, by the name of its sentence. `was_live`: it was live once."""
    if trouble is not None and state in TROUBLED:
        return trouble
    if state is State.UNMAPPED and was_live:
        return FOLDERS_LOST
    return state


class ReminderPhase(StrEnum):
    """How the reminders of an account stand."""

    IDLE = "idle"
    RUNNING = "running"
    SNOOZED = "snoozed"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    ENDED = "ended"


THEIRS = (Owner.USER, Owner.ADMINISTRATOR)
"""Who is reminded in the customer's channel."""


class Scope(StrEnum):
    """How far a cause reaches."""

    MAILBOX = "mailbox"
    TENANT = "tenant"
    APPLICATION = "application"
    MICROSOFT = "microsoft"


class Permanence(StrEnum):
    """Whether trying again helps, and after what."""

    RETRY = "retry"
    AFTER_FIX = "after-fix"
    SIGN_IN_AGAIN = "sign-in-again"
    NEVER = "never"


class FaultKind(StrEnum):
    """Of which kind a failure is, by what it takes to believe it."""

    REFUSED = "refused"
    BUSY = "busy"
    NETWORK = "network"
    THROTTLED = "throttled"


class StepId(StrEnum):
    """The steps of a connection test, in their order."""

    TOKEN = "token"
    SCOPES = "scopes"
    IDENTITY = "identity"
    IMAP_CONNECT = "imap.connect"
    IMAP_AUTH = "imap.auth"
    IMAP_FOLDERS = "imap.folders"
    IMAP_INBOX = "imap.inbox"
    SMTP_CONNECT = "smtp.connect"
    SMTP_AUTH = "smtp.auth"
    SMTP_SENDER = "smtp.sender"
    ROUNDTRIP = "roundtrip"


class StepStatus(StrEnum):
    """How a step ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


class FolderRole(StrEnum):
    """What a mapped folder is used for. The first four are required."""

    INBOX = "inbox"
    SENT = "sent"
    DRAFTS = "drafts"
    DELETED = "deleted"
    JUNK = "junk"
    ARCHIVE = "archive"


class Loss(StrEnum):
    """What became of a mapped folder that is no longer there."""

    GONE = "gone"
    MADE_ANEW = "made-anew"


class CustomersAre(StrEnum):
    """Who of a channel the customers are."""

    OTHER_WORKSPACES = "other-workspaces"
    EVERYBODY = "everybody"


class Plan(StrEnum):
    """What becomes of an old account."""

    CHANGE = "change"
    RETAIN = "retain"


REQUIRED_ROLES = (FolderRole.INBOX, FolderRole.SENT, FolderRole.DRAFTS, FolderRole.DELETED)


class Mended(StrEnum):
    """What came before a failure was gone."""

    CHANGE = "change"
    SIGN_IN = "sign-in"
    ITSELF = "itself"


class Deed(StrEnum):
    """What somebody does about a failure, because they were advised to."""

    CHANGE = "change"
    SIGN_IN = "sign-in"
    APPROVAL = "approval"
    TEST = "test"


class AttemptStatus(StrEnum):
    """What came of something that was done about a failure."""

    WAITING = "waiting"
    HELPED = "helped"
    IN_VAIN = "in vain"


class AdviceStatus(StrEnum):
    """Whether what a failure's cause advises may still be advised."""

    GIVEN = "given"
    DOUBTED = "doubted"
    SPENT = "spent"


class LinkStatus(StrEnum):
    """Whether somebody can sign in with a login link."""

    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"
    USED = "used"


class FlowStatus(StrEnum):
    """Whether Microsoft's answer to a sign-in that was begun is still taken."""

    OPEN = "open"
    EXPIRED = "expired"
    ENDED = "ended"


class TestStatus(StrEnum):
    """How far a connection test is."""

    __test__ = False  # pytest collects what is called a test

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    OVERTAKEN = "overtaken"


class FixStatus(StrEnum):
    """Whether it is still looked for what somebody says they changed."""

    WAITING = "waiting"
    SETTLED = "settled"


class FailureStatus(StrEnum):
    """Whether what failed was seen to work since."""

    AT_WORK = "at work"
    GONE = "gone"


class IncidentStatus(StrEnum):
    """Who looks after an incident, and whether its cause is still at work."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    MENDED = "mended"
    CLOSED = "closed"


AT_WORK = (IncidentStatus.OPEN, IncidentStatus.ACKNOWLEDGED, IncidentStatus.SILENCED)
"""An incident in one of these is not mended."""


class Severity(StrEnum):
    """How much an incident matters, the gravest first."""

    CRITICAL = "critical"
    HIGH = "high"
    LOW = "low"
    INFO = "info"


class MaintenanceOf(StrEnum):
    """What a time of maintenance is about."""

    APPLICATION = "application"
    CUSTOMER = "customer"
    CAUSE = "cause"


class PageChange(StrEnum):
    """What a pager is told of an incident."""

    OPENED = "opened"
    PROMOTED = "promoted"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    SILENCED = "silenced"
    ESCALATED = "escalated"
    MENDED = "mended"
    REOPENED = "reopened"
    CLOSED = "closed"


class RequestStatus(StrEnum):
    """Who a request for help waits for."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"
    TAKEN_BACK = "taken-back"


class TenantStatus(StrEnum):
    """Whether the mailboxes of a further organisation are the customer's."""

    ASKED = "asked"
    ALLOWED = "allowed"
    REFUSED = "refused"


class BatchStatus(StrEnum):
    """How far a batch of new accounts is."""

    RUNNING = "running"
    STOPPING = "stopping"
    FINISHED = "finished"


class MessageStatus(StrEnum):
    """How far a message on its way to Slack is."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given up"


class CanaryStatus(StrEnum):
    """What the vendor's own mailbox shows about Microsoft and us."""

    WORKS = "works"
    ASKED = "asked"
    OUT = "out"
    BLIND = "blind"


class Means(StrEnum):
    """What others are called for, as their limits count it. In Slack a message that stands already
    is updated or taken away: which of the two is often known only when its turn comes, and the rate
    of an update holds for both together. A message that may have been posted is looked for; the
    group of the support team and a channel are asked about. Each pager is told of incidents."""

    POST = "post"
    UPDATE = "update"
    FIND = "find"
    GROUP = "group"
    CHANNEL = "channel"
    PAGERDUTY = "pagerduty"
    WEBHOOK = "webhook"


class Pager(StrEnum):
    """Who is told of incidents outside of Slack."""

    PAGERDUTY = "pagerduty"
    WEBHOOK = "webhook"


class PageStatus(StrEnum):
    """How far a page is on its way to its pager."""

    WAITING = "waiting"
    SENT = "sent"
    LEFT_OUT = "left-out"
    GIVEN_UP = "given-up"


class Standing(StrEnum):
    """How an incident stands at a pager, as far as we know: from what we told it, and from what it
    told us. Unknown where we gave up without an answer."""

    NOTHING = "nothing"
    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    UNKNOWN = "unknown"
