"""The closed sets of words of the product's API."""

from enum import StrEnum


class ApiScope(StrEnum):
    """What a key of the API may be used for."""

    READ = "accounts:read"
    WRITE = "accounts:write"
    TOKENS = "tokens"
    EVENTS = "events"


class ApiKeyStatus(StrEnum):
    """Whether a key of the API opens anything."""

    GOOD = "good"
    EXPIRED = "expired"
    REVOKED = "revoked"


class TokenUse(StrEnum):
    """What an access token that is handed out is for."""

    IMAP = "imap"
    SMTP = "smtp"
    GRAPH = "graph"
