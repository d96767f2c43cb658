"""Whose a web page is that came where an answer of Microsoft's was due.

What a page says decides. The address in it does not: a proxy's page names the server that it keeps
from us.
"""

import html
import re

from bot.diagnosis.network_faults import Fault
from bot.diagnosis.observation import Condition, Layer

PAGE = re.compile(r"<(?:!doctype|html|head|body|title)\b", re.I)
HIDDEN = re.compile(r"(?s)<(script|style)\b(?:(?!<s(?:cript|tyle)).)*?</\1>", re.I)
TAG = re.compile(r"<[^<>]{0,2000}>")
ADDRESS = re.compile(
    r"(?:https?://)?(?:login|graph|outlook|autologon)\.(?:microsoft|office)[a-z0-9]*\.[a-z./0-9-]*",
    re.I,
)
"""The servers that were asked, as a page of somebody else's names them."""

WANTS_PASSWORD = re.compile(r"proxy authentication required|ERR_CACHE_ACCESS_DENIED", re.I)
FORBIDS = re.compile(
    r"\b(?:web ?page|web ?site|site|page|url|access|request|content|internet)\b[^.<>\n]{0,60}"
    r"\bblocked\b|\bblocked\b[^.<>\n]{0,40}\b(?:url|site|page|category|policy)\b"
    r"|\b(?:url|web|site) ?categor|content filter|web filter|acceptable use|usage policy"
    r"|access denied[^<>\n]{0,80}polic|ERR_ACCESS_DENIED|zscaler|fortiguard|fortigate|netskope"
    r"|palo ?alto networks|blue ?coat|websense|forcepoint|mailcontrol\.com|umbrella|sonicwall"
    r"|watchguard|barracuda web|mcafee web gateway|skyhigh|sophos|smoothwall|menlo security"
    r"|web gateway|seite (?:wurde )?(?:gesperrt|blockiert)|(?:page|site) (?:est )?bloqu"
    r"|p[aá]gina bloqueada|pagina bloccata",
    re.I,
)
WANTS_SIGN_IN = re.compile(
    r"captive|hot ?spot|wi-?fi|wispr|guest (?:access|network|portal)|network (?:log|sign|access)"
    r"|(?:log|sign) ?in to (?:the |this |your )?(?:network|internet)|accept the terms"
    r"|internet access",
    re.I,
)
"""A page of a network that wants to be signed in to before it lets anybody through."""
GATEWAY = re.compile(
    r"\bnginx\b|openresty|\bsquid\b|haproxy|no server is available to handle|\benvoy\b"
    r"|upstream (?:connect|request)|varnish|traefik|cloudflare|apache(?:/| server at)|mod_proxy"
    r"|the proxy server (?:received|could not)|ERR_(?:CONNECT_FAIL|DNS_FAIL|READ_TIMEOUT"
    r"|READ_ERROR|CANNOT_FORWARD|ZERO_SIZE|LIFETIME)|tinyproxy|privoxy|error from proxy",
    re.I,
)
"""Software that stands before a server; Microsoft's sign-in has none of it."""
BETWEEN = re.compile(
    r"\b(?:could not|couldn.t|cannot|can.t|unable to|failed to|not able to|not) "
    r"(?:connect to|reach|contact|resolve|find|locate|forward|communicate with)\b[^.<>\n]{0,40}"
    r"\b(?:server|host|site|website|upstream|destination|origin|domain|dns|address)"
    r"|\b(?:host|server|domain|site) (?:name )?(?:was |could )?not "
    r"(?:be )?(?:found|resolved|reached)"
    r"|\b(?:could|can)(?: ?not|n.t|.t) be (?:resolved|reached|retrieved|contacted)\b"
    r"|\b(?:dns|name) (?:look-?up|resolution) (?:failed|error|failure)|\bunable to determine ip"
    r"|\bconnection (?:to|with) [^.<>\n]{0,60}\b(?:failed|refused|timed out)"
    r"|\b(?:remote|upstream|origin|destination) (?:host|server|site)\b",
    re.I,
)
"""What is said of a server by something between us and it: no server says so of itself."""
MICROSOFTS = re.compile(
    r"microsoft|azure|office ?365|msauth|msft|AADSTS|windows|\bentra\b"
    r"|our services aren.t available right now|http error 503\. the service is unavailable"
    r"|server error in '/' application",
    re.I,
)


def is_page(text: str) -> bool:
    """Whether a text is a web page."""
    return bool(PAGE.search(text[:4000]))


def fault_of_page(page: str, status: int | None = None) -> Fault | None:
    """What a page shows that came instead of an answer, with this HTTP status if it is known.
    None where it is Microsoft's own, or a failure of a server that does not say whose it is: the
    certificate says that it is Microsoft's."""
    if not is_page(page):
        return None
    whole = ADDRESS.sub(" ", html.unescape(page))
    words = words_of(page) or "a web page without words"
    if WANTS_PASSWORD.search(whole):
        return Fault(Condition.PROXY, words, Layer.PROXY, 407)
    if FORBIDS.search(whole):
        return Fault(Condition.PROXY, words, Layer.PROXY, 403)
    if WANTS_SIGN_IN.search(whole):
        return Fault(Condition.PROTOCOL, words)
    failed = bool(status and status >= 500)
    if GATEWAY.search(whole) or (BETWEEN.search(whole) and not MICROSOFTS.search(whole)):
        return Fault(Condition.PROXY, words, Layer.PROXY, status if failed else 502)
    if failed or MICROSOFTS.search(whole):
        return None
    return Fault(Condition.PROTOCOL, words)


def words_of(page: str) -> str:
    """What a person reads on a page."""
    return " ".join(TAG.sub(" ", HIDDEN.sub(" ", html.unescape(page))).split())
