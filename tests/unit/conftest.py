"""What fast tests begin with."""

from collections.abc import Iterator

import pytest
import structlog

from tests.support.fast import FastBot
from tests.support.fast_ports import FakeSlack, Payload

structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
"""Without colours and without the locals of every frame, which take a second to write."""


@pytest.fixture
def bot() -> FastBot:
    """A bot with one customer and no accounts, on a Tuesday morning."""
    return FastBot()


@pytest.fixture(autouse=True)
def slack_takes_it(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test has shown, of whatever bot, Slack would take as it is."""
    refusable: list[str] = []
    checked = FakeSlack.check

    def check(slack: FakeSlack, surface: str, content: Payload) -> None:
        checked(slack, surface, content)
        refusable.extend(slack.refusable)

    monkeypatch.setattr(FakeSlack, "check", check)
    yield
    assert not refusable
