"""Webhooks over the wire: a receiver that is slow, drips, redirects or answers without end costs
seconds at most; the connection goes to the address that was checked, and TLS proves the name."""

import json
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import trustme
from standardwebhooks import Webhook

from bot.api.posting import Answer, HttpWebhooks
from bot.common.ways_out import WaysOut
from tests.support.proxy import proxy
from tests.support.receiver import SECRET, Receiver

pytestmark = pytest.mark.api

HERE = (ip_network("127.0.0.0/8"),)
SOON = 1.0
"""The deadline of these posts, in seconds."""

LONG = 30.0
"""So long nothing may take that is cut off after `SOON`, on however busy a machine."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().running() as running:
        yield running


def posted(url: str, deadline: float = 10.0, **how: Any) -> Answer:
    """What comes of posting an event there."""
    now = datetime.now(UTC)
    body = json.dumps({"id": "evt_1", "type": "account.live", "timestamp": "x", "data": {}})
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("evt_1", now, body),
        "Content-Type": "application/json",
    }
    way = {"ways": WaysOut(), "networks": HERE} | how
    return HttpWebhooks(url, deadline=deadline, **way).post(body.encode(), headers)


def test_an_event_arrives(receiver: Receiver) -> None:
    assert posted(receiver.url).taken
    assert receiver.product.came == {"evt_1": 1}


@pytest.mark.parametrize("mood", ["well", "down", "redirecting"])
def test_no_log_and_no_answer_has_the_address_in_it(
    receiver: Receiver, mood: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    receiver.mood = mood
    answer = posted(f"{receiver.url}?token=planted-token")
    refused = posted(f"{receiver.url}?token=planted-token", networks=())
    assert "planted" not in caplog.text + repr(answer) + repr(refused)


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.mood = "redirecting"
    assert posted(receiver.url).words == "HTTP 302"
    assert receiver.redirected == 0


@pytest.mark.parametrize("mood", ["silent", "dripping"])
def test_who_does_not_come_to_an_end_is_cut_off(receiver: Receiver, mood: str) -> None:
    receiver.mood = mood
    begun = time.monotonic()
    assert not posted(receiver.url, deadline=SOON).taken
    assert time.monotonic() - begun < LONG


def test_of_an_answer_without_end_little_is_read(receiver: Receiver) -> None:
    receiver.mood = "long"
    begun = time.monotonic()
    assert posted(receiver.url).taken
    assert time.monotonic() - begun < LONG


def test_nobody_who_listens_is_no_answer() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        assert posted(url).words == "ConnectionRefusedError"


def test_this_machine_is_not_reached_unless_a_setting_allows_it(receiver: Receiver) -> None:
    refused = posted(receiver.url, networks=())
    assert "not a public address" in refused.words
    assert refused.kind == "not-allowed"
    by_name = receiver.url.replace("127.0.0.1", "localhost")
    assert "not a public address" in posted(by_name, networks=()).words
    assert receiver.asked == 0


def test_the_answer_to_a_second_question_for_the_name_changes_nothing(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads to a harmless address while it is checked, and elsewhere afterwards."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look(host: Any, *more: Any, **named: Any) -> Any:
        if host == "rebinds.example":
            asked.append(host)
            return real("127.0.0.1" if len(asked) == 1 else "127.0.0.2", *more, **named)
        return real(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look)
    assert posted(receiver.url.replace("127.0.0.1", "rebinds.example")).taken
    assert len(asked) == 1


@pytest.mark.parametrize(("name", "taken"), [("crm.example", True), ("other.example", False)])
def test_tls_proves_the_name_although_the_address_is_connected_to(
    name: str, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("crm.example").configure_cert(server)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    real = socket.getaddrinfo

    def look(host: Any, *more: Any, **named: Any) -> Any:
        return real("127.0.0.1" if str(host).endswith(".example") else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look)
    receiver = Receiver()
    url = receiver.url.replace("http:", "https:").replace("127.0.0.1", name)
    with receiver.running(server):
        answer = posted(url, trust=trust)
    assert answer.taken is taken
    if not taken:
        assert answer.words == "SSLCertVerificationError"


def test_a_proxy_is_told_an_address_of_ipv6_in_brackets() -> None:
    with proxy() as between:
        posted("http://[::1]:9/hooks", ways=WaysOut(between.url), networks=[ip_network("::1/128")])
        assert between.asked == ["CONNECT [::1]:9"]


def test_a_proxy_leads_to_the_checked_address(receiver: Receiver, tmp_path: Path) -> None:
    with proxy() as between:
        answer = posted(receiver.url, ways=WaysOut(between.url))
        assert answer.taken
        assert any("127.0.0.1" in str(each) for each in between.asked)
