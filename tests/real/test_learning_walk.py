"""The catalogue learns, in a real browser: a number that nobody knows appears on a mailbox, on-call
finds it in the morning's list and notes its cause, and the next customer reads the right
sentence."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from sandbox.world import Scenario
from tests.support.pages import Screen, begin, press
from tests.support.world import ACME, ALERTS, BotWorld

pytestmark = [pytest.mark.browser, pytest.mark.catalogue]

INFO = "info@acme.example"
BIURO = "biuro@acme.example"
NUMBER = "AADSTS9000017"
SAID = f"{NUMBER}: The device of '{INFO}' has to be registered by 'Acme Marine' first."
TITLE = "The device is not registered"
SENTENCE = "Microsoft wants this device to be registered first; your administrator can do that."
SUPPORT = "New since November 2026: only registered devices may sign in to this tenant."


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BotWorld]:
    """Acme's channel; Microsoft's sign-in says something new."""
    running = BotWorld(tmp_path)
    reply = {"error": "device_not_registered", "description": SAID}
    new = Scenario("new-number", "A new number", "", "tenant", "authorize", reply)
    running.practice.world.scenarios["new-number"] = new
    running.set_up()
    yield running
    running.stop()


def see(world: BotWorld, screen: Screen, user: str, channel: str) -> None:
    """Go to a channel as somebody."""
    screen.page.goto(f"{world.practice.slack.url}/#as={user}&channel={channel}")
    screen.page.reload()


def meet(world: BotWorld, address: str, name: str) -> None:
    """Somebody signs in at Microsoft."""
    world.sign_in(world.add(address, name), address)
    world.settle()


def test_what_on_call_notes_is_what_the_next_customer_reads(
    world: BotWorld, browser: Browser, pictures: Path
) -> None:
    world.throw("new-number", "acme.example")
    meet(world, INFO, "Info")
    screen = begin(world, browser, pictures, "learning")
    open_thread(screen, "Info")
    expect(screen.message("The sign-in did not go through", "Our engineers")).to_be_visible()
    screen.picture("customer-before")

    world.begin_a_day()
    note(world, screen)
    meet(world, BIURO, "Biuro")
    read(world, screen)
    change(world, screen)
    assert screen.errors == []


def open_thread(screen: Screen, name: str) -> None:
    """Open the thread of an account's card."""
    card = screen.page.get_by_role("article").filter(has_text=f"{name}").filter(has_text="Mailbox")
    card.get_by_role("button", name="1 reply").click()


def note(world: BotWorld, screen: Screen) -> None:
    """On-call finds it in the list, and says what it is."""
    see(world, screen, "U0OMAR", ALERTS)
    listed = screen.message("Replies without an explanation")
    expect(listed.get_by_text(NUMBER).first).to_be_visible()
    expect(listed.get_by_text("'[address]' has to be registered by '[name]'")).to_be_visible()
    screen.picture("list")
    press(listed, "Note the cause")
    window = screen.window
    expect(window.get_by_text("The cause explains every reply with")).to_be_visible()
    screen.picture("form")
    press(window, "Note it")
    expect(window.get_by_text("Please choose a cause here")).to_be_visible()
    screen.picture("form-nothing-chosen")
    window.get_by_label("Title").fill(TITLE)
    window.get_by_label("What customers read").fill("Only registered devices may sign in here.")
    window.get_by_label("What support reads").fill(SUPPORT)
    window.get_by_label("Whose turn").select_option(label="the customer's administrator")
    window.get_by_label("Does trying again help?").select_option(
        label="Only after somebody has fixed it"
    )
    window.get_by_label("What to do").fill("Register the device in Entra.\nThen sign in again.")
    press(window, "Note it")
    expect(window.get_by_text("Please mention that it is the administrator's turn")).to_be_visible()
    screen.picture("form-sentence-names-nobody")
    window.get_by_label("What customers read").fill(SENTENCE)
    press(window, "Note it")
    expect(window.get_by_text("Everybody who gets this reply from now on reads it")).to_be_visible()
    screen.picture("noted")
    press(window, "Close")
    world.settle()
    expect(screen.message("noted by")).to_be_visible()
    screen.picture("list-noted")


def read(world: BotWorld, screen: Screen) -> None:
    """The next customer reads what on-call wrote, and what to do."""
    see(world, screen, "U0CAROL", ACME)
    open_thread(screen, "Biuro")
    told = screen.message("The sign-in did not go through", SENTENCE)
    expect(told).to_be_visible()
    screen.picture("next-customer")
    press(told, "What to do")
    expect(screen.window.get_by_text(TITLE).first).to_be_visible()
    expect(screen.window.get_by_text("Register the device in Entra.")).to_be_visible()
    screen.picture("what-to-do")
    press(screen.window, "Close")


def change(world: BotWorld, screen: Screen) -> None:
    """On-call looks again: it is one of the catalogue's causes after all, or nothing at all."""
    see(world, screen, "U0OMAR", ALERTS)
    press(screen.message("noted by"), "Change the cause")
    expect(screen.window.get_by_label("Title")).to_have_value(TITLE)
    screen.picture("change")
    press(screen.window, "Take it back")
    expect(screen.window.get_by_text("Taken back.")).to_be_visible()
    screen.picture("taken-back")
    press(screen.window, "Close")
    world.settle()
    listed = screen.message("Replies without an explanation")
    expect(listed.get_by_role("button", name="Note the cause", exact=True)).to_be_visible()
