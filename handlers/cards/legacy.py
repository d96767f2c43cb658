"""Old mail accounts: what becomes of each, and the batch that creates new ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.views.legacy import BatchCard, OldAccountView
from handlers.cards.account_list import pages
from handlers.cards.actions import ActionId, Turn
from handlers.cards.confirm import asking
from handlers.cards.kit import (
    Block,
    Message,
    Safe,
    actions,
    bar,
    button,
    cut,
    divider,
    mention,
    modal,
    paragraphs,
    section,
)
from handlers.cards.legacy_import import unfinished
from handlers.text.words import plainly, say
from storage.vocabulary import Plan

PAGE = 25
TURN = Turn(ActionId.OLD_PREVIOUS, ActionId.OLD_NEXT)
PROBLEMS_SHOWN = 25
LONGEST_SHOWN = 80
"""So many characters of an address fit into a question."""


@dataclass(frozen=True)
class OldView:
    """What a channel's customer has listed; `stands` says by an old account's id where its new
    account stands, `waiting` is the list that was begun and not taken, if there is one."""

    channel_id: str
    listed: Sequence[OldAccountView]
    stands: Mapping[int, str]
    under_way: bool
    page: int = 0
    waiting: int = 0


def plan_window(view: OldView) -> Block:
    """What becomes of each old account, a page at a time."""
    first = view.page * PAGE
    to_create = [old for old in view.listed if old.plan is Plan.CHANGE and old.account_id is None]
    replaced = [old for old in view.listed if old.account_id is not None]
    kept = [old for old in view.listed if old.account_id is None and old.plan is Plan.RETAIN]
    done = len(replaced)
    retained = len(kept)
    progress = {"done": done, "total": len(view.listed), "retained": retained}
    blocks = [section(say("old.progress", bar=bar(done + retained, len(view.listed)), **progress))]
    blocks += [section(say("old.plan_intro"))] if to_create else []
    blocks += [section(say("old.under_way"))] if view.under_way else []
    blocks += unfinished(view.waiting)
    blocks += [actions(*_ways_on(view, len(to_create))), divider()]
    for old in view.listed[first : first + PAGE]:
        blocks += _one(old, view.stands.get(old.id, ""))
    blocks += pages(view.page, len(view.listed), PAGE, view.channel_id, TURN)
    return modal(plainly("old.plan_title"), blocks)


def batch_message(card: BatchCard) -> Message:
    """How far a batch is; it is kept up to date."""
    batch = card.batch
    total = len(batch.old_ids)
    left = total - card.done - len(card.failed)
    facts = {"done": card.done, "failed": len(card.failed), "left": left, "total": total}
    sentence = "old.batch" if batch.finished_at is None else "old.batch_is_done"
    lines = [
        say(sentence, user=mention(batch.started_by_user), bar=bar(total - left, total), **facts)
    ]
    if batch.finished_at is not None:
        lines.append(
            say("old.batch_cancelled" if batch.cancelled_at else "old.batch_done", **facts)
        )
    for old in card.failed[:PROBLEMS_SHOWN]:
        problem = plainly(old.problem)
        lines.append(say("old.batch_failed", name=old.name, address=old.address, problem=problem))
    blocks = paragraphs(lines)
    if batch.finished_at is None and batch.cancelled_at is None:
        blocks.append(
            actions(button(plainly("button.cancel_batch"), ActionId.OLD_CANCEL, str(batch.id)))
        )
    if batch.finished_at is not None and card.done:
        blocks.append(actions(*_to_sign_in(batch.channel_id)))
    return Message(say("old.batch_summary", **facts), blocks)


def _to_sign_in(channel_id: str) -> list[Block]:
    """Where the sign-ins of the new accounts are: for the owners, and for who signs in here."""
    invite = plainly("button.invite_all")
    return [
        button(invite, ActionId.INVITE_ALL, channel_id, "primary"),
        button(plainly("button.list"), ActionId.ACCOUNT_LIST),
    ]


def _ways_on(view: OldView, count: int) -> list[Block]:
    add = button(plainly("button.old_add"), ActionId.IMPORT_PASTE, view.channel_id)
    if not count or view.under_way:
        return [add]
    return [
        button(
            plainly("button.old_create", count=count),
            ActionId.OLD_CREATE,
            view.channel_id,
            "primary",
        ),
        add,
    ]


def _one(old: OldAccountView, there: str) -> list[Block]:
    title = say("old.line", name=old.name, address=old.address)
    other = old.username.lower() not in ("", old.address.lower())
    lines = [Safe(f"{title}  ·  {say('old.line_user', user=old.username)}") if other else title]
    gone = plainly("old.is_deleted") if old.deleted_at else ""
    plan = plainly(f"state.{there}") if there else plainly(f"old.plan_{old.plan}")
    lines.append(say("old.line_plan", plan=plan, gone=gone))
    row = []
    if not there:
        row.append(_other_plan(old))
    row.append(_other_mark(old))
    if old.account_id is None:
        row.append(_take_off(old))
    return [section(Safe("\n".join(lines))), actions(*row)]


def _take_off(old: OldAccountView) -> Block:
    """What was listed is gone with it, so it asks first and says what it does not do."""
    label = plainly("button.old_take_off")
    return asking(
        button(label, ActionId.OLD_TAKE_OFF, str(old.id)),
        title=label,
        text=plainly("old.take_off_ask", address=cut(old.address, LONGEST_SHOWN)),
        yes=label,
        no=plainly("old.take_off_no"),
    )


def _other_plan(old: OldAccountView) -> Block:
    if old.plan is Plan.CHANGE:
        return button(plainly("button.old_retain"), ActionId.OLD_RETAIN, str(old.id))
    return button(plainly("button.old_change"), ActionId.OLD_CHANGE, str(old.id))


def _other_mark(old: OldAccountView) -> Block:
    if old.deleted_at:
        return button(plainly("button.old_back"), ActionId.OLD_STILL_THERE, str(old.id))
    return button(plainly("button.old_gone"), ActionId.OLD_DELETED, str(old.id))
