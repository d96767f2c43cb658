"""The window of one account: its card, and what is seldom wanted: changing its details, withdrawing
its link, disconnecting it; and what its administrator is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from bot.views.accounts import AccountCard, AccountView
from bot.views.audience import Audience
from handlers.cards.about import about_account
from handlers.cards.accounts import account_blocks
from handlers.cards.actions import ActionId, FormId
from handlers.cards.diagnosis import saw_error
from handlers.cards.kit import (
    Block,
    Safe,
    actions,
    button,
    divider,
    escaped,
    modal,
    preformatted,
    section,
)
from handlers.cards.timeline import timeline_button
from handlers.text.words import plainly, say
from storage.vocabulary import State

ALWAYS_ASKED = ("offline_access", "openid", "profile")
HAVE_IT = (State.AWAITING_SIGN_IN, State.AWAITING_ADMIN)
"""States in which the card itself has *I saw an error*."""

MAX_LINK_LENGTH = 2900
"""A section holds 3,000 characters (docs.slack.dev/reference/block-kit)."""


@dataclass(frozen=True)
class Packet:
    """What an administrator is asked for, and by whom; `application` is ours, as Entra calls it.
    `link` is empty while Microsoft cannot be asked for it."""

    customer: str
    vendor: str
    application: str
    support_email: str
    link: str
    scopes: Sequence[str]


def account_window(card: AccountCard, audience: Audience = Audience.CUSTOMER) -> Block:
    """The account as its card shows it, and what else can be done with it."""
    blocks = account_blocks(card, audience=audience)
    blocks += [divider(), actions(*_seldom(card, audience))]
    return modal(card.account.name, blocks, metadata=about_account(card.account))


def disconnect_form(account: AccountView) -> Block:
    """The question before an account is disconnected."""
    ask = section(say("disconnect.ask", name=account.name, address=account.sender_email))
    return modal(
        plainly("disconnect.title"),
        [ask],
        callback=FormId.ACCOUNT_DISCONNECT,
        submit=plainly("disconnect.submit"),
        metadata=account.ref,
    )


def disconnected(account: AccountView) -> Block:
    """What is said after it."""
    return modal(
        plainly("disconnect.done_title"),
        [section(say("disconnect.done_window", name=account.name))],
    )


def packet_window(packet: Packet) -> Block:
    """What an administrator needs, ready to be forwarded."""
    title = plainly("packet.title")
    if not packet.link:
        return modal(title, [section(say("packet.no_link"))])
    text = packet_text(packet)
    mail = mail_link(plainly("packet.subject", vendor=packet.vendor), text)
    offer = [section(say("packet.mail", link=mail))] if len(mail) <= MAX_LINK_LENGTH else []
    return modal(title, [section(say("packet.intro")), *offer, *preformatted(text)])


def packet_text(packet: Packet) -> str:
    """The administrator's packet in words."""
    names = [*(scope.rpartition("/")[2] for scope in packet.scopes), *ALWAYS_ASKED]
    permissions = "\n".join(f"- {name}: {plainly(f'permission.{name}')}" for name in names)
    facts = {
        "customer": packet.customer,
        "vendor": packet.vendor,
        "application": packet.application,
        "support_email": packet.support_email,
    }
    return plainly("packet.body", link=packet.link, permissions=permissions, **facts).strip()


def _seldom(card: AccountCard, audience: Audience) -> list[Block]:
    ref = card.account.ref
    row = [
        button(plainly("button.change"), ActionId.ACCOUNT_CHANGE, ref),
        button(plainly("button.copy"), ActionId.ACCOUNT_COPY, ref),
    ]
    if card.waits_for_sign_in:
        row.insert(0, button(plainly("button.invite"), ActionId.INVITE_OPEN, ref))
    if card.link:
        row.append(button(plainly("button.withdraw_link"), ActionId.LINK_WITHDRAW, ref))
    if card.link and card.account.state not in HAVE_IT:
        row.append(saw_error(ref))
    if card.held_back is not None:
        row.append(button(plainly("button.remind_again"), ActionId.REMINDER_RESUME, ref))
    waits = card.account.state not in (State.LIVE, State.DISCONNECTED)
    if waits and audience is Audience.CUSTOMER:
        row.append(button(plainly("button.do_it"), ActionId.SUPPORT_DO_IT, ref))
    if audience is Audience.SUPPORT:
        row.append(timeline_button(ref))
    if card.account.state is not State.DISCONNECTED:
        label = plainly("button.disconnect")
        row.append(button(label, ActionId.ACCOUNT_DISCONNECT, ref, "danger"))
    return row


def mail_link(subject: str, body: str, to: str = "") -> Safe:
    """A link that begins a mail: `to` somebody, or to whoever it is forwarded to."""
    address = f"mailto:{quote(to, safe='@')}?subject={quote(subject)}&body={quote(body)}"
    return Safe(f"<{escaped(address)}|{plainly('packet.mail_link')}>")
