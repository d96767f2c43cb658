"""What a fault on the way to a host means for whoever runs the bot."""

from dataclasses import dataclass

from bot.common.ways_out import WaysOut
from bot.diagnosis.network_faults import place_of
from bot.diagnosis.observation import Condition, Layer, Observation
from bot.doctor.findings import Finding, found

PROXY_WANTS_PASSWORD = 407
OF_PROXY = {
    Condition.DNS: "proxy-unknown",
    Condition.PROXY: "proxy-refuses",
}
BY_CONDITION = {
    Condition.DNS: "host-unknown",
    Condition.REFUSED: "host-refuses",
    Condition.UNREACHABLE: "host-unreachable",
    Condition.TIMEOUT: "host-silent",
    Condition.RESET: "host-hangs-up",
    Condition.TLS: "host-speaks-no-tls",
    Condition.CERTIFICATE: "certificate-not-trusted",
    Condition.STARTTLS_MISSING: "starttls-missing",
    Condition.XOAUTH2_MISSING: "xoauth2-missing",
    Condition.CLOCK: "clock-wrong-for-token",
}
OF_CERTIFICATES = (
    ("has expired", "certificate-expired"),
    ("ostname mismatch", "certificate-of-another"),
    ("IP address mismatch", "certificate-of-another"),
)
"""OpenSSL's words for what is wrong with a certificate."""


@dataclass(frozen=True)
class Way:
    """Where something leads: the setting that says so, and that of the authority to trust there."""

    setting: str
    authority: str


def unreached(check: str, seen: Observation, way: Way) -> Finding:
    """What was seen instead of an answer."""
    values = {
        "host": seen.host,
        "setting": way.setting,
        "authority": way.authority,
        "status": seen.status or "",
        "words": seen.text,
    }
    return found(_kind(seen), check, **values)


def by_way(ways: WaysOut, url: str) -> str:
    """How an address is reached, in words."""
    proxy = ways.proxy_to(url)
    return f"by the proxy {place_of(proxy)}" if proxy else "without a proxy"


def _kind(seen: Observation) -> str:
    if seen.layer is Layer.PROXY:
        if seen.status == PROXY_WANTS_PASSWORD:
            return "proxy-wants-password"
        return OF_PROXY.get(seen.condition or Condition.PROTOCOL, "proxy-unreachable")
    if seen.condition is Condition.CERTIFICATE:
        known = (kind for words, kind in OF_CERTIFICATES if words in seen.text)
        return next(known, "certificate-not-trusted")
    if seen.condition is None and seen.status is not None:
        return "host-busy"
    return BY_CONDITION.get(seen.condition or Condition.PROTOCOL, "host-answers-strangely")
