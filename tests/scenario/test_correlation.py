"""One correlation, from what Slack or a browser sent to the calls of Microsoft and the error ID."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.common.logs import configure
from tests.support.logging import logging_kept
from tests.support.world import ACME, DESK, BotWorld

INFO = "info@acme.example"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    with logging_kept():
        said = io.StringIO()
        configure("INFO", said, "json")
        yield said


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_command_its_test_and_the_error_id_have_one_correlation(
    world: BotWorld, stream: io.StringIO
) -> None:
    world.set_up()
    world.connect(INFO, "Info")
    world.settle()
    world.expire_tokens("Info")
    world.throw("application-secret-expired")
    stream.truncate(0)
    stream.seek(0)
    world.vera.slash(ACME, "test Info")
    world.settle()
    told = lines(stream)
    (acted,) = [each for each in told if each["event"] == "slack.acted"]
    word = acted["correlation"]
    mine = [each for each in told if each.get("correlation") == word]
    called = [each for each in mine if each["event"] == "microsoft.called"]
    recorded = [each for each in mine if each["event"] == "failure.recorded"]
    assert called and {each["status"] for each in called if each["what"] == "token"} == {"401"}
    assert recorded[0]["error"].startswith("MX-")
    assert recorded[0]["cause"] == "application-secret-expired"


def test_what_an_event_asks_for_has_the_events_own_id(world: BotWorld, stream: io.StringIO) -> None:
    world.vera.say(DESK, "@Maildesk help")
    world.settle()
    (acted,) = [each for each in lines(stream) if each["event"] == "slack.acted"]
    assert acted["correlation"].startswith("Ev"), "a worker did it, from a job"


def test_a_sign_in_in_a_browser_has_one_of_its_own(world: BotWorld, stream: io.StringIO) -> None:
    world.set_up()
    card = world.add(INFO, "Info")
    world.throw("application-secret-expired")
    world.sign_in(card, INFO)
    world.settle()
    told = lines(stream)
    words = {each["correlation"] for each in told if each["event"] == "failure.recorded"}
    (word,) = words
    called = [each for each in told if each.get("correlation") == word]
    assert any(each["event"] == "microsoft.called" for each in called)
    assert not any(each["event"] == "slack.acted" for each in called), "it began in the browser"
