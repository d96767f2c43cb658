"""Support's and on-call's own channels, which are no customer's: what a command is about is named
in it."""

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.common.texts import on_one_line, reads_as, unquoted
from bot.services import Services
from bot.support.naming import customer_named
from bot.support.rights import Action
from bot.views.accounts import AccountView
from bot.views.overview import CustomerName
from handlers.cards.help import on_call_help, support_help
from handlers.cards.kit import Message
from handlers.slack.payloads import Command
from storage.vocabulary import State

MOST_FOUND = 200
"""So many accounts are looked through for one of a name."""


def is_ours(services: Services, channel_id: str) -> bool:
    """Whether a channel is one of our own two."""
    return channel_id in (services.support_channel, services.alert_channel)


def channel_meant(services: Services, command: Command, action: Action) -> str:
    """The channel that a command is about: where it was typed or, in a channel of ours, that of
    the customer who is named in it.

    Raises:
        Refused: no customer is named, or the person is not of the support team.
    """
    if not is_ours(services, command.channel):
        return command.channel
    services.rights.support(command.person, action)
    customers = services.views.overview.customers()
    named = customer_named(command.rest, customers, command.name)
    return named.customer.channel_id


def any_customer(services: Services, command: Command) -> str:
    """The name of the customer that support (checked before) names, who may have no channel.

    Raises:
        Refused: nobody is named, or there is none of that name.
    """
    customers = [CustomerName(each.id, each.name) for each in services.administration.all()]
    return customer_named(command.rest, customers, command.name).customer.name


def account_meant(
    services: Services, person: Person, text: str, action: Action, command: str
) -> AccountView:
    """The account that support (or, to look back, on-call) names in a channel of ours by its name
    or address; where several are called so, with its customer.

    Raises:
        Refused: none, several, or the person may not.
    """
    services.rights.support(person, action)
    found = _called(services, text)
    if not found:
        customers = services.views.overview.customers()
        named = customer_named(text, customers, command, alone=False)
        rest = unquoted(named.rest)
        if not rest:
            example = named.customer.name
            raise Refused("command.which_account_of", command=command, customer=example)
        found = services.accounts.called(named.customer.id, rest)
        if not found:
            raise Refused("command.no_account_of", text=rest, customer=named.customer.name)
    if len(found) > 1:
        raise Refused("command.several", text=text, refs=", ".join(each.ref for each in found))
    return services.rights.account(person, found[0].ref, action)


def help_here(services: Services, person: Person) -> Message:
    """What can be done in a channel of ours, for who asks there.

    Raises:
        Refused: the person is neither of the support team nor on call.
    """
    if services.rights.is_support(person):
        return support_help()
    if services.rights.is_on_call(person):
        return on_call_help()
    raise Refused("refused.on_call_only")


def _called(services: Services, text: str) -> list[AccountView]:
    """The accounts in use, of all customers, whose name or address is `text`."""
    wanted = reads_as(unquoted(on_one_line(text)))
    found = (each.account for each in services.views.accounts.search(wanted, MOST_FOUND))
    return [
        each
        for each in found
        if each.state is not State.DISCONNECTED
        and wanted in map(reads_as, (each.name, each.sender_email, each.username))
    ]
