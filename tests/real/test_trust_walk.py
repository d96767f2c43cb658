"""Who may decide what, in a real browser: a stranger of a third workspace, a guest and a colleague
try; support confirms, renames, moves and offboards. Each reads why, or what happened."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.pages import Screen, become, begin, press
from tests.support.world import ACME, DESK, BotWorld

pytestmark = [pytest.mark.browser, pytest.mark.attacks]

INFO = "info@acme.example"
NORA = "nora@borealis.example"
NOT_THEIRS = {"U0SAM": "a-stranger", "U0GWEN": "a-guest", "U0NILS": "a-colleague"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BotWorld]:
    """Acme's channel, into which a guest of theirs and somebody of a third workspace were
    invited; nobody has said which organisation is Acme's."""
    running = BotWorld(tmp_path)
    office = running.practice.office
    office.add_workspace("T0ELSE", "Somebody else")
    office.add_member("U0SAM", "Sam", "T0ELSE", "Stranger")
    office.add_member("U0GWEN", "Gwen", "T0ACME", "Guest")
    office.members["U0GWEN"].is_guest = True
    running.set_up("")
    for team, user in (("T0ELSE", "U0SAM"), ("T0ACME", "U0GWEN"), ("T0LUMEN", "U0NILS")):
        running.practice.slack.channels.share(ACME, team, [user])
    yield running
    running.stop()


def refused(screen: Screen, who: str, what: str, *words: str) -> None:
    """A window says no, in words; it is closed again."""
    for text in words:
        expect(screen.window.get_by_text(text)).to_be_visible()
    screen.picture(f"{what}-by-{who}")
    close_all(screen)


def test_nobody_but_the_right_person_decides(
    world: BotWorld, browser: Browser, pictures: Path
) -> None:
    world.sign_in(world.add(INFO, "Info"), INFO)
    world.card("Info", "own organisation?")
    world.settle()
    screen = begin(world, browser, pictures, "trust")

    confirm(screen)
    world.card("Info", "folders not mapped yet")
    world.settle()
    redirect(world, screen)
    redirect_from_elsewhere(world, screen)
    further(world, screen)
    manage(world, screen)
    assert screen.errors == []


def confirm(screen: Screen) -> None:
    """Whose organisation it is, only the customer's own people say."""
    no = {
        "U0SAM": "Only people from the customer's own Slack workspace",
        "U0GWEN": "You are a guest in this Slack workspace",
        "U0NILS": "Only the customer",
    }
    for user, who in NOT_THEIRS.items():
        become(screen.page, user)
        press(screen.message("own organisation?"), "Yes, it is ours")
        refused(screen, who, "confirm", no[user])
    become(screen.page, "U0CAROL")
    press(screen.message("own organisation?"), "Yes, it is ours")


def redirect(world: BotWorld, screen: Screen) -> None:
    """A connected mailbox cannot be turned to another one behind its owner's back."""
    for user, who in (("U0GWEN", "a-guest"), ("U0NILS", "a-colleague")):
        become(screen.page, user)
        card = screen.message("MB-", "folders not mapped yet")
        press(card, "More")
        if user == "U0NILS":
            screen.picture("more-by-a-colleague")
        press(screen.window, "Change details")
        if user == "U0NILS":
            refused(screen, who, "redirect", "Only the customer")
            continue
        expect(screen.window.get_by_label("Shared mailbox")).to_be_visible()
        screen.window.get_by_label("Shared mailbox").fill("carol@acme.example")
        screen.window.get_by_label("Username").fill("info@acme.example")
        press(screen.window, "Save")
        refused(screen, who, "redirect", "Please ask a full member of your workspace")
    assert world.account("Info").shared_mailbox == ""


def redirect_from_elsewhere(world: BotWorld, screen: Screen) -> None:
    """Somebody of a third workspace may ask for other addresses; they hold once the mailbox's own
    person signs in again, and until then nothing has changed."""
    become(screen.page, "U0SAM")
    press(screen.message("MB-", "folders not mapped yet"), "More")
    press(screen.window, "Change details")
    screen.window.get_by_label("Shared mailbox").fill("carol@acme.example")
    screen.window.get_by_label("Username").fill("adam@acme.example")
    press(screen.window, "Save")
    expect(screen.window.get_by_label("Shared mailbox")).to_have_count(0)
    close_all(screen)
    world.settle()
    expect(screen.message("New addresses are waiting")).to_be_visible()
    screen.picture("redirect-by-a-stranger")
    assert world.account("Info").shared_mailbox == ""
    assert world.account("Info").username == INFO


def further(world: BotWorld, screen: Screen) -> None:
    """An address of another organisation is said in the form, and support is asked to allow it."""
    become(screen.page, "U0CAROL")
    press(screen.message("Connect your Microsoft 365 mailboxes"), "Add an account")
    screen.window.get_by_label("Account name").fill("Nora")
    screen.window.get_by_label("Sender name").fill("Acme Marine")
    screen.window.get_by_label("Sender email").fill(NORA)
    press(screen.window, "Save")
    expect(screen.window.get_by_text("belongs to another organisation than")).to_be_visible()
    screen.picture("another-organisation")
    close_all(screen)
    world.settle()
    see(world, screen, "U0VERA", DESK)
    expect(screen.message("Allow this organisation too")).to_be_visible()
    screen.picture("support-is-asked")
    see(world, screen, "U0VERA", ACME)


def see(world: BotWorld, screen: Screen, user: str, channel: str) -> None:
    """Go to a channel as somebody."""
    screen.page.goto(f"{world.practice.slack.url}/#as={user}&channel={channel}")
    screen.page.reload()


def manage(world: BotWorld, screen: Screen) -> None:
    """Support alone renames, moves and offboards, and sees before what it does."""
    for user, who in (("U0SAM", "a-stranger"), ("U0GWEN", "a-guest")):
        become(screen.page, user)
        say(screen, "/maildesk customer")
        expect(screen.page.get_by_text("is not a valid command").last).to_be_visible()
        screen.picture(f"manage-by-{who}")
    become(screen.page, "U0NILS")
    say(screen, "/maildesk customer")
    expect(screen.page.get_by_text("Only our support team").last).to_be_visible()
    screen.picture("manage-by-a-colleague")

    become(screen.page, "U0VERA")
    say(screen, "/maildesk customer")
    expect(screen.window.get_by_text("Acme Marine").first).to_be_visible()
    screen.picture("manage")
    press(screen.window, "Rename")
    screen.window.last.get_by_label("New name").fill("Acme & Sons")
    screen.picture("rename")
    press(screen.window.last, "Rename")
    expect(screen.window.get_by_text("is now called Acme & Sons")).to_be_visible()
    screen.picture("renamed")
    close_all(screen)

    say(screen, "/maildesk customer")
    press(screen.window, "Change organisation")
    screen.window.last.get_by_label("Microsoft 365 domain").fill("borealis.example")
    press(screen.window.last, "Continue")
    expect(screen.window.get_by_text("will be bound to the organisation of")).to_be_visible()
    screen.picture("organisation-preview")
    close_all(screen)

    say(screen, "/maildesk customer")
    press(screen.window, "Bind to another customer")
    screen.window.last.get_by_label("Customer").fill("Borealis")
    press(screen.window.last, "Continue")
    expect(screen.window.get_by_text("Accounts in use in this channel")).to_be_visible()
    screen.picture("rebind-preview")
    press(screen.window.last, "Bind it")
    expect(screen.window.get_by_text("is now bound to Borealis")).to_be_visible()
    screen.picture("rebound")
    close_all(screen)
    world.settle()
    become(screen.page, "U0CAROL")
    expect(screen.page.get_by_text("now set up for another customer").last).to_be_visible()
    screen.picture("rebound-as-customer")
    become(screen.page, "U0VERA")

    say(screen, "/maildesk customer")
    press(screen.window, "Offboard")
    screen.picture("offboard")
    screen.window.last.get_by_label("Type the customer's name").fill("Borealis")
    press(screen.window.last, "Offboard")
    expect(screen.window.last.get_by_text("offboarded").first).to_be_visible()
    screen.picture("offboarded")
    close_all(screen)
    world.settle()
    become(screen.page, "U0CAROL")
    screen.picture("farewell")
    see(world, screen, "U0VERA", DESK)
    expect(screen.message("offboarded")).to_be_visible()
    screen.picture("support-is-told")


def say(screen: Screen, text: str) -> None:
    """Write something in the channel."""
    screen.page.get_by_label("Message").fill(text)
    press(screen.page, "Send")


def close_all(screen: Screen) -> None:
    """Close every window."""
    while screen.window.count():
        title = screen.window.get_by_role("heading").first.inner_text()
        press(screen.window, "Close")
        expect(screen.window.get_by_role("heading", name=title, exact=True)).to_have_count(0)
