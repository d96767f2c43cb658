"""The vendor's product begins the road of an account over HTTP, and people go it in Slack."""

from typing import Any

import pytest
import requests

from bot.api.keys import Wish
from bot.common.people import MAILDESK
from storage.api_vocabulary import ApiScope
from tests.support.browser import Browser
from tests.support.world import ACME, BotWorld

pytestmark = pytest.mark.api

CAROL = "carol@acme.example"
INFO = "info@acme.example"


class Product:
    """The product, with a key for everything."""

    def __init__(self, world: BotWorld) -> None:
        self.url = f"{world.url}/api/v1"
        wish = Wish("Lumen CRM", tuple(ApiScope), ["Acme Marine"], [], None)
        self.key = world.bot.services.api.keys.create(wish, MAILDESK).secret

    def call(self, method: str, path: str, named: str = "", **body: Any) -> requests.Response:
        """Call the API."""
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": named}
        body_said = {"json": body} if body else {}
        return requests.request(method, self.url + path, headers=headers, timeout=30, **body_said)


def test_the_product_begins_an_account_and_its_owner_signs_in(world: BotWorld) -> None:
    world.set_up()
    product = Product(world)
    wanted = {"name": "Info", "sender_name": "Acme", "sender_email": INFO, "external_id": "4711"}

    made = product.call("POST", "/accounts", "one", **wanted)
    again = product.call("POST", "/accounts", "one", **wanted)

    assert (made.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == made.content
    ref = made.json()["account"]["ref"]
    world.carol.find(ACME, "*Lumen CRM* asked for this account.")
    card = world.card("Info")
    assert card.url("Sign in to Microsoft") == made.json()["login_link"]["url"]
    start = Browser().open(card.url("Sign in to Microsoft"))
    assert "api-key" not in start.text and "somebody" not in start.text
    world.sign_in(card, INFO)
    world.carol.find(ACME, "The connection of Info works")
    assert product.call("GET", f"/accounts/{ref}").json()["state"] == "unmapped"

    assert product.call("POST", f"/accounts/{ref}/disconnect", "two").status_code == 200
    world.carol.find(ACME, "*Lumen CRM* asked to disconnect this account.")


def test_the_form_offers_whom_the_product_names(world: BotWorld) -> None:
    world.set_up()
    product = Product(world)
    crowd = [{"name": f"Person {n}", "address": f"p{n}@acme.example"} for n in range(800)]
    assert product.call("PUT", "/people", people=crowd * 4).status_code == 400
    assert product.call("PUT", "/people", people=crowd).status_code == 200
    named = [{"name": "Carol Chandler", "address": CAROL}]
    assert product.call("PUT", "/people", people=named).status_code == 200

    world.carol.press(
        world.carol.find(ACME, "Connect your Microsoft 365 mailboxes"), "Add an account"
    )
    form = world.carol.window("New Microsoft 365 account (Corporate)")
    values = {"Account name": "Carol", "Sender": f"Carol Chandler · {CAROL}"}
    assert world.carol.submit(form, values) == {}

    world.card("Carol")
    assert world.account("Carol").sender_email == CAROL
    assert world.account("Carol").sender_name == "Carol Chandler"
