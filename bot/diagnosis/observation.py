"""What was seen when something failed, in the protocol's own fields."""

from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Observation:
    """One failure as the protocol put it. Every text in it is already redacted and cut to a
    sensible length.

    where       which conversation failed step        our step or stage, e.g. ``smtp.auth``,
    ``smtp.data``, ``imap.inbox``; empty where there is none error       OAuth `error`, or Graph
    `error.code` suberror    OAuth `suberror`, or `error_subcode` of a callback, or Graph's inner
    code codes       AADSTS numbers status      HTTP status, or SMTP reply code (e.g. 535) enhanced
    SMTP enhanced status code (e.g. ``5.7.139``) condition   IMAP: ``NO``, ``BAD`` or ``BYE`` ·
    network: ``dns``, ``refused``, ``timeout``, ``reset``, ``tls``,
                ``certificate``, ``starttls-missing``, ``xoauth2-missing``, ``protocol`` · identity:
                ``other-account``, ``other-tenant``, ``personal``, ``invalid-token`` · scopes:
                ``missing`` · authorize: ``not-finished``
    layer       network: how far the connection had come when it failed: ``tcp``, ``tls``,
    ``greeting`` or empty text        the server's words trace_id, correlation_id, timestamp   what
    Microsoft's support asks for, as given retry_after how long the server asked us to wait
    """

    where: Where
    step: str = ""
    error: str = ""
    suberror: str = ""
    codes: tuple[int, ...] = field(default_factory=tuple)
    status: int | None = None
    enhanced: str = ""
    condition: str = ""
    layer: str = ""
    text: str = ""
    trace_id: str = ""
    correlation_id: str = ""
    timestamp: str = ""
    retry_after: timedelta | None = None
