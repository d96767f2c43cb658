"""What people see when something goes wrong, and how it is put right."""

import requests

from tests.support.browser import Browser
from tests.support.world import ACME, ALERTS, BotWorld


def test_smtp_auth_off_for_the_tenant_is_explained_and_passes_after_the_mend(
    world: BotWorld,
) -> None:
    world.set_up()
    world.throw("smtp-auth-off-tenant", "acme.example")
    world.sign_in(world.add("info@acme.example", "Info"), "info@acme.example")

    result = world.carol.find(ACME, "does not work yet", "Error ID")
    assert ":white_check_mark:  Read the inbox" in result.text
    assert ":x:  Sign in for sending" in result.text
    assert "your Microsoft 365 administrator" in result.text
    assert "Signing in again would not help" in result.text
    mailbox, organisation = (
        result.text.index("Manage email apps"),
        result.text.index("Turn off SMTP AUTH protocol"),
    )
    assert mailbox < organisation, "the mailbox's own switch comes first"
    assert "5.7.139" not in result.text, "no raw replies in a shared channel"

    world.take_back("smtp-auth-off-tenant", "acme.example")
    world.carol.press(result, "Test again")
    world.carol.find(ACME, "The connection of Info works")
    world.card("Info", "folders not mapped yet")


def test_support_sees_the_details_of_an_error_and_a_customer_plain_words(world: BotWorld) -> None:
    world.set_up()
    world.throw("smtp-auth-off-tenant", "acme.example")
    world.sign_in(world.add("info@acme.example", "Info"), "info@acme.example")
    result = world.carol.find(ACME, "does not work yet", "Error ID")
    error = result.text.split("*Error ID:* `")[1][:12]

    world.vera.slash(ACME, f"error {error.lower()}")
    details = world.vera.find(ACME, "What the server said")
    assert "5.7.139" in details.text and "Info" in details.text
    assert details.data["ephemeral"]

    world.carol.press(result, "Details")
    window = world.carol.window(f"Error {error}")
    assert "switched off" in window.text and "5.7.139" not in window.text


def test_another_account_is_refused_with_both_addresses(world: BotWorld) -> None:
    world.set_up()
    card = world.add("info@acme.example", "Info")
    browser = Browser()
    page = world.sign_in(card, "carol@acme.example", browser)
    assert page.status == 403
    assert "info@acme.example" in page.text and "carol@acme.example" in page.text
    assert "MX-" in page.text
    refused = world.carol.find(ACME, "The sign-in did not go through", "carol@acme.example")
    first, *others = refused.buttons
    assert first == "Sign in to Microsoft"
    assert others == ["Use as Username", "What to do", "Contact support"]

    page = browser.press(page, "Use another account")
    page = browser.press(page, "info@acme.example")
    page = browser.press(page, "Accept") if "Permissions requested" in page.text else page
    assert "Signed in as info@acme.example" in page.text


def test_an_administrator_has_to_approve_first(world: BotWorld) -> None:
    world.set_up()
    world.throw("admin-approval-needed", "acme.example")
    card = world.add("info@acme.example", "Info")
    browser = Browser()
    page = world.sign_in(card, "info@acme.example", browser)
    assert "Need admin approval" in page.text
    page = browser.press(page, "Return to the application")
    assert "administrator" in page.text and "adminconsent" in page.text
    card = world.card("Info", "Waiting for the administrator")

    admin = Browser()
    page = admin.open(card.url("Approval page for the administrator"))
    page = admin.press(admin.press(page, "adam@acme.example"), "Accept")
    assert "approved for your organisation" in page.text
    assert "Signed in as" in world.sign_in(card, "info@acme.example").text
    world.card("Info", "folders not mapped yet")


def test_our_own_expired_secret_is_one_alert_and_asks_nobody_to_sign_in(world: BotWorld) -> None:
    world.set_up()
    cards = [
        world.connect("info@acme.example", "Info"),
        world.connect("biuro@acme.example", "Biuro"),
    ]
    world.throw("application-secret-expired")
    world.expire_tokens("Info", "Biuro")
    for card in cards:
        world.carol.press(card, "Test again")
    world.carol.find(ACME, "The connection of Info does not work", "our engineers")
    world.carol.find(ACME, "The connection of Biuro does not work", "our engineers")
    world.settle()
    alerts = [m for m in world.omar.messages(ALERTS) if "secret has expired" in m.text]
    assert len(alerts) == 1
    assert "*Mailboxes that do not work:* 2" in alerts[0].text
    assert "*Times seen:* 2" in alerts[0].text

    world.omar.press(alerts[0], "Acknowledge")
    assert "Acknowledged by <@U0OMAR>" in world.omar.find(ALERTS, "Acknowledged").text
    assert "New login link" not in "".join(world.card(name).text for name in ("Info", "Biuro"))


def test_a_busy_microsoft_is_never_called_a_failed_sign_in(world: BotWorld) -> None:
    world.set_up()
    card = world.connect("info@acme.example", "Info")
    world.throw("smtp-busy", "info@acme.example")
    world.carol.press(card, "Test again")
    result = world.carol.find(ACME, "The connection of Info does not work")
    assert "temporary problem" in result.text and "Microsoft" in result.text
    assert "sign in again" not in result.text.lower()


def test_an_approval_that_was_refused_gets_an_error_id_and_is_told_in_the_thread(
    world: BotWorld,
) -> None:
    world.set_up()
    world.throw("admin-approval-needed", "acme.example")
    card = world.add("info@acme.example", "Info")
    browser = Browser()
    browser.press(world.sign_in(card, "info@acme.example", browser), "Return to the application")
    card = world.card("Info", "Waiting for the administrator")

    admin = Browser()
    page = admin.press(
        admin.open(card.url("Approval page for the administrator")), "adam@acme.example"
    )
    page = admin.press(page, "Cancel")
    assert (
        "Not approved" in page.text and "nothing is broken" in page.text and "MX-" not in page.text
    )
    page = admin.press(page, "Let the support team know")
    error = page.text.split("Error ID")[1].strip()[:12]
    assert error.startswith("MX-")
    world.carol.find(ACME, "An administrator opened the approval page", error)
    world.vera.slash(ACME, f"error {error}")
    world.vera.find(ACME, f"What error {error} means", "The administrator did not approve")


def test_a_refusal_with_a_made_up_state_is_kept_nowhere(world: BotWorld) -> None:
    world.set_up()
    world.add("info@acme.example", "Info")
    forged = {"error": "access_denied", "state": world.account("Info").ref}
    answer = requests.post(f"{world.url}/consent/callback", data=forged, timeout=60)
    assert answer.status_code == 410
    with world.bot.store.transaction() as tx:
        assert tx.failures.open_of(world.account("Info").id) == []
