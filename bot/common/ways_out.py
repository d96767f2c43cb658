"""How requests leave this machine: through the proxy of the settings, or around it, and by nothing
that the environment or a file of this machine says otherwise (no ``.netrc``, no ``HTTP_PROXY``)."""

import re
import ssl
from base64 import b64encode
from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

import idna
import requests
from requests.adapters import HTTPAdapter

from bot.common.certificates import NamingContext

PORTS = {"https": 443, "http": 80}
SEPARATORS = re.compile(r"[,;|\s]+")
STRAYS = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
"""What libraries read in the environment by themselves, in lower case and in upper case."""


@dataclass(frozen=True)
class WaysOut:
    """The ways out.

    Attributes:
        proxy: the address of the proxy, which may hold a password; empty where there is none.
        around: the hosts that are reached without it, as in `NO_PROXY`: names with all that is
            below them, networks, with commas between; ``*`` for all.
        ca_file: the authority of a proxy that looks into TLS, trusted beside the public ones.
    """

    proxy: str = field(default="", repr=False)
    around: str = ""
    ca_file: Path | None = None

    def proxy_to(self, url: str) -> str | None:
        """The proxy by which `url` is reached; None where it is reached without one."""
        if not self.proxy:
            return None
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        names = list(_names(self.around))
        if _is_within(host, names):
            return None
        written = f"[{host}]" if ":" in host else host
        port = parts.port or PORTS.get(parts.scheme, 0)
        around = proxy_bypass_environment(f"{written}:{port}", {"no": ",".join(names)})
        return None if around else self.proxy

    def connection(self, url: str, host: str, port: int, seconds: float) -> HTTPConnection:
        """A connection for `url`, not made yet and without TLS: to `host`, a name or an address,
        or through the proxy that leads there."""
        proxy = urlsplit(self.proxy_to(url) or "")
        if not proxy.hostname:
            return HTTPConnection(host, port, timeout=seconds)
        through = HTTPConnection(proxy.hostname, proxy.port or PORTS["http"], timeout=seconds)
        # Brackets around IPv6 (RFC 9110, 9.3.6), which some releases of Python 3.11 leave out
        through.set_tunnel(f"[{host}]" if ":" in host else host, port, credentials(proxy))
        return through

    def trust(self) -> ssl.SSLContext | None:
        """Whom to trust where the proxy may answer in a host's place; None for the usual."""
        if not self.proxy or self.ca_file is None:
            return None
        context = ssl.create_default_context()
        context.load_verify_locations(self.ca_file)
        return context

    def prepare(self, session: requests.Session, trust: ssl.SSLContext | None = None) -> None:
        """Let the requests of a session, and their redirects, go these ways."""
        session.trust_env = False
        trust = trust or NamingContext(ssl.PROTOCOL_TLS_CLIENT)  # requests adds whom it trusts
        for scheme in ("https://", "http://"):
            session.mount(scheme, _Way(self, trust))


class _Way(HTTPAdapter):
    def __init__(self, ways: WaysOut, trust: ssl.SSLContext) -> None:
        self._ways = ways
        self._trust = trust
        super().__init__()

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **kwargs: Any
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._trust, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=self._trust, **kwargs)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        proxy = self._ways.proxy_to(str(request.url))
        kwargs["proxies"] = {"https": proxy, "http": proxy} if proxy else {}
        return super().send(request, *args, **kwargs)


def credentials(proxy: SplitResult) -> dict[str, str]:
    """What a proxy is told of who asks for a tunnel: the user and the password of its address."""
    if proxy.username is None:
        return {}
    both = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(both.encode()).decode()}"}


def leave_out_strays(environ: MutableMapping[str, str]) -> None:
    """Take out of a process's environment what libraries would go by instead of the settings."""
    for name in STRAYS:
        environ.pop(name, None)
        environ.pop(name.upper(), None)


def _names(around: str) -> Iterator[str]:
    """What is reached without a proxy, however programs have it written: ``*.name`` and ``.name``
    for all below a name, addresses of the web, other separators."""
    for part in SEPARATORS.split(around.lower()):
        name = part.rpartition("://")[2].rstrip("./")
        name = name if name == "*" else name.removeprefix("*").lstrip(".")
        if name:
            yield name if name.isascii() else _punycode(name)


def _punycode(name: str) -> str:
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError:
        return name


def _is_within(host: str, names: Iterable[str]) -> bool:
    """Whether a host is an address in one of the networks that are reached without a proxy."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    for name in names:
        try:
            if address in ip_network(name, strict=False):
                return True
        except ValueError:  # a name
            continue
    return False
