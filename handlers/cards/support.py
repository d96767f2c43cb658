"""A request for help: what the support team sees of it, and what the asker is told."""

from dataclasses import dataclass
from urllib.parse import quote

from bot.diagnosis.verdict import Verdict
from handlers.cards.actions import ActionId
from handlers.cards.kit import (
    Block,
    Message,
    Safe,
    actions,
    button,
    mention,
    modal,
    moment,
    safe,
    section,
)
from handlers.text.words import plainly, say
from storage.tables import Account, Failure, SupportRequest


@dataclass(frozen=True)
class RequestView:
    """Who wants what. `failure` is what the request is about, or else the last one of the account
    that it is about."""

    request: SupportRequest
    customer: str
    failure: Failure | None = None
    verdict: Verdict | None = None
    account: Account | None = None


def request_card(view: RequestView) -> Message:
    """The request as it stands in the support team's channel."""
    request, title = view.request, _title(view)
    asked = "help_request.asked" if request.failure_ref else "help_request.asked_to_do"
    channel = Safe(f"<#{request.channel_id}>") if request.channel_id else Safe("–")
    lines = [say(asked, user=mention(request.asked_by_user), title=title)]
    if view.account is not None:
        state = plainly(f"state.{view.account.state}")
        whose = {
            "name": view.account.name,
            "ref": view.account.ref,
            "customer": view.customer,
            "channel": channel,
        }
        lines += [say("help_request.account", **whose), say("help_request.stands", state=state)]
    elif view.customer:
        lines.append(say("help_request.customer", customer=view.customer, channel=channel))
    if view.failure is not None:
        lines.append(say("help_request.error", error=view.failure.ref, step=view.failure.step))
    lines.append(_helper(view, "help_request"))
    row = [*_team_buttons(request), *_account_button(view.account), *_failure_buttons(view.failure)]
    blocks = [section(Safe("\n".join(lines))), *([actions(*row)] if row else [])]
    return Message(
        say("help_request.summary", title=title, error=view.failure.ref if view.failure else "–"),
        blocks,
    )


def help_message(view: RequestView) -> Message:
    """The same for who asked, in the customer's channel."""
    request = view.request
    if request.failure_ref:
        asked = say("help.asked", user=request.asked_by_user, error=request.failure_ref)
    else:
        what = (
            plainly("help.to_do_account", name=view.account.name)
            if view.account
            else plainly("help.to_do_all")
        )
        asked = say("help.asked_to_do", user=request.asked_by_user, what=what)
    lines = [asked, _helper(view, "help")]
    if view.account is not None and request.done_at is not None:
        state = plainly(f"state.{view.account.state}")
        lines.append(say("help.stands", name=view.account.name, state=state))
    text = Safe("\n".join(lines))
    return Message(text, [section(text)])


def request_sent(error: str, support_email: str) -> Block:
    """What the asker sees, with a mail that is begun already."""
    text = say("help_request.done", error=error) if error else say("help_request.done_to_do")
    blocks = [section(text)]
    if support_email:
        blocks.append(section(say("help_request.mail", link=mail_link(error, support_email))))
    return modal(plainly("help_request.done_title"), blocks)


def mail_link(error: str, support_email: str) -> Safe:
    """A link that begins a mail to support with the error ID in it."""
    body = f"&body={quote(plainly('help_request.mail_body', error=error))}" if error else ""
    address = f"mailto:{support_email}?subject={quote(plainly('help_request.mail_subject'))}{body}"
    return Safe(f"<{safe(address)}|{plainly('help_request.mail_link')}>")


def _title(view: RequestView) -> str:
    if view.request.failure_ref and view.verdict is not None:
        return view.verdict.title
    return view.account.name if view.account else view.customer


def _helper(view: RequestView, group: str) -> Safe:
    request = view.request
    if request.taken_at is None:
        return say(f"{group}.waiting", at=moment(request.asked_at))
    who = mention(request.taken_by_user)
    if request.done_at is not None:
        return say(f"{group}.finished", user=who, at=moment(request.done_at))
    return say(f"{group}.taken", user=who, at=moment(request.taken_at))


def _team_buttons(request: SupportRequest) -> list[Block]:
    value = str(request.id)
    if request.done_at is not None:
        return []
    if request.taken_at is None:
        return [button(plainly("button.take"), ActionId.REQUEST_TAKE, value, "primary")]
    done = button(plainly("button.request_done"), ActionId.REQUEST_FINISH, value, "primary")
    return [done, button(plainly("button.hand_back"), ActionId.REQUEST_HAND_BACK, value)]


def _account_button(account: Account | None) -> list[Block]:
    return (
        [button(plainly("button.account"), ActionId.ACCOUNT_SHOW, account.ref)] if account else []
    )


def _failure_buttons(failure: Failure | None) -> list[Block]:
    if failure is None:
        return []
    details = button(plainly("button.details"), ActionId.ERROR_SHOW, failure.ref)
    return [details, button(plainly("button.evidence"), ActionId.ERROR_EVIDENCE, failure.ref)]
