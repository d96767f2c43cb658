"""How far a connection has come, so that a failure is told with the layer that failed."""

import ssl
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from smtplib import SMTPServerDisconnected
from typing import Any

from bot.common.certificates import NamingContext
from bot.diagnosis.observation import Condition, Layer, Where
from bot.diagnosis.observe import from_exception
from bot.mail.steps import ProbeFailed
from storage.vocabulary import StepId

TRUSTED_FOR_SECONDS = 3600


@dataclass
class ConnectionTrace:
    """The progress of one connection.

    `layer` is what the connection waits for now; None once it is made. `behind_tcp` is what it
    waits for first once TCP stands: a greeting, or TLS where the port speaks it from the start.
    """

    layer: Layer | None = Layer.TCP
    behind_tcp: Layer = Layer.GREETING
    _parts: list[str] = field(default_factory=list)
    _since: float = field(default_factory=time.monotonic)

    def passed(self, part: str, ahead: Layer | None) -> None:
        """Note that `part` is done (its name is shown as evidence) and what comes next."""
        now = time.monotonic()
        self._parts.append(f"{part} {(now - self._since) * 1000:.0f} ms")
        self._since = now
        self.layer = ahead

    @property
    def evidence(self) -> str:
        """What is done and how long each part took."""
        return ", ".join(self._parts)


class TracedContext(NamingContext):
    """A client's TLS context that notes on a trace when the handshake begins and ends."""

    trace: ConnectionTrace

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """The handshake. IMAPClient and smtplib call this once the way to it is open."""
        self.trace.passed("TCP" if self.trace.layer is Layer.TCP else "STARTTLS", Layer.TLS)
        encrypted = super().wrap_socket(*args, **kwargs)
        version = encrypted.version()
        if version is None:
            # the connection was gone already, and Python left the handshake out without a word
            raise ConnectionResetError("gone before the handshake")
        self.trace.passed(version, Layer.GREETING)
        return encrypted


class Trust:
    """Whom connections trust: the system's authorities, or those of a file alone.

    To read them takes longer than a handshake, so a context is used again, by one connection at a
    time, until it is an hour old: authorities that are replaced are trusted by then.
    """

    def __init__(self, ca_file: Path | None) -> None:
        self._ca_file = ca_file
        self._free: deque[tuple[float, TracedContext]] = deque()

    @contextmanager
    def context(self, trace: ConnectionTrace) -> Iterator[TracedContext]:
        """A context for one handshake, TLS 1.2 and newer, that checks the host's name."""
        made, context = self._lent()
        context.trace = trace
        try:
            yield context
        finally:
            if time.monotonic() - made < TRUSTED_FOR_SECONDS:
                self._free.append((made, context))

    def _lent(self) -> tuple[float, TracedContext]:
        try:
            return self._free.pop()
        except IndexError:
            return time.monotonic(), tls_context(self._ca_file)


def tls_context(ca_file: Path | None) -> TracedContext:
    """A context, TLS 1.2 and newer, that trusts the system's authorities or `ca_file` alone and
    checks the host's name."""
    context = TracedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(ca_file)
    return context


@contextmanager
def traced(trace: ConnectionTrace, step: StepId) -> Iterator[None]:
    """Connect within this: whatever fails is told with the layer that failed.

    Raises:
        ProbeFailed: in place of what a library raised.
    """
    try:
        yield
    except ProbeFailed:
        raise
    except Exception as error:  # whatever a library raises is an answer, not an accident
        seen = from_exception(error, step.value)
        # A connection that was reset had stood, although nobody told the trace: TCP was done. One
        # that never stood is refused or times out.
        stood = isinstance(error, SMTPServerDisconnected) or seen.condition is Condition.RESET
        if trace.layer is Layer.TCP and stood:
            trace.layer = trace.behind_tcp
        if seen.where is Where.NETWORK:
            seen = replace(seen, layer=trace.layer)
        raise ProbeFailed(seen) from None
