"""A list of old accounts: where it is pasted or uploaded, what taking it would do, and what came of
it."""

from collections.abc import Mapping, Sequence
from zlib import crc32

from bot.common.mail_addresses import shown
from bot.views.account_form import MAX_NAME_LENGTH
from bot.views.legacy_import import Dropped, Offer, Question, Review
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
    select_input,
    text_input,
)
from handlers.text.words import plainly, say

GOOD_SHOWN = 100
LIST = "list-"
FILE = "file"
COLUMNS = ("address", "user", "name")
"""What somebody is asked to find among the columns of a list; the first there must be."""

LEAST_CHOICES = {"address": 1, "user": 2, "name": 1}
"""A single column of addresses is not that of the users."""

COLUMNS_SHOWN = 40
SAMPLE_LENGTH = 40
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


def columns_form(question: Question, channel_id: str, file_id: str = "") -> Block:
    """Which column is what, with the first rows of each. What was pasted comes along, as far as it
    may be shown, or stays in its field, which has the name of the one where it was typed then; a
    file is read again."""
    titles = {offer.index: _title(offer) for offer in question.offers}
    lines = [
        say("old.column_line", title=titles[offer.index], samples=_samples(offer))
        for offer in question.offers[:COLUMNS_SHOWN]
    ]
    lists = [block for name in COLUMNS for block in _column(name, question, titles)]
    pasted = [] if file_id else [_field(question.text, "old.field", "old.field_hint")]
    told = [section(say("old.columns_intro")), *_dropped(question.dropped), *paragraphs(lines)]
    return modal(
        plainly("old.columns_title"),
        [*told, *lists, *pasted],
        callback=FormId.IMPORT_COLUMNS,
        submit=plainly("old.check"),
        metadata=f"{channel_id}|{file_id}|{question.key}",
    )


def _title(offer: Offer) -> str:
    number = plainly("old.column_number", number=offer.index + 1)
    return f"{number}: {offer.heading}" if offer.heading else number


def _samples(offer: Offer) -> str:
    return " · ".join(cut(sample, SAMPLE_LENGTH) for sample in offer.samples if sample)


def _column(name: str, question: Question, titles: Mapping[int, str]) -> list[Block]:
    """The list of the columns in which this may be; none where there is nothing to choose."""
    fitting = [
        each for each in question.offers if (each.names if name == "name" else each.addresses)
    ]
    if len(fitting) < LEAST_CHOICES[name]:
        return []
    field = select_input(
        plainly(f"old.column_{name}"),
        name,
        [(str(each.index), titles[each.index]) for each in fitting],
        block_id=f"{name}~{question.key}",
        chosen=str(question.chosen.get(name, "")),
        optional=name != COLUMNS[0],
    )
    return [field]


def review_form(review: Review) -> Block:
    """What taking the list would do, row by row; what is wrong can be mended in place."""
    good = len(review.good)
    wrong = len(review.wrong)
    blocks = [section(say("old.taken", count=review.taken))] if review.taken else []
    outlook = "old.would_all" if not wrong else "old.would" if good else "old.would_none"
    blocks.append(section(say(outlook, good=good, wrong=wrong)))
    blocks += [context(say("old.several"))] if review.several else []
    blocks += _dropped(review.dropped)
    lines = [
        say(
            "old.problem_line",
            number=row.number,
            text=row.text[:80],
            problem=plainly(row.problem),
        )
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


def _dropped(dropped: Dropped) -> list[Block]:
    """What was left out of the list."""
    told = [say("old.dropped_passwords")] if dropped.passwords else []
    if dropped.columns:
        told.append(say("old.dropped_columns", columns=", ".join(dropped.columns)))
    if dropped.cells:
        told.append(say("old.dropped_cells"))
    return [context(each) for each in told]


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
