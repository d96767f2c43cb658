"""How requests leave this machine, what our clock has to do with it, and how we greet."""

import json
import smtplib
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests
from slack_sdk import WebClient

from bot.common.ways_out import WaysOut, leave_out_strays
from bot.diagnosis.catalogue import load as load_catalogue
from bot.diagnosis.observe import from_smtp
from bot.mail.greeting import own_name
from bot.microsoft.clock_check import ClockCheck
from handlers.slack import clients, files
from storage.vocabulary import Owner
from tests.support.proxy import Proxy, proxy

pytestmark = pytest.mark.field

PROXY = "http://proxy.example:3128"


@pytest.fixture
def way() -> Iterator[Proxy]:
    """The only way out."""
    with proxy() as server:
        yield server


@pytest.fixture
def outside() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that answers everything, and the headers that it was sent."""
    seen: list[dict[str, str]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(dict(self.headers.items()))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            file = {"id": "F1", "size": 1, "url_private": f"http://{self.headers['Host']}/f"}
            body = json.dumps({"ok": True, "file": file}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    thread.join()
    server.server_close()


def session(ways: WaysOut) -> requests.Session:
    """A session that goes these ways."""
    made = requests.Session()
    ways.prepare(made)
    return made


@pytest.mark.parametrize(
    ("around", "url"),
    [
        ("slack.com", "https://slack.com/api"),
        ("slack.com", "https://files.slack.com/x"),
        (".slack.com", "https://files.slack.com/x"),
        ("a.example, slack.com ,b.example", "https://wss-primary.slack.com/"),
        ("SLACK.com", "https://slack.com/api"),
        ("*", "https://login.microsoftonline.com/"),
        ("10.0.0.0/8", "https://10.1.2.3/x"),
        ("127.0.0.1", "http://127.0.0.1:8080/x"),
        ("::1", "http://[::1]:8080/x"),
        ("localhost:8443", "https://localhost:8443/x"),
        ("*.slack.com", "https://files.slack.com/x"),
        ("https://slack.com/", "https://slack.com/api"),
        ("slack.com:443", "https://slack.com/api"),
        ("b.example slack.com", "https://slack.com/api"),
        ("b.example;slack.com", "https://slack.com/api"),
        ("b.example|slack.com", "wss://wss-primary.slack.com/"),
        ("slack.com.", "https://slack.com/api"),
        ("slack.com", "https://slack.com./api"),
        ("müller-werft.example", "https://mail.xn--mller-werft-thb.example/"),
        ("2001:db8::/32", "https://[2001:db8::1]/"),
        ("[2001:db8::1]", "https://[2001:db8::1]/"),
    ],
)
def test_what_no_proxy_names_is_reached_without_one(around: str, url: str) -> None:
    assert WaysOut(PROXY, around).proxy_to(url) is None


@pytest.mark.parametrize(
    ("around", "url"),
    [
        ("", "https://slack.com/api"),
        ("slack.com", "https://notslack.com/api"),
        ("slack.com", "https://slack.com.evil.example/api"),
        ("10.0.0.0/8", "https://11.1.2.3/x"),
        ("localhost:8443", "https://localhost:8444/x"),
        ("not/a/network", "https://10.1.2.3/x"),
        ("slack.com:8443", "https://slack.com/api"),
        (" , ;. ", "https://slack.com/api"),
        ("*.slack.com", "https://notslack.com/api"),
        ("☃☃..example", "https://slack.com/api"),
    ],
)
def test_everything_else_goes_by_the_proxy(around: str, url: str) -> None:
    assert WaysOut(PROXY, around).proxy_to(url) == PROXY


def test_the_environment_does_not_say_how_we_go(
    outside: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url, seen = outside
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password planted\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert session(WaysOut()).get(url, timeout=60).ok
    assert "Authorization" not in seen[-1]
    assert clients.interactive(url, "xoxb-1").proxy is None
    environment = {"https_proxy": "x", "HTTPS_PROXY": "x", "All_Proxy": "x", "HTTP_PROXY": "x"}
    leave_out_strays(environment)
    assert environment == {"All_Proxy": "x"}


def test_requests_of_every_kind_go_by_the_proxy(
    way: Proxy, outside: tuple[str, list[dict[str, str]]]
) -> None:
    url, seen = outside
    ways = WaysOut(way.url.replace("//", "//desk:planted@"))
    assert session(ways).get(f"{url}/plain", timeout=60).ok
    for make in (clients.interactive, clients.background, clients.for_the_outbox):
        client: WebClient = make(url, "xoxb-1", ways)
        assert client.auth_test()["ok"]
    assert files.fetch(clients.background(url, "xoxb-1", ways), "F1", ways)
    assert [line.rpartition("/")[2] for line in way.asked] == [
        "plain",
        "auth.test",
        "auth.test",
        "auth.test",
        "files.info",
        "f",
    ]
    assert set(way.credentials) == {"Basic ZGVzazpwbGFudGVk"}
    assert not [headers for headers in seen if "planted" in str(headers)]
    assert "planted" not in repr(ways)


def test_around_the_proxy_nothing_goes_by_it(
    way: Proxy, outside: tuple[str, list[dict[str, str]]]
) -> None:
    url, _ = outside
    ways = WaysOut(way.url, "127.0.0.1")
    assert session(ways).get(url, timeout=60).ok
    assert clients.interactive(url, "xoxb-1", ways).auth_test()["ok"]
    assert way.asked == []


def test_a_proxy_that_looks_into_tls_is_trusted_beside_the_public_authorities() -> None:
    assert WaysOut(PROXY).trust() is None
    assert WaysOut(ca_file=Path("ca.pem")).trust() is None
    with pytest.raises((ssl.SSLError, OSError)):
        WaysOut(PROXY, ca_file=Path("/dev/null")).trust()


@pytest.mark.parametrize(
    "name",
    [
        "mail_desk.internal.example",
        "maildesk-1.",
        "büro-pc.local",
        f"{'a' * 70}.example",
        "localhost",
        "",
        "a..example",
        "-a.example",
        "10.0.0.1",
        f"{'a.' * 130}example",
    ],
)
def test_a_name_that_is_unfit_gives_way_to_the_address(name: str) -> None:
    assert own_name(name, "192.0.2.7") == "[192.0.2.7]"
    assert own_name(name, "2001:db8::7") == "[IPv6:2001:db8::7]"
    assert own_name(name, "fe80::1%eth0") == "[IPv6:fe80::1]"
    assert own_name(name, "::ffff:192.0.2.7") == "[192.0.2.7]"


@pytest.mark.parametrize("name", ["maildesk-1.internal.example", "A1.example", "x.xn--p1ai"])
def test_a_name_that_is_fit_is_said(name: str) -> None:
    assert own_name(name, "192.0.2.7") == name
    assert smtplib.SMTP(local_hostname=name).local_hostname == name


def test_a_refused_greeting_is_ours_to_mend() -> None:
    reply = "5.5.4 Invalid domain name [X.PROD.OUTLOOK.COM 2026-11-28T00:00:00.000Z 0000]"
    verdict = load_catalogue().explain(from_smtp(501, reply, "smtp.connect"))
    assert (verdict.cause, verdict.owner) == ("smtp-greeting-refused", Owner.ON_CALL)


def answer(ahead: float, age: str = "") -> requests.Response:
    """An answer of a server whose clock is so far behind ours."""
    made = requests.Response()
    made.headers["Date"] = format_datetime(
        datetime.now(UTC) - timedelta(seconds=ahead), usegmt=True
    )
    made.headers["Age"] = age
    return made


LATE = {"error": "invalid_client", "error_codes": [700024]}


@pytest.mark.parametrize(
    ("ahead", "said"), [(600, "10 minutes ahead of"), (-7200, "120 minutes behind"), (301, "5 min")]
)
def test_a_wrong_clock_is_said_by_how_much(ahead: float, said: str) -> None:
    check = ClockCheck()
    check.hear(answer(ahead))
    seen = check.blamed(LATE)
    assert seen is not None and said in seen.text
    verdict = load_catalogue().explain(seen)
    assert (verdict.cause, verdict.owner) == ("clock-wrong", Owner.ON_CALL)


def test_a_clock_is_blamed_only_for_what_hangs_on_it() -> None:
    check = ClockCheck()
    check.hear(answer(600))
    assert check.blamed({"error": "invalid_grant", "error_codes": [50173]}) is None
    now = datetime.now(UTC).timestamp()
    assert check.blamed_for({"exp": now + 3600, "nbf": now}) is None
    assert check.blamed_for({"exp": now + 7200, "nbf": now + 600}) is not None
    assert check.blamed_for(None) is None


@pytest.mark.parametrize("ahead", [0, 200, -280])
def test_a_clock_that_is_right_is_not_blamed(ahead: float) -> None:
    check = ClockCheck()
    check.hear(answer(ahead))
    assert check.blamed(LATE) is None
    check.hear(answer(3600, age="3600"))
    assert check.blamed(LATE) is None, "a cache kept the answer for an hour"
    for odd in ("", "yesterday", "Tue, 99 Nov 2026 99:00:00 GMT"):
        strange = requests.Response()
        strange.headers["Date"] = odd
        check.hear(strange)
    assert check.blamed(LATE) is None
