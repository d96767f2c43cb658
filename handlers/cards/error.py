"""What an error ID means, in plain words for a customer and with all details for support."""

from dataclasses import dataclass
from typing import Any

from bot.diagnosis.verdict import Verdict
from handlers.cards.kit import Audience, Block, Message, Safe, context, modal, moment, safe, section
from handlers.cards.test import remedy_steps
from handlers.words import plainly, say
from storage.tables import Account, Failure

FIELDS = (
    "error",
    "suberror",
    "codes",
    "status",
    "enhanced",
    "condition",
    "trace_id",
    "correlation_id",
    "timestamp",
    "text",
)


@dataclass(frozen=True)
class ErrorView:
    """A failure, its meaning, and whose it was."""

    failure: Failure
    verdict: Verdict
    account: Account | None
    customer: str


def error_window(view: ErrorView, audience: Audience) -> Block:
    """The window behind *Details* and *What to do*."""
    return modal(plainly("error.title", ref=view.failure.ref), error_blocks(view, audience))


def error_message(view: ErrorView, audience: Audience) -> Message:
    """The answer to `/maildesk error`."""
    return Message(say("error.summary", ref=view.failure.ref), error_blocks(view, audience))


def error_blocks(view: ErrorView, audience: Audience) -> list[Block]:
    """What, who and how; for support also whose, how often, and what the server said."""
    blocks = meaning(view.verdict, audience, view.account.sender_email if view.account else "")
    return blocks + (_details(view) if audience is Audience.SUPPORT else [])


def meaning(verdict: Verdict, audience: Audience, mailbox: str = "") -> list[Block]:
    """A cause in words."""
    sentence = verdict.support if audience is Audience.SUPPORT else verdict.customer
    blocks = [section(Safe(f"*{safe(verdict.title)}*\n{safe(sentence)}"))]
    blocks.append(section(say("error.mend", owner=plainly(f"owner.{verdict.owner}"))))
    remedy = remedy_steps(verdict, mailbox)
    return [*blocks, section(say("error.remedy", steps=remedy))] if remedy else blocks


def _details(view: ErrorView) -> list[Block]:
    failure = view.failure
    blocks = []
    if view.account is not None:
        name, ref = view.account.name, view.account.ref
        blocks.append(section(say("error.account", name=name, ref=ref, customer=view.customer)))
    counted = say("error.count", count=failure.count, first=moment(failure.first_at), last=moment(failure.last_at))
    blocks.append(section(say("error.protocol", where=failure.step, details=_protocol(failure.observation))))
    return [*blocks, context(counted)]


def _protocol(observation: dict[str, Any]) -> Safe:
    lines = [f"{name}: {_shown(observation.get(name))}" for name in FIELDS if observation.get(name)]
    return Safe("```" + "\n".join(lines).replace("```", "'''") + "```") if lines else Safe("–")


def _shown(value: object) -> Safe:
    return safe(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
