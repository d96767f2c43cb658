"""What fast tests begin with."""

import pytest
import structlog

from tests.support.fast import FastBot

structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
"""Without colours and without the locals of every frame, which take a second to write."""


@pytest.fixture
def bot() -> FastBot:
    """A bot with one customer and no accounts, on a Tuesday morning."""
    return FastBot()
