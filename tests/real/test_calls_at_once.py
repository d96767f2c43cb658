"""The product makes one call from many threads at once, and its claims are on both databases."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import TestResponse

from storage.database import connect
from storage.vocabulary import State
from tests.support.calls import call
from tests.support.fast import FastBot
from tests.support.product import Product

pytestmark = [pytest.mark.real, pytest.mark.api]

AT_ONCE = 8


@pytest.fixture
def product(url: str) -> Iterator[Product]:
    """A product, and a bot on a database that many use at once."""
    bot = FastBot(engine=connect(url), api_calls_per_minute="1000000")
    yield Product(bot)
    bot.store.engine.dispose()


def at_once(act: Callable[[int], TestResponse]) -> list[TestResponse]:
    """Do something so many times at once."""
    together = threading.Barrier(AT_ONCE)

    def one(number: int) -> TestResponse:
        together.wait()
        return act(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_one_call_that_comes_many_times_at_once_is_done_once(product: Product) -> None:
    answers = at_once(lambda _: call(product, "create", named="one"))

    told = Counter(answer.status_code for answer in answers)
    assert told[201] >= 1 and told[201] + told[409] == AT_ONCE
    assert len(product.bot.accounts_there()) == 1
    [said] = {answer.data for answer in answers if answer.status_code == 201}
    assert call(product, "create", named="one").data == said
    waits = [answer for answer in answers if answer.status_code == 409]
    assert all(answer.headers["Retry-After"] for answer in waits)


def test_of_many_calls_for_one_address_one_is_done(product: Product) -> None:
    answers = at_once(lambda number: call(product, "create", external_id=f"box {number}"))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 422: AT_ONCE - 1}
    [account] = product.bot.accounts_there()
    assert account.sender_email == "office@acme.example"


def test_of_many_accounts_with_one_id_one_is_made(product: Product) -> None:
    answers = at_once(
        lambda number: call(product, "create", sender_email=f"b{number}@acme.example")
    )

    assert Counter(answer.status_code for answer in answers) == {201: 1, 422: AT_ONCE - 1}


def test_nobody_gets_more_accounts_at_once_than_one_has(product: Product) -> None:
    def one(number: int) -> TestResponse:
        address = f"team{number}@acme.example"
        shared = {"sender_email": address, "shared_mailbox": address, "external_id": None}
        return call(product, "create", username="jane@acme.example", **shared)

    answers = at_once(one)

    assert Counter(answer.status_code for answer in answers) == {201: 5, 422: AT_ONCE - 5}


def test_people_who_are_named_at_once_are_one_list_or_the_other(product: Product) -> None:
    def one(number: int) -> TestResponse:
        people = [{"name": f"P{number}", "address": f"p{n}@acme.example"} for n in range(3)]
        return call(product, "people", people=people)

    assert {answer.status_code for answer in at_once(one)} == {200}
    known = product.bot.services.known_people.of_channel("C0ACME")
    assert len(known) == 3 and len({each.name for each in known}) == 1


def test_what_is_asked_of_one_account_at_once_goes_well(product: Product) -> None:
    account = product.bot.account(State.LIVE)
    names = ("login-link", "test", "trouble", "change")

    answers = at_once(lambda number: call(product, names[number % 4], account.ref))

    assert {answer.status_code for answer in answers} <= {200, 202}
