"""What all this is for: a mailbox is connected in Slack, and the vendor's product shows its mail; it
breaks, and both say the same; it is mended, and an answer is sent."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.support.lumen import world_with_product
from tests.support.story import CAROL, CLERK, WIDTHS, Story, Walker

pytestmark = [pytest.mark.browser, pytest.mark.api]

INFO = "info@acme.example"
OFF = "smtp-auth-off-mailbox"
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(params=WIDTHS)
def story(
    request: pytest.FixtureRequest, tmp_path: Path, browser: Browser, pictures: Path
) -> Iterator[Story]:
    running = world_with_product(tmp_path)
    told = Story(running, browser, pictures, "product", request.param)
    yield told
    running.stop()
    assert told.errors == []


def sees(clerk: Walker, step: str, *words: str) -> None:
    """What Lumen shows, without being asked to load anything: whole, and fit for everybody."""
    clerk.reads(clerk.page.locator("body"), step, *words)
    found = Axe().run(clerk.page).response["violations"]
    assert [(each["id"], each["help"], each["nodes"][0]["html"]) for each in found] == []
    assert not clerk.page.evaluate(WIDER), "it has to be scrolled sideways"


def test_a_mailbox_is_used_as_soon_as_it_is_connected(story: Story) -> None:
    carol = story.enter(CAROL)
    with carol.follow(carol.page.locator("#links"), "Lumen CRM") as empty:
        expect(empty.page.get_by_text("No mailboxes yet.")).to_be_visible()
    clerk = story.visit(story.world.practice.crm.url, CLERK)
    sees(clerk, "nothing-yet", "No mailboxes yet")

    carol.add("Info", INFO)
    sees(clerk, "listed", "Info", "Not ready yet")
    carol.sign_in("Info", INFO)
    carol.accept_folders("Info")
    expect(clerk.page.get_by_label("Mailboxes")).to_contain_text("Ready")
    sees(clerk, "ready", "Info", "Ready")
    clerk.page.get_by_role("link", name="Info").click()
    sees(clerk, "inbox", "Quote for a new anchor winch")
    clerk.page.get_by_role("link", name="Sent", exact=True).click()
    sees(clerk, "sent", "Your boat is ready")

    clerk.page.get_by_role("link", name="Inbox", exact=True).click()
    clerk.page.get_by_role("link", name=re.compile("anchor winch")).click()
    sees(clerk, "letter", "our winch on the Alba gave up")
    clerk.page.get_by_label("Your answer").fill("Hello Ines,\n\nwe can do that on 15 December.")

    story.world.throw(OFF, INFO)
    carol.press(carol.card("Info"), "Test connection")
    broken = carol.card("Info", "MX-")
    carol.faces(broken, "broken")
    error_id = re.findall(r"MX-\w{4}-\w{4}", broken.inner_text())[0]
    expect(clerk.page.get_by_text("This mailbox cannot be used:")).to_be_visible()
    sees(clerk, "broken", "This mailbox cannot be used:", error_id)
    clerk.page.get_by_role("button", name="Send answer").click()
    sees(clerk, "refused", "This mailbox cannot be used:", error_id)
    expect(clerk.page.get_by_label("Your answer")).to_have_value(re.compile("15 December"))

    story.world.take_back(OFF, INFO)
    carol.press(broken, "Test again")
    expect(clerk.page.get_by_text("This mailbox cannot be used:")).to_be_hidden()
    sees(clerk, "mended", "our winch on the Alba gave up")
    clerk.page.get_by_role("button", name="Send answer").click()
    sees(clerk, "answered", "Your answer is sent.", "Re: Quote for a new anchor winch")
