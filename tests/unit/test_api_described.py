"""The API's description: it has every call, and the running server keeps to it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode

from handlers.api.blueprint import BASE
from storage.tables import Account
from storage.vocabulary import State
from tests.support.calls import DEEDS
from tests.support.examples import examples
from tests.support.fast import FastBot
from tests.support.product import Product, with_test

pytestmark = pytest.mark.api

CALLS = (
    "GET /accounts",
    "GET /accounts/{ref}",
    "GET /errors/{error_id}",
    "GET /events",
    "POST /accounts/{ref}/token",
)
ITSELF = "GET /openapi.json"
"""Which schemathesis reads, and so draws nothing for."""


@pytest.fixture(scope="module")
def product() -> Product:
    """A product that may call as often as it likes."""
    return Product(FastBot(api_calls_per_minute="1000000", tokens_per_hour="100000"))


@pytest.fixture(scope="module")
def account(product: Product) -> Account:
    return with_test(product.bot, product.bot.account(State.LIVE))


def test_every_call_stands_in_it(product: Product) -> None:
    document = product.get("/openapi.json").json
    described = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
    }
    answered = {
        f"{method} {rule.rule.removeprefix(BASE).replace('<', '{').replace('>', '}')}"
        for rule in product.web.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == answered == {*CALLS, *DEEDS, ITSELF}


def test_it_is_of_openapi_3_1_and_needs_no_key(product: Product) -> None:
    document = product.get("/openapi.json", "").json
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": f"https://maildesk.example{BASE}"}]


def test_it_is_off_with_the_api(bot: FastBot) -> None:
    assert Product(bot, key=False).get("/openapi.json").status_code == 404


def test_each_call_says_which_scope_it_needs(product: Product) -> None:
    paths = product.get("/openapi.json").json["paths"]
    assert paths["/accounts/{ref}/token"]["post"]["security"] == [{"key": ["tokens"]}]
    assert "security" not in paths["/openapi.json"]["get"]


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("call", CALLS)
def test_what_is_drawn_from_it_is_answered_as_it_says(
    product: Product, account: Account, call: str, mode: GenerationMode
) -> None:
    described = schemathesis.openapi.from_wsgi(f"{BASE}/openapi.json", product.web)
    (operation,) = (each.ok() for each in described.get_all_operations() if each.ok().label == call)
    headers = {"Authorization": f"Bearer {product.key}"}

    @settings(examples(40), derandomize=True, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def holds(case: Case) -> None:
        # Calls without a key, of which some are tried each time, are counted a minute
        product.bot.clock.at += timedelta(minutes=1)
        case.call_and_validate(headers=headers)
        if "ref" in case.path_parameters and mode is GenerationMode.POSITIVE:
            case.path_parameters["ref"] = account.ref
            assert case.call_and_validate(headers=headers).status_code == 200 or case.body

    tried: Callable[[], None] = holds
    tried()
