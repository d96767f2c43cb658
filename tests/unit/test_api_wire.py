"""The API over HTTP: problems instead of pages, headers, limits, and whose address counts."""

from collections.abc import Sequence
from ipaddress import ip_network

import pytest
from werkzeug.test import TestResponse

from bot.api.refusals import Code
from handlers.api.addresses import client_address
from handlers.api.blueprint import BASE
from handlers.api.problems import Problem, words
from storage.database import DatabaseAway
from tests.support.fast import FastBot
from tests.support.product import Product, make_key

pytestmark = pytest.mark.api


@pytest.fixture
def product(bot: FastBot) -> Product:
    return Product(bot)


def is_problem(answer: TestResponse, code: Code) -> Problem:
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    told = Problem.model_validate(answer.json)
    assert (told.code, told.status) == (code, answer.status_code)
    return told


def test_every_code_has_its_words() -> None:
    assert set(words()) == set(Code)


def test_it_is_off_until_there_is_a_key(bot: FastBot) -> None:
    product = Product(bot, key=False)
    is_problem(product.get("/accounts"), Code.OFF)
    make_key(bot)
    assert product.get("/accounts").status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic bWRr", "Bearer mdk_nobody", "Bearer ü"]
)
def test_without_a_good_key_one_answer_is_given(product: Product, header: str) -> None:
    answer = product.get("/accounts", "", headers={"Authorization": header})
    is_problem(answer, Code.NO_KEY)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.data == product.get("/accounts", "").data


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "", Code.NOT_FOUND),
        ("GET", "/nowhere", Code.NOT_FOUND),
        ("POST", "/nowhere", Code.NOT_FOUND),
        ("GET", "/accounts/MB-7Q3F-9K2D/nowhere", Code.NOT_FOUND),
        ("DELETE", "/accounts", Code.METHOD),
        ("GET", "/accounts/%00", Code.NOT_FOUND),
        ("GET", "/accounts/..%2f..", Code.NOT_FOUND),
        ("GET", "/accounts/MB-7Q3F-9K2D?more=1", Code.INVALID),
    ],
)
def test_what_is_not_there_is_a_problem(
    product: Product, method: str, path: str, code: Code
) -> None:
    is_problem(product.call(method, path), code)


def test_other_pages_are_refused_as_before(product: Product) -> None:
    answer = product.web.test_client().get("/nowhere")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    answer = product.web.test_client().get(f"{BASE}s")
    assert answer.mimetype == "text/html"


def test_what_is_told_of_the_allowance(bot: FastBot) -> None:
    product = Product(FastBot(bot, api_calls_per_minute="2"))
    few = make_key(bot, []).secret
    first = product.get("/accounts")
    missing = product.get("/accounts/MB-0000-0000")
    beyond = product.get("/accounts")

    said = [each.headers["RateLimit-Remaining"] for each in (first, missing, beyond)]
    assert said == ["1", "0", "0"]
    assert {each.headers["RateLimit-Limit"] for each in (first, missing, beyond)} == {"2"}
    assert is_problem(beyond, Code.TOO_MANY_CALLS).errors is None
    assert beyond.headers["Retry-After"] == beyond.headers["RateLimit-Reset"] == "60"
    narrow = product.get("/accounts", few)
    assert is_problem(narrow, Code.NO_SCOPE).needs_scope == "accounts:read"
    assert narrow.headers["RateLimit-Remaining"] == "1"


def test_a_database_that_is_away_is_a_problem(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseAway("OperationalError")

    monkeypatch.setattr(type(product.bot.services.api.accounts), "page", away)
    answer = product.get("/accounts")
    is_problem(answer, Code.AWAY)
    assert int(answer.headers["Retry-After"]) > 0


def test_a_fault_of_ours_has_an_error_id_and_no_words(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise KeyError("planted secret")

    monkeypatch.setattr(type(product.bot.services.api.accounts), "page", fails)
    answer = product.get("/accounts")
    told = is_problem(answer, Code.OURS)
    assert told.error_id is not None and b"planted" not in answer.data
    with product.bot.store.transaction() as tx:
        failure = tx.failures.get(told.error_id)
    assert failure is not None and failure.step == "api"


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "address"),
    [
        ("192.0.2.7", "", [], "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", [], "192.0.2.7"),
        ("10.0.0.1", "198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1,10.0.0.2", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", ["10.0.0.0/8"], "10.0.0.3"),
        ("10.0.0.1", " , ", ["10.0.0.0/8"], "10.0.0.1"),
        ("10.0.0.1", "unknown", ["10.0.0.0/8"], "unknown"),
        ("192.0.2.7", "10.0.0.9", ["10.0.0.0/8"], "192.0.2.7"),
        ("2001:db8::1", "2001:db8:1::5", ["2001:db8::1/128"], "2001:db8:1::5"),
        ("", "6.6.6.6", ["0.0.0.0/0"], ""),
        ("::ffff:10.0.0.1", "198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2:51234", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, [::ffff:10.0.0.2]:443", ["10.0.0.0/8"], "198.51.100.1"),
    ],
)
def test_an_address_is_what_the_last_proxy_of_ours_says(
    peer: str, forwarded: str, proxies: Sequence[str], address: str
) -> None:
    assert client_address(peer, forwarded, [ip_network(each) for each in proxies]) == address


def test_a_network_is_asked_of_the_one_who_calls_through_a_proxy(bot: FastBot) -> None:
    product = Product(FastBot(bot, trusted_proxies="127.0.0.1"))
    near = make_key(bot, networks=["198.51.100.0/24"]).secret

    def status(forwarded: str) -> int:
        headers = {"X-Forwarded-For": forwarded}
        return product.get("/accounts", near, headers=headers).status_code

    assert [status("198.51.100.1"), status("198.51.100.1, 192.0.2.1"), status("")] == [
        200,
        403,
        403,
    ]
