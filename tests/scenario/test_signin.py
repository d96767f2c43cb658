"""Sign-in under pressure: links, browsers, repeated and forged answers, and where secrets may not
be."""

import pytest

from bot.microsoft.tokens import TokenFailed, sealed_for
from storage.cipher import Cipher
from storage.tables import Grant
from tests.support.browser import Browser, Page
from tests.support.held import stored_in
from tests.support.slack import Message
from tests.support.world import BotWorld


@pytest.fixture
def card(world: BotWorld) -> Message:
    """The card of an account that waits for its sign-in."""
    world.set_up()
    return world.add("info@acme.example", "Info")


def at_microsoft(world: BotWorld, card: Message, browser: Browser) -> Page:
    """The account picker."""
    return browser.press(browser.open(card.url("Sign in to Microsoft")), "Continue to Microsoft")


def test_fetching_a_link_however_often_changes_nothing(world: BotWorld, card: Message) -> None:
    for _ in range(20):
        page = Browser().open(card.url("Sign in to Microsoft"))
        assert page.status == 200 and "Continue to Microsoft" in page.text
    assert Browser().open(f"{world.url}/oauth/callback?code=x&state=y").status == 400
    assert "Signed in as" in world.sign_in(card, "info@acme.example").text


def test_a_link_is_used_up_by_success_only(world: BotWorld, card: Message) -> None:
    link = card.url("Sign in to Microsoft")
    page = Browser().press(Browser().open(link), "Continue")
    assert "Choose an account" in page.text
    assert "Signed in as" in world.sign_in(card, "info@acme.example").text
    assert "already been used" in Browser().open(link).text


def test_microsoft_is_told_whom_to_expect_or_asked_to_offer_a_choice(
    world: BotWorld, card: Message
) -> None:
    browser = Browser()
    page = at_microsoft(world, card, browser)
    assert "login_hint=info%40acme.example" in page.url and "prompt=" not in page.url
    page = browser.press(page, "carol@acme.example")
    page = browser.press(page, "Accept") if "Permissions requested" in page.text else page
    page = browser.press(page, "Use another account")
    assert "prompt=select_account" in page.url and "login_hint" not in page.url
    both = Browser().open(f"{page.url}&login_hint=info%40acme.example")
    assert both.status == 400 and "AADSTS90023" in both.text


def test_a_link_expires_and_a_new_one_replaces_it(world: BotWorld, card: Message) -> None:
    old = card.url("Sign in to Microsoft")
    world.clock.pass_time(hours=24, minutes=1)
    page = Browser().open(old)
    assert page.status == 410 and "expired" in page.text
    world.carol.press(card, "New login link")
    world.settle()
    assert "replaced" in Browser().open(old).text
    assert "Signed in as" in world.sign_in(world.card("Info", "Waiting"), "info@acme.example").text


def test_another_tenant_is_refused_once_the_customers_is_known(world: BotWorld) -> None:
    world.set_up(domain="")
    stranger = world.add("nora@borealis.example", "Nora")
    world.set_up()
    world.settle()
    page = world.sign_in(stranger, "nora@borealis.example")
    assert page.status == 403 and "another organisation" in page.text


def test_a_declined_permission_is_not_a_failure_and_can_be_tried_again(
    world: BotWorld, card: Message
) -> None:
    browser = Browser()
    page = browser.press(at_microsoft(world, card, browser), "info@acme.example")
    page = browser.press(page, "Cancel")
    assert "cancelled before the permissions were accepted" in page.text
    page = browser.press(browser.press(page, "Try again"), "info@acme.example")
    assert "Signed in as" in browser.press(page, "Accept").text


def test_the_pages_carry_their_protection(world: BotWorld, card: Message) -> None:
    headers = Browser().open(card.url("Sign in to Microsoft")).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer" and headers["Cache-Control"] == "no-store"


def test_no_secret_is_in_the_database(world: BotWorld, card: Message) -> None:
    world.sign_in(card, "info@acme.example")
    world.settle()
    token = world.bot.tokens.fresh(world.account("Info").id).access_token
    cipher = Cipher(world.bot.settings.keys)
    with world.bot.store.transaction() as tx:
        grant = tx.grants.get(world.account("Info").id)
        assert grant is not None
    cache = cipher.open(grant.sealed, sealed_for(world.account("Info").id))
    link_secret = card.url("Sign in to Microsoft").rsplit("/", 1)[1]
    stored = stored_in(world.environment["DATABASE_URL"])
    assert "info@acme.example" in stored
    for secret in (token, link_secret, world.bot.settings.ms_client_secret.get_secret_value()):
        assert secret not in stored
    assert "RefreshToken" in cache


def test_a_grant_that_was_moved_to_another_account_does_not_open(
    world: BotWorld, card: Message
) -> None:
    world.sign_in(card, "info@acme.example")
    world.settle()
    world.add("carol@acme.example", "Carol")
    from_id, to_id = world.account("Info").id, world.account("Carol").id
    with world.bot.store.transaction() as tx:
        grant = tx.grants.get(from_id)
        assert grant is not None
        tx.grants.put(Grant(**grant.model_dump() | {"account_id": to_id}))

    with pytest.raises(TokenFailed, match="grant_unreadable"):
        world.bot.tokens.fresh(to_id)
    assert world.bot.tokens.fresh(from_id).access_token
