"""What the stories ask of everything that somebody looks at: seen on a real screen, and refused where
nobody would know how it goes on."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from bot.views.audience import Audience
from handlers.text.words import plainly
from storage.vocabulary import Owner
from tests.support.rows import every
from tests.support.sight import NOTHING_TO_DO, STEPS, look_at, next_step

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
TURN = "<p>Whose turn<br>{}</p>"
GREEN = '<button class="primary">Sign in to Microsoft</button>'

KNOWN = {
    "one button": (GREEN, "Sign in to Microsoft"),
    "somebody else": (TURN.format("our engineers"), "on-call"),
    "nobody": (TURN.format(plainly("owner.nobody")), NOTHING_TO_DO),
    "their own steps": ("<p>What to do</p><p>1. Sign in.</p>", STEPS),
    "their turn, and steps": (TURN.format("the mailbox user") + "<p>What to do</p>", "user"),
    "a company's name where a label says so": (TURN.format("Microsoft"), "microsoft"),
}
"""What tells its reader how it goes on, and who or what is next by it."""

LOST = {
    "nothing": "<p>Microsoft sent our support team a letter.</p>",
    "two buttons that stand out": GREEN * 2,
    "the reader's turn without a button": TURN.format("the mailbox user"),
    "a button that is hidden": f"<details><summary>More</summary>{GREEN}</details>",
    "a button that is off": GREEN.replace("<button", "<button disabled"),
    "a button beside the screen": f'<div style="position:fixed;left:380px">{GREEN}</div>',
    "a page that is too wide": f'{GREEN}<p style="width:500px">wide</p>',
}
"""What leaves a reader alone, or off the screen."""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=PHONE)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def seen(page: Page, html: str) -> str:
    """What is next, as the mailbox user reads it."""
    page.set_content(html)
    return next_step(look_at(page.locator("body")), Audience.CUSTOMER, Owner.USER)


@every("what", KNOWN, ids=str)
def test_what_is_next_is_found(page: Page, what: str) -> None:
    html, expected = KNOWN[what]
    assert seen(page, html) == expected


@every("what", LOST, ids=str)
def test_whoever_is_left_alone_is_noticed(page: Page, what: str) -> None:
    with pytest.raises(AssertionError):
        seen(page, LOST[what])
