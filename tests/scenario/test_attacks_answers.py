"""What every answer tells a browser, what is shown to nobody, and that a login link's secret is in no
log: over the wire, errors included."""

import io
import logging
from collections.abc import Iterator

import pytest
import requests
from flask import Flask

from bot.common import logs
from handlers.web.hardening import ALWAYS, MAX_BODY_BYTES, harden
from tests.support.logging import logging_kept
from tests.support.target import Target
from tests.support.world import BotWorld

pytestmark = pytest.mark.attacks

METRICS_TOKEN = "planted-metrics-token"
LOGIN = "/login/" + "x" * 43
VALUES = {
    "secret": "x" * 43,
    "sealed": "x" * 43,
    "code": "imap.auth",
    "filename": "maildesk.css",
    "ref": "MB-7Q3F-9K2D",
    "error_id": "MX-7Q3F-9K2D",
}
PER_PAGE = {"Content-Security-Policy", "Cache-Control"}
"""Headers that a page may narrow down by itself."""


def routes(world: BotWorld) -> list[tuple[str, str]]:
    """Every method and path that the bot answers."""
    urls = world.bot.web.url_map
    address = urls.bind("")
    return [
        (
            method,
            address.build(rule.endpoint, {name: VALUES[name] for name in rule.arguments}, method),
        )
        for rule in urls.iter_rules()
        for method in sorted(rule.methods or ())
    ]


def fetch(world: BotWorld, method: str, path: str, **more: str) -> requests.Response:
    return requests.request(
        method, world.url + path, timeout=60, headers=more, allow_redirects=False
    )


def assert_hardened(answer: requests.Response) -> None:
    """Nothing of what every answer tells is missing."""
    for name, value in ALWAYS.items():
        assert name in answer.headers, f"{answer.request.method} {answer.url}"
        assert name in PER_PAGE or answer.headers[name] == value
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "script-src" not in policy and "unsafe" not in policy
    if not answer.url.endswith(".css"):
        assert answer.headers["Cache-Control"] == "no-store"
    assert "Server" not in answer.headers


def test_every_route_is_hardened(hall: BotWorld) -> None:
    found = routes(hall)
    assert {path for _, path in found} >= {LOGIN, "/oauth/callback", "/slack/events", "/metrics"}
    statuses = set()
    for method, path in found:
        answer = fetch(hall, method, path)
        assert_hardened(answer)
        statuses.add(answer.status_code)
    assert statuses >= {200, 401, 404, 410}


def test_every_error_is_hardened(hall: BotWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(hall.bot.services.signin, "look", broken)
    too_large = {"Content-Length": str(MAX_BODY_BYTES + 1)}
    answers = [
        fetch(hall, "GET", "/nowhere"),
        fetch(hall, "DELETE", "/healthz"),
        fetch(hall, "POST", "/oauth/callback", **too_large),
        fetch(hall, "GET", LOGIN),
        fetch(hall, "GET", "/maildesk.css/nothing"),
    ]
    for answer in answers:
        assert_hardened(answer)
    assert [answer.status_code for answer in answers] == [404, 405, 413, 500, 404]


@pytest.mark.parametrize("secure", [True, False])
def test_browsers_are_told_to_stay_with_https_where_people_come_by_it(secure: bool) -> None:
    web = Flask("https", static_folder=None)
    harden(web, secure)
    headers = web.test_client().get("/nowhere").headers
    assert ("Strict-Transport-Security" in headers) is secure


# -- the metrics


def test_there_are_no_metrics_without_a_token(hall: BotWorld) -> None:
    nowhere = fetch(hall, "GET", "/nowhere")
    for header in ("", "Bearer ", "Bearer x", f"Bearer {METRICS_TOKEN}"):
        answer = fetch(hall, "GET", "/metrics", Authorization=header)
        assert (answer.status_code, answer.text) == (404, nowhere.text)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotWorld]:
    """A bot whose metrics are collected."""
    running = BotWorld(tmp_path_factory.mktemp("watched"), METRICS_TOKEN=METRICS_TOKEN)
    yield running
    running.stop()


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer \xe9",
        f"Basic {METRICS_TOKEN}",
        METRICS_TOKEN,
        f"Bearer {METRICS_TOKEN[:-1]}",
        f"Bearer {METRICS_TOKEN}x",
    ],
)
def test_the_metrics_are_not_there_for_whoever_has_not_the_token(
    watched: BotWorld, header: str
) -> None:
    assert fetch(watched, "GET", "/metrics", Authorization=header).status_code == 404
    assert fetch(watched, "GET", f"/metrics?token={METRICS_TOKEN}").status_code == 404


def test_the_metrics_are_there_for_whoever_has_the_token(watched: BotWorld) -> None:
    answer = fetch(watched, "GET", "/metrics", Authorization=f"Bearer {METRICS_TOKEN}")
    assert answer.status_code == 200 and "maildesk_outbox_waiting 0.0" in answer.text
    assert_hardened(answer)


# -- the login link


@pytest.mark.redaction
def test_a_login_links_secret_is_in_no_log(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app fails on it, its server fails on it, and everything is logged that can be."""

    def broken(*_: object) -> None:
        raise ValueError(f"no page for {target.link}")

    stream = io.StringIO()
    path = target.link.removeprefix(target.world.url)
    with logging_kept():
        logs.configure("DEBUG", stream)
        assert fetch(target.world, "GET", path).status_code == 200
        monkeypatch.setattr(target.world.bot.services.signin, "look", broken)
        assert fetch(target.world, "GET", path).status_code == 500
        monkeypatch.setattr(target.world.bot.web, "full_dispatch_request", broken)
        monkeypatch.setattr(target.world.bot.web, "handle_exception", broken)
        assert fetch(target.world, "GET", path).status_code == 500
        logging.getLogger("urllib3").debug("GET %s", target.link)
    logged = stream.getvalue()
    assert "Exception on /login/[hidden]" in logged and "Exception while serving /login/" in logged
    assert path.removeprefix("/login/")[:12] not in logged
