"""The whole road in a real browser, first as support, then as the customer, as a newcomer would
walk it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.album import Album
from tests.support.pages import become

pytestmark = pytest.mark.browser


def walk_sign_in(page: Page, address: str, album: Album) -> None:
    """From the card's link over Microsoft's pages back to ours."""
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Sign in to Microsoft").click()
    tab = opened.value
    expect(tab.get_by_role("heading", name=re.compile("Connect the mailbox"))).to_be_visible()
    album.take(tab, "start")
    tab.get_by_role("button", name="Continue to Microsoft").click()
    tab.get_by_role("button", name=address, exact=True).click()
    album.take(tab, "consent")
    tab.get_by_role("button", name="Accept").click()
    expect(tab.get_by_role("heading", name=f"Signed in as {address}")).to_be_visible()
    album.take(tab, "done")
    tab.close()


def test_a_newcomer_walks_the_whole_road(
    practice_page: str, browser: Browser, pictures: Path
) -> None:
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    album = Album(pictures, "newcomer")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{practice_page}/#as=U0VERA&channel=C0ACME")
    page.get_by_label("Message").fill("/maildesk setup Acme Marine acme.example")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Connect your Microsoft 365 mailboxes")).to_be_visible()
    album.take(page, "setup")
    page.get_by_role("button", name="Got it").click()

    become(page, "U0CAROL")
    page.get_by_role("button", name="Add an account").click()
    window = page.get_by_role("dialog")
    window.get_by_label("Account name").fill("Info")
    window.get_by_label("Sender name").fill("Acme Marine")
    window.get_by_label("Sender email").fill("not an address")
    window.get_by_role("button", name="Save").click()
    expect(window.get_by_text("does not look like an email address")).to_be_visible()
    expect(window.get_by_label("Account name")).to_have_value("Info")
    album.take(page, "form")
    window.get_by_label("Sender email").fill("info@acme.example")
    window.get_by_role("button", name="Save").click()
    expect(window).to_be_hidden()

    walk_sign_in(page, "info@acme.example", album)
    map_button = page.get_by_role("button", name="Map folders").first
    expect(map_button).to_be_visible()
    page.get_by_role("button", name=re.compile(r"repl(y|ies)")).first.click()
    expect(page.get_by_label("Thread").get_by_text("The connection of Info works.")).to_be_visible()
    album.take(page, "tested")

    map_button.click()
    expect(page.get_by_label("Sent", exact=True)).to_have_value(re.compile("."))
    album.take(page, "folders")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Everything works. We keep an eye on it").first).to_be_visible()
    album.take(page, "live")

    become(page, "U0VERA")
    page.get_by_role("button", name="Maildesk").click()
    expect(page.get_by_text("1 of 1 live")).to_be_visible()
    album.take(page, "home")
    assert errors == []
