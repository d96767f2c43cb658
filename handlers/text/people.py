"""How people are called to whom: who mends something, for whom a step is, and where an account
stands."""

from bot.views.accounts import AccountView
from bot.views.audience import Audience
from handlers.text.markup import moment
from handlers.text.words import plainly, say
from storage.vocabulary import Owner


def owner_named(owner: Owner, audience: Audience) -> str:
    """Who can mend something, as the audience calls them: the support team does not read of "your
    administrator", or of itself as of somebody else."""
    if audience is Audience.SUPPORT:
        return plainly(f"owner_support.{owner}")
    return plainly(f"owner.{owner}")


def turn(account: AccountView, audience: Audience = Audience.CUSTOMER) -> str:
    """Whose turn it is with an account; where we test it again, with when."""
    if account.turn is None:
        return plainly("owner.nobody")
    named = owner_named(account.turn, audience)
    if account.retest_at is None:
        return named
    return say("owner.retests", owner=named, at=moment(account.retest_at))


def stands(account: AccountView) -> str:
    """Where an account stands, named for what is so."""
    return plainly(f"state.{account.stands}")


def person_named(who: Owner, audience: Audience) -> str:
    """The heading over what somebody has to do."""
    if audience is Audience.SUPPORT:
        return plainly(f"for_support.{who}")
    return plainly(f"for_customer.{who}")
