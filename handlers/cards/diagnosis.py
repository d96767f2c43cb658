"""What an error ID means, in plain words for a customer and with all details for support."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.diagnosis.history import Ending
from bot.diagnosis.step_records import first_failure
from bot.views.audience import Audience
from bot.views.checks import CheckView
from bot.views.errors import ErrorCard
from bot.views.telling import Told, for_audience
from handlers.cards.actions import ActionId, FormId
from handlers.cards.attempts import attempt_blocks, rate_blocks, usually_blocks
from handlers.cards.causes import remedy_blocks
from handlers.cards.checks import ICONS
from handlers.cards.contact import contact_button
from handlers.cards.kit import (
    Block,
    Message,
    Safe,
    actions,
    button,
    context,
    escaped,
    modal,
    moment,
    preformatted,
    safe,
    section,
    text_input,
)
from handlers.cards.ways import led
from handlers.text.people import owner_named, turn
from handlers.text.words import plainly, say
from storage.vocabulary import StepStatus

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
class Login:
    """Where somebody signs in for the account of this ID; `link` is empty while that is nowhere."""

    account: str
    link: str


def error_window(card: ErrorCard, audience: Audience, login: Login | None = None) -> Block:
    """The window behind *Details* and *What to do*; where it is about a sign-in, with the way to
    another try."""
    blocks = [*error_blocks(card, audience), *_again(login)]
    return modal(plainly("error.title", ref=card.failure.ref), blocks)


def error_message(card: ErrorCard, audience: Audience) -> Message:
    """The answer to `/maildesk error`."""
    return Message(say("error.summary", ref=card.failure.ref), error_blocks(card, audience))


@dataclass(frozen=True)
class OwnName:
    """A name that signed in to an account, and may be its own; empty where nobody did."""

    account: str
    upn: str

    @property
    def value(self) -> str:
        """As the button carries it."""
        return f"{self.account}|{self.upn}"

    @classmethod
    def of(cls, value: str) -> "OwnName":
        """What a button carries."""
        account, _, upn = value.partition("|")
        return cls(account, upn)


def note_message(
    text: Safe, error: str = "", own_name: OwnName | None = None, ways: Sequence[Block] = ()
) -> Message:
    """A sentence in an account's thread or in a customer's channel; where it tells of an error or a
    next step, with the ways on from there, `ways` first."""
    row = [*ways]
    if own_name is not None:
        label = plainly("button.use_as_username")
        row.append(button(label, ActionId.ACCOUNT_CHANGE, own_name.value))
    if error and all(each.get("value") != error for each in row):
        row.append(button(plainly("button.what_to_do"), ActionId.ERROR_SHOW, error))
    if error:
        row.append(contact_button(error))
    return Message(text, [section(text), *([actions(*row)] if row else [])])


def error_blocks(card: ErrorCard, audience: Audience) -> list[Block]:
    """What, who and how; for support also whose, how often, what the server said, and how such
    things ended."""
    told = for_audience(card.verdict, audience, card.affected)
    blocks = meaning(told, turn(card.stands.account, audience) if card.stands else "")
    error = card.failure.ref
    if audience is Audience.CUSTOMER:
        usually = usually_blocks(card.verdict, card.rates)
        ways = led(card.stands, audience, [], told=True) if card.stands else []
        others = [each for each in ways if each.get("value") != error]
        return [*blocks, *usually, actions(*others, contact_button(error))]
    blocks += [*_advised(card), *rate_blocks(card.rates), *attempt_blocks(card.attempts)]
    evidence = button(plainly("button.evidence"), ActionId.ERROR_EVIDENCE, error)
    return [*blocks, *_details(card), *_past(card), actions(evidence)]


def meaning_window(told: Told, login: Login | None = None) -> Block:
    """What a pasted text means; where it is about a sign-in, with the way to another try."""
    return modal(plainly("error.lookup_title"), [*meaning(told), *_again(login)])


def lookup_form(account_ref: str = "") -> Block:
    """Where an error ID or a text is pasted; `account_ref` where it is asked for an account's
    sign-in."""
    field = text_input(
        plainly("error.lookup_label"),
        "text",
        hint=plainly("error.lookup_hint"),
        longest=3000,
        lines=True,
    )
    return modal(
        plainly("error.lookup_title"),
        [field],
        callback=FormId.ERROR_LOOK_UP,
        submit=plainly("error.lookup_button"),
        metadata=account_ref,
    )


def saw_error(account_ref: str = "") -> Block:
    """*I saw an error*, of an account's sign-in where it is named."""
    label = plainly("button.saw_error")
    if account_ref:
        return button(label, ActionId.PAGE_SAID_NUMBER, account_ref)
    return button(label, ActionId.ERROR_LOOK_UP)


def evidence_window(text: str) -> Block:
    """The evidence, as it can be copied."""
    return modal(
        plainly("error.evidence_title"), [section(say("error.evidence_intro")), *preformatted(text)]
    )


def meaning(told: Told, owner: str = "") -> list[Block]:
    """A cause in words: what is wrong, whose turn it is (`owner`, or else who mends it), and
    how."""
    owner = owner or owner_named(told.owner, told.audience)
    return [
        section(Safe(f"*{safe(told.title)}*\n{safe(told.sentence)}")),
        section(say("error.mend", owner=owner)),
        *remedy_blocks(told),
    ]


def _again(login: Login | None) -> list[Block]:
    """The way to another sign-in; it opens no window, of which Slack stacks three at most."""
    if login is None or not login.link:
        return []
    label = plainly("button.sign_in")
    return [actions(button(label, ActionId.LINK_OPENED, login.account, url=login.link))]


def _advised(card: ErrorCard) -> list[Block]:
    """What was advised before support took it over."""
    if card.advised is None:
        return []
    steps = remedy_blocks(for_audience(card.advised, Audience.SUPPORT, card.affected))
    return [section(say("attempt.advised")), *steps] if steps else []


def _details(card: ErrorCard) -> list[Block]:
    failure = card.failure
    blocks = []
    if card.account is not None:
        whose = say(
            "error.account",
            name=card.account.name,
            ref=card.account.ref,
            customer=card.customer,
        )
        blocks.append(section(whose))
    counted = say(
        "error.count",
        count=failure.count,
        first=moment(failure.first_at),
        last=moment(failure.last_at),
    )
    blocks.append(
        section(say("error.protocol", where=failure.step, details=_protocol(failure.observation)))
    )
    return [*blocks, context(counted)]


def _past(card: ErrorCard) -> list[Block]:
    failure = card.failure
    reach = plainly(f"reach.{card.verdict.scope}")
    lines = [say("error.reach", reach=reach, accounts=card.accounts, customers=card.customers)]
    if failure.mended_at is not None:
        by = plainly(f"mended.{failure.mended_by}")
        lines.append(say("error.ended", at=moment(failure.mended_at), by=by))
    else:
        lines.append(say("error.still"))
    blocks = [section(Safe("\n".join(lines)))]
    if card.tests:
        blocks.append(
            section(say("error.tests", lines=Safe("\n".join(map(_test_line, card.tests)))))
        )
    if card.endings:
        blocks.append(
            section(say("error.endings", lines=Safe("\n".join(map(_ending_line, card.endings)))))
        )
    return blocks


def _test_line(test: CheckView) -> Safe:
    at = moment(test.finished_at or test.started_at)
    failed = first_failure(test.steps)
    if failed is None:
        return say("error.test_passed", icon=Safe(ICONS[StepStatus.OK]), at=at)
    return say(
        "error.test_failed",
        icon=Safe(ICONS[StepStatus.FAIL]),
        at=at,
        step=plainly(f"step.{failed.step}"),
        title=failed.cause,
    )


def _ending_line(ending: Ending) -> Safe:
    by = plainly(f"mended.{ending.by}")
    return say("error.ending", by=by, count=ending.count, minutes=ending.minutes)


def _protocol(observation: Mapping[str, Any]) -> Safe:
    lines = [f"{name}: {_shown(observation.get(name))}" for name in FIELDS if observation.get(name)]
    return Safe("```" + "\n".join(lines) + "```") if lines else Safe("–")


def _shown(value: object) -> Safe:
    return escaped(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
