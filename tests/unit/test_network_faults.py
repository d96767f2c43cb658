"""What keeps a request from an answer, over real connections of this machine: which host it was, or the
proxy before it, how far it came, and who signed a certificate that is not trusted."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import requests
import trustme

from bot.common.ways_out import WaysOut
from bot.diagnosis import catalogue
from bot.diagnosis.network_faults import place_of
from bot.diagnosis.observation import Condition, Layer, Observation
from bot.diagnosis.observe import from_exception
from bot.mail.hosts import MailHosts
from bot.mail.probe import MailProbe
from bot.mail.steps import StepResult
from bot.mail.target import Target
from bot.mail.trace import ConnectionTrace, Trust

ROWS = catalogue.load()
SIGN_IN = "https://login.example/common"
CLOSED = "127.0.0.1:1"
"""A port of this machine where nobody listens."""


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A port that answers one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            client, _ = listening.accept()
            with client, suppress(OSError):
                answer(client)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def saying(reply: bytes) -> Callable[[socket.socket], None]:
    """An answer to whatever is asked."""

    def answer(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(reply)

    return answer


def seen(url: str, proxy: str = "") -> Observation:
    """What is seen of a request that fails."""
    session = requests.Session()
    WaysOut(proxy and f"http://desk:planted@{proxy}").prepare(session)
    with pytest.raises(requests.RequestException) as failed:
        session.get(url, timeout=5)
    return from_exception(failed.value, "token")


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (407, "proxy-wants-password"),
        (403, "proxy-forbids"),
        (502, "proxy-cannot-reach"),
        (503, "proxy-cannot-reach"),
        (418, "proxy-refuses"),
    ],
)
def test_a_proxy_that_says_no_is_told_by_its_status(status: int, cause: str) -> None:
    with answering(saying(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status)) as proxy:
        fault = seen(SIGN_IN, proxy)
    verdict = ROWS.explain(fault)
    assert (fault.condition, fault.status, fault.host) == ("proxy", status, "login.example:443")
    assert verdict.cause == cause
    assert "login.example:443" in verdict.support or cause == "proxy-refuses"
    assert "planted" not in str(fault)


def test_a_proxy_that_is_not_there_is_named_itself() -> None:
    fault = seen(SIGN_IN, CLOSED)
    assert (fault.condition, fault.layer, fault.host) == ("refused", "proxy", CLOSED)
    assert ROWS.explain(fault).cause == "proxy-unreachable"
    assert f"Tried: {CLOSED}." in ROWS.explain(fault).support


def test_a_port_where_nobody_listens_is_named() -> None:
    fault = seen(f"https://{CLOSED}/common")
    assert (fault.condition, fault.layer, fault.host) == ("refused", "tcp", CLOSED)


def test_a_server_that_hangs_up_is_no_refusal() -> None:
    with answering(saying(b"")) as host:
        fault = seen(f"http://{host}/common")
    assert (fault.condition, fault.host) == ("reset", host)


@pytest.fixture(scope="module")
def inspector() -> ssl.SSLContext:
    """TLS as a product speaks it that looks into connections."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA(organization_name="Zscaler Inc.").issue_cert("127.0.0.1").configure_cert(context)
    return context


def encrypting(context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    def answer(client: socket.socket) -> None:
        context.wrap_socket(client, server_side=True).close()

    return answer


def test_who_looks_into_a_request_is_named(inspector: ssl.SSLContext) -> None:
    with answering(encrypting(inspector)) as host:
        fault = seen(f"https://{host}/common")
    assert (fault.condition, fault.layer, fault.host) == ("certificate", "tls", host)
    assert "signed by Zscaler Inc." in fault.text
    assert ROWS.explain(fault).cause == "tls-inspected"


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_who_looks_into_a_mail_connection_is_named(
    inspector: ssl.SSLContext, newest: ssl.TLSVersion
) -> None:
    inspector.maximum_version = newest
    with answering(encrypting(inspector)) as host:
        name, _, port = host.partition(":")
        trust = Trust(None)
        with (
            trust.context(ConnectionTrace()) as context,
            socket.create_connection((name, int(port))) as client,
            pytest.raises(ssl.SSLCertVerificationError, match=r"signed by Zscaler Inc\."),
        ):
            context.wrap_socket(client, server_hostname=name)


def test_each_protocols_failure_names_its_own_server() -> None:
    steps: list[StepResult] = []
    hosts = MailHosts("127.0.0.1", 1, "127.0.0.2", 1, connect_timeout=5)
    MailProbe(hosts).run(Target("a@b.example", "a@b.example", "a@b.example", "t"), steps.append)
    tried = {each.step: each.observation.host for each in steps if each.observation}
    assert tried == {"imap.connect": "127.0.0.1:1", "smtp.connect": "127.0.0.2:1"}


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://login.microsoftonline.com/common?x=1", "login.microsoftonline.com:443"),
        ("https://desk:planted@proxy.example:3128/", "proxy.example:3128"),
        ("https://[2001:db8::1]/", "[2001:db8::1]:443"),
        ("nonsense", ""),
        ("https://login.example:port/", ""),
        (None, ""),
    ],
)
def test_a_place_is_a_host_and_its_port(url: str | None, place: str) -> None:
    assert place_of(url) == place


def test_a_busy_answer_names_its_host() -> None:
    response = requests.Response()
    response.status_code = 503
    response.url = SIGN_IN
    error = requests.HTTPError("HTTP 503", response=response)
    assert from_exception(error, "token").host == "login.example:443"


def test_a_handshake_that_gets_no_answer_is_silence_while_encrypting() -> None:
    slow = requests.ReadTimeout(TimeoutError("_ssl.c:989: The handshake operation timed out"))
    fault = from_exception(slow, "token")
    assert (fault.condition, fault.layer) == (Condition.TIMEOUT, Layer.TLS)
    late = from_exception(requests.ReadTimeout(TimeoutError("timed out")), "token")
    assert (late.condition, late.layer) == (Condition.TIMEOUT, None)
    far = from_exception(requests.ConnectTimeout(TimeoutError("timed out")), "token")
    assert (far.condition, far.layer) == (Condition.TIMEOUT, Layer.TCP)


IN_WORDS = (
    "HTTPSConnectionPool(host='login.example', port=443): Max retries exceeded (Caused by {})"
)


@pytest.mark.parametrize(
    ("error", "words", "condition"),
    [
        (requests.ConnectionError, "NewConnectionError('[Errno 111] Connection refused')", "refused"),
        (requests.ConnectionError, "NameResolutionError('Failed to resolve')", "dns"),
        (requests.ConnectionError, "NewConnectionError('No route to host')", "unreachable"),
        (requests.ConnectionError, "ProtocolError('Connection reset by peer')", "reset"),
        (requests.exceptions.SSLError, "SSLError('[SSL: WRONG_VERSION_NUMBER]')", "tls"),
        (requests.exceptions.SSLError, "SSLCertVerificationError('CERTIFICATE_VERIFY_FAILED')",
         "certificate"),
        (requests.exceptions.SSLError, "SSLError('bad handshake: certificate verify failed')",
         "certificate"),
        (requests.ConnectionError, "ConnectionAbortedError('it was forcibly closed')", "reset"),
        (requests.exceptions.ProxyError, "OSError('Tunnel connection failed: 407 No')", "proxy"),
    ],
)  # fmt: skip
def test_an_exception_that_keeps_its_cause_in_words_only(
    error: type[requests.RequestException], words: str, condition: str
) -> None:
    fault = from_exception(error(IN_WORDS.format(words)), "token")
    assert (fault.condition, fault.host) == (condition, "login.example:443")
    assert words.partition("(")[0] in fault.text, "what the row needs stays readable"


def test_a_context_is_lent_to_one_connection_at_a_time_and_used_again() -> None:
    trust = Trust(None)
    with trust.context(ConnectionTrace()) as first, trust.context(ConnectionTrace()) as second:
        assert first is not second
    mine = ConnectionTrace()
    with trust.context(mine) as again:
        assert again in (first, second) and again.trace is mine
