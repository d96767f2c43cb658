"""The mail hosts: whether they can be reached over TLS and take OAuth."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.diagnosis.observation import Condition, Layer, Observation
from bot.doctor.findings import Finding, found
from bot.doctor.network import Way, unreached
from bot.mail.deadline import bounded
from bot.mail.hosts import MailHosts
from bot.mail.imap import ImapConnection
from bot.mail.smtp import SmtpConnection
from bot.mail.steps import ProbeFailed
from bot.mail.trace import Trust

SMTPS = 465
"""The port where SMTP speaks TLS from the start (RFC 8314), and says nothing before."""

IMAP_WAY = Way("IMAP_HOST and IMAP_PORT", "MAIL_CA_BUNDLE")
SMTP_WAY = Way("SMTP_HOST and SMTP_PORT", "MAIL_CA_BUNDLE")


@dataclass(frozen=True)
class MailServers:
    """Both mail servers of the settings. Nobody signs in. `smtps`: the port that says nothing
    before TLS."""

    hosts: MailHosts
    smtps: int = SMTPS

    @property
    def _trust(self) -> Trust:
        return Trust(self.hosts.ca_file)

    def imap(self) -> Iterator[Finding]:
        """Whether mail can be read there: TLS from the start, and XOAUTH2."""
        yield self._connected(
            "imap", ImapConnection(self.hosts, self._trust), self.hosts.imap, IMAP_WAY
        )

    def smtp(self) -> Iterator[Finding]:
        """Whether mail can be sent there: STARTTLS, and XOAUTH2."""
        yield self._connected(
            "smtp", SmtpConnection(self.hosts, self._trust), self.hosts.smtp, SMTP_WAY
        )

    def _connected(
        self, check: str, connection: ImapConnection | SmtpConnection, host: str, way: Way
    ) -> Finding:
        try:
            with bounded(self.hosts.deadline, connection):
                evidence = connection.connect()
        except ProbeFailed as failed:
            return self._failed(check, replace(failed.observation, host=host), way)
        return found("mail-host-ok", check, host=host, evidence=evidence)

    def _failed(self, check: str, seen: Observation, way: Way) -> Finding:
        values = {"host": seen.host, "setting": way.setting}
        waits = seen.layer is Layer.GREETING and seen.condition in (
            Condition.TIMEOUT,
            Condition.RESET,
        )
        if check == "smtp" and waits and self.hosts.smtp_port == self.smtps:
            return found("smtp-port-of-tls", check, **values)
        if check == "imap" and seen.condition is Condition.TLS:
            return found("imap-port-without-tls", check, **values)
        return unreached(check, seen, way)
