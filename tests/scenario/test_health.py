"""/readyz, /metrics and the sign of life, in a bot that runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
import structlog
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import text

from bot.common.ways_out import WaysOut
from bot.incidents.heartbeat import Heartbeat
from tests.support.world import ACME, BotWorld

TOKEN = "a-token-for-metrics"
INFO = "info@acme.example"


@pytest.fixture(scope="module", params=[False, True], ids=["http", "socket"])
def measured(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BotWorld]:
    """A bot that somebody has used, reached in each of the two ways."""
    folder = tmp_path_factory.mktemp("measured")
    world = BotWorld(folder, socket_mode=request.param, METRICS_TOKEN=TOKEN)
    world.set_up()
    world.connect(INFO, "Info")
    world.expire_tokens("Info")
    world.bot.tokens.fresh(world.account("Info").id)
    world.settle()
    yield world
    world.stop()


def numbers(world: BotWorld) -> dict[str, float]:
    answer = requests.get(
        f"{world.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
    )
    return {
        f"{sample.name}{sorted(v for k, v in sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def readyz(world: BotWorld) -> tuple[int, str]:
    answer = requests.get(f"{world.url}/readyz", timeout=60)
    return answer.status_code, answer.text


def test_what_happened_is_counted(measured: BotWorld) -> None:
    measured.bot.measures.keep()
    said = numbers(measured)
    assert said["maildesk_acknowledgement_seconds_count['command']"] >= 1
    assert said["maildesk_acknowledgement_seconds_count['interaction']"] >= 2
    assert said["maildesk_slack_calls_total['chat.postMessage', 'ok']"] >= 2
    assert said["maildesk_slack_calls_total['auth.test', 'ok']"] >= 1
    assert said["maildesk_microsoft_calls_total['200', 'token']"] >= 2
    assert said["maildesk_refreshes_total['ok']"] == 1
    assert said["maildesk_accounts['unmapped']"] == 1
    assert said["maildesk_tests_of_a_day['passed']"] == 1
    assert said["maildesk_outbox_waiting[]"] == 0
    measured.bot.worker.tick()
    assert numbers(measured)["maildesk_duty_age_seconds['reminders']"] < 60


@pytest.mark.redaction
def test_nothing_of_anybody_is_in_the_metrics(measured: BotWorld) -> None:
    answer = requests.get(
        f"{measured.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
    )
    settings = measured.bot.settings
    for secret in (TOKEN, settings.slack_bot_token.get_secret_value(), INFO, "Acme", ACME):
        assert secret not in answer.text


def test_it_is_ready_while_the_worker_is_at_work_and_says_what_is_late(world: BotWorld) -> None:
    world.bot.worker.tick()
    assert readyz(world)[0] == 200
    world.bot.worker.stop()
    world.clock.pass_time(days=1)
    assert readyz(world)[0] == 200, "the worker goes by the machine's time"
    ten_minutes_ago = datetime.now(UTC) - timedelta(minutes=10)
    with world.bot.store.transaction() as tx:
        for name in tx.measures.duties():
            tx.measures.done(name, ten_minutes_ago)
    status, said = readyz(world)
    assert status == 503
    assert said.startswith("no worker has done this in time: ") and "reminders" in said
    assert "predictions" not in said, "that is looked for every quarter of an hour"
    assert requests.get(f"{world.url}/healthz", timeout=60).text == "ok\n", "it lives all the same"


def test_tables_that_are_too_old_are_told(world: BotWorld) -> None:
    with world.bot.store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0012'"))
    status, said = readyz(world)
    assert status == 503
    assert "0012" in said and "maildesk migrate" in said
    with world.bot.store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert readyz(world)[0] == 200, "a newer version is being rolled out"


# -- the sign of life


@contextmanager
def switch(statuses: list[int]) -> Iterator[tuple[str, list[str]]]:
    """A dead man's switch that answers so, the last for ever; its address, and what was asked."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/planted-secret", asked
    finally:
        server.shutdown()
        server.server_close()


def test_a_worker_that_does_everything_in_time_gives_a_sign_of_life(tmp_path: Path) -> None:
    with switch([200]) as (url, asked):
        world = BotWorld(tmp_path, HEARTBEAT_URL=url)
        try:
            world.bot.worker.tick()
            assert asked and set(asked) == {"/planted-secret"}
        finally:
            world.stop()


def test_no_sign_is_given_while_something_is_late_and_a_failure_is_logged_once() -> None:
    late: list[str] = []
    with switch([500, 500, 200, 500]) as (url, asked), structlog.testing.capture_logs() as logs:
        heart = Heartbeat(SecretStr(url), WaysOut(), lambda: late)
        for _ in range(4):
            heart.beat()
        told = [line["event"] for line in logs]
        assert told == ["heartbeat.unheard", "heartbeat.heard_again", "heartbeat.unheard"]
        late.append("reminders")
        heart.beat()
        assert len(asked) == 4
    assert "planted" not in str(logs)


def test_a_switch_that_never_answers_keeps_nobody_waiting() -> None:
    dripping = threading.Event()
    with structlog.testing.capture_logs() as logs:
        heart = Heartbeat(SecretStr("https://switch.invalid/x"), WaysOut(), list, deadline=0.05)
        heart._ask = dripping.wait  # type: ignore[method-assign,assignment]
        assert heart.beat() == 0
    dripping.set()
    assert logs[0]["reason"] == "TooLate"
    assert timedelta(seconds=heart._deadline) < timedelta(seconds=1)
