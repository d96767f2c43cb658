"""Whether somebody who is told of things can be reached: over TLS, with nothing said to them.

A dead man's switch takes any request for a sign of life, a pager any for an incident; so there is a
connection, and no request.
"""

import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.client import HTTPException
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from bot.common.certificates import NamingContext
from bot.common.ways_out import PORTS, WaysOut
from bot.diagnosis.network_faults import TUNNEL_REFUSED, place_of
from bot.diagnosis.observation import Condition, Layer, Observation
from bot.diagnosis.observe import from_exception
from bot.doctor.findings import Finding, found
from bot.doctor.network import Way, by_way, unreached

SECONDS = 8.0


def connected(url: str, ways: WaysOut, way: Way, check: str) -> Iterator[Finding]:
    """Whether there is a connection to the host of an address, of which no more than the host is
    shown: the rest may be a secret."""
    seen = _hindrance(url, ways, check)
    if seen is not None:
        yield unreached(check, seen, way)
    else:
        yield found("reached", check, host=place_of(url), by=by_way(ways, url))


def _hindrance(url: str, ways: WaysOut, check: str) -> Observation | None:
    """What keeps us from the host, or from the proxy before it; None where nothing does."""
    proxy = ways.proxy_to(url)
    parts = urlsplit(url)
    port = parts.port or PORTS[parts.scheme]
    with closing(ways.connection(url, str(parts.hostname), port, SECONDS)) as connection:
        try:
            connection.connect()
        except (OSError, HTTPException) as error:
            seen = replace(from_exception(error, check), host=place_of(url))
            return _of_proxy(seen, proxy) if proxy else seen
        if parts.scheme != "https":
            return None
        try:
            connection.sock = _trust(ways).wrap_socket(
                connection.sock, server_hostname=parts.hostname
            )
        except OSError as error:
            return replace(from_exception(error, check), host=place_of(url), layer=Layer.TLS)
    return None


def _of_proxy(seen: Observation, proxy: str) -> Observation:
    """What was seen, as the proxy's: it refuses to lead there, or is not reached itself."""
    refused = TUNNEL_REFUSED.search(seen.text)
    if refused:
        status = int(refused[1])
        return replace(seen, layer=Layer.PROXY, condition=Condition.PROXY, status=status)
    return replace(seen, layer=Layer.PROXY, host=place_of(proxy))


def _trust(ways: WaysOut) -> ssl.SSLContext:
    """Whom the requests trust that are sent there in earnest."""
    trust = ways.trust() or NamingContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return trust
