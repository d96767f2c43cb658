"""The practice world as somebody sees it who opens it for the first time: how little it takes to
come to a live mailbox, and the guided tours, each step of which ticks itself off."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.album import Album
from tests.support.pages import become

pytestmark = pytest.mark.browser

DESKTOP = {"width": 1360, "height": 900}
PHONE = {"width": 390, "height": 844}
MOST_CLICKS = 12
MOST_ENTRIES = 3


class Newcomer:
    """Somebody at a browser, whose clicks and typed entries are counted."""

    def __init__(self, page: Page, album: Album) -> None:
        self.page = page
        self.clicks = 0
        self.entries = 0
        self.errors: list[str] = []
        self.album = album
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console", lambda said: self.errors.append(said.text) if said.type == "error" else 0
        )

    @property
    def tour(self) -> Locator:
        return self.page.get_by_label("Guided tour")

    @property
    def window(self) -> Locator:
        return self.page.get_by_role("dialog")

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def enter(self, where: Locator, text: str) -> None:
        where.fill(text)
        self.entries += 1

    def show_me(self) -> None:
        """Press what takes one to the place of the step that is next."""
        self.click(self.tour.get_by_role("button", name="Show me"))

    def press(self, label: str) -> None:
        """Press the button that the tour points at."""
        pointed_at = self.page.locator("#messages .hint")
        expect(pointed_at).to_have_text(label)
        self.click(pointed_at)

    @contextmanager
    def step(self, title: str, there: bool = False) -> Iterator[None]:
        """A step of the tour: what is done in it has it tick itself off. Who is `there` already is
        shown at once what to press."""
        here = self.tour.locator("li", has_text=title)
        expect(here).to_have_class(re.compile("open"))
        if not there:
            self.show_me()
        yield
        expect(here).to_have_class(re.compile("ticked"))
        self.album.take(self.page, title)

    def finished(self) -> None:
        """The tour is over, and nothing went wrong in the page meanwhile."""
        expect(self.tour.get_by_text("You have seen it all.")).to_be_visible()
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= self.page.evaluate("innerWidth"), "the page is wider than the screen"
        assert self.errors == []


def newcomer(
    browser: Browser, url: str, size: dict[str, int], pictures: Path, role: str
) -> Newcomer:
    """Somebody who opens the practice world, once everybody has moved in."""
    page = browser.new_page(viewport=size)  # type: ignore[arg-type]
    page.goto(url)
    expect(page.get_by_label("Message")).to_be_enabled(timeout=150_000)
    return Newcomer(page, Album(pictures, f"tour-{role}"))


def sign_in(person: Newcomer, address: str) -> None:
    """From the card over Microsoft's pages."""
    with person.page.expect_popup() as opened:
        person.press("Sign in to Microsoft")
    tab = opened.value
    person.click(tab.get_by_role("button", name="Continue to Microsoft"))
    person.click(tab.get_by_role("button", name=address, exact=True))
    person.click(tab.get_by_role("button", name="Accept"))
    expect(tab.get_by_role("heading", name=f"Signed in as {address}")).to_be_visible()
    tab.close()


def test_a_newcomer_needs_twelve_clicks_and_three_entries(
    practice_page: str, browser: Browser, pictures: Path
) -> None:
    """They follow the customer's tour."""
    person = newcomer(browser, practice_page, DESKTOP, pictures, "customer")
    with person.step("Support sets up your channel"):
        person.click(person.page.get_by_role("button", name="Send"))
    with person.step("Add a mailbox"):
        person.press("Add an account")
        person.enter(person.window.get_by_label("Account name"), "Info")
        person.enter(person.window.get_by_label("Sender name"), "Acme Marine")
        person.enter(person.window.get_by_label("Sender email"), "info@acme.example")
        person.click(person.window.get_by_role("button", name="Save"))
    with person.step("Sign in at Microsoft", there=True):
        sign_in(person, "info@acme.example")
    # The test runs by itself, and the tour sees it without being asked
    expect(person.tour.locator("li", has_text="Watch the connection test")).to_have_class(
        re.compile("ticked")
    )
    with person.step("Map the folders", there=True):
        person.press("Map folders")
        expect(person.window.get_by_label("Sent", exact=True)).to_have_value(re.compile("."))
        person.click(person.window.get_by_role("button", name="Save"))
    person.finished()
    assert person.clicks <= MOST_CLICKS
    assert person.entries <= MOST_ENTRIES


def test_the_tours_of_those_who_look_after_customers(
    full_practice_page: str, browser: Browser, pictures: Path
) -> None:
    """Support on a phone; the administrator and on-call at a desk."""
    vera = newcomer(browser, full_practice_page, PHONE, pictures, "support")
    support(vera)
    igor = newcomer(browser, full_practice_page, DESKTOP, pictures, "administrator")
    administrator(igor)
    omar = newcomer(browser, full_practice_page, DESKTOP, pictures, "on-call")
    on_call(omar)
    look_around(omar.page)


def support(person: Newcomer) -> None:
    person.tour.get_by_role("tab", name="Support").click()
    with person.step("See everybody at once"):
        expect(person.page.get_by_role("heading", name="Maildesk").first).to_be_visible()
    with person.step("See what broke today"):
        expect(person.page.get_by_label("Thread")).to_be_visible()
    person.page.get_by_role("button", name="Close thread").click()
    with person.step("Ask how a customer is doing"):
        person.page.get_by_role("button", name="Send").click()
        expect(person.window.get_by_text("Moorings").first).to_be_visible()
    person.window.get_by_role("button", name="Close").click()
    with person.step("Let a working day begin"):
        person.page.get_by_role("button", name="Next working day").click()
    person.page.get_by_role("button", name="Show channels").click()
    person.album.take(person.page, "channels")
    person.page.get_by_role("button", name="harbour-lumen").click()
    person.finished()


def administrator(person: Newcomer) -> None:
    person.tour.get_by_role("tab", name="Administrator").click()
    with person.step("Read what is asked of you"):
        expect(person.page.get_by_label("Thread")).to_be_visible()
    with person.page.expect_popup() as opened, person.step("Turn the switch"):
        board = opened.value
        turn(board, re.compile("Take back.*for kitchen@harbour.example"))
    with person.step("Test it again"):
        person.press("Test again")
    person.finished()


def on_call(person: Newcomer) -> None:
    person.tour.get_by_role("tab", name="On-call").click()
    secret = "The application's secret has expired"
    with person.page.expect_popup() as opened, person.step("Make our own side fail"):
        board = opened.value
        board.get_by_label("Find something").fill("secret expired")
        person.album.take(board, "switchboard", "on-call")
        turn(board, f"Throw: {secret}", then=f"Take back: {secret}")
    with person.step("Let a customer notice"):
        person.press("Test connection")
    with person.step("Answer the alert"):
        person.press("Acknowledge")
    with person.page.expect_popup() as opened, person.step("Fix it"):
        board = opened.value
        turn(board, re.compile(f"Take back: {secret}"))
    with person.step("See that it is over"):
        person.press("Resolve")
    person.finished()


def turn(board: Page, switch: str | re.Pattern[str], then: str = "") -> None:
    """Turn a switch, and close the switchboard once it shows that it is turned: it has the button
    `then`, or the one that was pressed no longer. A page that is closed on its way to the next one
    may not close at all."""
    pressed = board.get_by_role("button", name=switch)
    pressed.click()
    if then:
        expect(board.get_by_role("button", name=then)).to_be_visible()
    else:
        expect(pressed).to_have_count(0)
    board.close()


def look_around(page: Page) -> None:
    """What Vera has not looked at is marked until she does; and Home is hers at once."""
    become(page, "U0VERA")
    channel = page.get_by_role("button", name="harbour-lumen")
    expect(channel).to_have_class(re.compile("unread"))
    channel.click()
    expect(channel).not_to_have_class(re.compile("unread"))
    become(page, "U0OMAR")
    page.get_by_role("button", name="Maildesk").click()
    become(page, "U0VERA")
    expect(page.locator("#messages .home")).to_contain_text("Harbour Lights")
