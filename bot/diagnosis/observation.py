"""What was seen when something failed, in the protocol's own fields."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Where(StrEnum):
    """Which conversation failed."""

    AUTHORIZE = "authorize"
    TOKEN = "token"
    ADMIN_CONSENT = "admin-consent"
    IDENTITY = "identity"
    SCOPES = "scopes"
    SMTP = "smtp"
    IMAP = "imap"
    GRAPH = "graph"
    NETWORK = "network"
    INTERNAL = "internal"


class Condition(StrEnum):
    """What was seen where a protocol has no number for it. The words stand in stored failures and
    in the catalogue's rows, so they do not change."""

    # the status of an IMAP reply (RFC 9051, 7.1)
    NO = "NO"
    BAD = "BAD"
    BYE = "BYE"
    # IMAP answered well, but not with what a mailbox has
    EMPTY = "empty"
    NOT_ARRIVED = "not-arrived"
    # the network
    DNS = "dns"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    RESET = "reset"
    TLS = "tls"
    CERTIFICATE = "certificate"
    STARTTLS_MISSING = "starttls-missing"
    XOAUTH2_MISSING = "xoauth2-missing"
    PROTOCOL = "protocol"
    PROXY = "proxy"
    ANSWER_LOST = "answer-lost"
    # our check of who signed in
    OTHER_ACCOUNT = "other-account"
    OTHER_TENANT = "other-tenant"
    PERSONAL = "personal"
    INVALID_TOKEN = "invalid-token"
    # our own clock
    CLOCK = "clock"
    # our check of the permissions
    MISSING = "missing"
    # a sign-in that did not come back from Microsoft's page
    NOT_FINISHED = "not-finished"
    # an error of our own
    UNEXPECTED = "unexpected"


class Layer(StrEnum):
    """What a connection was waiting for, from the wire up."""

    PROXY = "proxy"
    TCP = "tcp"
    GREETING = "greeting"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True)
class Observation:
    """One failure as the protocol put it. Every text in it is already redacted and cut to a
    sensible length; a field that the protocol did not give is empty."""

    where: Where
    step: str = ""
    """Our step or stage: a `StepId`, or a word of the part that failed."""
    error: str = ""
    """OAuth's `error`, or Graph's `error.code`."""
    suberror: str = ""
    """OAuth's `suberror`, a callback's `error_subcode`, or Graph's inner code."""
    codes: tuple[int, ...] = ()
    """The AADSTS numbers."""
    status: int | None = None
    """The HTTP status, or the SMTP reply code (535)."""
    enhanced: str = ""
    """SMTP's enhanced status code (``5.7.139``; RFC 3463)."""
    condition: Condition | None = None
    layer: Layer | None = None
    """Of a network fault: what the connection was waiting for."""
    host: str = ""
    """Which server was tried, with its port (``outlook.office365.com:993``): the proxy itself where
    that was not reached."""
    text: str = ""
    """The server's words."""
    trace_id: str = ""
    correlation_id: str = ""
    timestamp: str = ""
    """With the two above: what Microsoft's support asks for, as it was given."""
    retry_after: timedelta | None = None
    """How long the server asked us to wait."""
