"""The sending side: connect, encrypt, authenticate, offer the sender's address."""

import smtplib
import socket
from contextlib import suppress

from bot.common.mail_addresses import shown
from bot.diagnosis.observation import Condition, Layer, Observation, Where
from bot.diagnosis.observe import from_smtp
from bot.mail.greeting import own_name
from bot.mail.hosts import MailHosts
from bot.mail.steps import ProbeFailed, StepRunner
from bot.mail.target import Target, xoauth2
from bot.mail.trace import ConnectionTrace, Trust, traced
from storage.vocabulary import StepId

STEPS = (StepId.SMTP_CONNECT, StepId.SMTP_AUTH, StepId.SMTP_SENDER)

SIGNING_IN = (StepId.SMTP_CONNECT, StepId.SMTP_AUTH)
"""What a look takes of them."""

READY = 220
OK = 250
START_MAIL_INPUT = 354
"""The replies that let a conversation go on (RFC 5321, 4.2.3)."""


class SmtpConnection:
    """One connection to the submission server."""

    def __init__(self, hosts: MailHosts, trust: Trust) -> None:
        self._hosts = hosts
        self._trust = trust
        self._smtp: smtplib.SMTP | None = None

    def run(self, target: Target, runner: StepRunner) -> None:
        """Run every step, up to the first that fails. Takes seconds."""
        with suppress(ProbeFailed):
            self._sign_in(target, runner)
            runner.run(StepId.SMTP_SENDER, lambda: self.offer_sender(target))

    def sign_in(self, target: Target, runner: StepRunner) -> None:
        """Run the steps of signing in alone. Takes seconds."""
        with suppress(ProbeFailed):
            self._sign_in(target, runner)

    def _sign_in(self, target: Target, runner: StepRunner) -> None:
        runner.run(StepId.SMTP_CONNECT, self.connect)
        runner.run(StepId.SMTP_AUTH, lambda: self.authenticate(target))

    def connect(self) -> str:
        """Name, TCP, greeting, STARTTLS, TLS, and whether XOAUTH2 is offered, told apart."""
        hosts = self._hosts
        step = StepId.SMTP_CONNECT
        trace = ConnectionTrace()
        smtp = smtplib.SMTP(local_hostname="[127.0.0.1]", timeout=hosts.connect_timeout)
        self._smtp = smtp
        # smtplib sets this only where its constructor connects; without it STARTTLS would check the
        # certificate for no name at all
        smtp._host = hosts.smtp_host  # type: ignore[attr-defined]
        with traced(trace, step), self._trust.context(trace) as context:
            expect(READY, *smtp.connect(hosts.smtp_host, hosts.smtp_port), step)
            trace.passed("TCP and greeting", Layer.STARTTLS)
            assert smtp.sock is not None
            smtp.sock.settimeout(hosts.read_timeout)
            smtp.local_hostname = own_name(socket.getfqdn(), smtp.sock.getsockname()[0])
            expect(OK, *smtp.ehlo(), step)
            if not smtp.has_extn("starttls"):
                raise _missing(Condition.STARTTLS_MISSING)
            expect(READY, *smtp.starttls(context=context), step)
            expect(OK, *smtp.ehlo(), step)
        if "XOAUTH2" not in smtp.esmtp_features.get("auth", "").upper().split():
            raise _missing(Condition.XOAUTH2_MISSING)
        return f"{trace.evidence}, XOAUTH2 offered"

    def authenticate(self, target: Target) -> str:
        """AUTH XOAUTH2 in two steps, as the person who signed in."""
        answers = iter([xoauth2(target.smtp_username, target.access_token)])
        # a second challenge carries an error; the empty answer lets the server say its final word
        code, _ = self.client.auth(
            "XOAUTH2", lambda _challenge=None: next(answers, ""), initial_response_ok=False
        )
        return f"{code}, signed in as {shown(target.smtp_username)}"

    def offer_sender(self, target: Target) -> str:
        """MAIL FROM, taken back at once: nothing is sent."""
        expect(OK, *self.client.mail(target.sender_email), StepId.SMTP_SENDER)
        self.client.rset()
        return f"{shown(target.sender_email)} accepted"

    def leave(self) -> None:
        """QUIT."""
        self.client.quit()

    def cut(self) -> None:
        """End the connection at once, from any thread."""
        sock = self._smtp.sock if self._smtp else None
        if sock is not None:
            # shutting it down wakes a thread that waits for it; closing alone would not
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                sock.close()

    @property
    def client(self) -> smtplib.SMTP:
        """The connection.

        Raises:
            ConnectionAbortedError: there is none.
        """
        if self._smtp is None:
            raise ConnectionAbortedError("not connected")
        return self._smtp


def expect(wanted: int, code: int, message: bytes, step: str) -> None:
    """Go on only if the reply is the wanted one.

    Raises:
        ProbeFailed: it is another one.
    """
    if code != wanted:
        raise ProbeFailed(from_smtp(code, message, step))


def _missing(condition: Condition) -> ProbeFailed:
    return ProbeFailed(Observation(Where.NETWORK, step=StepId.SMTP_CONNECT, condition=condition))
