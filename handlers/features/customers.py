"""Managing a customer: the windows of the support team, opened and sent."""

from collections.abc import Callable

from bot.common.refusals import Refused
from bot.common.texts import whole_number
from bot.services import Services
from handlers.cards.actions import ActionId, FormId
from handlers.cards.customer_page import Part, Where
from handlers.cards.customers import (
    choice_form,
    offboard_form,
    offboarded_window,
    organisation_changed,
    organisation_form,
    organisation_preview,
    rebind_form,
    rebind_preview,
    rebound_window,
    rename_form,
    renamed_window,
    unbind_form,
    unbound_window,
)
from handlers.cards.kit import Block
from handlers.features.customer_page import page_of
from handlers.slack.listeners import FormAnswer, Listeners, NextWindow
from handlers.slack.payloads import Press, Submission
from handlers.text.words import plainly

UNANSWERED = "setup_form.domain_unanswered"
"""The refusal that reads differently here, where a domain cannot be left empty."""


def register(listeners: Listeners, services: Services) -> None:
    """Register every listener of this feature."""
    listeners.press(ActionId.CUSTOMER_MANAGE, lambda press: manage(services, press))
    listeners.press(ActionId.CUSTOMER_RENAME, lambda press: ask_name(services, press))
    listeners.press(ActionId.CUSTOMER_ORGANISATION, lambda press: ask_domain(services, press))
    listeners.press(ActionId.CUSTOMER_REBIND, lambda press: ask_customer(services, press))
    listeners.press(ActionId.CUSTOMER_UNBIND, lambda press: ask_to_unbind(services, press))
    listeners.press(ActionId.CUSTOMER_OFFBOARD, lambda press: ask_to_offboard(services, press))
    listeners.submission(FormId.CUSTOMER_CHOOSE, lambda sent: choose(services, sent))
    listeners.submission(FormId.CUSTOMER_RENAME, lambda sent: rename(services, sent))
    listeners.submission(FormId.CUSTOMER_ORGANISATION, lambda sent: look_up(services, sent))
    listeners.submission(
        FormId.CUSTOMER_ORGANISATION_CONFIRM, lambda sent: change_organisation(services, sent)
    )
    listeners.submission(FormId.CUSTOMER_REBIND, lambda sent: look_at_rebinding(services, sent))
    listeners.submission(FormId.CUSTOMER_REBIND_CONFIRM, lambda sent: rebind(services, sent))
    listeners.submission(FormId.CUSTOMER_UNBIND, lambda sent: unbind(services, sent))
    listeners.submission(FormId.CUSTOMER_OFFBOARD, lambda sent: offboard(services, sent))


def first_window(services: Services, channel_id: str, name: str) -> Block:
    """What `/maildesk customer` shows support (checked before): the customer of that name, else the
    channel's, else a choice of them all."""
    if name:
        return window_of(services, services.administration.named(name).id)
    here = services.customers.of_channel(channel_id)
    if here is not None:
        return window_of(services, here.id)
    return choice_form(services.administration.all())


def window_of(services: Services, customer_id: int) -> Block:
    """The page of one customer, at what can be changed."""
    return page_of(services, Where(customer_id, Part.SETTINGS))


def manage(services: Services, press: Press) -> None:
    """*Manage customer*: the customer that the button is about, else a choice."""
    services.rights.support(press.person)
    if press.number:
        press.windows.open(window_of(services, press.number))
    else:
        press.windows.open(choice_form(services.administration.all()))


def choose(services: Services, sent: Submission) -> NextWindow:
    """The customer that was chosen."""
    services.rights.support(sent.person)
    return NextWindow(window_of(services, whole_number(sent.values["customer"])))


def ask_name(services: Services, press: Press) -> None:
    """*Rename*: the form."""
    services.rights.support(press.person)
    press.windows.open(rename_form(services.administration.facts(press.number).customer))


def rename(services: Services, sent: Submission) -> FormAnswer:
    """Rename the customer, or say at the field why not."""
    services.rights.support(sent.person)
    number = whole_number(sent.about)
    name = sent.values["name"]
    rename_to = services.administration.rename
    return _next("name", lambda: renamed_window(rename_to(number, name, sent.person)))


def ask_domain(services: Services, press: Press) -> None:
    """*Change organisation*: the form."""
    services.rights.support(press.person)
    press.windows.open(organisation_form(services.administration.facts(press.number).customer))


def look_up(services: Services, sent: Submission) -> FormAnswer:
    """What the organisation of a domain would change, or at the field why there is none."""
    services.rights.support(sent.person)
    domain = sent.values["domain"].strip()
    change_to = services.administration.organisation_change
    number = whole_number(sent.about)
    return _next("domain", lambda: organisation_preview(change_to(number, domain)))


def change_organisation(services: Services, sent: Submission) -> NextWindow:
    """Change the organisation, after the preview."""
    services.rights.support(sent.person)
    customer_id, domain = parts(sent.about, 2)
    change = services.administration.change_organisation(
        whole_number(customer_id), domain, sent.person
    )
    return NextWindow(organisation_changed(change))


def ask_customer(services: Services, press: Press) -> None:
    """*Bind to another customer*: the form."""
    services.rights.support(press.person)
    press.windows.open(rebind_form(services.bindings.unbinding(press.value).channel_id))


def look_at_rebinding(services: Services, sent: Submission) -> FormAnswer:
    """What binding the channel to that customer would do, or at the field why it cannot be."""
    services.rights.support(sent.person)
    bind_to = services.bindings.rebinding
    name = sent.values["customer"]
    return _next("customer", lambda: rebind_preview(bind_to(sent.about, name)))


def rebind(services: Services, sent: Submission) -> NextWindow:
    """Bind the channel to the other customer, after the preview."""
    services.rights.support(sent.person)
    channel_id, customer_id, name = parts(sent.about, 3)
    rebinding = services.bindings.rebind(channel_id, whole_number(customer_id), name, sent.person)
    return NextWindow(rebound_window(rebinding))


def ask_to_unbind(services: Services, press: Press) -> None:
    """*Unbind this channel*: the question before it."""
    services.rights.support(press.person)
    press.windows.open(unbind_form(services.bindings.unbinding(press.value)))


def unbind(services: Services, sent: Submission) -> NextWindow:
    """Unbind the channel, after the question."""
    services.rights.support(sent.person)
    channel_id, customer_id = parts(sent.about, 2)
    unbinding = services.bindings.unbind(channel_id, whole_number(customer_id), sent.person)
    return NextWindow(unbound_window(unbinding))


def ask_to_offboard(services: Services, press: Press) -> None:
    """*Offboard*: the question before it."""
    services.rights.support(press.person)
    press.windows.open(offboard_form(services.farewells.offboarding(press.number)))


def offboard(services: Services, sent: Submission) -> FormAnswer:
    """Offboard the customer, after the question, or say at the field that the name is another."""
    services.rights.support(sent.person)
    offboard_now = services.farewells.offboard
    number = whole_number(sent.about)
    name = sent.values["name"]
    return _next("name", lambda: offboarded_window(offboard_now(number, name, sent.person)))


def _next(field: str, window: Callable[[], Block]) -> FormAnswer:
    """The window that comes next, or at the field why it does not."""
    try:
        return NextWindow(window())
    except Refused as refused:
        if refused.sentence == UNANSWERED:
            return {field: plainly("customer.organisation_unanswered")}
        return {field: plainly(refused.sentence, **refused.values)}


def parts(about: str, count: int) -> list[str]:
    """What a window is about, in so many parts; those that are missing are empty."""
    found = about.split("|", count - 1)
    return [*found, *[""] * (count - len(found))]
