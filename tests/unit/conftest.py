"""What fast tests begin with."""

import pytest

from tests.support.fast import FastBot


@pytest.fixture
def bot() -> FastBot:
    """A bot with one customer and no accounts, on a Tuesday morning."""
    return FastBot()
