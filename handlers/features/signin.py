"""Signing in, seen from Slack: login links, approvals, and what Microsoft's page said."""

from bot.services import Services
from bot.signin.links import Said
from bot.support.rights import Action
from handlers.cards.account_window import Packet, packet_window
from handlers.cards.actions import ActionId
from handlers.cards.diagnosis import error_window, lookup_form
from handlers.features import lookup
from handlers.features.drawn_again import draw_again
from handlers.slack.listeners import Listeners
from handlers.slack.payloads import Press


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    on = listeners.press
    # Slack tells of the press of a button that opens a page, too
    listeners.link(ActionId.LINK_OPENED)
    listeners.link(ActionId.CODES_OPENED)
    listeners.link(ActionId.ADMIN_PAGE_OPENED, lambda press: page_opened(services, press))
    on(ActionId.LINK_RENEW, lambda press: renew_link(services, press))
    on(ActionId.LINK_WITHDRAW, lambda press: withdraw_link(services, press))
    on(ActionId.ADMIN_PACKET, lambda press: show_packet(services, press))
    on(ActionId.ORGANISATION_CONFIRM, lambda press: confirm_organisation(services, press))
    on(ActionId.ORGANISATION_DENY, lambda press: deny_organisation(services, press))
    on(ActionId.ORGANISATION_ALLOW, lambda press: allow_organisation(services, press))
    on(ActionId.ORGANISATION_REFUSE, lambda press: refuse_organisation(services, press))
    on(ActionId.ORGANISATION_TAKE_BACK, lambda press: take_back(services, press))
    on(ActionId.PAGE_SAID_APPROVAL, lambda press: page_said(services, press, Said.APPROVAL))
    on(ActionId.PAGE_SAID_NO_SIGN_IN, lambda press: page_said(services, press, Said.NO_SIGN_IN))
    on(ActionId.PAGE_CLOSED, lambda press: page_said(services, press, Said.CLOSED))
    on(ActionId.PAGE_SAID_NUMBER, lambda press: ask_for_number(services, press))


def renew_link(services: Services, press: Press) -> None:
    """*New login link*."""
    account = services.rights.account(press.person, press.value, Action.SIGN_IN)
    services.accounts.renew_link(account.id, press.person)
    draw_again(services, press)


def withdraw_link(services: Services, press: Press) -> None:
    """*Withdraw the login link*."""
    account = services.rights.account(press.person, press.value, Action.SIGN_IN)
    services.links.withdraw(account.id, press.person)
    draw_again(services, press)


def show_packet(services: Services, press: Press) -> None:
    """*For your administrator*."""
    account = services.rights.account(press.person, press.value, Action.SIGN_IN)
    approval = services.views.accounts.approval(account.id)
    packet = Packet(
        customer=approval.customer,
        vendor=services.vendor_name,
        application=services.application_name,
        support_email=services.support_email,
        link=approval.link,
        scopes=services.consent.scopes,
    )
    press.windows.open(packet_window(packet))
    services.approvals.asked(account.id)


def page_opened(services: Services, press: Press) -> None:
    """*Open the approval page*, which Slack opens by itself: from now on an approval may come."""
    account = services.rights.account(press.person, press.value, Action.SIGN_IN)
    services.approvals.asked(account.id)


def confirm_organisation(services: Services, press: Press) -> None:
    """*Yes, it is ours*, and *Confirm this organisation* of the support team, which carries the one
    that they were shown."""
    ref, _, seen = press.value.partition(":")
    account = services.rights.account(press.person, ref, Action.CONFIRM_ORGANISATION)
    support = services.rights.acts_as_support(press.person)
    services.signin.confirm(account.id, press.person, support, seen)
    draw_again(services, press)


def deny_organisation(services: Services, press: Press) -> None:
    """*No, it is not*."""
    account = services.rights.account(press.person, press.value, Action.CONFIRM_ORGANISATION)
    services.signin.withdraw_held(account.id, press.person)
    draw_again(services, press)


def allow_organisation(services: Services, press: Press) -> None:
    """*Allow this organisation too*."""
    services.rights.support(press.person)
    services.organisations.allow(press.number, press.person)


def refuse_organisation(services: Services, press: Press) -> None:
    """*Refuse this organisation*, of one that was asked for too."""
    services.rights.support(press.person)
    services.organisations.refuse(press.number, press.person)


def take_back(services: Services, press: Press) -> None:
    """*Do not allow it any more*."""
    services.rights.support(press.person)
    services.organisations.take_back(press.number, press.person)


def page_said(services: Services, press: Press, said: Said) -> None:
    """What Microsoft's page said, and what that means."""
    account = services.rights.account(press.person, press.value, Action.SIGN_IN)
    error = services.links.answered(account.id, said, press.person)
    if error:
        press.windows.open(error_window(*lookup.error_named(services, press.person, error)))
    draw_again(services, press)


def ask_for_number(services: Services, press: Press) -> None:
    """Microsoft's page said something else: where it is pasted."""
    account = services.rights.account(press.person, press.value, Action.SIGN_IN)
    press.windows.open(lookup_form(account.ref))
