"""What the network did, read from what Python's libraries raise."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import requests

from bot.diagnosis.observation import Condition, Layer

PORTS = {"https": 443, "http": 80}
TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: (\d{3})")
"""How http.client says with which status a proxy answered CONNECT."""

POOL = re.compile(r"host='([^']{1,255})', port=(\d{1,5})")
"""How urllib3 names where it wanted to go."""

IN_WORDS = (
    ("CERTIFICATE_VERIFY_FAILED", Condition.CERTIFICATE),
    ("certificate verify failed", Condition.CERTIFICATE),
    ("SSLEOFError", Condition.RESET),
    ("SSLError", Condition.TLS),
    ("NameResolutionError", Condition.DNS),
    ("getaddrinfo failed", Condition.DNS),
    ("name resolution", Condition.DNS),
    ("Name or service not known", Condition.DNS),
    ("No address associated", Condition.DNS),
    ("ConnectionRefusedError", Condition.REFUSED),
    ("Connection refused", Condition.REFUSED),
    ("actively refused", Condition.REFUSED),
    ("ConnectionResetError", Condition.RESET),
    ("Connection reset", Condition.RESET),
    ("forcibly closed", Condition.RESET),
    ("RemoteDisconnected", Condition.RESET),
    ("No route to host", Condition.UNREACHABLE),
    ("Network is unreachable", Condition.UNREACHABLE),
    ("timed out", Condition.TIMEOUT),
)
"""What an exception means that names its cause in its text only."""


@dataclass(frozen=True)
class Fault:
    """A network fault: the fields of an observation that the network gives."""

    condition: Condition
    text: str
    layer: Layer | None = None
    status: int | None = None
    host: str = ""


def place_of(url: str | bytes | None) -> str:
    """The host and port of an address (``login.microsoftonline.com:443``); empty where it names
    none."""
    try:
        parts = urlsplit(str(url or ""))
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return ""
    return host_and_port(parts.hostname or "", port)


def host_and_port(host: str, port: int | None) -> str:
    """A host and its port as people write them."""
    written = f"[{host}]" if ":" in host else host
    return f"{written}:{port}" if host and port else written


def described(error: BaseException) -> str:
    """An exception in words."""
    return f"{type(error).__name__}: {error}"


def fault_of(error: BaseException) -> Fault:
    """What an exception says of the network; one that says nothing is a fault of the protocol."""
    return Fault(_condition(error), described(error))


def fault_of_request(error: requests.RequestException) -> Fault:
    """What kept a request from an answer, and whose: the host's, or that of the proxy before it."""
    chain = list(_chain(error))
    root = next((link for link in chain if _tells(link)), error)
    condition = _in_words(error) if root is error else _condition(root)
    fault = Fault(condition, described(root), _layer(error, root), host=_target_of(error))
    if not isinstance(error, requests.exceptions.ProxyError):
        return fault
    answered = TUNNEL_REFUSED.search(str(root))
    if answered:
        return replace(fault, condition=Condition.PROXY, layer=Layer.PROXY, status=int(answered[1]))
    return replace(fault, layer=Layer.PROXY, host=_proxy_of(chain))


def _condition(error: BaseException) -> Condition:
    # from the special to the general: most of these are kinds of OSError
    match error:
        case socket.gaierror():
            return Condition.DNS
        case TimeoutError():
            return Condition.TIMEOUT
        case ConnectionRefusedError():
            return Condition.REFUSED
        case ssl.SSLCertVerificationError():
            return Condition.CERTIFICATE
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError() | ssl.SSLSyscallError():
            # a peer that hangs up within TLS: Python's patch releases differ in which they raise
            return Condition.RESET
        case ConnectionResetError() | ConnectionAbortedError() | BrokenPipeError() | EOFError():
            return Condition.RESET
        case ssl.SSLError():
            return Condition.TLS
        case smtplib.SMTPServerDisconnected():
            # smtplib raises this for a time-out too
            timed_out = isinstance(error.__context__, TimeoutError)
            return Condition.TIMEOUT if timed_out else Condition.RESET
        case requests.RequestException():
            return Condition.PROTOCOL  # a kind of OSError that says nothing of the wire by itself
        case OSError():
            return Condition.UNREACHABLE
    return Condition.PROTOCOL


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and everything that it was made from, the nearest first. requests and urllib3
    keep the cause among their arguments, or as Python does."""
    waiting: list[object] = [error]
    known: set[int] = set()
    while waiting:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and id(link) not in known:
            known.add(id(link))
            yield link
            reason = getattr(link, "reason", None)
            waiting += [*link.args, reason, link.__cause__, link.__context__]


def _tells(link: BaseException) -> bool:
    return _condition(link) is not Condition.PROTOCOL


def _in_words(error: requests.RequestException) -> Condition:
    if isinstance(error, requests.Timeout):
        return Condition.TIMEOUT
    text = repr(error)
    return next((meant for known, meant in IN_WORDS if known in text), Condition.PROTOCOL)


def _layer(error: requests.RequestException, root: BaseException) -> Layer | None:
    """How far a request had come; None where the exception does not tell."""
    if isinstance(error, requests.exceptions.SSLError) or "handshake" in str(root):
        return Layer.TLS
    if isinstance(error, requests.ConnectTimeout) or isinstance(root, ConnectionRefusedError):
        return Layer.TCP
    return None


def _target_of(error: requests.RequestException) -> str:
    if error.request is not None:
        return place_of(error.request.url)
    named = POOL.search(str(error))
    return host_and_port(named[1], int(named[2])) if named else ""


def _proxy_of(chain: list[BaseException]) -> str:
    """The proxy's host and port, without the password that its address may have."""
    for link in chain:
        proxy = getattr(getattr(link, "pool", None), "proxy", None)
        if proxy is not None:
            return host_and_port(proxy.host or "", proxy.port)
    return ""
