"""Pages that come where Microsoft's answer was due: whose they are is told by what they say."""

import json
from collections.abc import Iterator

import pytest
import requests

from bot.diagnosis import catalogue
from bot.diagnosis.observation import Observation
from bot.diagnosis.observe import from_exception
from storage.vocabulary import Owner

ROWS = catalogue.load()

OF_FILTERS = [
    "<html><head><title>Web Page Blocked</title></head><body><p>Access to the web page you were trying to visit has been blocked in accordance with company policy. URL: login.microsoftonline.com/common Category: web-based-email</p></body></html>",
    "<!DOCTYPE html><html><head><title>Zscaler</title></head><body>Sorry, you don't have permission to visit this site.</body></html>",
    "<HTML><HEAD><TITLE>Notification: Policy: URL Filtering</TITLE></HEAD><BODY>Access Denied. Your request was denied because of a content filter policy (login.microsoftonline.com)</BODY></HTML>",
    "<html><body><h1>Internet usage policy</h1>FortiGuard Intrusion Prevention - Access Blocked</body></html>",
]
OF_HOTSPOTS = [
    '<html><head><meta http-equiv="refresh" content="0; url=http://192.0.2.1/login"><title>Captive Portal</title></head></html>',
    "<html><title>Guest Wi-Fi</title><body>Please accept the terms to get internet access.</body></html>",
    "<!DOCTYPE html><html><head><title>Sign in to the network</title></head><body></body></html>",
]
OF_GATEWAYS = [
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.24.0</center>\r\n</body>\r\n</html>",
    "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>",
    "<html><head><title>ERROR: The requested URL could not be retrieved</title></head><body>The following error was encountered: (110) Connection timed out ERR_CONNECT_FAIL squid/5.7</body></html>",
    "<html><body>upstream connect error or disconnect/reset before headers. reset reason: connection timeout</body></html>",
    '<TITLE>Could Not Connect</TITLE><BODY BGCOLOR="white">Could not connect to the server "login.microsoftonline.com".</BODY>',
    "<html><head><title>Network Error</title></head><body>Network Error (dns_unresolved_hostname). Your requested host &quot;login.microsoftonline.com&quot; could not be resolved by DNS.</body></html>",
    "<html><body><h2>Gateway Timeout</h2>Server error - server login.microsoftonline.com is unreachable at this moment. The connection to login.microsoftonline.com:443 timed out.</body></html>",
    "<html><title>Unknown Host</title><body>Unable to locate the server named login.microsoftonline.com.</body></html>",
    "<html><title>Error</title><body>The remote server could not be contacted.</body></html>",
]
OF_MICROSOFT = [
    "<html><head><title>Our services aren't available right now</title></head><body>We're working to restore all services as soon as possible. Ref A: 0 Ref B: AMS</body></html>",
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN"><HTML><HEAD><TITLE>Service Unavailable</TITLE></HEAD><BODY><h2>Service Unavailable</h2><hr><p>HTTP Error 503. The service is unavailable.</p></BODY></HTML>',
    "<html><head><title>Microsoft Azure Application Gateway</title></head><body>504 Gateway Time-out</body></html>",
]


def answered(page: str, status: int) -> Observation:
    """What is seen of an answer that is this page: MSAL tries to read it, or raises its status."""
    if status < 500:
        return from_exception(json.JSONDecodeError("Expecting value", page, 0), "token")
    response = requests.Response()
    response.status_code = status
    response._content = page.encode()
    response.url = "https://login.microsoftonline.com/common/oauth2/v2.0/token"
    return from_exception(requests.HTTPError(response=response), "token")


def causes(pages: list[str], *statuses: int) -> Iterator[tuple[str, Owner]]:
    """What the pages are taken for."""
    for page in pages:
        for status in statuses:
            verdict = ROWS.explain(answered(page, status))
            yield verdict.cause, verdict.owner


def test_what_keeps_us_from_microsoft_is_our_networks() -> None:
    assert set(causes(OF_FILTERS, 200, 503)) == {("proxy-forbids", Owner.ON_CALL)}
    assert set(causes(OF_HOTSPOTS, 200, 511)) == {("server-speaks-otherwise", Owner.ON_CALL)}
    assert set(causes(OF_GATEWAYS, 200, 502, 503)) == {("proxy-cannot-reach", Owner.ON_CALL)}
    wanted = "<html><title>407 Proxy Authentication Required</title></html>"
    assert set(causes([wanted], 200)) == {("proxy-wants-password", Owner.ON_CALL)}


def test_microsofts_own_page_is_microsofts_to_mend() -> None:
    busy = {("microsoft-sign-in-busy", Owner.MICROSOFT)}
    assert set(causes(OF_MICROSOFT, 200, 502, 503)) == busy
    assert set(causes(["", "<html><h1>502 Bad Gateway</h1></html>"], 502)) == busy


def test_a_page_of_nobody_that_we_know_is_not_called_microsofts() -> None:
    assert set(causes(["<html><title>Welcome</title></html>"], 200)) == {
        ("server-speaks-otherwise", Owner.ON_CALL)
    }


def test_the_server_that_was_asked_is_named_and_the_page_without_its_tags() -> None:
    seen = answered(OF_GATEWAYS[0], 502)
    assert seen.host == "login.microsoftonline.com:443"
    assert seen.text == "502 Bad Gateway 502 Bad Gateway nginx/1.24.0"


@pytest.mark.parametrize("page", [OF_FILTERS[0], OF_GATEWAYS[0]])
def test_a_page_that_is_pasted_is_explained_as_the_one_we_met(page: str) -> None:
    text = f'POST https://login.microsoftonline.com/common/oauth2/token returned 502: "{page}"'
    verdict = ROWS.lookup_text(text)
    assert verdict is not None and verdict.owner is Owner.ON_CALL
    assert ROWS.lookup_text(page.replace("login.microsoftonline.com", "intranet.example")) is None


def test_secrets_on_a_page_are_not_kept() -> None:
    page = f"<html><body>blocked by policy: site client_secret=planted~planted {'x' * 90}</body>"
    assert "planted" not in str(answered(page, 200))
