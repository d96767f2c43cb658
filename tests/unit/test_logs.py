"""Logs: one stream, an event name with fields, and no secret in any line of it."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.common.logs import configure
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
    assert "slack_sdk.web headers" in stream.getvalue()
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
    assert [line.split()[-1] for line in stream.getvalue().splitlines()] == shown.split()


def test_libraries_that_write_transcripts_never_do(stream: io.StringIO) -> None:
    configure("DEBUG", stream)
    logging.getLogger("imapclient.imaplib").debug("> AUTHENTICATE")
    logging.getLogger("sqlalchemy.engine.Engine").info("INSERT")
    assert stream.getvalue() == ""
