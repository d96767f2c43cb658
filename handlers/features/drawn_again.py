"""Windows that show an account, or a list of them, drawn again once something was done there: what
stands on the screen is how it is."""

from contextlib import suppress

from bot.common.people import Person
from bot.common.refusals import SlackBusy
from bot.services import Services
from bot.support.rights import Action
from handlers.cards.account_list import Place
from handlers.cards.account_window import account_window, shown_account
from handlers.cards.kit import Block, Safe
from handlers.features.account_list import listed
from handlers.features.audience import audience_of
from handlers.slack.modals import WindowUnsure
from handlers.slack.payloads import Press, Submission


def draw_again(services: Services, press: Press, note: Safe | None = None) -> None:
    """The list or the account as it stands now, where a button in its window was pressed."""
    place = Place.read(press.about)
    ref = shown_account(press.about)
    if place is not None:
        press.windows.replace(listed(services, press.person, place, note))
    elif ref:
        press.windows.replace(window_of(services, press.person, ref))


def draw_behind(services: Services, sent: Submission, ref: str) -> None:
    """The account as it stands now, in the window from which a form was opened that was sent. What
    the form asked for is done by then, whatever Slack says to this."""
    if sent.behind is not None:
        with suppress(SlackBusy, WindowUnsure):
            sent.behind.replace(window_of(services, sent.person, ref))


def window_of(services: Services, person: Person, ref: str) -> Block:
    """The window of the account with this ID."""
    account = services.rights.account(person, ref, Action.SEE)
    card = services.views.accounts.card(account.id)
    return account_window(card, audience_of(services, person))
