"""What an access token is good for, and where it is used."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from storage.api_vocabulary import TokenUse

Security = Literal["tls", "starttls"]

PERMISSIONS = {TokenUse.IMAP: "imap.accessasuser.all", TokenUse.SMTP: "smtp.send"}
"""The permission that each needs (entra-docs, IMAP and SMTP with OAuth), in lower case."""


@dataclass(frozen=True)
class MailPlace:
    """A mail server, and how it is spoken to."""

    host: str
    port: int
    security: Security


@dataclass(frozen=True)
class Places:
    """Where tokens are used. `graph`: the base address of Microsoft Graph."""

    imap: MailPlace
    smtp: MailPlace
    graph: str

    def grants(self, use: TokenUse, scopes: Collection[str]) -> bool:
        """Whether a token of these scopes is good for something. One token is for one service of
        Microsoft's, so that one with a permission of Graph is for Graph."""
        if use is TokenUse.GRAPH:
            there = urlsplit(self.graph).hostname
            return any(urlsplit(scope).hostname == there for scope in scopes)
        return PERMISSIONS[use] in {scope.rpartition("/")[2].lower() for scope in scopes}

    def mail(self, use: TokenUse) -> MailPlace | None:
        """The mail server; None for Graph."""
        match use:
            case TokenUse.IMAP:
                return self.imap
            case TokenUse.SMTP:
                return self.smtp
            case TokenUse.GRAPH:
                return None
