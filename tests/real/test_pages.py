"""The sign-in pages in a real browser, on a desk and on a phone: every way through them, checked
for accessibility with axe-core.

The Slack side is pressed over the wire; the pages are Microsoft's stand-in's and ours."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.album import Album
from tests.support.world import ACME, BotWorld

pytestmark = pytest.mark.browser

INFO, CAROL, ADAM = "info@acme.example", "carol@acme.example", "adam@acme.example"
WIDTHS = {"desk": (1280, 900), "phone": (360, 740)}
SERIOUS = ("serious", "critical")


@dataclass
class Visitor:
    """Somebody at a browser: looks at each of our pages, for which a picture is kept and axe-core
    is asked."""

    page: Page
    world: BotWorld
    album: Album

    def open(self, address: str) -> None:
        self.page.goto(address)

    def press(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).click()

    def sees(self, heading: str, picture: str, role: str = "customer") -> None:
        """One of our pages, with this heading: it has to be whole and readable."""
        expect(self.page.get_by_role("heading", level=1, name=re.compile(heading))).to_be_visible()
        assert self.page.url.startswith(self.world.url)
        self.album.take(self.page, picture, role)
        found = Axe().run(self.page).response["violations"]
        assert [(each["id"], each["help"]) for each in found if each["impact"] in SERIOUS] == []
        wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not self.page.evaluate(wider), "it has to be scrolled sideways"

    def to_microsoft(self, link: str) -> None:
        """From the login link as far as Microsoft's choice of accounts."""
        self.open(link)
        self.sees("Connect the mailbox", "start")
        self.press("Continue to Microsoft")

    def accepts(self) -> None:
        """From the choice of accounts to the end, as the mailbox."""
        self.press(INFO)
        self.press("Accept")
        self.sees(f"Signed in as {INFO}", "done")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BotWorld]:
    running = BotWorld(tmp_path)
    running.set_up()
    yield running
    running.stop()


@pytest.fixture(params=WIDTHS)
def visitor(
    request: pytest.FixtureRequest, world: BotWorld, browser: Browser, pictures: Path
) -> Iterator[Visitor]:
    context = visit(browser, request.param)
    walk = request.node.originalname.removeprefix("test_").replace("_", "-")
    yield Visitor(context.new_page(), world, Album(pictures, f"pages-{walk}"))
    context.close()


def visit(browser: Browser, width: str) -> BrowserContext:
    wide, high = WIDTHS[width]
    # The stand-in's certificate is of the practice world's own authority.
    return browser.new_context(
        viewport={"width": wide, "height": high}, ignore_https_errors=True, java_script_enabled=True
    )


def link(world: BotWorld) -> str:
    return world.card("Info").url("Sign in to Microsoft")


def test_the_happy_path(world: BotWorld, visitor: Visitor) -> None:
    visitor.to_microsoft(world.add(INFO, "Info").url("Sign in to Microsoft"))
    visitor.accepts()
    world.card("Info", "folders not mapped yet")


def test_the_codes_of_those_who_sign_in_elsewhere(world: BotWorld, visitor: Visitor) -> None:
    address = world.add(INFO, "Info").url("Sign in to Microsoft")
    visitor.open(f"{address}/qr")
    visitor.sees(f"Sign in {INFO}", "code")
    expect(visitor.page.get_by_role("img", name=f"login link for {INFO}")).to_be_visible()
    world.add(CAROL, "Carol")
    world.carol.press(
        world.carol.find(ACME, "Connect your Microsoft 365 mailboxes"), "Show all accounts"
    )
    listed = world.carol.window("Accounts of Acme")
    world.carol.press(listed, "Invite all who still have to sign in")
    visitor.open(world.carol.window("have signed in").url("Print QR codes"))
    visitor.sees("2 people sign in", "codes")


def test_approval_needed_then_the_packet_then_approved_then_connected(
    world: BotWorld, visitor: Visitor
) -> None:
    world.throw("admin-approval-needed", "acme.example")
    visitor.to_microsoft(world.add(INFO, "Info").url("Sign in to Microsoft"))
    visitor.press(INFO)
    visitor.press("Return to the application without granting consent")
    visitor.sees("not accepted", "approval-needed")
    world.carol.press(world.card("Info", "Waiting for the administrator"), "For your administrator")
    packet = world.carol.window("For your administrator", "Global Administrator")
    visitor.open(
        next(word for word in packet.text.split() if "/adminconsent?" in word).replace("&amp;", "&")
    )
    visitor.press(ADAM)
    visitor.press("Accept")
    visitor.sees("Thank you", "approved", "administrator")
    visitor.press("Let the people in Slack know")
    visitor.sees("Thank you", "approved-told", "administrator")
    world.card("Info", "Waiting for the sign-in", "says that Maildesk has been approved")
    visitor.to_microsoft(link(world))
    visitor.press(INFO)
    visitor.sees(f"Signed in as {INFO}", "done")
    world.card("Info", "folders not mapped yet")


def test_the_wrong_account_then_another_one(world: BotWorld, visitor: Visitor) -> None:
    visitor.to_microsoft(world.add(INFO, "Info").url("Sign in to Microsoft"))
    visitor.press(CAROL)
    visitor.press("Accept")
    visitor.sees("Another account", "wrong-account")
    expect(visitor.page.get_by_role("definition").filter(has_text=CAROL)).to_be_visible()
    expect(visitor.page.get_by_text(INFO).first).to_be_visible()
    visitor.press("Use another account")
    visitor.accepts()
    world.card("Info", "folders not mapped yet")


def test_declined_then_tried_again(world: BotWorld, visitor: Visitor) -> None:
    visitor.to_microsoft(world.add(INFO, "Info").url("Sign in to Microsoft"))
    visitor.press(INFO)
    visitor.press("Cancel")
    visitor.sees("declined", "declined")
    visitor.press("Try again")
    visitor.accepts()
    world.card("Info", "folders not mapped yet")


def test_an_expired_link_then_a_new_one(world: BotWorld, visitor: Visitor) -> None:
    expired = world.add(INFO, "Info").url("Sign in to Microsoft")
    world.pass_time(hours=24, minutes=1)
    visitor.open(expired)
    visitor.sees("expired", "expired")
    world.carol.press(world.card("Info", "press *New login link*"), "New login link")
    visitor.to_microsoft(
        world.card("Info", "Waiting for the sign-in", "link works until").url(
            "Sign in to Microsoft"
        )
    )
    visitor.accepts()
    world.card("Info", "folders not mapped yet")


def test_what_an_error_means(world: BotWorld, visitor: Visitor) -> None:
    visitor.open(f"{world.url}/errors/smtp-auth-off-tenant")
    visitor.sees("organisation", "error")
    visitor.open(f"{world.url}/consent/callback?error=access_denied&error_subcode=cancel")
    visitor.sees("We did not expect this answer", "approval-not-ours", "administrator")
    world.set_up()
    world.add("info@acme.example", "Info")
    link = world.bot.services.consent.link(world.account("Info"))
    state = link.partition("state=")[2]
    visitor.open(f"{world.url}/consent/callback?error=access_denied&state={state}")
    visitor.sees("Not approved", "not-approved", "administrator")
