"""Logging: events with fields, ours and the libraries', without secrets, in one stream."""

import logging
import sys
import threading
import time
from collections.abc import Callable, MutableMapping, Sequence
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from bot.common.correlation import FIELD
from bot.common.redaction import redact_value

CHATTY = ("slack_sdk", "slack_bolt", "msal", "urllib3", "waitress", "werkzeug", "alembic")
UNFIT = ("imapclient", "imapclient.imaplib", "sqlalchemy")
"""These write whole conversations, values included, when they are let."""
QUEUE_SECONDS = 10.0
"""Waitress tells of each request that waits for a thread, and does so when there is most to do."""

OURS = ("timestamp", "level", "logger", FIELD)
"""These fields are set here alone, and by nobody's words."""

FIRST = ("timestamp", "level", "event", "logger")


def configure(level: str, stream: TextIO, form: str = "console") -> None:
    """Set logging up for the process: ours at `level`, libraries' warnings (and at DEBUG everything
    but transcripts). Each line has a `timestamp`, a `level`, an `event`, the `logger` that wrote it
    and, as far as there is one, the `correlation`; as JSON, or for people to read."""
    shared = _shared()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            hide_secrets,
            _renderer(form),
        ],
    )
    # What no line says is not asked for (docs.python.org/3/howto/logging.html#optimization)
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    handler = Lines(stream)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel("WARNING" if level == "INFO" else level)
    logging.getLogger("apscheduler").setLevel(
        "ERROR"
    )  # a tick that is skipped because one is at work is no news
    logging.getLogger("waitress.queue").filters[:] = [Seldom(QUEUE_SECONDS)]
    for name in UNFIT:
        logging.getLogger(name).setLevel("ERROR" if level == "ERROR" else "WARNING")


class Lines(logging.StreamHandler[TextIO]):
    """Writes to a stream, one line at a time. What a line says is put together before it has its
    turn: a logging handler would hold its lock meanwhile, and every thread that has something to
    say would wait."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._turn = threading.Lock()

    def createLock(self) -> None:
        """None around `emit`, as in `logging.NullHandler`."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, at once."""
        try:
            line = self.format(record) + self.terminator
            with self._turn:
                self.stream.write(line)
                self.stream.flush()
        except Exception:
            self.handleError(record)


class Seldom(logging.Filter):
    """Lets one line through, and the next after so many seconds."""

    def __init__(self, seconds: float, timer: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds = seconds
        self._timer = timer
        self._next = timer()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line goes through."""
        now = self._timer()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True


def take_in_strays() -> None:
    """Have what Python itself would print, exceptions that nobody caught and warnings, in the same
    stream, without its secrets."""
    log = structlog.get_logger(__name__)

    def died(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.critical("process.died", exc_info=(kind, error, trace))

    def thread_died(told: threading.ExceptHookArgs) -> None:
        error = told.exc_value
        assert error is not None
        name = told.thread.name if told.thread is not None else ""
        trace = (told.exc_type, error, told.exc_traceback)
        log.critical("thread.died", thread=name, exc_info=trace)

    sys.excepthook = died
    threading.excepthook = thread_died
    logging.captureWarnings(True)


def hide_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A log line without its secrets, which are known by their field's name or by how they look."""
    ours = {name: event.pop(name) for name in OURS if name in event}
    return ours | dict(redact_value(event))


def _shared() -> Sequence[Processor]:
    """What is done with every line, whoever writes it."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]


def _renderer(form: str) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.processors.KeyValueRenderer(key_order=FIRST, drop_missing=True)
