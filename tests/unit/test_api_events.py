"""What the product reads of what changed: in order, after what it knows, and of whom it may."""

import pytest

from bot.common.people import MAILDESK
from storage.api_vocabulary import ApiScope
from storage.vocabulary import State
from tests.support.fast import FastBot
from tests.support.product import Product, make_key

pytestmark = pytest.mark.api


@pytest.fixture
def product(bot: FastBot) -> Product:
    return Product(bot)


def read(product: Product, query: str = "", key: str | None = None) -> list[str]:
    """The IDs of a page."""
    answer = product.get(f"/events{query}", key)
    assert answer.status_code == 200, answer.json
    ids = [each["id"] for each in answer.json["events"]]
    assert answer.json["next"] == (ids[-1] if ids else None)
    return ids


def end(bot: FastBot, count: int = 3) -> None:
    """So many accounts go live and are ended, each of which is told."""
    for _ in range(count):
        bot.accounts.disconnect(bot.account(State.LIVE).id, MAILDESK)


def test_everything_is_read_page_by_page_in_order(bot: FastBot, product: Product) -> None:
    end(bot)
    everything = read(product)
    assert len(everything) == 6
    first = read(product, "?limit=2")
    assert first == everything[:2]
    assert read(product, f"?limit=2&after={first[-1]}") == everything[2:4]
    assert read(product, f"?after={everything[-1]}") == []


def test_an_event_has_the_account_as_it_is_read_elsewhere(bot: FastBot, product: Product) -> None:
    end(bot, 1)
    *_, event = product.get("/events").json["events"]
    about = event["data"]["account"]
    assert event["type"] == "account.disconnected"
    assert event["data"]["previous"] == {"state": "live"}
    assert about == product.get(f"/accounts/{about['ref']}").json


def test_others_events_are_not_there(bot: FastBot, product: Product) -> None:
    end(bot)
    bot.customer("Beta Foods", "C0BETA")
    assert read(product, key=make_key(bot, customers=["Beta Foods"]).secret) == []
    assert read(product, key=make_key(bot, customers=["Acme Marine"]).secret) == read(product)


@pytest.mark.parametrize("query", ["?after=evt_1", "?after=x", "?limit=0", "?limit=201", "?all=1"])
def test_what_is_no_question_is_refused(product: Product, query: str) -> None:
    answer = product.get(f"/events{query}")
    assert answer.status_code == 400, answer.json
    assert answer.json["code"] == "invalid"


def test_a_key_for_something_else_reads_none(bot: FastBot, product: Product) -> None:
    key = make_key(bot, [scope for scope in ApiScope if scope is not ApiScope.EVENTS]).secret
    answer = product.get("/events", key)
    assert (answer.status_code, answer.json["needs_scope"]) == (403, "events")
