"""A story that several people walk by clicks in the practice world, each at a browser of their own,
at a desk or on a phone. Wherever somebody looks, they have to find how it goes on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from bot.views.audience import Audience
from storage.vocabulary import Owner
from tests.support.album import Album
from tests.support.sight import look_at, next_step
from tests.support.world import ACME, ALERTS, DESK, BotWorld

WIDTHS = {"desk": (1360, 900), "phone": (390, 844)}
CHANNELS = {ACME: "acme-lumen", DESK: "support-desk", ALERTS: "alerts"}
SHOWS = "version => Number(document.body.dataset.version) >= version"


@dataclass(frozen=True)
class Part:
    """Somebody's part in a story."""

    user: str
    role: str
    audience: Audience
    own: Owner


CAROL = Part("U0CAROL", "customer", Audience.CUSTOMER, Owner.USER)
ADAM = Part("U0ADAM", "administrator", Audience.CUSTOMER, Owner.ADMINISTRATOR)
OWNER = Part("", "mailbox-owner", Audience.CUSTOMER, Owner.USER)
CLERK = Part("", "clerk", Audience.SUPPORT, Owner.SUPPORT)
VERA = Part("U0VERA", "support", Audience.SUPPORT, Owner.SUPPORT)
OMAR = Part("U0OMAR", "on-call", Audience.SUPPORT, Owner.ON_CALL)


class Story:
    """One story at one width. Every picture's name says story, width, number, role and step."""

    def __init__(
        self, world: BotWorld, browser: Browser, pictures: Path, name: str, width: str
    ) -> None:
        self.world = world
        self.errors: list[str] = []
        self._browser = browser
        self._album = Album(pictures, f"story-{name}")
        self._size = WIDTHS[width]

    def enter(self, part: Part, channel: str = ACME) -> "Walker":
        """Somebody comes to Slack; the tour is put away."""
        walker = self._come(part)
        walker.page.goto(f"{self.world.practice.slack.url}/#as={part.user}&channel={channel}")
        walker.page.get_by_role("button", name="Got it").click()
        return walker

    def visit(self, address: str, part: Part = OWNER) -> "Walker":
        """The owner of a mailbox, who is not in the channel, opens a page of ours; or somebody else
        one of another program."""
        visitor = self._come(part)
        visitor.page.goto(address)
        return visitor

    def _come(self, part: Part) -> "Walker":
        """Somebody comes to a browser of their own."""
        wide, high = self._size
        context = self._browser.new_context(
            viewport={"width": wide, "height": high}, ignore_https_errors=True
        )
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return Walker(self, part, page)

    def keep(self, page: Page, role: str, step: str) -> None:
        """A picture of what is on the screen."""
        self._album.take(page, step, role)


class Walker:
    """Somebody at their browser, who does everything by clicks."""

    def __init__(self, story: Story, part: Part, page: Page) -> None:
        self.page = page
        self._story = story
        self._part = part

    # -- where to look

    def settle(self) -> None:
        """Wait until nothing moves any more, and the chat's page shows it."""
        self._story.world.settle()
        if self._in_chat:
            version = self._story.world.practice.office.version
            self.page.wait_for_function(SHOWS, arg=version)

    @property
    def _in_chat(self) -> bool:
        return self.page.url.startswith(self._story.world.practice.slack.url)

    def message(self, *words: str, place: str = "#messages") -> Locator:
        """The newest message that has all of these words."""
        return self._messages(place, *words).last

    def card(self, name: str, *words: str) -> Locator:
        """An account's card."""
        title = self.page.locator("b", has_text=re.compile(f"^{re.escape(name)}$"))
        return self._messages("#messages", "MB-", *words).filter(has=title).last

    def answer(self, *words: str) -> Locator:
        """The newest message of the open thread that has all of these words."""
        return self.message(*words, place="#thread")

    @property
    def window(self) -> Locator:
        """The window on top."""
        return self.page.get_by_role("dialog")

    @property
    def home(self) -> Locator:
        """The Home tab, once it is open."""
        return self.page.locator("#messages .home")

    def _messages(self, place: str, *words: str) -> Locator:
        found = self.page.locator(place).get_by_role("article")
        for text in words:
            found = found.filter(has_text=text)
        return found

    # -- what to do

    def go(self, channel: str) -> None:
        """Open a channel, or Home (`channel` empty)."""
        menu = self.page.get_by_role("button", name="Show channels")
        if menu.is_visible():
            menu.click()
        name = re.compile(CHANNELS.get(channel, "^Maildesk"))
        self.page.get_by_label("Channels", exact=True).get_by_role("button", name=name).click()

    def open_thread(self, message: Locator) -> None:
        """Open what was answered to a message."""
        self.settle()
        message.get_by_role("button", name=re.compile(r"repl(y|ies)")).click()

    def close_thread(self) -> None:
        """Back to the channel."""
        self.page.get_by_role("button", name="Close thread").click()

    def press(self, where: Locator, label: str) -> None:
        """Press a button, once nothing moves any more: a card that is drawn anew loses the
        click."""
        self.settle()
        self._press(where.get_by_role("button", name=label, exact=True))

    def send(self) -> None:
        """Send the form in the window on top."""
        self._press(self.window.locator("footer .primary"))

    def _press(self, button: Locator) -> None:
        """Press it, and wait until the chat has heard of it."""
        if not self._in_chat:
            button.click()
            return
        with self.page.expect_response(re.compile("/ui/(action|submit|close)$")):
            button.click()

    def write(self, text: str) -> None:
        """Write something in the channel."""
        self.page.get_by_label("Message").fill(text)
        with self.page.expect_response(re.compile("/ui/(message|slash)$")):
            self.page.get_by_role("button", name="Send").click()

    def close_windows(self) -> None:
        """Close every window."""
        while self.window.count():
            title = self.window.get_by_role("heading").first.inner_text()
            self.window.get_by_role("button", name="Close", exact=True).click()
            expect(self.window.get_by_role("heading", name=title, exact=True)).to_have_count(0)

    @contextmanager
    def follow(self, where: Locator, label: str) -> Iterator["Walker"]:
        """Follow a link into a tab of its own, which is closed in the end."""
        self.settle()
        with self.page.expect_popup() as opened:
            where.get_by_role("link", name=label, exact=True).click()
        tab = opened.value
        tab.on("pageerror", lambda error: self._story.errors.append(str(error)))
        yield Walker(self._story, self._part, tab)
        tab.close()

    # -- what is seen

    def faces(self, where: Locator, step: str, *words: str) -> str:
        """Looks at something, which has these words: there is one primary button, or the name of
        who has the next step. Returns which."""
        self.reads(where, step, *words)
        return next_step(look_at(where), self._part.audience, self._part.own)

    def faces_page(self, step: str, *words: str) -> str:
        """The same of one of our own pages."""
        expect(self.page).to_have_url(re.compile(f"^{re.escape(self._story.world.url)}/"))
        body = self.page.locator("body")
        self.reads(body, step, *words)
        return next_step(look_at(body), self._part.audience, self._part.own, page=True)

    def reads(self, where: Locator, step: str, *words: str) -> None:
        """Looks at something that has these words, and that asks nothing of anybody."""
        self.settle()
        expect(where).to_be_visible()
        for text in words:
            expect(where).to_contain_text(text)
        where.evaluate("seen => seen.scrollIntoView({ block: 'nearest' })")
        self._story.keep(self.page, self._part.role, step)

    # -- the road

    def add(self, name: str, address: str) -> None:
        """Add an account from the set-up card."""
        self.fill_in(self.message("Connect your Microsoft 365 mailboxes"), name, address)

    def fill_in(self, where: Locator, name: str, address: str) -> None:
        """Fill in the form behind *Add an account*, and send it."""
        self.press(where, "Add an account")
        self.window.get_by_label("Account name").fill(name)
        self.window.get_by_label("Sender name").fill("Acme Marine")
        self.window.get_by_label("Sender email").fill(address)
        self.send()

    def sign_in(self, name: str, address: str) -> None:
        """From the card over Microsoft's pages to the end of it."""
        with self.follow(self.card(name), "Sign in to Microsoft") as tab:
            tab.press(tab.page, "Continue to Microsoft")
            tab.choose(address)
            tab.faces_page("signed-in", address)

    def choose(self, address: str) -> None:
        """Choose an account at Microsoft, and accept what is asked; it asks once."""
        # What comes next is looked at once it is there: an empty page asks for nothing either
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=address, exact=True).click()
        if self.page.get_by_role("heading", name="Permissions requested").is_visible():
            self.page.get_by_role("button", name="Accept").click()

    def accept_folders(self, name: str) -> None:
        """Take the folders that are suggested on the card."""
        self.press(self.card(name), "Accept all suggestions")
