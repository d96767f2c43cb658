"""The whole road of a mailbox, over the wire: form, link, Microsoft, test, folders, live."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.world import ACME, BotWorld


@pytest.fixture(params=["http", "socket"])
def either_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BotWorld]:
    running = BotWorld(tmp_path, socket_mode=request.param == "socket")
    yield running
    running.stop()


def test_a_mailbox_gets_connected_from_the_form_to_live(either_world: BotWorld) -> None:
    world = either_world
    world.set_up()
    card = world.add("info@acme.example", "Info")
    assert "Waiting for the sign-in" in card.text
    assert "the mailbox user" in card.text

    page = world.sign_in(card, "info@acme.example")
    assert "Signed in as info@acme.example" in page.text
    result = world.carol.find(ACME, "The connection of Info works")
    assert result.data["thread_ts"] == card.ts
    assert "Send as the sender address" in result.text and "ms" in result.text

    card = world.card("Info", "folders not mapped yet")
    world.carol.press(card, "Map folders")
    window = world.carol.window("Which folders of")
    assert window.chosen("Sent") == "Gesendete Elemente  ·  proved by the test message"
    assert window.chosen("Drafts") == "Entwürfe  ·  marked by the mail server"
    assert window.chosen("Deleted") == "Gelöschte Elemente  ·  marked by the mail server"
    assert window.chosen("Inbox").startswith("INBOX  ·  ")
    assert world.carol.submit(window, {}) == {}
    card = world.card("Info", "Live")
    assert "Gesendete Elemente" in card.text
    world.settle()
    assert world.practice.office.complaints == []
