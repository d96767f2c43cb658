"""Invitations in Slack: the login links of people who are not in the channel, to be sent on."""

from bot.common.people import Person
from bot.common.refusals import Refused
from bot.services import Services
from bot.support.rights import Action
from bot.views.accounts import AccountView
from handlers.cards.actions import ActionId
from handlers.cards.invitations import (
    PAGE,
    Host,
    Round,
    follow_up_window,
    invitation_window,
    reminded_window,
    round_window,
)
from handlers.slack.listeners import Listeners
from handlers.slack.payloads import Press


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.INVITE_OPEN, lambda press: invite(services, press))
    listeners.press(ActionId.INVITE_ALL, lambda press: invite_all(services, press))
    listeners.press(ActionId.INVITE_NEXT, lambda press: turn(services, press))
    listeners.press(ActionId.INVITE_PREVIOUS, lambda press: turn(services, press))
    listeners.press(ActionId.INVITE_FOLLOW_UP, lambda press: follow_up(services, press))
    listeners.press(ActionId.INVITE_REMIND, lambda press: remind(services, press))


def invite(services: Services, press: Press) -> None:
    """*Invite*: the link and the mail for the one who has to sign in. Where there is no link, one
    is made."""
    account = services.rights.account(press.person, press.value, Action.SIGN_IN)
    if not services.views.invitations.of([account.id]):
        raise Refused("invite.not_needed", name=account.name)
    services.accounts.ensure_link(account.id, press.person)
    (invitation,) = services.views.invitations.of([account.id])
    press.windows.open(invitation_window(invitation, host(services)))


def invite_all(services: Services, press: Press) -> None:
    """*Invite all*: the same for everybody of the customer's who has to sign in."""
    press.windows.open(round_window(_round(services, press.person, press.value), host(services)))


def turn(services: Services, press: Press) -> None:
    """*Next page* and *Previous page* of the invitations."""
    channel_id, page = press.page
    there = _round(services, press.person, channel_id, page)
    press.windows.replace(round_window(there, host(services)))


def follow_up(services: Services, press: Press) -> None:
    """*Follow-up mail*, to those of a page who have not signed in."""
    channel_id, page = press.page
    there = _round(services, press.person, channel_id, page)
    press.windows.open(follow_up_window(there, host(services)))


def remind(services: Services, press: Press) -> None:
    """*Remind all in Slack*."""
    channel = services.rights.channel(press.person, press.value, Action.SNOOZE)
    waiting = services.views.invitations.waiting(channel.customer_id)
    there = [each.id for each in services.rights.among(press.person, waiting, Action.SNOOZE)]
    asked = services.asked_reminders.ask(channel.customer_id, there, press.person)
    at_once = asked.at <= services.clock.now()
    press.windows.open(reminded_window(asked.count, None if at_once else asked.at))


def host(services: Services) -> Host:
    """Who invites."""
    return Host(services.vendor_name, services.support_email)


def _round(services: Services, person: Person, channel_id: str, page: int = 0) -> Round:
    """A page of those who have to sign in, each with a login link that is good for long enough to
    be printed. Only as many as are shown get one, since Slack waits three seconds."""
    channel = services.rights.channel(person, channel_id, Action.SIGN_IN)
    invitations = services.views.invitations
    waiting = invitations.waiting(channel.customer_id)
    there = services.rights.among(person, waiting, Action.SIGN_IN)
    page = min(page, max(len(there) - 1, 0) // PAGE)
    ids = [each.id for each in there[page * PAGE : (page + 1) * PAGE]]
    for account_id in ids:
        services.accounts.ensure_link(account_id, person)
    listed = invitations.of(ids)
    done = _done(services, person, channel.customer_id, waiting)
    tickets = [each.ticket_id for each in listed if each.ticket_id]
    sheet = services.sheets.address(tickets) if tickets else ""
    return Round(channel.id, channel.customer, listed, len(there), done, page, sheet)


def _done(
    services: Services, person: Person, customer_id: int, waiting: list[AccountView]
) -> list[str]:
    """The names of the accounts whose owners have signed in."""
    open_ids = {each.id for each in waiting}
    connected = [
        each
        for each in services.accounts.of_customer(customer_id)
        if each.connected and each.id not in open_ids
    ]
    return [each.name for each in services.rights.among(person, connected, Action.SIGN_IN)]
