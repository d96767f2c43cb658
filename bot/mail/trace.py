"""How far a connection has come: which layer is at work, and how long each took."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from smtplib import SMTPServerDisconnected
from typing import Any

from bot.diagnosis.observation import Where
from bot.diagnosis.observe import from_exception
from bot.mail.steps import ProbeFailed
from storage.vocabulary import StepId


@dataclass
class ConnectionTrace:
    """The way of one connection. `layer` is what is at work now: ``tcp``, ``greeting``,
    ``starttls`` or ``tls``; `behind_tcp` is what comes once the connection stands."""

    layer: str = "tcp"
    behind_tcp: str = "greeting"
    _parts: list[str] = field(default_factory=list)
    _since: float = field(default_factory=time.monotonic)

    def passed(self, what: str, ahead: str) -> None:
        """`what` is behind us, `ahead` comes next."""
        now = time.monotonic()
        self._parts.append(f"{what} {(now - self._since) * 1000:.0f} ms")
        self._since, self.layer = now, ahead

    @property
    def evidence(self) -> str:
        """What was passed and how long each part took."""
        return ", ".join(self._parts)


class WatchedContext(ssl.SSLContext):
    """A client's TLS context that notes on a journey when the handshake begins and ends."""

    trace: ConnectionTrace

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """The handshake. IMAPClient and smtplib call this once the way to it is open."""
        self.trace.passed("TCP" if self.trace.layer == "tcp" else "STARTTLS", "tls")
        encrypted = super().wrap_socket(*args, **kwargs)
        version = encrypted.version()
        if (
            version is None
        ):  # the connection was gone already, and Python left the handshake out without a word
            raise ConnectionResetError("gone before the handshake")
        self.trace.passed(version, "greeting")
        return encrypted


def watched(trace: ConnectionTrace, ca_file: Path | None) -> WatchedContext:
    """A context, TLS 1.2 and newer, that trusts the system's authorities or `ca_file` alone and
    checks the host's name."""
    context = WatchedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.trace = trace
    if ca_file is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(ca_file)
    return context


@contextmanager
def located(trace: ConnectionTrace, step: StepId) -> Iterator[None]:
    """Whatever fails in connecting is told with the layer in which it failed.

    Raises:
        ProbeFailed: in place of what a library raised.
    """
    try:
        yield
    except ProbeFailed:
        raise
    except Exception as error:  # whatever a library raises is an answer, not an accident
        seen = from_exception(error, step.value)
        stood = (
            isinstance(error, SMTPServerDisconnected) or seen.condition == "reset"
        )  # what never stood is refused
        if trace.layer == "tcp" and stood:
            trace.layer = trace.behind_tcp
        raise ProbeFailed(
            replace(seen, layer=trace.layer) if seen.where is Where.NETWORK else seen
        ) from None
