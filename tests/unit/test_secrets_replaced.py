"""Secrets in files that are replaced while the bot runs."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import requests
import structlog
from slack_sdk.signature import SignatureVerifier

from bot.app import pagers, webhooks
from bot.app.cycle import watched
from bot.app.maildesk import Maildesk, build, mail_hosts, ways_out
from bot.common.clock import SystemClock
from bot.common.stop import Stop
from bot.common.tallies import Tallies
from bot.config.loading import load
from bot.config.settings import Settings, about, is_secret
from bot.diagnosis.duties import Duties
from bot.incidents.alert_webhook import AlertWebhook
from bot.incidents.pagerduty import PagerDuty
from tests.support.fast import ENVIRONMENT
from tests.support.practice import database_in

VALUES = {
    "slack_signing_secret": ("planted-1", "planted-2"),
    "ms_client_secret": ("planted-1", "planted-2"),
    "metrics_token": ("planted-" * 2 + "1", "planted-" * 2 + "2"),
    "pagerduty_routing_key": ("a" * 32, "b" * 32),
    "pagerduty_webhook_secret": ("planted-" * 2 + "1", "planted-" * 2 + "2"),
    "alert_webhook_url": ("https://alerts.example/planted-1", "https://alerts.example/planted-2"),
    "alert_webhook_secret": ("whsec_" + "a2tr" * 8, "whsec_" + "bW1t" * 8),
    "webhook_secret": ("whsec_" + "a2tr" * 8, "whsec_" + "bW1t" * 8),
    "heartbeat_url": ("https://switch.example/planted-1", "https://switch.example/planted-2"),
}
"""Of each secret that may be replaced: the first, and the one that takes its place."""

NEEDS_RESTART = {
    "public_url_probe",
    "database_url",
    "encryption_keys",
    "slack_bot_token",
    "slack_app_token",
    "https_proxy",
    "webhook_url",
}


class Desk:
    """A bot whose secrets are in files, and what uses them, made before any was replaced."""

    def __init__(self, bot: Maildesk, folder: Path) -> None:
        self.bot = bot
        self.settings = settings = bot.settings
        self.folder = folder
        self.client = bot.web.test_client()
        self.roads = list(pagers.roads(settings))
        ways = ways_out(settings)
        outside = (bot.store, SystemClock(), ways, Tallies(), Stop())
        self.product = webhooks.delivery(settings, *outside)
        duties = Duties(bot.store, SystemClock())
        self.beat = list(watched([], duties, settings, ways))[-1].search

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def road(self, kind: type[Any]) -> Any:
        return next(road for road in self.roads if isinstance(road, kind))

    def in_slacks_name(self, secret: str) -> bool:
        body, at = '{"type": "url_verification", "challenge": "c"}', str(int(time.time()))
        signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=body)
        headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": str(signature)}
        headers |= {"Content-Type": "application/json"}
        return self.client.post("/slack/events", data=body, headers=headers).status_code == 200

    def in_pagerdutys_name(self, secret: str) -> bool:
        signature = hmac.new(secret.encode(), b"{}", hashlib.sha256).hexdigest()
        headers = {"X-PagerDuty-Signature": f"v1={signature}"}
        posted = self.client.post("/pagerduty/webhook", data=b"{}", headers=headers)
        return posted.status_code == 202

    def shows_metrics(self, token: str) -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.get("/metrics", headers=headers).status_code == 200

    def is_signed(self, secret: str) -> bool:
        assert self.product is not None
        headers = self.product._signed("evt", b"{}")
        signed = b"evt." + headers["webhook-timestamp"].encode() + b".{}"
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = hmac.new(key, signed, hashlib.sha256).digest()
        return headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"

    def asks(self, url: str) -> bool:
        with patch.object(requests.Session, "get", side_effect=requests.ConnectionError) as get:
            self.beat()
        return bool(get.call_args.args[0] == url)


USES: dict[str, Callable[[Desk, str], bool]] = {
    "slack_signing_secret": Desk.in_slacks_name,
    "ms_client_secret": lambda desk, value: (
        [each.value for each in desk.bot.microsoft._credentials.all()] == [value]
    ),
    "metrics_token": Desk.shows_metrics,
    "pagerduty_routing_key": lambda desk, value: (
        desk.road(PagerDuty).routing_key.get_secret_value() == value
    ),
    "pagerduty_webhook_secret": Desk.in_pagerdutys_name,
    "alert_webhook_url": lambda desk, value: (
        desk.road(AlertWebhook).url.get_secret_value() == value
    ),
    "alert_webhook_secret": lambda desk, value: (
        desk.road(AlertWebhook).secret.get_secret_value() == value
    ),
    "webhook_secret": Desk.is_signed,
    "heartbeat_url": Desk.asks,
}
"""Whether what a secret is for goes by this value."""

ANY_TEXT = {"slack_signing_secret", "ms_client_secret"}
"""Secrets of which only Slack or Microsoft know whether a text is one."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    in_files = {name.upper() for name in VALUES}
    environment = {name: text for name, text in ENVIRONMENT.items() if name not in in_files}
    environment |= {"DATABASE_URL": database_in(folder)}
    environment |= {"WEBHOOK_URL": "https://product.example"}
    for name, (first, _) in VALUES.items():
        (folder / name).write_text(f"{first}\n")
        environment[f"{name.upper()}_FILE"] = str(folder / name)
    settings = load(environment)
    bot = build(settings, SystemClock(), mail_hosts(settings))
    yield Desk(bot, folder)
    bot.worker.stop()
    bot.store.engine.dispose()


def test_of_each_secret_it_is_said_whether_it_may_be_replaced() -> None:
    secrets = {name for name in Settings.model_fields if is_secret(name)}
    replaced = {name for name in secrets if about(name).reread}
    assert replaced == VALUES.keys() == USES.keys()
    assert secrets - replaced == NEEDS_RESTART


@pytest.mark.parametrize("name", VALUES)
def test_a_secret_is_replaced_while_the_bot_runs(desk: Desk, name: str) -> None:
    def uses(desk: Desk, value: str) -> bool:
        """A request begins a correlation, which no other test may go on with."""
        return copy_context().run(USES[name], desk, value)

    first, second = VALUES[name]
    desk.write(name, f"{first}\n")
    assert uses(desk, first)
    desk.write(name, f"{second}\n")
    assert uses(desk, second) and not uses(desk, first)


@pytest.mark.parametrize("name", VALUES)
def test_while_its_file_is_of_no_use_a_secret_stays_and_that_is_logged_once(
    desk: Desk, name: str
) -> None:
    first, second = VALUES[name]
    secret = desk.settings.secret(name)
    desk.write(name, first)
    assert secret.get_secret_value() == first
    for spoil in ("gone", "", "\n", *(() if name in ANY_TEXT else ("#", "planted\n" * 3))):
        desk.write(name, spoil)
        if spoil == "gone":
            (desk.folder / name).unlink()
        with structlog.testing.capture_logs() as lines:
            assert [secret.get_secret_value() for _ in range(3)] == [first] * 3
        said = [(line["event"], line["setting"]) for line in lines]
        assert said == [("secret.not_read_again", name)]
        assert "planted" not in str(lines)
        desk.write(name, second)
        assert secret.get_secret_value() == second
        desk.write(name, first)
        assert secret.get_secret_value() == first
