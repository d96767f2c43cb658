"""To whom a message in a customer's channel is addressed."""

from collections.abc import Callable, Collection, Sequence

from bot.common.people import Person
from storage.tables import Account
from storage.vocabulary import THEIRS, Owner

IsCustomers = Callable[[Person, str], bool]
"""Whether a person is one of the customers of a channel. May take a second."""


def addressed(
    accounts: Sequence[Account], is_customers: IsCustomers, turns: Collection[Owner] = THEIRS
) -> list[str]:
    """Who of the customer's people added accounts where it is one of these `turns`, each once. May
    take a second for each of them, so that no transaction is open."""
    asked = {
        (Person(account.created_by_team, account.created_by_user), account.channel_id): None
        for account in accounts
        if account.owner in turns and account.created_by_team
    }
    return [person.user for person, channel in asked if is_customers(person, channel)]
