"""What the API can do, in one place."""

from dataclasses import dataclass

from bot.api.accounts import ApiAccounts
from bot.api.callers import Callers
from bot.api.deeds import Deeds
from bot.api.errors import ApiErrors
from bot.api.events import Events
from bot.api.hand_out import HandOut
from bot.api.keys import ApiKeys


@dataclass(frozen=True)
class ApiServices:
    """Everything that a call of the API may lead to, and the keys."""

    keys: ApiKeys
    callers: Callers
    accounts: ApiAccounts
    hand_out: HandOut
    errors: ApiErrors
    events: Events
    deeds: Deeds
