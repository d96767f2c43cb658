"""A customer's channel in a real browser: set up, the old accounts listed and replaced, help asked
for and given."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.album import Album
from tests.support.pages import become

pytestmark = pytest.mark.browser

LONG = "Harbour office of the northern shipyard, second floor, ask for the duty officer first"
GOOD = [f"Berth {number:02};berth{number:02}@acme.example;" for number in range(1, 36)]
BAD = {
    "No address;;": "There is no email address in this line.",
    "Stores;stores.acme.example;": "This does not look like an email address.",
    "Berth again;BERTH07@acme.example;": "This address is already further up in the list.",
    "Crane;crane@acme.example;the crane driver": "The user does not look like an email address.",
    f"{LONG};harbour@acme.example;": "The name is longer than 80 characters.",
}
MENDED = """Name;E-Mail;User
No address;signals@acme.example;
Stores;stores@acme.example;
Berth again;slipway@acme.example;
Crane;crane@acme.example;carol@acme.example
Harbour office;harbour@acme.example;"""


def old_accounts(folder: Path) -> Path:
    """The customer's table of old accounts: forty rows, of which five are wrong, each in its own
    way."""
    rows = [*GOOD]
    for place, row in zip((3, 11, 19, 27, 35), BAD, strict=True):
        rows.insert(place, row)
    file = folder / "old accounts.csv"
    file.write_text("\n".join(["Name;E-Mail;User", *rows]) + "\n", encoding="utf-8-sig")
    return file


def test_a_channel_from_its_set_up_to_the_help_of_support(
    practice_page: str, browser: Browser, pictures: Path, tmp_path: Path
) -> None:
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{practice_page}/#as=U0VERA&channel=C0ACME")
    page.get_by_role("button", name="Got it").click()
    album = Album(pictures, "channel")

    set_up(page, album)
    become(page, "U0CAROL")
    list_what_is_there(page, album, old_accounts(tmp_path))
    retain(page, album)
    create(page, album)
    ask_for_help(page, album)
    help_them(page, album)
    assert errors == []


def set_up(page: Page, album: Album) -> None:
    """Support sets the channel up, with one slip."""
    page.get_by_label("Message").fill("/maildesk setup")
    page.get_by_role("button", name="Send").click()
    window = page.get_by_role("dialog", name="Set up this channel")
    window.get_by_role("textbox", name="Customer").fill("Acme Marine")
    window.get_by_label("Microsoft 365 domain").fill("acme.example")
    window.get_by_label("Time zone").fill("Copenhagen")
    window.get_by_label("Working hours").fill("08:00-16:00")
    window.get_by_label("Friday").uncheck()
    expect(window.get_by_label("Who on our team looks after them")).to_have_value("U0VERA")
    album.take(page, "set-up-form")
    window.get_by_role("button", name="Set up").click()
    expect(
        window.get_by_text("This is not a time zone. Did you mean Europe/Copenhagen?")
    ).to_be_visible()
    expect(window.get_by_role("textbox", name="Customer")).to_have_value("Acme Marine")
    expect(window.get_by_label("Friday")).not_to_be_checked()
    album.take(page, "set-up-wrong-zone")
    window.get_by_label("Time zone").fill("Europe/Copenhagen")
    window.get_by_role("button", name="Set up").click()
    expect(window).to_be_hidden()
    expect(page.get_by_text("Connect your Microsoft 365 mailboxes")).to_be_visible()
    album.take(page, "set-up-card")


def list_what_is_there(page: Page, album: Album, file: Path) -> None:
    """The customer uploads the table, mends what is wrong in it, and lists everything."""
    page.get_by_role("button", name="Your old accounts").click()
    window = page.get_by_role("dialog")
    window.get_by_label("Or a file").set_input_files(file)
    expect(window.get_by_text(file.name)).to_be_visible()
    album.take(page, "file-chosen")
    window.get_by_role("button", name="Check the list").click()
    expect(window.get_by_text("35 can be listed, 5 cannot")).to_be_visible()
    for problem in BAD.values():
        expect(window.get_by_text(problem)).to_have_count(1)
    album.take(page, "review")
    field = window.get_by_label("Lines to correct")
    header, *lines = field.input_value().splitlines()
    assert header == "Name; Address; User" and len(lines) == len(BAD)
    field.fill(MENDED)
    album.take(page, "review-mended")
    window.get_by_role("button", name="List them").click()
    expect(window.get_by_text("40 listed")).to_be_visible()
    album.take(page, "listed")
    window.get_by_role("button", name="Continue").click()


def retain(page: Page, album: Album) -> None:
    """Of the forty, five on each page of the plan stay as they are."""
    window = page.get_by_role("dialog")
    expect(window.get_by_text("New accounts: 0 of 40")).to_be_visible()
    album.take(page, "plan")
    left = range(39, 29, -1)
    for number in left:
        if number == left[5]:
            window.get_by_role("button", name="Next page").click()
            expect(window.get_by_text("Page 2 of 2")).to_be_visible()
            expect(window.get_by_text("Berth 01")).to_be_hidden()
        window.get_by_role("button", name="Keep the old one").first.click()
        expect(window.get_by_role("button", name=f"Create new accounts ({number})")).to_be_visible()
    expect(window.get_by_text("Stays as it is.")).to_have_count(5)
    album.take(page, "plan-page-2")
    window.get_by_text("Page 2 of 2").scroll_into_view_if_needed()
    album.take(page, "plan-page-2-end")


def create(page: Page, album: Album) -> None:
    """The other thirty get new accounts in one go."""
    window = page.get_by_role("dialog")
    window.get_by_role("button", name="Create new accounts (30)").click()
    expect(window.get_by_text("New accounts are being created")).to_be_visible()
    album.take(page, "plan-under-way")
    window.get_by_role("button", name="Close").click()
    expect(page.get_by_text("created new accounts: 30 done, 0 failed, 0 to go")).to_be_visible()
    expect(page.get_by_text("That is all.")).to_be_visible()
    expect(page.get_by_text("Old accounts: all 40 replaced or kept")).to_be_visible()
    album.take(page, "created")


def ask_for_help(page: Page, album: Album) -> None:
    """The customer would rather not do one of them."""
    page.get_by_role("button", name="Show all accounts").first.click()
    window = page.get_by_role("dialog")
    expect(window.get_by_text("Waiting for the sign-in")).to_have_count(30)
    album.take(page, "all-accounts")
    window.get_by_role("button", name="Details").nth(2).click()
    window = page.get_by_role("dialog", name="Berth 08")
    expect(window.get_by_role("button", name="Do it for us")).to_be_visible()
    album.take(page, "account")
    window.get_by_role("button", name="Do it for us").click()
    expect(page.get_by_role("dialog", name="Request sent")).to_be_visible()
    album.take(page, "asked")
    for title in ("Request sent", "Berth 08", "Accounts of Acme Marine"):
        page.get_by_role("dialog", name=title).get_by_role("button", name="Close").click()
    expect(page.get_by_text("asked our support team to take over")).to_be_visible()
    album.take(page, "asked-in-the-channel")


def help_them(page: Page, album: Album) -> None:
    """Support takes it and does it; the customer's channel says so each time."""
    become(page, "U0VERA")
    page.get_by_role("button", name="support-desk").click()
    expect(page.get_by_text("asked us to connect")).to_be_visible()
    album.take(page, "support-desk")
    page.get_by_role("button", name="I'll take it").click()
    expect(page.get_by_text("has been looking after it since")).to_be_visible()
    album.take(page, "support-desk-taken")
    page.get_by_role("button", name="acme-lumen").click()
    expect(page.get_by_text("Vera Lind of our support team is looking after it.")).to_be_visible()
    album.take(page, "taken-in-the-channel")
    page.get_by_role("button", name="support-desk").click()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("finished it")).to_be_visible()
    album.take(page, "support-desk-done")
    become(page, "U0CAROL")
    expect(page.get_by_text("Vera Lind of our support team has finished.")).to_be_visible()
    album.take(page, "done-in-the-channel")
