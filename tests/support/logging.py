"""How the test run itself logs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


def log_plainly() -> None:
    """Print what is logged without colours. To draw a traceback with its variables, as structlog
    does where rich is installed, takes a tenth of a second and more, each time."""
    renderer = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])


@contextmanager
def logging_kept() -> Iterator[None]:
    """Whatever the block does to logging, afterwards it is as it was."""
    root = logging.getLogger()
    level = root.level
    handlers = list(root.handlers)
    ours = structlog.get_config()
    yield
    structlog.configure(**ours)
    root.setLevel(level)
    root.handlers[:] = handlers
