"""Finding what a person named: an account, an error."""

from bot.common import ids
from bot.common.people import Person
from bot.common.refusals import Refused
from bot.common.texts import on_one_line, unquoted
from bot.diagnosis.verdict import Verdict
from bot.services import Services
from bot.support.rights import Action
from bot.views.accounts import AccountView
from bot.views.audience import Audience
from bot.views.errors import ErrorCard
from bot.views.telling import Affected, Told, for_audience
from handlers.features import own_channels


def account_named(
    services: Services, person: Person, channel_id: str, text: str, action: Action, command: str
) -> AccountView:
    """The account that `text` names by its ID, name or address, in the channel or (by ID) anywhere
    the person may.

    Raises:
        Refused: none, several, or not this person's to touch.
    """
    text = on_one_line(text)
    ours = own_channels.is_ours(services, channel_id)
    if not text:
        sentence = "command.which_account_here" if ours else "command.which_account"
        raise Refused(sentence, command=command)
    try:
        return services.rights.account(person, ids.read_account_ref(unquoted(text)), action)
    except ids.NotAnId as error:
        if error.slip and unquoted(text).upper().startswith("MB"):
            raise Refused("refused.account_slip", ref=text) from None
    if ours:
        return own_channels.account_meant(services, person, text, action, command)
    text = unquoted(text)
    # Whoever looks back has seen the names of a channel's accounts, or gives an ID
    seen = Action.SEE if action is Action.TIMELINE else action
    channel = services.rights.channel(person, channel_id, seen)
    found = services.accounts.called(channel.customer_id, text)
    if len(found) > 1:
        raise Refused("command.several", text=text, refs=", ".join(each.ref for each in found))
    if not found:
        raise Refused("refused.no_account", ref=text)
    return found[0]


def is_error_id(services: Services, text: str) -> bool:
    """Whether `text` is meant as an error ID rather than as what a server said."""
    written_by_a_server = bool(set("_.:=") & set(text)) or services.catalogue.read(text) is not None
    return len(text) <= 16 and not written_by_a_server


def error_named(services: Services, person: Person, text: str) -> tuple[ErrorCard, Audience]:
    """The failure with the error ID `text`, and how much of it the person may see. Customers see
    their own only.

    Raises:
        Refused: no such error, or somebody else's (the two read alike).
    """
    card = _known(services, text)
    return card, services.rights.audience_of_error(person, card)


def error_to_ask_about(services: Services, person: Person, text: str) -> ErrorCard:
    """The failure about which the person wants help: one of theirs, or one of nobody's, whose ID
    only they were told.

    Raises:
        Refused: no such error, or somebody else's.
    """
    card = _known(services, text)
    if card.account is not None:
        services.rights.audience_of_error(person, card)
    return card


def _known(services: Services, text: str) -> ErrorCard:
    try:
        ref = ids.read_error_ref(text)
    except ids.NotAnId as error:
        raise Refused("error.slip" if error.slip else "error.unknown", text=text) from None
    card = services.views.errors.card(ref)
    if card is None:
        raise Refused("error.unknown", text=text)
    return card


def pasted(services: Services, person: Person, text: str) -> Told:
    """What a text means that `person` pasted, as they read it; one that nothing explains is
    counted.

    Raises:
        Refused: it is not recognised.
    """
    verdict = services.catalogue.lookup_text(text)
    services.pasted.looked_up(text, verdict, person)
    if verdict is None:
        raise Refused("error.unknown_text")
    return told(services, person, verdict)


def told(
    services: Services, person: Person, verdict: Verdict, account: AccountView | None = None
) -> Told:
    """A cause as `person` reads it; its steps name the addresses of `account`."""
    ours = services.rights.is_support(person) or services.rights.is_on_call(person)
    audience = Audience.SUPPORT if ours else Audience.CUSTOMER
    return for_audience(verdict, audience, [Affected.of(account)] if account else [])
