"""Whose sign-in name is not the address of their mailbox is told what to put in as Username, with a
button that fills it in."""

import pytest
from flask import Flask

from bot.signin.failed import SignInRefused
from handlers.cards.actions import ActionId
from handlers.cards.diagnosis import OwnName
from handlers.features.accounts import change
from handlers.slack.payloads import Press
from handlers.web.pages import COOKIE, Pages
from storage.tables import Account
from storage.vocabulary import State
from tests.support.fast import ACME, CAROL, FastBot
from tests.support.fast_ports import tenant_of

pytestmark = pytest.mark.field

UPN = "info@acmemarine.onmicrosoft.com"


def refused(bot: FastBot, account: Account, upn: str = UPN) -> SignInRefused:
    """How a sign-in as `upn` ends, of somebody in the customer's own organisation."""
    tenant = bot.customers.of_channel(ACME).tenant_id
    issuer = f"https://login.microsoftonline.com/{tenant}/v2.0"
    bot.microsoft.claims = {"tid": tenant, "iss": issuer}
    with pytest.raises(SignInRefused) as end:
        bot.sign_in(account, upn)
    bot.deliver()
    return end.value


def buttons(bot: FastBot) -> dict[str, str]:
    """The values of the buttons for a name that stand in the channel, by their labels."""
    found = [
        element
        for message in bot.posted()
        for block in message.blocks
        for element in block.get("elements", [])
        if element.get("action_id") == ActionId.ACCOUNT_CHANGE
    ]
    return {each["text"]["text"]: each["value"] for each in found}


def press(bot: FastBot, value: str, windows: object) -> None:
    """Carol presses the button."""
    pressed = Press(CAROL, ACME, value, "", "", {}, windows)  # type: ignore[arg-type]
    change(bot.services, pressed)


class Shown:
    """The windows that are opened."""

    def __init__(self) -> None:
        self.views: list[dict[str, object]] = []

    def open(self, view: dict[str, object]) -> None:
        self.views.append(view)


def test_the_refusal_names_who_signed_in_and_what_to_do(bot: FastBot) -> None:
    account = bot.account(address="info@acme.example", name="Info")
    assert refused(bot, account).other_name == UPN
    told = next(m.words for m in bot.posted() if "did not go through" in m.text)
    assert UPN in told and "Username" in told
    assert buttons(bot) == {"Use as Username": f"{account.ref}|{UPN}"}


def test_the_button_opens_the_form_with_the_name_filled_in(bot: FastBot) -> None:
    account = bot.account(address="info@acme.example", name="Info")
    refused(bot, account)
    windows = Shown()
    press(bot, buttons(bot)["Use as Username"], windows)
    fields = {
        block["element"]["action_id"]: block["element"].get("initial_value")
        for block in windows.views[0]["blocks"]  # type: ignore[attr-defined]
        if block["type"] == "input"
    }
    assert fields["username"] == UPN
    assert fields["sender_email"] == "info@acme.example"
    assert bot.read(account).username == "info@acme.example", (
        "nothing is changed before it is saved"
    )


def test_with_the_name_put_in_the_same_sign_in_holds(bot: FastBot) -> None:
    bot.microsoft.tenants["acmemarine.onmicrosoft.com"] = tenant_of("acme.example")
    account = bot.account(address="info@acme.example", name="Info")
    refused(bot, account)
    form = bot.accounts.form(account.id)
    with_name = type(form)(**{**vars(form), "username": UPN})
    bot.accounts.change(account.id, with_name, CAROL)
    assert bot.sign_in(bot.read(account), UPN).upn == UPN
    assert bot.read(account).state is not State.AWAITING_SIGN_IN


def test_the_delegate_of_a_shared_mailbox_may_have_another_name_too(bot: FastBot) -> None:
    account = bot.account(address="team@acme.example", shared_mailbox="team@acme.example")
    with bot.store.transaction() as tx:
        tx.accounts.lock(account.id).username = "carol@acme.example"
    refused(bot, account, "carol@acmemarine.onmicrosoft.com")
    assert buttons(bot)


def test_somebody_of_another_organisation_is_not_proposed(bot: FastBot) -> None:
    account = bot.account(address="info@acme.example")
    with pytest.raises(SignInRefused) as end:
        bot.sign_in(account, "info@elsewhere.example")
    bot.deliver()
    assert end.value.other_name == ""
    assert not buttons(bot)
    assert "elsewhere.example" not in "".join(message.words for message in bot.posted())


def test_an_account_that_knows_its_person_is_given_to_nobody_else(bot: FastBot) -> None:
    account = bot.account(State.LIVE, address="info@acme.example")
    assert refused(bot, account, "else@acme.example").other_name == ""
    assert not buttons(bot)


def test_a_name_in_another_script_is_filled_in_as_it_is_written(bot: FastBot) -> None:
    account = bot.account(address="info@acme.example")
    refused(bot, account, "info@xn--mller-werft-thb.example")
    assert OwnName.of(buttons(bot)["Use as Username"]).upn == "info@müller-werft.example"


def test_the_page_says_it_too(bot: FastBot) -> None:
    account = bot.account(address="info@acme.example")
    refused(bot, account)
    browser = "a browser that came before, known by its cookie"
    state = bot.go_to_microsoft(account, browser)
    app = Flask(__name__)
    app.register_blueprint(Pages(bot.services, lambda person: "", lambda: None).blueprint())
    client = app.test_client()
    client.set_cookie(COOKIE, browser)
    page = client.post("/oauth/callback", data={"state": state, "code": UPN})
    assert page.status_code == 403
    assert f"<b>{UPN}</b>" in page.text and "Use as Username" in page.text
