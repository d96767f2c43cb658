"""The calls that do something are answered as the API's description says, whatever is drawn."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from handlers.api.blueprint import BASE
from storage.vocabulary import State
from tests.support.calls import DEEDS
from tests.support.examples import examples
from tests.support.fast import FastBot
from tests.support.product import Product

pytestmark = pytest.mark.api


@pytest.fixture(scope="module")
def product() -> Product:
    """A product that may call as often as it likes."""
    return Product(FastBot(api_calls_per_minute="1000000"))


@pytest.fixture(scope="module")
def ref(product: Product) -> str:
    """The ID of the account to which it all happens."""
    return product.bot.account(State.LIVE).ref


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("deed", DEEDS)
def test_what_is_drawn_is_answered_as_the_description_says(
    product: Product, ref: str, deed: str, mode: GenerationMode
) -> None:
    described = schemathesis.openapi.from_wsgi(f"{BASE}/openapi.json", product.web)
    (operation,) = (each.ok() for each in described.get_all_operations() if each.ok().label == deed)
    headers = {"Authorization": f"Bearer {product.key}"}

    @settings(examples(30), derandomize=True, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def holds(case: Case) -> None:
        # Calls without a key, of which some are tried each time, are counted a minute
        product.bot.clock.at += timedelta(minutes=1)
        if mode is GenerationMode.POSITIVE and "ref" in case.path_parameters:
            case.path_parameters["ref"] = ref
        # What is right by its form may not be as things are: an address that is taken, a customer
        # whom nobody knows
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

    tried: Callable[[], None] = holds
    tried()
