"""A list of old accounts: where it is pasted or uploaded, what taking it would do, and what came of
it."""

from collections.abc import Sequence
from zlib import crc32

from bot.common.mail_addresses import shown
from bot.views.account_form import MAX_NAME_LENGTH
from bot.views.legacy_import import Review
from handlers.cards.actions import ActionId, FormId
from handlers.cards.kit import (
    Block,
    Safe,
    actions,
    button,
    context,
    cut,
    file_input,
    modal,
    paragraphs,
    section,
    text_input,
)
from handlers.text.words import plainly, say

GOOD_SHOWN = 100
LIST = "list-"
FILE = "file"
MAX_FIELD_LENGTH = 3000
"""A text field of Slack holds 3,000 characters (docs.slack.dev/reference/block-kit)."""


def paste_form(channel_id: str, waiting: int = 0) -> Block:
    """Where a list is pasted, typed or uploaded. `waiting`: the list that was begun and not taken,
    if there is one."""
    blocks = [section(say("old.intro")), _field("", "old.field", "old.field_hint")]
    blocks.append(file_input(plainly("old.file"), FILE, plainly("old.file_hint")))
    blocks += unfinished(waiting)
    return modal(
        plainly("old.paste_title"),
        blocks,
        callback=FormId.IMPORT_CHECK,
        submit=plainly("old.check"),
        metadata=channel_id,
    )


def reading_window() -> Block:
    """Shown while a file is read."""
    return modal(plainly("old.paste_title"), [section(say("old.reading"))])


def unreadable_window(sentence: str, channel_id: str) -> Block:
    """The file holds no list, and why."""
    again = actions(
        button(plainly("button.old_again"), ActionId.IMPORT_AGAIN, channel_id, "primary")
    )
    return modal(plainly("old.paste_title"), [section(say(sentence)), again])


def review_form(review: Review) -> Block:
    """What taking the list would do, row by row; what is wrong can be mended in place."""
    good = len(review.good)
    wrong = len(review.wrong)
    blocks = [section(say("old.taken", count=review.taken))] if review.taken else []
    outlook = "old.would_all" if not wrong else "old.would" if good else "old.would_none"
    blocks.append(section(say(outlook, good=good, wrong=wrong)))
    lines = [
        say("old.problem_line", number=row.number, text=row.text[:80], problem=plainly(row.problem))
        for row in review.mend
    ]
    if wrong > len(lines):
        lines.append(say("old.more_problems", count=wrong - len(lines)))
    blocks += paragraphs(lines)
    if review.mend:
        blocks.append(_field(review.field, "old.mend_field", "old.mend_hint"))
    blocks += _good(review)
    return modal(
        plainly("old.review_title"),
        blocks,
        callback=FormId.IMPORT_SAVE,
        submit=plainly("old.list"),
        metadata=str(review.draft_id),
    )


def listed_window(count: int, channel_id: str) -> Block:
    """Everything was taken."""
    plan = actions(button(plainly("button.old_plan"), ActionId.OLD_PLAN, channel_id, "primary"))
    told = Safe(f"{say('old.taken', count=count)} {say('old.taken_next')}")
    return modal(plainly("old.plan_title"), [section(told), plan])


def _good(review: Review) -> list[Block]:
    rows = review.good[:GOOD_SHOWN]
    lines: list[Safe] = [
        say("old.good_line", name=cut(row.name, MAX_NAME_LENGTH), address=shown(row.address))
        for row in rows
    ]
    if len(review.good) > len(rows):
        lines.append(say("old.more_good", count=len(review.good) - len(rows)))
    return [context(say("old.good_title")), *paragraphs(lines)] if lines else []


def unfinished(draft_id: int) -> list[Block]:
    """The way back to a list that was begun and not taken; nothing where there is none (0)."""
    go_on = button(plainly("button.old_go_on"), ActionId.IMPORT_GO_ON, str(draft_id))
    return [section(say("old.waiting"), accessory=go_on)] if draft_id else []


def _field(text: str, label: str, hint: str) -> Block:
    # another text needs another name: Slack keeps what was typed in a field of the same
    name = f"{LIST}{crc32(text.encode())}"
    initial = text[:MAX_FIELD_LENGTH]
    told = {"label": plainly(label), "hint": plainly(hint)}
    return text_input(
        name=name, initial=initial, longest=MAX_FIELD_LENGTH, lines=True, optional=True, **told
    )


def field_of(fields: Sequence[str]) -> str:
    """The name of the list's field among those of a form; empty where there was nothing to mend."""
    return next((name for name in fields if name.startswith(LIST)), "")
