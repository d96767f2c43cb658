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
