"""Folders and reminders in a real browser: among six hundred folders the right one is found; what
waits is reminded of, put off, and ended. The clock is the test's."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.pages import begin, press
from tests.support.world import BotWorld

pytestmark = pytest.mark.browser

MANY, INFO, BIURO = "projekte@acme.example", "info@acme.example", "biuro@acme.example"
DEEP = "Projekte/Werft Süd/"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BotWorld]:
    running = BotWorld(tmp_path)
    yield running
    running.stop()


def test_among_six_hundred_folders_the_right_ones_are_found_and_kept(
    world: BotWorld, browser: Browser, pictures: Path
) -> None:
    world.set_up()
    world.connect(MANY, "Projekte")
    world.settle()  # a card that is drawn anew under the pointer loses the click
    screen = begin(world, browser, pictures, "folders")
    screen.message("MB-", "folders not mapped yet").scroll_into_view_if_needed()
    screen.picture("card")
    press(screen.message("MB-", "folders not mapped yet"), "Map folders")
    window = screen.window
    expect(window.get_by_text("folders 1 to 80 of 610")).to_be_visible()
    screen.picture("window")
    screen.picture_of_list("list", window.get_by_label("Archive"))
    window.get_by_label("Archive").scroll_into_view_if_needed()
    screen.picture("window-end")

    search = window.get_by_label("Find a folder by its name")
    search.fill("GESENDET")
    search.press("Enter")
    expect(window.get_by_text("Found: 2.")).to_be_visible()
    sent = window.get_by_label("Sent", exact=True)
    found = next(
        text for text in sent.locator("option").all_text_contents() if text.startswith(DEEP)
    )
    screen.picture_of_list("found", sent)
    sent.select_option(label=found)
    screen.picture("chosen")

    search.fill("")
    search.press("Enter")
    expect(window.get_by_text("folders 1 to 80 of 610")).to_be_visible()
    press(window, "Next page")
    expect(window.get_by_text("folders 81 to 160 of 610")).to_be_visible()
    expect(sent.locator("option:checked")).to_have_text(found)
    screen.picture("next-page")
    search.fill("xyzzy")
    search.press("Enter")
    expect(window.get_by_text("No folder has “xyzzy” in its name")).to_be_visible()
    expect(sent.locator("option:checked")).to_have_text(found)
    screen.picture("nothing-found")

    press(window, "Save")
    expect(window).to_be_hidden()
    live = screen.message("MB-", "Everything works")
    expect(live).to_be_visible()
    expect(
        live.get_by_text(
            "Sent: Projekte/Werft Süd/Ausrüstung/Angebote und Nachträge/2019/Beschläge/Gesendet"
        )
    ).to_be_visible()
    expect(screen.message("Mailboxes live: 1 of 1")).to_be_visible()
    live.scroll_into_view_if_needed()
    screen.picture("live")
    assert screen.errors == []


def test_what_waits_is_reminded_of_put_off_and_thanked_for(
    world: BotWorld, browser: Browser, pictures: Path
) -> None:
    world.set_up()
    world.begin_a_day()
    world.connect(INFO, "Info")
    world.add(BIURO, "Biuro")
    world.pass_time(hours=4, minutes=1)
    screen = begin(world, browser, pictures, "reminders")
    reminder = screen.message("still waiting", "Info", "Biuro")
    expect(reminder).to_be_visible()
    reminder.scroll_into_view_if_needed()
    screen.picture("reminder")
    first = reminder.get_attribute("data-ts")

    press(reminder, "Snooze all 1 day")
    expect(reminder.get_by_text("Snoozed until").first).to_be_visible()
    expect(reminder.get_by_text("by @Carol Reyes").first).to_be_visible()
    screen.picture("put-off")
    world.pass_time(days=1, minutes=1)
    again = screen.message("still waiting", "Info")
    expect(again).not_to_have_attribute("data-ts", str(first))
    second = str(again.get_attribute("data-ts"))
    expect(screen.page.locator(f'article[data-ts="{first}"]')).to_have_count(0)
    again.scroll_into_view_if_needed()
    screen.picture("back")

    press(again, "Pause reminders")
    day = screen.window.get_by_label("Remind again from")
    expect(day).to_be_visible()
    screen.picture("pause")
    day.fill("2000-01-01")
    press(screen.window, "Pause")
    expect(screen.window.get_by_role("alert")).to_have_text(re.compile("at most three months"))
    screen.picture("pause-bad-day")
    day.fill(next_week(world))
    press(screen.window, "Pause")
    expect(screen.window.get_by_text("Reminders are paused until")).to_be_visible()
    screen.picture("paused")
    press(screen.window, "Close")
    world.pass_time(days=2)
    expect(screen.message("still waiting")).to_have_attribute("data-ts", second)
    press(again, "Pause reminders")
    expect(screen.window.get_by_role("button", name="End the pause")).to_be_visible()
    screen.picture("pause-under-way")
    press(screen.window, "End the pause")
    expect(screen.window.get_by_text("The pause is over")).to_be_visible()
    press(screen.window, "Close")
    world.pass_time(days=1)

    again = screen.message("still waiting", "Info", "Biuro")
    again.get_by_role("button", name="Stop reminders").last.click()
    again = screen.message("still waiting", "Info")
    expect(again.get_by_text("biuro@acme.example")).to_have_count(0)
    screen.picture("one-not-needed")
    screen.message("MB-", "Biuro", "Waiting for the sign-in").scroll_into_view_if_needed()
    screen.picture("one-not-needed-card")

    press(again, "Map folders")
    expect(screen.window.get_by_label("Sent", exact=True)).to_have_value(re.compile("."))
    screen.picture("map-from-the-reminder")
    press(screen.window, "Save")
    expect(screen.message("Thank you!")).to_be_visible()
    screen.message("Thank you!").scroll_into_view_if_needed()
    screen.picture("thank-you")
    assert screen.errors == []


def next_week(world: BotWorld) -> str:
    """A day in a week, as a date field takes it."""
    return (world.clock.now() + timedelta(weeks=1)).date().isoformat()
