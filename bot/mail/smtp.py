"""The sending side: connect, encrypt, authenticate, offer the sender's address."""

import smtplib
from contextlib import suppress
from socket import SHUT_RDWR

from bot.diagnosis.observation import Condition, Layer, Observation, Where
from bot.diagnosis.observe import from_smtp
from bot.mail.hosts import MailHosts, Target, xoauth2
from bot.mail.steps import ProbeFailed, StepRunner
from bot.mail.trace import ConnectionTrace, tls_context, traced
from storage.vocabulary import StepId

STEPS = (StepId.SMTP_CONNECT, StepId.SMTP_AUTH, StepId.SMTP_SENDER)


class SmtpLeg:
    """One connection to the submission server."""

    def __init__(self, hosts: MailHosts) -> None:
        self._hosts = hosts
        self._smtp: smtplib.SMTP | None = None

    def run(self, target: Target, runner: StepRunner) -> None:
        """Do every step, up to the first that fails. Takes seconds."""
        with suppress(ProbeFailed):
            runner.do(StepId.SMTP_CONNECT, self.connect)
            runner.do(StepId.SMTP_AUTH, lambda: self.authenticate(target))
            runner.do(StepId.SMTP_SENDER, lambda: self.offer_sender(target))

    def connect(self) -> str:
        """Name, TCP, greeting, STARTTLS, TLS, and whether XOAUTH2 is offered, told apart."""
        hosts, step, trace = self._hosts, StepId.SMTP_CONNECT.value, ConnectionTrace()
        self._smtp = smtp = smtplib.SMTP(timeout=hosts.connect_timeout)
        # else STARTTLS checks the certificate for no name
        smtp._host = hosts.smtp_host  # type: ignore[attr-defined]
        with traced(trace, StepId.SMTP_CONNECT):
            expect(220, *smtp.connect(hosts.smtp_host, hosts.smtp_port), step)
            trace.passed("TCP and greeting", Layer.STARTTLS)
            assert smtp.sock is not None
            smtp.sock.settimeout(hosts.read_timeout)
            expect(250, *smtp.ehlo(), step)
            if not smtp.has_extn("starttls"):
                raise ProbeFailed(
                    Observation(Where.NETWORK, step=step, condition=Condition.STARTTLS_MISSING)
                )
            expect(220, *smtp.starttls(context=tls_context(trace, hosts.ca_file)), step)
            expect(250, *smtp.ehlo(), step)
        if "XOAUTH2" not in smtp.esmtp_features.get("auth", "").upper().split():
            raise ProbeFailed(
                Observation(Where.NETWORK, step=step, condition=Condition.XOAUTH2_MISSING)
            )
        return f"{trace.evidence}, XOAUTH2 offered"

    def authenticate(self, target: Target) -> str:
        """AUTH XOAUTH2 in two steps, as the person who signed in."""
        answers = iter([xoauth2(target.smtp_username, target.access_token)])
        code, _ = self.client.auth(
            "XOAUTH2", lambda _challenge=None: next(answers, ""), initial_response_ok=False
        )
        return f"{code}, signed in as {target.smtp_username}"

    def offer_sender(self, target: Target) -> str:
        """MAIL FROM, taken back at once: nothing is sent."""
        smtp, step = self.client, StepId.SMTP_SENDER.value
        expect(250, *smtp.mail(target.sender_email), step)
        smtp.rset()
        return f"{target.sender_email} accepted"

    def leave(self) -> None:
        """QUIT."""
        self.client.quit()

    @property
    def client(self) -> smtplib.SMTP:
        """The connection.

        Raises:
            ConnectionAbortedError: there is none.
        """
        if self._smtp is None:
            raise ConnectionAbortedError("not connected")
        return self._smtp

    def cut(self) -> None:
        """End the connection at once."""
        sock = self._smtp.sock if self._smtp else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(SHUT_RDWR)
            with suppress(OSError):
                sock.close()


def expect(wanted: int, code: int, message: bytes, step: str) -> None:
    """Take a reply for an answer only if it is the wanted one.

    Raises:
        ProbeFailed: it is another one.
    """
    if code != wanted:
        raise ProbeFailed(from_smtp(code, message, step))
