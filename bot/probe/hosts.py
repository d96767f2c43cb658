"""Which servers are probed, and for whom."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class MailHosts:
    """The mail servers. Times are in seconds: to connect, to wait for an answer, and for all steps of one protocol."""

    imap_host: str
    imap_port: int
    smtp_host: str
    smtp_port: int
    ca_file: Path | None = None
    connect_timeout: float = 10
    read_timeout: float = 20
    deadline: float = 45

    def tls(self) -> ssl.SSLContext:
        """A client's TLS context, 1.2 and newer, that trusts the system's authorities or `ca_file` alone."""
        context = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


@dataclass(frozen=True)
class Target:
    """A mailbox to open: IMAP as the mailbox, SMTP as the person who signed in, sending as the sender's address."""

    mailbox: str
    smtp_username: str
    sender_email: str
    access_token: str = field(repr=False)


def xoauth2(username: str, token: str) -> str:
    """The SASL XOAUTH2 string, not yet encoded (office-developer-exchange-docs, how-to-authenticate-…-by-using-oauth)."""
    return f"user={username}\x01auth=Bearer {token}\x01\x01"
