"""The message of a connection test: its steps, the verdict, and what to do."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeGuard

from bot.diagnosis.step_records import NOT_ASKED, StepRecord, first_failure
from bot.views.audience import Audience
from bot.views.checks import CheckCard
from bot.views.failures import Fault
from bot.views.telling import for_audience
from handlers.cards.actions import ActionId
from handlers.cards.causes import remedy_blocks
from handlers.cards.contact import contact_button
from handlers.cards.kit import Block, Message, Safe, actions, button, section
from handlers.cards.ways import changed_button, led
from handlers.text.people import owner_named, turn
from handlers.text.words import plainly, say
from storage.vocabulary import State, StepId, StepStatus

ICONS = {
    StepStatus.OK: ":white_check_mark:",
    StepStatus.WARN: ":warning:",
    StepStatus.FAIL: ":x:",
    StepStatus.SKIP: ":heavy_minus_sign:",
}
WAITING = ":hourglass_flowing_sand:"


def test_message(card: CheckCard) -> Message:
    """The message as it stands in the account's thread."""
    blocks = [section(_headline(card)), section(_steps(card.test.steps))]
    for owner, fault in zip(_owners(card), card.faults.values(), strict=True):
        blocks += explained(fault, owner)
    if card.test.finished_at is not None:
        blocks.append(actions(*_buttons(card)))
    return Message(_summary(card), blocks)


def _owners(card: CheckCard) -> list[str]:
    """Whose turn it is about each fault: about the first one whose the account's card says, as long
    as it says so of a fault."""
    owners = [owner_named(fault.verdict.owner, Audience.CUSTOMER) for fault in card.faults.values()]
    failing = card.account.state in (State.FAILING, State.BROKEN)
    return [turn(card.account), *owners[1:]] if owners and failing and card.newest else owners


def explained(fault: Fault, owner: str) -> list[Block]:
    """A fault in plain words: what is wrong, whose turn it is, how it is mended, and its error
    ID."""
    told = for_audience(fault.verdict, Audience.CUSTOMER, fault.affected)
    blocks = [section(say("test.mend", sentence=told.sentence, owner=owner, error=fault.error))]
    if fault.mailboxes > 1:
        blocks.append(section(say("test.reach", count=fault.mailboxes)))
    return [*blocks, *remedy_blocks(told)]


def _headline(card: CheckCard) -> Safe:
    match card.test.passed:
        case None:
            outcome = "running"
        case True:
            outcome = "passed"
        case False:
            outcome = "failed_again" if card.account.was_live else "failed"
    return say(f"test.headline_{outcome}", name=card.account.name)


def _summary(card: CheckCard) -> Safe:
    name = card.account.name
    if card.test.passed is None:
        return say("test.running", name=name)
    failed = first_failure(card.test.steps)
    if failed is None:
        return say("test.passed", name=name)
    return say("test.failed", name=name, step=plainly(f"step.{failed.step}"), error=failed.error)


def _steps(steps: Sequence[StepRecord]) -> Safe:
    done = {record.step: record for record in steps}
    lines = [_line(step, done.get(step)) for step in StepId]
    lines += [
        say(f"test.remark_{record.reason}") for record in steps if record.status is StepStatus.WARN
    ]
    return Safe("\n".join(lines))


def _line(step: StepId, record: StepRecord | None) -> Safe:
    name = plainly(f"step.{step}")
    if record is None:
        return say("test.line", icon=Safe(WAITING), step=name, verdict=plainly("test.waiting"))
    icon = Safe(ICONS[record.status])
    verdict = plainly(f"status.{record.status}")
    if record.status is not StepStatus.SKIP:
        ms = round(record.elapsed / timedelta(milliseconds=1))
        return say("test.timed_line", icon=icon, step=name, verdict=verdict, ms=ms)
    if record.reason == NOT_ASKED:
        verdict = plainly("test.skipped_message")
    elif record.reason:
        verdict = plainly("test.skipped", reason=plainly(f"step.{record.reason}"))
    return say("test.line", icon=icon, step=name, verdict=verdict)


def _buttons(card: CheckCard) -> list[Block]:
    """What can be done now; while the account stands where this test put it, the next step
    first."""
    ref = card.account.ref
    stands = card.stands
    again = button(plainly("button.test_again"), ActionId.TEST_RUN, ref)
    if card.test.passed:
        label = plainly("button.test_message")
        buttons = [again, button(label, ActionId.TEST_WITH_MESSAGE, ref)]
    else:
        fault = next(iter(card.faults.values()))
        changed = [] if card.account.retest_at else changed_button(fault.verdict, ref)
        details = button(plainly("button.details"), ActionId.ERROR_SHOW, fault.error)
        buttons = [*changed, again, details, contact_button(fault.error)]
    return led(stands, Audience.CUSTOMER, buttons, told=True) if stands else buttons


def is_no_approval(fault: Fault | None) -> TypeGuard[Fault]:
    """Whether an administrator has something else to do for a sign-in than to approve."""
    return fault is not None and not fault.verdict.approval
