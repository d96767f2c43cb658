"""The forms in which support changes a customer: what a change would do, and what it did."""

from collections.abc import Sequence

from bot.views.accounts import AccountView
from bot.views.administration import (
    Offboarding,
    OrganisationChange,
    Rebinding,
    Unbinding,
)
from bot.views.customers import CustomerView
from handlers.cards.actions import FormId
from handlers.cards.customer_page import channel_of
from handlers.cards.kit import (
    Block,
    Safe,
    modal,
    moment,
    paragraphs,
    section,
    select_input,
    text_input,
)
from handlers.text.people import stands
from handlers.text.words import plainly, say

ACCOUNTS_SHOWN = 20
LONGEST_NAME = 80
LONGEST_DOMAIN = 253


def choice_form(customers: Sequence[CustomerView]) -> Block:
    """Where support chooses whom to manage."""
    title = plainly("customer.title")
    if not customers:
        return modal(title, [section(say("customer.choose_none"))])
    choices = [(str(each.id), _called(each)) for each in customers]
    return _form(
        "customer.title",
        [select_input(plainly("customer.choose"), "customer", choices)],
        FormId.CUSTOMER_CHOOSE,
        "",
    )


def rename_form(customer: CustomerView) -> Block:
    """Where support gives a customer another name."""
    name = text_input(
        plainly("customer.name_field"),
        "name",
        initial=customer.name[:LONGEST_NAME],
        hint=plainly("customer.name_hint"),
        longest=LONGEST_NAME,
    )
    return _form(
        "customer.rename_title",
        [name],
        FormId.CUSTOMER_RENAME,
        customer.id,
        "customer.rename_submit",
    )


def renamed_window(customer: CustomerView) -> Block:
    """What is said after it."""
    return _said("customer.renamed_title", say("customer.renamed", name=customer.name))


def organisation_form(customer: CustomerView) -> Block:
    """Where support says which organisation at Microsoft is the customer's."""
    domain = text_input(
        plainly("customer.organisation_field"),
        "domain",
        hint=plainly("customer.organisation_hint"),
        longest=LONGEST_DOMAIN,
    )
    return _form("customer.organisation_title", [domain], FormId.CUSTOMER_ORGANISATION, customer.id)


def organisation_preview(change: OrganisationChange) -> Block:
    """What another organisation would do, to be confirmed."""
    customer = change.customer
    ask = say(
        "customer.organisation_ask",
        customer=customer.name,
        domain=change.domain,
        before=customer.tenant_id or plainly("customer.organisation_none"),
        after=change.tenant_id,
    )
    blocks = [section(ask)]
    blocks += _losses(
        change.signed_out, "customer.organisation_signed_out", "customer.organisation_nobody"
    )
    if change.waiting:
        blocks.append(section(say("customer.organisation_waiting", count=change.waiting)))
    return _form(
        "customer.organisation_title",
        blocks,
        FormId.CUSTOMER_ORGANISATION_CONFIRM,
        f"{customer.id}|{change.domain}",
        "customer.organisation_confirm",
    )


def organisation_changed(change: OrganisationChange) -> Block:
    """What is said after it."""
    done = say(
        "customer.organisation_done",
        customer=change.customer.name,
        domain=change.domain,
        count=len(change.signed_out),
        waiting=change.waiting,
    )
    return _said("customer.organisation_done_title", done)


def rebind_form(channel_id: str) -> Block:
    """Where support says whose channel it is instead."""
    customer = text_input(
        plainly("customer.rebind_field"),
        "customer",
        hint=plainly("customer.rebind_hint"),
        longest=LONGEST_NAME,
    )
    return _form("customer.rebind_title", [customer], FormId.CUSTOMER_REBIND, channel_id)


def rebind_preview(rebinding: Rebinding) -> Block:
    """What binding a channel to another customer would do, to be confirmed."""
    before = rebinding.before.name
    channel = channel_of(rebinding.channel_id)
    ask = say("customer.rebind_ask", channel=channel, before=before, customer=rebinding.name)
    blocks = [section(ask)]
    if rebinding.is_new:
        blocks.append(section(say("customer.rebind_new")))
    blocks += _losses(
        rebinding.accounts, "customer.rebind_accounts", "customer.rebind_nobody", before=before
    )
    blocks += [
        _kept(before, rebinding.home),
        section(say("customer.rebind_cleared", before=before)),
    ]
    return _form(
        "customer.rebind_title",
        blocks,
        FormId.CUSTOMER_REBIND_CONFIRM,
        f"{rebinding.channel_id}|{rebinding.before.id}|{rebinding.name}",
        "customer.rebind_confirm",
    )


def rebound_window(rebinding: Rebinding) -> Block:
    """What is said after it."""
    done = say(
        "customer.rebound",
        channel=channel_of(rebinding.channel_id),
        customer=rebinding.name,
        count=len(rebinding.accounts),
    )
    return _said("customer.rebound_title", done)


def unbind_form(unbinding: Unbinding) -> Block:
    """What unbinding a channel would do, to be confirmed; or which accounts keep it bound."""
    title = plainly("customer.unbind_title")
    channel = channel_of(unbinding.channel_id)
    if unbinding.accounts:
        count = len(unbinding.accounts)
        why = say("customer.channel_in_use_window", channel=channel, count=count)
        return modal(title, [section(why), *_listed(unbinding.accounts)])
    ask = section(say("customer.unbind_ask", channel=channel))
    return _form(
        "customer.unbind_title",
        [ask, _kept(unbinding.customer.name, unbinding.home)],
        FormId.CUSTOMER_UNBIND,
        f"{unbinding.channel_id}|{unbinding.customer.id}",
        "customer.unbind_confirm",
    )


def unbound_window(unbinding: Unbinding) -> Block:
    """What is said after it."""
    done = say("customer.unbound", channel=channel_of(unbinding.channel_id))
    return _said("customer.unbound_title", done)


def offboard_form(offboarding: Offboarding) -> Block:
    """What offboarding a customer would do, to be confirmed with the customer's name."""
    customer = offboarding.customer
    name = text_input(
        plainly("customer.offboard_field"),
        "name",
        hint=plainly("customer.offboard_hint", name=customer.name),
        longest=LONGEST_NAME,
    )
    blocks = [
        section(say("customer.offboard_ask", customer=customer.name)),
        section(say("customer.offboard_effects", until=moment(offboarding.erase_at))),
        *_listed(offboarding.accounts),
        name,
    ]
    return _form(
        "customer.offboard_title",
        blocks,
        FormId.CUSTOMER_OFFBOARD,
        customer.id,
        "customer.offboard_confirm",
    )


def offboarded_window(offboarding: Offboarding) -> Block:
    """What is said after it."""
    done = say(
        "customer.offboarded",
        customer=offboarding.customer.name,
        count=len(offboarding.accounts),
        until=moment(offboarding.erase_at),
    )
    return _said("customer.offboarded_title", done)


def _called(customer: CustomerView) -> str:
    if customer.ended_at is None:
        return customer.name
    return plainly("customer.choose_line", name=customer.name)


def _losses(accounts: Sequence[AccountView], some: str, none: str, **facts: str) -> list[Block]:
    """Which accounts would be disconnected, under the sentence that says why (`some`)."""
    if not accounts:
        return [section(say(none))]
    return [section(say(some, count=len(accounts), **facts)), *_listed(accounts)]


def _listed(accounts: Sequence[AccountView]) -> list[Block]:
    lines = [
        say(
            "customer.account_line",
            name=each.name,
            address=each.sender_email,
            ref=each.ref,
            state=stands(each),
        )
        for each in accounts[:ACCOUNTS_SHOWN]
    ]
    if len(accounts) > ACCOUNTS_SHOWN:
        lines.append(say("customer.account_more", count=len(accounts) - ACCOUNTS_SHOWN))
    return paragraphs(lines)


def _kept(before: str, home: str) -> Block:
    """Where what is kept for the customer before stands from then on."""
    if home:
        return section(say("customer.rebind_kept", before=before, channel=channel_of(home)))
    return section(say("customer.rebind_parked", before=before))


def _said(title: str, text: Safe) -> Block:
    return modal(plainly(title), [section(text)])


def _form(
    title: str, blocks: list[Block], callback: FormId, about: object, submit: str = "button.go_on"
) -> Block:
    """A window that asks something; its answer is of `about`."""
    return modal(
        plainly(title), blocks, callback=callback, submit=plainly(submit), metadata=str(about)
    )
