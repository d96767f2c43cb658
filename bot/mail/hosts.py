"""Which servers are probed, and for whom."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class MailHosts:
    """The mail servers. Times are in seconds: to connect, to wait for an answer, for all steps of
    one protocol, and for a test message to arrive."""

    imap_host: str
    imap_port: int
    smtp_host: str
    smtp_port: int
    ca_file: Path | None = None
    connect_timeout: float = 10
    read_timeout: float = 20
    deadline: float = 45
    arrival: float = 60


@dataclass(frozen=True)
class Watched:
    """Folders that are to be known again, by the server's own names: those that are `mapped`, and
    all that were `listed` before, so that one under a new name can be told."""

    mapped: frozenset[str]
    listed: frozenset[str]


@dataclass(frozen=True)
class FolderMark:
    """By what a folder is known again under another name: UIDVALIDITY (RFC 9051, 2.3.1.1), and
    MAILBOXID where the server gives one (RFC 8474), else empty."""

    uid_validity: int
    mailbox_id: str = ""


@dataclass(frozen=True)
class Target:
    """A mailbox to open: IMAP as the mailbox, SMTP as the person who signed in, sending as the
    sender's address. The two users differ where a person opens a shared mailbox."""

    mailbox: str
    smtp_username: str
    sender_email: str
    access_token: str = field(repr=False)
    watched: Watched | None = None


def xoauth2(username: str, token: str) -> str:
    """The SASL XOAUTH2 string, not yet encoded (office-developer-exchange-docs,
    how-to-authenticate-…-by-using-oauth)."""
    return f"user={username}\x01auth=Bearer {token}\x01\x01"
