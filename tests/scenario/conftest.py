"""The practice world for scenario tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.world import BotWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BotWorld]:
    """A bot in the practice world, delivered to by HTTP."""
    running = BotWorld(tmp_path)
    yield running
    running.stop()
