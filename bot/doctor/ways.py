"""The ways out and in: whether Slack and Microsoft can be reached, and we can be."""

from collections.abc import Iterator
from dataclasses import dataclass

import requests

from bot.common.ways_out import WaysOut
from bot.diagnosis.network_faults import place_of
from bot.diagnosis.observe import from_exception
from bot.doctor.findings import Finding, found
from bot.doctor.network import PROXY_WANTS_PASSWORD, Way, by_way, unreached

SECONDS = 8.0
ALIVE = "ok"
"""What our own /healthz answers."""

GONE = ("host-unknown", "certificate-not-trusted", "certificate-expired", "certificate-of-another")
"""What keeps everybody from an address, whether or not the bot runs behind it."""


def reached(url: str, ways: WaysOut, way: Way, check: str) -> Iterator[Finding]:
    """Whether anything answers at an address, by the way that leads there. Whatever the answer
    says: it came from there, and whoever signed its certificate is trusted."""
    session = requests.Session()
    ways.prepare(session, ways.trust())
    try:
        answer = session.get(url, timeout=SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        yield unreached(check, from_exception(error, check), way)
        return
    if answer.status_code == PROXY_WANTS_PASSWORD:  # to a plain address there is no tunnel
        yield found("proxy-wants-password", check, host=place_of(url))
        return
    yield found("reached", check, host=place_of(url), by=by_way(ways, url))


@dataclass(frozen=True)
class PublicAddress:
    """Our own address, as people's browsers, Slack and Microsoft reach it; and where this machine
    would answer."""

    public_url: str
    bind_address: str
    port: int
    ways: WaysOut

    def look(self) -> Iterator[Finding]:
        """Whether /healthz answers there. It is asked by the way out of this machine: what only
        people outside see, they alone can say."""
        finding = self._asked(self.public_url, self.ways)
        if finding.kind != "public-url-ok" and finding.kind not in GONE and not self._runs_here():
            yield found("public-url-not-yet", url=self.public_url, words=finding.says)
        else:
            yield finding

    def _asked(self, base: str, ways: WaysOut) -> Finding:
        check = "public-url"
        session = requests.Session()
        ways.prepare(session, ways.trust())
        try:
            answer = session.get(f"{base}/healthz", timeout=SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            return unreached(check, from_exception(error, check), Way("PUBLIC_URL", "your proxy"))
        if answer.ok and answer.text.strip() == ALIVE:
            return found("public-url-ok", url=base)
        if answer.status_code == PROXY_WANTS_PASSWORD:
            return found("proxy-wants-password", check, host=place_of(base))
        return found("public-url-of-another", url=base, status=answer.status_code)

    def _runs_here(self) -> bool:
        host = "127.0.0.1" if self.bind_address in ("0.0.0.0", "::") else self.bind_address
        written = f"[{host}]" if ":" in host else host
        return self._asked(f"http://{written}:{self.port}", WaysOut()).kind == "public-url-ok"
