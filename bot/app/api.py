"""How the services of the product's API are put together."""

from bot.api.accounts import ApiAccounts
from bot.api.callers import Callers
from bot.api.keys import ApiKeys
from bot.api.services import ApiServices
from bot.app.foundations import Foundations
from bot.config.settings import Settings
from bot.views.accounts import AccountDetails


def api_services(settings: Settings, base: Foundations, details: AccountDetails) -> ApiServices:
    """The services of the API."""
    store = base.ports.store
    clock = base.clock
    return ApiServices(
        keys=ApiKeys(store, clock),
        callers=Callers(store, clock, settings.api_calls_per_minute),
        accounts=ApiAccounts(store, details, base.failures),
    )
