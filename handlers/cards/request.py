"""A request for help: what the support team sees of it, and what the asker is told."""

from dataclasses import dataclass
from urllib.parse import quote

from bot.diagnosis.verdict import Verdict
from handlers.cards.kit import Block, Message, Safe, actions, button, mention, modal, safe, section
from handlers.words import plainly, say
from storage.tables import Account, Failure, SupportRequest

MAIL_SUBJECT = "Outlook Setup"


@dataclass(frozen=True)
class RequestView:
    """Who wants help with what."""

    request: SupportRequest
    failure: Failure
    verdict: Verdict
    account: Account | None
    customer: str


def request_card(view: RequestView) -> Message:
    """The request as it stands in the support team's channel."""
    title, error = view.verdict.title, view.failure.ref
    lines = [say("help_request.asked", user=mention(view.request.asked_by_user), title=title)]
    if view.account is not None:
        channel = Safe(f"<#{view.account.channel_id}>")
        whose = {"name": view.account.name, "ref": view.account.ref, "customer": view.customer, "channel": channel}
        lines.append(say("help_request.account", **whose))
    lines.append(say("help_request.error", error=error, step=view.failure.step))
    buttons = actions(
        button(plainly("button.details"), "error.show", error, "primary"),
        button(plainly("button.evidence"), "error.evidence", error),
    )
    return Message(say("help_request.summary", title=title, error=error), [section(Safe("\n".join(lines))), buttons])


def request_sent(error: str, support_email: str) -> Block:
    """What the asker sees, with a mail that is begun already."""
    text = say("help_request.done", error=error)
    blocks = [section(text)]
    if support_email:
        blocks.append(section(say("help_request.mail", link=mail_link(error, support_email))))
    return modal(plainly("help_request.done_title"), blocks)


def mail_link(error: str, support_email: str) -> Safe:
    """A link that begins a mail to support with the error ID in it."""
    address = f"mailto:{support_email}?subject={quote(MAIL_SUBJECT)}&body={quote(f'Error ID {error}')}"
    return Safe(f"<{safe(address)}|{plainly('help_request.mail_link')}>")
