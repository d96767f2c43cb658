"""How people are called to whom: who mends something, and for whom a step is."""

from bot.views.audience import Audience
from handlers.text.words import plainly
from storage.vocabulary import Owner


def owner_named(owner: Owner, audience: Audience) -> str:
    """Who can mend something, as the audience calls them: the support team does not read of "your
    administrator", or of itself as of somebody else."""
    if audience is Audience.SUPPORT:
        return plainly(f"owner_support.{owner}")
    return plainly(f"owner.{owner}")


def person_named(who: Owner, audience: Audience) -> str:
    """The heading over what somebody has to do."""
    if audience is Audience.SUPPORT:
        return plainly(f"for_support.{who}")
    return plainly(f"for_customer.{who}")
