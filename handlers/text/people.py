"""How people are called to whom: who mends something, for whom a step is, and where an account
stands."""

from bot.views.accounts import AccountView
from bot.views.audience import Audience
from handlers.text.words import plainly
from storage.vocabulary import Owner, State

TROUBLED = (State.AWAITING_SIGN_IN, State.FAILING, State.BROKEN)
"""In these states an account may have a trouble that says more than the state."""


def owner_named(owner: Owner, audience: Audience) -> str:
    """Who can mend something, as the audience calls them: the support team does not read of "your
    administrator", or of itself as of somebody else."""
    if audience is Audience.SUPPORT:
        return plainly(f"owner_support.{owner}")
    return plainly(f"owner.{owner}")


def turn(account: AccountView, audience: Audience = Audience.CUSTOMER) -> str:
    """Whose turn it is with an account."""
    if account.state in (State.LIVE, State.DISCONNECTED):
        return plainly("owner.nobody")
    return owner_named(account.owner, audience)


def stands(account: AccountView) -> str:
    """Where an account stands, named for what is so."""
    if account.trouble is not None and account.state in TROUBLED:
        return plainly(f"state.{account.trouble}")
    if account.state is State.UNMAPPED and account.was_live:
        return plainly("state.folders_lost")
    return plainly(f"state.{account.state}")


def person_named(who: Owner, audience: Audience) -> str:
    """The heading over what somebody has to do."""
    if audience is Audience.SUPPORT:
        return plainly(f"for_support.{who}")
    return plainly(f"for_customer.{who}")
