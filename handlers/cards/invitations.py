"""Invitations: the links and mails by which people who are not in the channel sign in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.views.invitations import Invitation
from handlers.cards.account_list import pages
from handlers.cards.account_window import MAX_LINK_LENGTH, mail_link
from handlers.cards.actions import ActionId, Turn
from handlers.cards.kit import (
    Block,
    Safe,
    actions,
    bar,
    button,
    context,
    cut,
    modal,
    moment,
    paragraphs,
    preformatted,
    section,
)
from handlers.text.words import plainly, say

PAGE = 20
"""So many people stand in a window at a time, each with a mail of their own."""

TURN = Turn(ActionId.INVITE_PREVIOUS, ActionId.INVITE_NEXT)
MOST_NAMES = 1000
"""So many characters of the names of those who are done."""


@dataclass(frozen=True)
class Host:
    """Who invites, as it stands in a mail."""

    vendor: str
    support_email: str


@dataclass(frozen=True)
class Round:
    """A page of those of a customer who have to sign in; `total` is how many they are on all pages,
    and `done` whose owners have signed in. `sheet` is where the QR codes of those listed are."""

    channel_id: str
    customer: str
    listed: Sequence[Invitation]
    total: int
    done: Sequence[str]
    page: int = 0
    sheet: str = ""

    @property
    def is_known(self) -> bool:
        """Whether somebody has followed a link already: then the others have theirs as well, and
        have to be reminded."""
        return bool(self.done) or any(each.opened_at is not None for each in self.listed)


def invitation_window(invitation: Invitation, host: Host) -> Block:
    """Everything by which somebody can be sent or shown their login link."""
    who = {"address": invitation.account.sender_email, "username": invitation.signs_in_as}
    blocks = [section(say("invite.intro", **who)), *preformatted(invitation.link)]
    until = say("invite.until", until=_until([invitation]))
    blocks.append(context(_state(invitation), until))
    code = _codes("button.qr_code", f"{invitation.link}/qr", invitation.account.ref)
    blocks.append(actions(code))
    text = invitation_text(invitation, host)
    link = _mail(invitation, text)
    blocks += [section(say("invite.mail", link=link))] if len(link) <= MAX_LINK_LENGTH else []
    return modal(plainly("invite.title"), [*blocks, *preformatted(text)])


def round_window(there: Round, host: Host) -> Block:
    """All who have to sign in: how far each is, a mail to each, and a text for all of them."""
    if not there.listed:
        return modal(plainly("invite.title"), [section(say("invite.all_done")), *_done(there)])
    style = "primary" if there.is_known else ""
    remind = button(plainly("button.remind_all"), ActionId.INVITE_REMIND, there.channel_id, style)
    about = f"{there.channel_id}:{there.page}"
    again = button(plainly("button.follow_up"), ActionId.INVITE_FOLLOW_UP, about)
    count = len(there.done)
    total = count + there.total
    blocks = [
        section(say("invite.progress", done=count, total=total, bar=bar(count, total))),
        *_done(there),
        actions(remind, again, *_sheet(there)),
        *paragraphs([_line(each, invitation_text(each, host)) for each in there.listed]),
        section(say("invite.all_intro")),
        *preformatted(_text_for_all("invite.all_body", there, host)),
        *pages(there.page, there.total, PAGE, there.channel_id, TURN),
    ]
    return modal(plainly("invite.title"), blocks)


def follow_up_window(there: Round, host: Host) -> Block:
    """A second mail to those who have not signed in."""
    title = plainly("invite.follow_up_title")
    if not there.listed:
        return modal(title, [section(say("invite.all_done"))])
    lines = [_line(each, invitation_text(each, host, again=True)) for each in there.listed]
    text = _text_for_all("invite.all_again", there, host)
    intro = section(say("invite.all_intro"))
    return modal(title, [*paragraphs(lines), intro, *preformatted(text)])


def reminded_window(count: int, at: datetime | None) -> Block:
    """How many are reminded of, and when: at once without a time."""
    sentence = say("invite.reminded", count=count)
    if at is not None:
        sentence = say("invite.reminded_later", count=count, at=moment(at))
    return modal(plainly("invite.reminded_title"), [section(sentence)])


def invitation_text(invitation: Invitation, host: Host, again: bool = False) -> str:
    """The mail to the one who has to sign in; `again`: who did not follow the first one."""
    return plainly(
        "invite.again" if again else "invite.body",
        customer=invitation.customer,
        vendor=host.vendor,
        address=invitation.account.sender_email,
        username=invitation.signs_in_as,
        link=invitation.link,
        until=_until([invitation]),
        support_email=host.support_email,
    ).strip()


def _text_for_all(name: str, there: Round, host: Host) -> str:
    """A text with the link of each, for one mail or message to all of them."""
    links = [
        plainly(
            "invite.link_of",
            name=each.account.name,
            address=each.account.sender_email,
            link=each.link,
        )
        for each in there.listed
    ]
    return plainly(
        name,
        customer=there.customer,
        vendor=host.vendor,
        links="\n\n".join(links),
        until=_until(there.listed),
        support_email=host.support_email,
    ).strip()


def _line(invitation: Invitation, text: str) -> Safe:
    """Somebody who has to sign in, how far they are, and the mail to them, where there is room."""
    account = invitation.account
    who = say("invite.line", name=account.name, address=account.sender_email)
    parts = [who, _state(invitation)]
    mail = _mail(invitation, text)
    if sum(map(len, [*parts, mail])) <= MAX_LINK_LENGTH:
        parts.append(mail)
    return Safe("  ·  ".join(parts))


def _mail(invitation: Invitation, text: str) -> Safe:
    """A link that begins the mail to the one who has to sign in."""
    subject = plainly("invite.subject", address=invitation.account.sender_email)
    return mail_link(subject, text, invitation.signs_in_as)


def _sheet(there: Round) -> list[Block]:
    return [_codes("button.qr_codes", there.sheet, there.channel_id)] if there.sheet else []


def _codes(label: str, address: str, about: str) -> Block:
    """A button that opens a page with QR codes."""
    return button(plainly(label), ActionId.CODES_OPENED, about, url=address)


def _done(there: Round) -> list[Block]:
    if not there.done:
        return []
    return [context(say("invite.done", names=cut(", ".join(there.done), MOST_NAMES)))]


def _state(invitation: Invitation) -> Safe:
    """How far somebody has come with their link."""
    if invitation.opened_at is None:
        return say("invite.not_opened")
    return say("invite.opened", at=moment(invitation.opened_at))


def _until(invitations: Sequence[Invitation]) -> str:
    """When the first of the links ends, as it stands in a mail, where nobody translates it into its
    reader's own zone."""
    ends = [each.until for each in invitations if each.until is not None]
    if not ends:
        return ""
    at = min(ends)
    zone = at.tzname() or ""
    return plainly("invite.when", day=f"{at:%A %d %B}", time=f"{at:%H:%M}", zone=zone)
