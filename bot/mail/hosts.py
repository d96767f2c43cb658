"""Which mail servers are probed, and how long they may take."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MailHosts:
    """The mail servers, for all mailboxes.

    Times are in seconds: `connect_timeout` to connect, `read_timeout` to wait for one answer,
    `deadline` for all steps but the round trip, `arrival` for a test message to arrive. `ca_file`
    replaces the system's authorities.
    """

    imap_host: str
    imap_port: int
    smtp_host: str
    smtp_port: int
    ca_file: Path | None = None
    connect_timeout: float = 10
    read_timeout: float = 20
    deadline: float = 45
    arrival: float = 60

    @property
    def imap(self) -> str:
        """The IMAP server with its port."""
        return f"{self.imap_host}:{self.imap_port}"

    @property
    def smtp(self) -> str:
        """The SMTP server with its port."""
        return f"{self.smtp_host}:{self.smtp_port}"
