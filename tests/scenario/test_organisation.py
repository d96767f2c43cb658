"""Whose organisation it is, sign-ins that do not come back, the administrator's packet, and leaving
and coming back."""

import pytest

from bot.common.people import MAILDESK
from tests.support.browser import Browser
from tests.support.slack import Message
from tests.support.world import ACME, DESK, BotWorld

INFO, BIURO = "info@acme.example", "biuro@acme.example"


def unbound(world: BotWorld) -> None:
    """The channel is set up, and nobody has said which organisation at Microsoft the customer's
    is."""
    world.set_up(domain="")


def grant(world: BotWorld, name: str) -> bytes | None:
    account_id = world.account(name).id
    with world.bot.store.transaction() as tx:
        found = tx.grants.get(account_id)
        return found.sealed if found else None


def test_the_first_sign_in_waits_for_a_word_and_the_later_ones_do_not(world: BotWorld) -> None:
    unbound(world)
    page = world.sign_in(world.add(INFO, "Info"), INFO)
    assert "Signed in as" in page.text and "Yes, it is ours" in page.text
    card = world.card("Info", "Acme Marine's own organisation?")
    assert grant(world, "Info") is None and "works until" not in card.text
    world.carol.press(card, "Yes, it is ours")
    world.card("Info", "folders not mapped yet")
    assert grant(world, "Info") is not None
    assert "now testing the mailbox" in world.sign_in(world.add(BIURO, "Biuro"), BIURO).text


def test_a_denied_organisation_keeps_nothing_and_is_reported(world: BotWorld) -> None:
    unbound(world)
    world.sign_in(world.add(INFO, "Info"), INFO)
    world.carol.press(world.card("Info", "own organisation?"), "No, it is not")
    world.vera.find(DESK, "An account of another organisation signed in")
    assert grant(world, "Info") is None
    world.card("Info", "Sign-in refused", "our support team")


def test_who_only_looks_on_confirms_nothing(world: BotWorld) -> None:
    unbound(world)
    world.sign_in(world.add(INFO, "Info"), INFO)
    world.nils.press(world.card("Info", "own organisation?"), "Yes, it is ours")
    world.nils.window("Not possible here")
    assert grant(world, "Info") is None


def test_support_names_the_organisation_when_it_sets_the_channel_up(world: BotWorld) -> None:
    world.vera.slash(ACME, "setup")
    form = world.vera.window("Set up this channel")
    wrong = {"Customer": "Acme Marine", "Microsoft 365 domain": "nowhere.example"}
    assert "does not know an organisation" in world.vera.submit(form, wrong)["Microsoft 365 domain"]
    assert (
        "look like a domain"
        in world.vera.submit(form, wrong | {"Microsoft 365 domain": "no"})["Microsoft 365 domain"]
    )
    assert (
        world.vera.submit(form, {"Customer": "Acme Marine", "Microsoft 365 domain": "acme.example"})
        == {}
    )
    world.carol.find(ACME, "Connect your Microsoft 365 mailboxes")
    assert "now testing the mailbox" in world.sign_in(world.add(INFO, "Info"), INFO).text


def left(world: BotWorld) -> Message:
    """A sign-in was begun and did not come back: the card that asks."""
    world.set_up()
    Browser().press(
        Browser().open(world.add(INFO, "Info").url("Sign in to Microsoft")), "Continue to Microsoft"
    )
    world.pass_time(minutes=16)
    return world.card("Info", "What did Microsoft's page say?")


def test_a_sign_in_that_does_not_come_back_is_asked_about_and_needs_approval(
    world: BotWorld,
) -> None:
    world.carol.press(left(world), "An administrator must approve")
    assert "administrator" in world.carol.window("Error MX-").text
    card = world.card("Info", "Waiting for the administrator")
    assert "What did Microsoft" not in card.text and "For your administrator" in card.buttons


def test_a_page_that_was_just_closed_asks_for_nothing_more(world: BotWorld) -> None:
    world.carol.press(left(world), "Nothing, I closed it")
    world.settle()
    card = world.card("Info", "Waiting for the sign-in")
    assert "What did Microsoft" not in card.text
    assert "Signed in as" in world.sign_in(card, INFO).text


def test_an_error_on_microsofts_page_is_pasted_where_it_is_asked_for(world: BotWorld) -> None:
    world.carol.press(left(world), "Another error")
    form = world.carol.window("What an error means")
    text = "AADSTS50105: The signed in user is not assigned to a role for the application."
    assert world.carol.submit(form, {"Error ID or text": text}) == {}
    world.carol.window("not assigned")
    world.card("Info", "Waiting for the administrator")


def test_microsofts_dead_end_has_a_way_on_from_the_page_the_card_and_a_mention(
    world: BotWorld,
) -> None:
    world.set_up()
    card = world.add(INFO, "Info")
    text = "AADSTS50105: The signed in user is not assigned to a role. <b>planted</b>"
    browser = Browser()
    start = browser.open(card.url("Sign in to Microsoft"))
    told = browser.post(f"{card.url('Sign in to Microsoft')}/error", {"text": text})
    assert "I saw an error" in start.text
    assert "your Microsoft 365 administrator" in told.text and "Sign in again" in told.text
    assert "planted" not in told.text
    unknown = browser.post(f"{card.url('Sign in to Microsoft')}/error", {"text": "frobnicated"})
    assert "We do not recognise this error" in unknown.text and "Do it for us" in unknown.text
    world.card("Info", "Waiting for the sign-in")  # a page that anybody may open changes nothing

    world.carol.say(ACME, f"@Maildesk {text}")
    assert "The account" in world.carol.find(ACME, "This text means").buttons

    world.carol.press(card, "I saw an error")
    form = world.carol.window("What an error means")
    assert world.carol.submit(form, {"Error ID or text": text}) == {}
    world.carol.window("Error MX-", "not assigned", "Contact support", "Sign in to Microsoft")
    world.card("Info", "Waiting for the administrator")


def test_a_link_that_nobody_opened_only_ends(world: BotWorld) -> None:
    world.set_up()
    world.add(INFO, "Info")
    world.pass_time(hours=24, minutes=1)
    card = world.card("Info", "press *New login link*")
    assert "What did Microsoft" not in card.text and "Sign in to Microsoft" not in card.buttons


def test_the_administrators_packet_leads_from_approval_needed_to_connected(world: BotWorld) -> None:
    world.throw("admin-approval-needed", "acme.example")
    world.set_up()
    browser = Browser()
    card = world.add(INFO, "Info")
    page = browser.press(
        browser.press(browser.open(card.url("Sign in to Microsoft")), "Continue"), INFO
    )
    assert "without accepting" in browser.press(page, "Return").text
    world.carol.press(world.card("Info", "Waiting for the administrator"), "For your administrator")
    window = world.carol.window(
        "For your administrator", "Global Administrator", "IMAP.AccessAsUser.All", "Lumen CRM"
    )
    tenant = world.practice.world.tenant_of("acme.example").id
    link = next(word for word in window.text.split() if f"/{tenant}/v2.0/adminconsent?" in word)
    administrator = Browser()
    page = administrator.press(administrator.open(link.replace("&amp;", "&")), "adam@acme.example")
    page = administrator.press(page, "Accept")
    assert "approved for your organisation" in page.text
    assert "can see it now" in administrator.press(page, "Let the people in Slack know").text
    card = world.card("Info", "Waiting for the sign-in")
    assert "Signed in as" in world.sign_in(card, INFO).text


def test_leaving_deletes_the_tokens_and_coming_back_keeps_the_rest(world: BotWorld) -> None:
    world.set_up()
    world.map_folders(world.connect(INFO, "Info"))
    world.carol.press(world.card("Info", "Live"), "More")
    world.carol.press(world.carol.window("Info", "Disconnect"), "Disconnect")
    assert world.carol.submit(world.carol.window("Disconnect", "delete its permission"), {}) == {}
    gone = world.card("Info", "Disconnected")
    assert gone.buttons == ["Connect again", "More"]
    world.carol.find(ACME, "myapps.microsoft.com", "Enterprise apps > Lumen CRM")
    with world.bot.store.transaction() as tx:
        account = tx.accounts.get(1)
        assert tx.grants.get(1) is None and tx.signins.usable_ticket(1, world.clock.now()) is None
        assert (account.tenant_id, account.object_id, account.signed_in_as) == ("", "", "")
        assert tx.jobs.next_due() is None or tx.jobs.next_due() > world.clock.now()  # type: ignore[operator]
    world.pass_time(days=2)
    world.card("Info", "Disconnected")

    world.carol.press(gone, "Connect again")
    world.sign_in(world.card("Info", "Waiting for the sign-in"), INFO)
    assert "Gesendete Elemente" in world.card("Info", "Live").text


def test_a_declared_alias_may_sign_in_and_a_changed_address_ends_the_open_link(
    world: BotWorld,
) -> None:
    world.set_up()
    card = world.add(INFO, "Info")
    old = card.url("Sign in to Microsoft")
    world.carol.press(card, "More")
    world.carol.press(world.carol.window("Info"), "Change details")
    form = world.carol.window("Change the details")
    assert (
        "addresses like"
        in world.carol.submit(form, {"Other addresses": "nonsense"})["Other addresses"]
    )
    assert world.carol.submit(form, {"Other addresses": "CAROL@acme.example"}) == {}
    world.settle()
    assert "withdrawn" in Browser().open(old).text
    page = world.sign_in(world.card("Info"), "carol@acme.example")
    assert "Signed in as" in page.text


@pytest.mark.field
def test_connect_again_names_the_account_that_has_the_address_now(world: BotWorld) -> None:
    world.set_up()
    world.add("info@acme.example", "Info")
    before = world.account("Info")
    world.bot.services.accounts.disconnect(before.id, MAILDESK)
    world.settle()
    world.add("info@acme.example", "Info anew")
    world.carol.press(world.card("Info", "Disconnected"), "Connect again")
    answer = world.carol.window("now belongs to another account")
    assert world.account("Info anew").ref in answer.text
    assert not [m for m in world.carol.messages(ACME) if "belongs to another" in m.text]
