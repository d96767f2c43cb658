"""Socket Mode whose first connection fails: it is tried again, and web and worker are at work."""

import threading
from pathlib import Path

import pytest
import requests

from bot.app import processes
from bot.app.maildesk import build, mail_hosts
from bot.app.web_server import WebServer
from bot.common.clock import SystemClock
from bot.config.loading import load
from tests.support.practice import database_in, new_practice
from tests.support.slack import SlackPerson
from tests.support.world import ACME, KEY, PATIENCE_SECONDS

pytestmark = pytest.mark.field


def test_a_first_connection_that_fails_is_tried_again_and_all_else_goes_on(tmp_path: Path) -> None:
    practice = new_practice()
    practice.start()
    practice.office.patience = PATIENCE_SECONDS
    practice.office.fail_next("apps.connections.open", "internal_error")
    server = WebServer("127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.port}"
    own = {"DATABASE_URL": database_in(tmp_path), "ENCRYPTION_KEYS": KEY, "PUBLIC_URL": url}
    settings = load(practice.environment(True) | own)
    stop = threading.Event()
    bot = build(settings, SystemClock(), mail_hosts(settings))
    serving = threading.Thread(
        target=processes.serve, args=(bot, stop, server), kwargs={"worker": True}
    )
    serving.start()
    try:
        vera = SlackPerson(practice.slack.url, "U0VERA")
        vera.until(lambda: "apps.connections.open" in [e["method"] for e in practice.office.heard])
        assert requests.get(f"{url}/healthz", timeout=30).ok
        vera.until(lambda: practice.slack.delivery._sockets or None, "a connection")
        assert vera.slash(ACME, "setup Acme Marine acme.example")["ok"]
        vera.find(ACME, "Connect your Microsoft 365 mailboxes")
    finally:
        stop.set()
        serving.join(60)
        practice.stop()
    assert not serving.is_alive()
