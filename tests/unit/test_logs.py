"""Logs: one stream, an event name with fields, and no secret in any line of it."""

import io
import json
import logging
import re
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog

from bot.common.correlation import correlated, of_job, of_slack
from bot.common.jobs import RunTest
from bot.common.logs import Seldom, configure, take_in_strays
from tests.support.logging import logging_kept

TOKEN = "xoxb-" + "123456789012-planted"
JWT = "eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJl"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged; afterwards logging is as it was before."""
    with logging_kept():
        yield io.StringIO()


def test_a_line_has_the_event_and_its_fields(stream: io.StringIO) -> None:
    configure("INFO", stream)
    structlog.get_logger().info("link.used", account="MB-7Q3F", attempts=2)
    (line,) = stream.getvalue().splitlines()
    assert "level='info'" in line
    assert "event='link.used'" in line
    assert "account='MB-7Q3F' attempts=2" in line


@pytest.mark.redaction
def test_secrets_are_hidden_in_fields_by_name_and_by_look(stream: io.StringIO) -> None:
    configure("INFO", stream)
    structlog.get_logger().info(
        "x", reply=f"Bearer {JWT}", refresh_token="planted", deep={"client_secret": "planted"}
    )
    assert "planted" not in stream.getvalue()
    assert JWT not in stream.getvalue()


@pytest.mark.redaction
def test_secrets_are_hidden_in_exceptions(stream: io.StringIO) -> None:
    configure("INFO", stream)
    try:
        raise ValueError(f"cannot use {TOKEN}")
    except ValueError:
        structlog.get_logger().exception("job.failed")
        logging.getLogger("slack_sdk").exception("request failed")
    assert stream.getvalue().count("ValueError: cannot use [hidden]") == 2
    assert TOKEN not in stream.getvalue()


@pytest.mark.redaction
def test_secrets_are_hidden_in_what_libraries_log(stream: io.StringIO) -> None:
    configure("DEBUG", stream)
    logging.getLogger("slack_sdk.web").debug("headers: %s", {"Authorization": f"Bearer {TOKEN}"})
    assert 'event="headers: ' in stream.getvalue()
    assert "logger='slack_sdk.web'" in stream.getvalue()
    assert TOKEN not in stream.getvalue()


@pytest.mark.parametrize(
    ("level", "shown"),
    [("DEBUG", "debug info warning"), ("INFO", "warning"), ("WARNING", "warning"), ("ERROR", "")],
)
def test_libraries_are_quiet_below_warnings_unless_debugging(
    stream: io.StringIO, level: str, shown: str
) -> None:
    configure(level, stream)
    for name in ("debug", "info", "warning"):
        getattr(logging.getLogger("msal"), name)(name)
    lines = stream.getvalue().splitlines()
    assert [re.findall(r"event='(\w+)'", line)[0] for line in lines] == shown.split()


def test_libraries_that_write_transcripts_never_do(stream: io.StringIO) -> None:
    configure("DEBUG", stream)
    logging.getLogger("imapclient.imaplib").debug("> AUTHENTICATE")
    logging.getLogger("sqlalchemy.engine.Engine").info("INSERT")
    assert stream.getvalue() == ""


LIBRARIES = (
    "slack_bolt.App",
    "slack_sdk.web",
    "sqlalchemy.pool",
    "waitress",
    "apscheduler",
    "msal",
)


@pytest.mark.redaction
@pytest.mark.parametrize("form", ["json", "console"])
def test_everything_is_in_one_stream_of_one_form_without_secrets(
    stream: io.StringIO, form: str
) -> None:
    configure("INFO", stream, form)
    with correlated("Ev123"):
        structlog.get_logger("bot.x").info("link.used", reply=f"Bearer {JWT}")
        for name in LIBRARIES:
            logging.getLogger(name).error("failed with %s", {"client_secret": "planted-secret"})
        try:
            raise ValueError(f"cannot use {TOKEN}")
        except ValueError:
            logging.getLogger("waitress").exception("no answer")
    lines = stream.getvalue().splitlines()
    if form == "json":
        told = [json.loads(line) for line in lines]
        assert {each["correlation"] for each in told} == {"Ev123"}
        assert [each["logger"] for each in told] == ["bot.x", *LIBRARIES, "waitress"]
        assert all(each["timestamp"] and each["level"] and each["event"] for each in told)
        assert "ValueError: cannot use [hidden]" in told[-1]["exception"]
    else:
        assert all("correlation='Ev123'" in line for line in lines)
    assert len(lines) == len(LIBRARIES) + 2, "one line each, an exception's text too"
    for secret in ("planted", JWT, TOKEN):
        assert secret not in stream.getvalue()


@pytest.mark.redaction
def test_what_kills_a_thread_and_what_python_warns_of_is_in_the_stream(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    configure("INFO", stream, "json")
    take_in_strays()
    logging.captureWarnings(False)

    def dies() -> None:
        raise RuntimeError(f"token {TOKEN}")

    thread = threading.Thread(target=dies, name="work-1")
    thread.start()
    thread.join()
    told = json.loads(stream.getvalue())
    assert (told["event"], told["level"], told["thread"]) == ("thread.died", "critical", "work-1")
    assert "RuntimeError" in told["exception"] and TOKEN not in stream.getvalue()


# -- the correlation


def test_the_correlation_is_slacks_own_id_or_a_digest_and_nothing_that_opens_windows() -> None:
    assert of_slack({"event_id": "Ev0123", "type": "event_callback"}) == "Ev0123"
    trigger = "13345224609.738474920.8088930838d88f008e0"
    word = of_slack({"trigger_id": trigger})
    assert re.fullmatch("[0-9a-f]{12}", word) and word == of_slack({"trigger_id": trigger})
    assert of_slack({"trigger_id": "2.2.2"}) != word
    assert of_slack({}) == ""


def test_work_that_is_left_for_a_worker_keeps_the_correlation() -> None:
    assert RunTest(test_id=7).to_args() == {"test": 7}
    with correlated("Ev123"):
        args = RunTest(test_id=7).to_args()
    assert args == {"test": 7, "correlation": "Ev123"}
    assert RunTest.model_validate(args) == RunTest(test_id=7)
    assert of_job(args) == "Ev123"


def test_requests_that_wait_for_a_thread_are_told_of_now_and_then(stream: io.StringIO) -> None:
    configure("INFO", stream)
    for depth in range(100):
        logging.getLogger("waitress.queue").warning("Task queue depth is %d", depth)
    assert len(stream.getvalue().splitlines()) == 1
    now = iter((0.0, 1.0, 9.0, 11.5, 12.0, 30.0))
    seldom = Seldom(10, timer=lambda: next(now))
    record = logging.makeLogRecord({})
    assert [seldom.filter(record) for _ in range(5)] == [True, False, True, False, True]


def test_our_own_fields_stay_as_they_are_and_the_event_is_searched(stream: io.StringIO) -> None:
    configure("INFO", stream, "json")
    structlog.get_logger("bot.app").info(f"said {TOKEN}", level=TOKEN, timestamp=TOKEN)
    said = json.loads(stream.getvalue())
    assert "planted" not in stream.getvalue()
    assert (said["level"], said["logger"]) == ("info", "bot.app")
