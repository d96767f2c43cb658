"""How much somebody may read: the support team sees more than a customer."""

from bot.common.people import Person
from bot.services import Services
from bot.support.rights import Action
from handlers.cards.kit import Audience


def audience_of(services: Services, person: Person) -> Audience:
    """As whom `person` reads what anybody may read."""
    return Audience.SUPPORT if services.rights.is_support(person) else Audience.CUSTOMER


def audience_in(services: Services, person: Person, channel_id: str) -> Audience:
    """As whom `person` reads what a channel offers.

    Raises:
        Refused: the person is not of the support team, and the channel is bound to no customer or
            they are not in it.
    """
    audience = audience_of(services, person)
    if audience is Audience.CUSTOMER:
        services.rights.channel(person, channel_id, Action.SEE)
    return audience
