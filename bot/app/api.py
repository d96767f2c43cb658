"""How the services of the product's API are put together."""

from bot.api.accounts import ApiAccounts
from bot.api.callers import Callers
from bot.api.deeds import Deeds, Tools
from bot.api.errors import ApiErrors
from bot.api.events import Events
from bot.api.hand_out import HandOut
from bot.api.keys import ApiKeys
from bot.api.requests import ApiRequests
from bot.api.services import ApiServices
from bot.api.ways import MailPlace, Places
from bot.app.foundations import Foundations
from bot.common.tallies import Tallies
from bot.config.settings import Settings


def api_services(
    settings: Settings, base: Foundations, tools: Tools, tallies: Tallies
) -> ApiServices:
    """The services of the API; `tools`: those of the bot that do what it asks for."""
    store = base.ports.store
    clock = base.clock
    callers = Callers(store, clock, settings.api_calls_per_minute)
    accounts = ApiAccounts(store, base.failures)
    hand_out = HandOut(
        store,
        clock,
        base.tokens,
        callers,
        accounts,
        base.failures,
        places(settings),
        settings.tokens_per_hour,
        tallies,
    )
    errors = ApiErrors(store, base.failures)
    events = Events(store, clock)
    requests = ApiRequests(store, clock, base.cipher, callers)
    deeds = Deeds(store, clock, requests, accounts, tools)
    keys = ApiKeys(store, clock)
    return ApiServices(keys, callers, accounts, hand_out, errors, events, deeds)


def places(settings: Settings) -> Places:
    """Where tokens are used."""
    return Places(
        MailPlace(settings.imap_host, settings.imap_port, "tls"),
        MailPlace(settings.smtp_host, settings.smtp_port, "starttls"),
        settings.cloud.graph,
    )
