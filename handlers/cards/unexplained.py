"""Replies that nothing explains: the daily list to on-call, and the form in which a cause is
noted."""

from collections.abc import Sequence

from bot.diagnosis.note import (
    LONGEST_SENTENCE,
    LONGEST_SUPPORT,
    LONGEST_TITLE,
    OWNERS,
    Note,
)
from bot.views.unexplained import CauseName, DailyList, NotedView, ReplyView
from handlers.cards.actions import ActionId, FormId
from handlers.cards.kit import (
    OPTION_LIMIT,
    Block,
    Message,
    Safe,
    actions,
    button,
    context,
    cut,
    divider,
    header,
    mention,
    modal,
    moment,
    preformatted,
    safe,
    section,
    select_input,
    text_input,
)
from handlers.text.words import plainly, say
from storage.vocabulary import Permanence

LONGEST_EXAMPLE = 300
"""So much of a reply stands in the list; the window has all of it."""

LONGEST_STEPS = 2400


def daily_list(listed: DailyList) -> Message:
    """A day's replies, each with what is noted of it or the way to do so."""
    blocks = [header(plainly("unexplained.title")), section(say("unexplained.intro"))]
    for reply in listed.replies:
        blocks += [divider(), _entry(reply)]
    if listed.left_out:
        blocks.append(context(say("unexplained.left_out", count=listed.left_out)))
    open_ = sum(reply.noted is None for reply in listed.replies)
    return Message(say("unexplained.summary", count=open_), blocks)


def note_form(reply: ReplyView, causes: Sequence[CauseName]) -> Block:
    """Where a cause is chosen or described, with what is noted so far."""
    noted = reply.noted
    note = noted.note if noted else Note(phrase=reply.phrase)
    blocks = [
        section(say("unexplained.said", where=_where(reply))),
        *preformatted(reply.text or reply.number),
        context(_counted(reply)),
        _known_by(reply, note),
        _choice(causes, note),
        divider(),
        section(say("unexplained.new")),
        *_new_cause(note),
        *(_taking_back(reply, noted) if noted else ()),
    ]
    return modal(
        plainly("unexplained.window"),
        blocks,
        callback=FormId.CAUSE_SAVE,
        submit=plainly("unexplained.save"),
        metadata=_about(reply),
    )


def noted_window(title: str) -> Block:
    """A cause was noted."""
    done = say("unexplained.done")
    return modal(plainly("unexplained.window"), [section(Safe(f"*{safe(title)}*")), section(done)])


def taken_back_window() -> Block:
    """A note was taken back."""
    return modal(plainly("unexplained.window"), [section(say("unexplained.taken_back"))])


def _about(reply: ReplyView) -> str:
    return f"{reply.id}|{reply.noted.stand if reply.noted else ''}"


def _entry(reply: ReplyView) -> Block:
    example = cut(reply.text, LONGEST_EXAMPLE).replace("```", "'''")
    lines = [
        _headline(reply),
        say("unexplained.text", text=example) if example else say("unexplained.no_text"),
        _counted(reply),
    ]
    if reply.errors:
        errors = Safe("  ".join(f"`{safe(error)}`" for error in reply.errors))
        lines.append(say("unexplained.errors", errors=errors))
    if reply.noted:
        lines.append(_noted(reply.noted))
    elif not reply.can_be_told:
        lines.append(say("unexplained.too_few"))
    return section(Safe("\n".join(lines)), accessory=_way_on(reply))


def _way_on(reply: ReplyView) -> Block | None:
    if reply.noted:
        return button(plainly("button.change_note"), ActionId.CAUSE_NOTE, str(reply.id))
    if not reply.can_be_told:
        return None
    return button(plainly("button.note_cause"), ActionId.CAUSE_NOTE, str(reply.id), "primary")


def _headline(reply: ReplyView) -> Safe:
    if reply.number:
        return say("unexplained.known_by", number=reply.number, where=_where(reply))
    return say("unexplained.known_by_words", where=_where(reply))


def _where(reply: ReplyView) -> str:
    return plainly(f"unexplained.where_{reply.where}")


def _counted(reply: ReplyView) -> Safe:
    if reply.last_at is None:
        return say("unexplained.nobody")
    return say(
        "unexplained.counted",
        count=reply.count,
        mailboxes=reply.mailboxes,
        customers=reply.customers,
        last=moment(reply.last_at),
    )


def _noted(noted: NotedView) -> Safe:
    user = mention(noted.by_user)
    return say("unexplained.noted", title=noted.title, user=user, at=moment(noted.at))


def _known_by(reply: ReplyView, note: Note) -> Block:
    if reply.number:
        return section(say("unexplained.by_number", number=reply.number))
    hint = plainly("unexplained.phrase_hint")
    return text_input(plainly("unexplained.phrase"), "phrase", initial=note.phrase, hint=hint)


def _choice(causes: Sequence[CauseName], note: Note) -> Block:
    return select_input(
        plainly("unexplained.cause"),
        "cause",
        [(cause.id, _named(cause)) for cause in causes],
        chosen=note.cause,
        hint=plainly("unexplained.cause_hint"),
        optional=True,
    )


def _named(cause: CauseName) -> str:
    """A cause with its title and its ID, so that it is found by typing either."""
    ending = f"  ({cause.id})"
    return cut(cause.title, max(OPTION_LIMIT - len(ending), 20)) + ending


def _new_cause(note: Note) -> list[Block]:
    title = plainly("unexplained.name")
    title_hint = plainly("unexplained.name_hint")
    customer = plainly("unexplained.customer")
    customer_hint = plainly("unexplained.customer_hint")
    support = plainly("unexplained.support")
    support_hint = plainly("unexplained.support_hint")
    remedy = plainly("unexplained.remedy")
    remedy_hint = plainly("unexplained.remedy_hint")
    owners = [(owner, plainly(f"owner_support.{owner}")) for owner in OWNERS]
    again = [(each, plainly(f"unexplained.again_{each}")) for each in Permanence]
    return [
        _field("title", title, title_hint, note.title, LONGEST_TITLE),
        _lines("customer", customer, customer_hint, note.customer, LONGEST_SENTENCE),
        _lines("support", support, support_hint, note.support, LONGEST_SUPPORT),
        _one_of("owner", plainly("unexplained.owner"), owners, note.owner),
        _one_of("permanence", plainly("unexplained.permanence"), again, note.permanence),
        _lines("remedy", remedy, remedy_hint, note.remedy, LONGEST_STEPS),
    ]


def _field(name: str, label: str, hint: str, initial: str, longest: int) -> Block:
    return text_input(label, name, initial=initial, hint=hint, longest=longest, optional=True)


def _lines(name: str, label: str, hint: str, initial: str, longest: int) -> Block:
    filled = {"initial": initial, "hint": hint}
    return text_input(label, name, **filled, longest=longest, optional=True, lines=True)


def _one_of(name: str, label: str, choices: Sequence[tuple[str, str]], chosen: str) -> Block:
    return select_input(label, name, choices, chosen=chosen, optional=True)


def _taking_back(reply: ReplyView, noted: NotedView) -> list[Block]:
    back = plainly("button.take_note_back")
    return [
        divider(),
        context(_noted(noted)),
        actions(button(back, ActionId.CAUSE_TAKE_BACK, _about(reply), "danger")),
    ]
