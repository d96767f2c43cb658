"""The practice Slack's page in a real browser."""

from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

from tests.support.album import Album
from tests.support.world import ACME, BotWorld


def become(page: Page, person: str) -> None:
    """Look at everything as this person."""
    page.get_by_label("You are").select_option(value=person)


class Screen:
    """The customer's channel on the screen, and the pictures that are taken of it."""

    def __init__(self, page: Page, album: Album) -> None:
        self.page = page
        self.errors: list[str] = []
        self._album = album
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def window(self) -> Locator:
        """The window on top."""
        return self.page.get_by_role("dialog")

    def message(self, *words: str) -> Locator:
        """The newest message that has all of these words."""
        found = self.page.get_by_role("article")
        for text in words:
            found = found.filter(has_text=text)
        return found.last

    def picture(self, what: str) -> None:
        """Keep what stands on the screen."""
        self._album.take(self.page, what)

    def picture_of_list(self, what: str, control: Locator) -> None:
        """Keep how a list looks when it is open; a browser's own list does not come into
        pictures."""
        control.evaluate("list => { list.size = 14 }")
        control.scroll_into_view_if_needed()
        self.picture(what)
        control.evaluate("list => { list.size = 0 }")


def press(where: Locator, name: str) -> None:
    """Press a button there."""
    where.get_by_role("button", name=name, exact=True).click()


def begin(world: BotWorld, browser: Browser, pictures: Path, walk: str) -> Screen:
    """The channel as Carol sees it, with what explains the practice world closed."""
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    screen = Screen(page, Album(pictures, walk))
    page.goto(f"{world.practice.slack.url}/#as=U0CAROL&channel={ACME}")
    page.get_by_role("button", name="Got it").click()
    return screen
