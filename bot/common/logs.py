"""Logging: an event name and fields, without secrets, on one stream."""

import logging
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from bot.common.redaction import redact, redact_value

CHATTY = ("slack_sdk", "slack_bolt", "msal", "urllib3", "waitress", "werkzeug", "alembic")
UNFIT = ("imapclient", "imapclient.imaplib", "sqlalchemy")
"""These write whole conversations, values included, when they are let."""


def configure(level: str, stream: TextIO) -> None:
    """Set logging up for the process: ours at `level`, libraries' warnings (and at DEBUG everything
    but transcripts)."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel("WARNING" if level == "INFO" else level)
    logging.getLogger("apscheduler").setLevel(
        "ERROR"
    )  # a tick that is skipped because one is at work is no news
    for name in UNFIT:
        logging.getLogger(name).setLevel("ERROR" if level == "ERROR" else "WARNING")


def hide_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A log line without its secrets, which are known by their field's name or by how they look."""
    return dict(redact_value(event))


class RedactingFormatter(logging.Formatter):
    """What libraries log, exceptions included, without its secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """The finished line, redacted as a whole."""
        return redact(super().format(record))
