"""Exchange preparation: what an administrator switches so that mailboxes may send, ready to be
forwarded."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.diagnosis.verdict import Verdict
from bot.views.telling import Affected, part_of
from handlers.cards.account_window import MAX_LINK_LENGTH, mail_link
from handlers.cards.actions import ActionId
from handlers.cards.causes import letter
from handlers.cards.kit import Block, actions, button, modal, preformatted, section
from handlers.text.words import plainly, say
from storage.vocabulary import Owner


@dataclass(frozen=True)
class Preparation:
    """For whom Exchange is prepared: the mailboxes, and the cause whose remedy says how: mailbox by
    mailbox first, everybody second."""

    customer: str
    channel_id: str
    vendor: str
    support_email: str
    mailboxes: Sequence[Affected]
    verdict: Verdict


def exchange_window(preparation: Preparation) -> Block:
    """What to do, a mail to the administrator, and the button that has it tried."""
    text = exchange_text(preparation)
    mail = mail_link(plainly("exchange.subject", vendor=preparation.vendor), text)
    offer = [section(say("packet.mail", link=mail))] if len(mail) <= MAX_LINK_LENGTH else []
    done = button(
        plainly("button.exchange_done"), ActionId.EXCHANGE_DONE, preparation.channel_id, "primary"
    )
    blocks = [
        section(say("exchange.intro")),
        *offer,
        *preformatted(text),
        section(say("exchange.then")),
        actions(done),
    ]
    return modal(plainly("exchange.title"), blocks)


def exchange_text(preparation: Preparation) -> str:
    """The same in words, for the administrator."""
    part = part_of(preparation.verdict, Owner.ADMINISTRATOR, preparation.mailboxes)
    facts = {
        "customer": preparation.customer,
        "vendor": preparation.vendor,
        "support_email": preparation.support_email,
    }
    return plainly("exchange.body", steps=letter(part), **facts).strip()


def exchange_tested(count: int) -> Block:
    """What happens after *It's done*."""
    return modal(plainly("exchange.title"), [section(say("exchange.tested", count=count))])
