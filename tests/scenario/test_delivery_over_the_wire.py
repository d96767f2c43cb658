"""What goes wrong between us and Slack: every message stands once, nothing that matters is given
up, and nobody is told of a failure that is none."""

import pytest
import requests

from sandbox.slack.office import Office
from tests.support.held import database_held
from tests.support.slack import SlackPerson
from tests.support.world import ACME, ALERTS, DESK, BotWorld

pytestmark = pytest.mark.delivery

INFO = "info@acme.example"
BOT = Office().bot_user


def readyz(world: BotWorld) -> tuple[int, str]:
    answer = requests.get(f"{world.url}/readyz", timeout=60)
    return answer.status_code, answer.text


def due(world: BotWorld) -> bool:
    """Whether a message's turn is now."""
    at = world.bot.delivery.next_due()
    return at is not None and at <= world.clock.now()


def count(world: BotWorld, channel: str, words: str) -> int:
    return sum(words in message.text for message in world.vera.messages(channel))


def impatient(world: BotWorld) -> SlackPerson:
    """Carol, who does not wait for what the bot does after it has acknowledged."""
    return SlackPerson(world.practice.slack.url, "U0CAROL")


@pytest.mark.field
def test_a_token_refused_for_ten_minutes_loses_no_alert_and_no_answer(world: BotWorld) -> None:
    world.set_up()
    card = world.add(INFO, "Info")
    world.settle()
    office = world.practice.office
    right = office.bot_token
    office.bot_token = "xoxb-another"
    world.throw("application-secret-expired")
    world.sign_in(card, INFO)
    world.until(lambda: "invalid_auth" in readyz(world)[1])
    assert readyz(world)[0] == 503
    for _ in range(5):
        world.leap(minutes=2)
    assert world.vera.messages(ALERTS) == []

    office.bot_token = right
    world.leap(minutes=1)
    world.omar.find(ALERTS, "Error ID")
    world.carol.find(ACME, "did not go through", "our engineers")
    world.vera.find(DESK, "Slack accepted nothing from me", "invalid_auth")
    world.settle()
    status, said = readyz(world)
    assert status == 200 and said.startswith("ok\n")
    assert len(world.vera.messages(ALERTS)) == 1


@pytest.mark.field
def test_a_channel_left_without_a_word_and_joined_again_shows_how_things_stand(
    world: BotWorld,
) -> None:
    world.set_up()
    card = world.add(INFO, "Info")
    world.settle()
    channel = world.practice.office.channels[ACME]
    channel.members.discard(BOT)
    world.sign_in(card, INFO)
    world.vera.find(DESK, "I was removed from", "Acme Marine")
    world.settle()
    assert "Waiting for the sign-in" in world.card("Info").text

    world.practice.slack.channels.join(BOT, ACME)
    world.card("Info", "folders not mapped yet")
    world.carol.find(ACME, "The connection of Info works")
    world.settle()
    assert count(world, ACME, "*Info*   `MB-") == 1
    assert count(world, ACME, "Hello! I am Maildesk") == 0


@pytest.mark.field
def test_a_deleted_card_comes_back_with_its_thread(world: BotWorld) -> None:
    world.set_up()
    card = world.add(INFO, "Info")
    world.settle()
    office = world.practice.office
    with office.changing():
        office.messages[:] = [each for each in office.messages if each.ts != card.ts]
    world.sign_in(card, INFO)
    new = world.card("Info", "folders not mapped yet")
    world.settle()
    assert new.ts != card.ts
    assert count(world, ACME, "*Info*   `MB-") == 1
    replies = [each for each in office.messages if each.channel == ACME and each.thread_ts]
    assert {each.thread_ts for each in replies} == {new.ts}


def test_answers_that_are_lost_double_nothing(world: BotWorld) -> None:
    office = world.practice.office
    office.scopes.add("channels:history")
    for method in ("chat.postMessage", "chat.update", "response_url"):
        office.drop_next(method)
    world.practice.slack.channels.leave(BOT, ACME)
    world.practice.slack.channels.join(BOT, ACME)
    world.until(lambda: count(world, ACME, "Hello! I am Maildesk") == 1)
    world.pass_time(minutes=1)
    office.drop_next("chat.postMessage", 3)
    world.vera.slash(ACME, "setup Acme Marine acme.example")
    world.carol.say(ACME, "@Maildesk hello?")
    for _ in range(6):
        world.leap(minutes=1)
        world.until(lambda: not due(world))
    world.settle()

    assert count(world, ACME, "Hello! I am Maildesk") == 1
    assert count(world, ACME, "Connect your Microsoft 365 mailboxes") == 1
    assert count(world, ACME, "What Maildesk can do") == 1
    assert count(world, ACME, "This channel now belongs to") == 1
    assert world.vera.messages(ALERTS) == [], "an answer that is lost is no failure of ours"


@pytest.mark.field
def test_a_form_that_timed_out_finds_its_own_account(world: BotWorld) -> None:
    world.set_up()
    world.carol.press(
        world.carol.find(ACME, "Connect your Microsoft 365 mailboxes"), "Add an account"
    )
    form = world.carol.window("New Microsoft 365 account (Corporate)")
    world.settle()
    values = {"Account name": "Info", "Sender name": "Acme Marine", "Sender email": INFO}
    world.practice.office.patience = 0.3
    with database_held(world.environment["DATABASE_URL"]):
        impatient(world).submit(form, values)
    assert "operation_timeout" in world.carol.notices()[-1]
    world.practice.office.patience = 20
    world.hear_out()
    world.until(lambda: count(world, ACME, "*Info*   `MB-") == 1)

    assert world.carol.submit(form, values) == {}
    world.settle()
    assert count(world, ACME, "*Info*   `MB-") == 1
    assert world.carol.open_windows == 0


@pytest.mark.field
def test_a_press_whose_window_comes_too_late_says_so_privately(world: BotWorld) -> None:
    card = world.set_up()
    world.settle()
    office = world.practice.office
    real = office.stopwatch
    with database_held(world.environment["DATABASE_URL"]):
        impatient(world).press(card, "Add an account")
        office.stopwatch = lambda: real() + 30
    world.hear_out()
    office.stopwatch = real

    assert "I was too slow" in world.carol.find(ACME, "I was too slow").text
    assert count(world, ACME, "I was too slow") == 0, "nobody else reads it"
    world.settle()
    assert world.vera.messages(ALERTS) == []
