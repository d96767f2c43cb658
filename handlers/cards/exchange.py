"""Exchange preparation: what an administrator switches so that mailboxes may send, ready to be
forwarded."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.diagnosis.verdict import Verdict
from handlers.cards.account_window import MAX_LINK_LENGTH, mail_link
from handlers.cards.actions import ActionId
from handlers.cards.kit import Block, actions, button, modal, preformatted, section
from handlers.text.words import plainly, say

MAX_COMMANDS = 25
"""For so many users the letter has a command of their own; with more, the organisation's switch is
what an administrator wants."""


@dataclass(frozen=True)
class Preparation:
    """For whom Exchange is prepared: who signs in (their sign-in names), and the cause whose remedy
    says how: mailbox by mailbox first, everybody second."""

    customer: str
    channel_id: str
    vendor: str
    support_email: str
    sign_in_names: Sequence[str]
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
    steps = [
        f"- {plainly(f'remedy.{step.kind}')}{text}"
        for step in preparation.verdict.remedy
        if step.kind != "wait"
        for text in _for_each(step.text, preparation.sign_in_names)
    ]
    facts = {
        "customer": preparation.customer,
        "vendor": preparation.vendor,
        "support_email": preparation.support_email,
    }
    return plainly("exchange.body", steps="\n".join(steps), **facts).strip()


def _for_each(text: str, sign_in_names: Sequence[str]) -> list[str]:
    """A step as often as there are users whom it names; a command for nobody is not shown."""
    if "<user>" not in text:
        return [text]
    return [text.replace("<user>", name) for name in sign_in_names[:MAX_COMMANDS]]


def exchange_tested(count: int) -> Block:
    """What happens after *It's done*."""
    return modal(plainly("exchange.title"), [section(say("exchange.tested", count=count))])
