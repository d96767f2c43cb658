"""The ways out and in: whether Slack and Microsoft can be reached, and we can be."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import requests

from bot.common.redaction import hiding
from bot.common.ways_out import WaysOut
from bot.diagnosis.network_faults import place_of
from bot.diagnosis.observe import from_exception
from bot.doctor.findings import Finding, found
from bot.doctor.network import PROXY_WANTS_PASSWORD, Way, by_way, unreached

SECONDS = 8.0
ALIVE = "ok"
"""What our own /healthz answers."""

PROBE_SECONDS = 15.0
"""A probe looks for up to ten itself."""

MEASURE = re.compile(r"^probe_(success|http_status_code) (\d{1,3})$", re.M)
"""What a probe says of the look that it took."""

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


def from_outside(probe: str, public_url: str, ways: WaysOut) -> Iterator[Finding]:
    """Whether our own address is reached from where a probe stands: asked by GET, with what it is
    to look at in its query, it answers in the measures of Prometheus's blackbox exporter
    (github.com/prometheus/blackbox_exporter). Its own address may be a secret."""
    check = "public-url-outside"
    session = requests.Session()
    ways.prepare(session, ways.trust())
    url = f"{probe}{quote(f'{public_url}/healthz', safe='')}"
    with hiding(probe.partition(urlsplit(probe).netloc)[2]):
        try:
            answer = session.get(url, timeout=PROBE_SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            seen = from_exception(error, check)
            yield unreached(check, seen, Way("PUBLIC_URL_PROBE", "MS_CA_BUNDLE"))
            return
    if answer.status_code == PROXY_WANTS_PASSWORD:
        yield found("proxy-wants-password", check, host=place_of(probe))
        return
    yield _seen_outside(answer, public_url)


def _seen_outside(answer: requests.Response, public_url: str) -> Finding:
    measures = dict(MEASURE.findall(answer.text)) if answer.ok else {}
    match measures.get("success"):
        case "1":
            return found("outside-ok", url=public_url)
        case "0":
            status = measures.get("http_status_code", "0")
            words = f"status {status}" if status != "0" else "no answer"
            return found("outside-not-reached", url=public_url, words=words)
    return found("outside-not-told", host=place_of(answer.url), status=answer.status_code)


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
