"""An office manager has the owners of several mailboxes sign in who are not in the channel."""

import re

from tests.support.browser import Browser
from tests.support.slack import Message, Window
from tests.support.world import BotWorld

OWNERS = {"Info": "info@acme.example", "Biuro": "biuro@acme.example", "Carol": "carol@acme.example"}


def invitations(world: BotWorld, start: Message) -> Window:
    """What Carol is shown who invites everybody."""
    world.carol.press(start, "Show all accounts")
    listed = world.carol.window("Accounts of Acme")
    world.carol.press(listed, "Invite all who still have to sign in")
    return world.carol.window("have signed in")


def test_owners_who_are_not_in_the_channel_sign_in_by_the_links_they_are_sent(
    world: BotWorld,
) -> None:
    start = world.set_up()
    for name, address in OWNERS.items():
        world.add(address, name)
    sent = invitations(world, start)
    links = dict(re.findall(r"(\w+), \w+@acme\.example\n(http\S+/login/[\w-]+)", sent.text))
    assert links.keys() == OWNERS.keys() and "*0* of 3" in sent.text
    sheet = sent.url("Print QR codes")
    assert Browser().open(sheet).html.count("<svg") == 3

    Browser().open(links["Carol"])  # who only looks, or whose program does, has opened nothing
    begun = Browser()
    begun.press(begun.open(links["Biuro"]), "Continue to Microsoft")
    done = Browser()
    page = done.press(done.open(links["Info"]), "Continue to Microsoft")
    done.press(done.press(page, OWNERS["Info"]), "Accept")
    world.card("Info", "folders not mapped yet")

    on_paper = Browser().open(sheet)
    assert on_paper.html.count("<svg") == 2 and OWNERS["Info"] not in on_paper.text
    left = invitations(world, start)
    assert "*1* of 3" in left.text and "*Done:* Info" in left.text
    lines = {
        name: line for line in left.text.splitlines() for name in OWNERS if f"*{name}*" in line
    }
    assert lines.keys() == {"Biuro", "Carol"}
    assert "not finished" in lines["Biuro"] and "not opened yet" in lines["Carol"]

    world.carol.press(left, "Write a follow-up email")
    again = world.carol.window("Follow-up email", links["Biuro"], links["Carol"]).text
    assert links["Info"] not in again

    world.carol.press(invitations(world, start), "Remind all in Slack")
    world.carol.window("Remind all in Slack", "still to do: 2")


def test_an_owner_is_invited_from_their_accounts_window(world: BotWorld) -> None:
    world.set_up()
    card = world.add(OWNERS["Info"], "Info")
    link = card.url("Sign in to Microsoft")
    world.carol.press(card, "More")
    world.carol.press(world.carol.window("Info", "Whose turn"), "Invite")

    mail = world.carol.window("need not be in this channel", link)
    assert "mailto:info@acme.example?" in str(mail.view)
    assert mail.url("Show as QR code") == f"{link}/qr"
    code = Browser().open(f"{link}/qr")
    assert "<svg" in code.html and OWNERS["Info"] in code.text

    world.carol.press(card, "More")
    window = world.carol.window("Info", "Whose turn")
    world.sign_in(card, OWNERS["Info"])
    world.card("Info", "folders not mapped yet")
    world.carol.press(window, "Invite")
    world.carol.window("is not waiting for a sign-in")
