"""How the services of the product's API are put together."""

from bot.api.accounts import ApiAccounts
from bot.api.callers import Callers
from bot.api.deeds import Deeds, Tools
from bot.api.keys import ApiKeys
from bot.api.requests import ApiRequests
from bot.api.services import ApiServices
from bot.app.foundations import Foundations
from bot.config.settings import Settings
from bot.views.accounts import AccountDetails


def api_services(
    settings: Settings, base: Foundations, details: AccountDetails, tools: Tools
) -> ApiServices:
    """The services of the API; `tools`: those of the bot that do what it asks for."""
    store = base.ports.store
    clock = base.clock
    callers = Callers(store, clock, settings.api_calls_per_minute)
    accounts = ApiAccounts(store, details, base.failures)
    requests = ApiRequests(store, clock, base.cipher, callers)
    return ApiServices(
        keys=ApiKeys(store, clock),
        callers=callers,
        accounts=accounts,
        deeds=Deeds(store, clock, requests, accounts, tools),
    )
