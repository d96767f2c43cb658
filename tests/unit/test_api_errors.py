"""What the product reads of an error ID."""

import pytest

from bot.diagnosis.observation import Where
from storage.vocabulary import State
from tests.support.fast import FastBot
from tests.support.product import Product, make_key

pytestmark = pytest.mark.api


@pytest.fixture
def product(bot: FastBot) -> Product:
    return Product(bot)


def test_it_is_explained_in_a_customers_words(bot: FastBot, product: Product) -> None:
    account = bot.account(State.LIVE, name="Info")
    failure = bot.failure(account)
    said = product.get(f"/errors/{failure.ref.lower()}").json
    verdict = bot.verdict(failure)

    remedy = said.pop("remedy")
    assert said == {
        "error_id": failure.ref,
        "code": failure.cause,
        "title": verdict.title,
        "sentence": verdict.customer,
        "owner": "administrator",
        "permanence": "after-fix",
        "at": "2026-11-24T08:00:00Z",
        "account": account.ref,
    }
    assert any("info@acme.example" in step for step in remedy)
    assert not any("<mailbox>" in step for step in remedy)


def test_what_is_ours_to_mend_tells_customers_no_more_than_that(
    bot: FastBot, product: Product
) -> None:
    failure = bot.failure(bot.account(State.LIVE), Where.TOKEN, "token", error="invalid_client")
    said = product.get(f"/errors/{failure.ref}").json
    assert said["title"] == "Something is wrong on our side" and said["owner"] == "on-call"
    support = bot.verdict(failure).support
    assert support not in str(said)


@pytest.mark.parametrize("ref", ["MX-0000-0000", "MX-7Q3F", "MB-7Q3F-9K2D", "x"])
def test_what_is_no_error_is_not_there(product: Product, ref: str) -> None:
    assert product.get(f"/errors/{ref}").status_code == 404


def test_an_error_of_another_customer_or_of_nobody_is_not_there(
    bot: FastBot, product: Product
) -> None:
    ours = bot.failure(bot.account(State.LIVE))
    beta = bot.customer("Beta Foods", "C0BETA")
    theirs = bot.failure(bot.account(State.LIVE, channel=beta))
    nobodys = bot.failure(None, Where.TOKEN, "token", error="invalid_client")
    acme = make_key(bot, customers=["Acme Marine"]).secret

    found = [product.get(f"/errors/{f.ref}", acme).status_code for f in (ours, theirs, nobodys)]
    assert found == [200, 404, 404]
    assert product.get(f"/errors/{nobodys.ref}").json["account"] is None
