"""A request for help: what the support team sees of it, and what the asker is told."""

from urllib.parse import quote

from bot.common.people import MAILDESK
from bot.views.failures import FailureView
from bot.views.support import RequestCard, RequestView
from handlers.cards.actions import ActionId, FormId
from handlers.cards.attempts import attempt_blocks
from handlers.cards.desk import answer_button, answered_line
from handlers.cards.kit import (
    Block,
    Message,
    Safe,
    actions,
    button,
    escaped,
    mention,
    modal,
    moment,
    section,
    text_input,
)
from handlers.cards.standings import looked_after
from handlers.text.people import stands
from handlers.text.words import plainly, say
from storage.vocabulary import State

LONGEST_COMMENT = 500
"""Escaped, it is five times as long at most, which a section of a message has room for."""


def request_card(card: RequestCard) -> Message:
    """The request as it stands in the support team's channel."""
    request = card.request
    title = _title(card)
    lines = _asked_for(card, title) if request.failure_ref else [_asked_to_do(card)]
    if card.account is not None:
        state = stands(card.account)
        lines.append(say("help_request.stands", state=state))
    if card.failure is not None:
        lines.append(say("help_request.error", error=card.failure.ref, step=card.failure.step))
    if request.comment:
        lines.append(say("help_request.comment", comment=request.comment))
    lines.append(_helper(card, "help_request"))
    lines += answered_line(request.answered_by_user, request.answered_at)
    lines += looked_after(card.helper) if request.taken_at is None else []
    row = [*_team_buttons(card), *_account_button(card), *_failure_buttons(card.failure)]
    row.sort(key=lambda each: each.get("style") != "primary")  # what to press now comes first
    done = attempt_blocks(card.attempts) if request.failure_ref else []
    blocks = [section(Safe("\n".join(lines))), *done, *([actions(*row)] if row else [])]
    return Message(
        say("help_request.summary", title=title, error=card.failure.ref if card.failure else "–"),
        blocks,
    )


def help_message(card: RequestCard) -> Message:
    """The same for who asked, in the customer's channel."""
    request = card.request
    if request.failure_ref:
        asked = _about_error(card, request.failure_ref)
    else:
        what = (
            plainly("help.to_do_account", name=card.account.name)
            if card.account
            else plainly("help.to_do_all")
        )
        asked = say("help.asked_to_do", user=request.asked_by_user, what=what)
    lines = [asked, _helper(card, "help")]
    if card.account is not None and request.done_at is not None:
        state = stands(card.account)
        lines.append(say("help.stands", name=card.account.name, state=state))
    text = Safe("\n".join(lines))
    ours = request.asked_by_user == MAILDESK.user
    row = [] if ours or request.done_at is not None else [actions(_take_back(request.id))]
    return Message(text, [section(text), *row])


def request_sent(error: str, support_email: str, request: RequestView) -> Block:
    """What the asker sees: what happens next, a mail that is begun already, a comment that can be
    added, and the way to take it back."""
    text = say("help_request.done", error=error) if error else say("help_request.done_to_do")
    blocks = [section(Safe(f"{text}\n{say('help_request.next')}"))]
    if support_email:
        blocks.append(section(say("help_request.mail", link=mail_link(error, support_email))))
    field = text_input(
        plainly("help_request.comment_label"),
        "comment",
        initial=request.comment,
        hint=plainly("help_request.comment_hint"),
        longest=LONGEST_COMMENT,
        optional=True,
        lines=True,
    )
    return modal(
        plainly("help_request.done_title"),
        [*blocks, field, actions(_take_back(request.id))],
        callback=FormId.REQUEST_COMMENT,
        submit=plainly("help_request.comment_send"),
        metadata=str(request.id),
    )


def commented_window() -> Block:
    """The comment is with the support team."""
    return modal(plainly("help_request.done_title"), [section(say("help_request.commented"))])


def taken_back_window() -> Block:
    """The request is taken back."""
    text = section(say("help_request.taken_back_window"))
    return modal(plainly("help_request.taken_back_title"), [text])


def _take_back(request_id: int) -> Block:
    label = plainly("button.take_back_request")
    return button(label, ActionId.REQUEST_TAKE_BACK, str(request_id))


def mail_link(error: str, support_email: str) -> Safe:
    """A link that begins a mail to support with the error ID in it."""
    body = f"&body={quote(plainly('help_request.mail_body', error=error))}" if error else ""
    address = f"mailto:{support_email}?subject={quote(plainly('help_request.mail_subject'))}{body}"
    return Safe(f"<{escaped(address)}|{plainly('help_request.mail_link')}>")


def _asked_for(card: RequestCard, title: str) -> list[Safe]:
    """Who asks for what, as the support team reads it."""
    request = card.request
    lines = [say("help_request.asked", user=mention(request.asked_by_user), title=title)]
    if card.handed_over:
        lines.append(say("help_request.handed_over", title=title))
    lines = lines[1:] if request.asked_by_user == MAILDESK.user else lines
    if card.account is not None:
        return [*lines, say("help_request.account", **_whose(card))]
    return [*lines, say("help_request.customer", **_whose(card))] if card.customer else lines


def _asked_to_do(card: RequestCard) -> Safe:
    """Who wants what to be done for them, as the support team reads it."""
    what = "help_request.asked_to_do_account" if card.account else "help_request.asked_to_do"
    return say(what, user=mention(card.request.asked_by_user), **_whose(card))


def _whose(card: RequestCard) -> dict[str, str | Safe]:
    """What a request is about: the account, if there is one, the customer and the channel."""
    channel = card.request.channel_id
    return {
        "name": card.account.name if card.account else "",
        "ref": card.account.ref if card.account else "",
        "customer": card.customer or "–",
        "channel": Safe(f"<#{channel}>") if channel else Safe("–"),
    }


def _about_error(card: RequestCard, error: str) -> Safe:
    """Who asked for help with an error, or that the support team has taken it over."""
    request = card.request
    lines = [say("help.asked", user=request.asked_by_user, error=error)]
    if card.handed_over:
        lines.append(say("help.handed_over", sentence=card.handed_over, error=error))
    return Safe("\n".join(lines[1:] if request.asked_by_user == MAILDESK.user else lines))


def _title(card: RequestCard) -> str:
    if card.request.failure_ref and card.verdict is not None:
        return card.verdict.title
    return card.account.name if card.account else card.customer


def _helper(card: RequestCard, group: str) -> Safe:
    request = card.request
    if request.taken_at is None:
        return say(f"{group}.waiting", at=moment(request.asked_at))
    who = mention(request.taken_by_user)
    if request.taken_back:
        return say(f"{group}.taken_back", user=who)
    if request.done_at is not None:
        return say(f"{group}.finished", user=who, at=moment(request.done_at))
    return say(f"{group}.taken", user=who, at=moment(request.taken_at))


def _team_buttons(card: RequestCard) -> list[Block]:
    request = card.request
    value = str(request.id)
    if request.done_at is not None:
        return []
    answer = [answer_button(f"request:{value}")] if request.channel_id else []
    if request.taken_at is None:
        return [button(plainly("button.take"), ActionId.REQUEST_TAKE, value, "primary"), *answer]
    style = "" if _is_to_do(card) else "primary"
    done = button(plainly("button.request_done"), ActionId.REQUEST_FINISH, value, style)
    return [done, *answer, button(plainly("button.hand_back"), ActionId.REQUEST_HAND_BACK, value)]


def _account_button(card: RequestCard) -> list[Block]:
    if card.account is None:
        return []
    style = "primary" if _is_to_do(card) else ""
    label = plainly("button.account")
    return [button(label, ActionId.ACCOUNT_SHOW, card.account.ref, style)]


def _is_to_do(card: RequestCard) -> bool:
    """Whether somebody took it, and its account is not live yet."""
    request = card.request
    taken = request.taken_at is not None and request.done_at is None
    return taken and card.account is not None and card.account.state is not State.LIVE


def _failure_buttons(failure: FailureView | None) -> list[Block]:
    if failure is None:
        return []
    details = button(plainly("button.details"), ActionId.ERROR_SHOW, failure.ref)
    return [details, button(plainly("button.evidence"), ActionId.ERROR_EVIDENCE, failure.ref)]
