"""What Slack refuses, by what it is about: the app, a channel, a message's target, its content."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from slack_sdk import WebClient

from bot.messages import notices
from bot.messages.delivery import INSTALLATION_WAIT, MAX_FAULTS, PLACE_WAIT
from bot.messages.error_pages import IN_A_ROW
from bot.messages.refusals import Subject
from handlers.slack.refusals import EVERY, NO_JSON, table
from storage.tables import Account
from storage.vocabulary import State
from tests.support.fast import ACME, ALERTS, CAROL, DESK, VERA, FastBot, hours
from tests.support.fast_ports import BOT
from tests.support.rows import every

pytestmark = pytest.mark.delivery

TOP = Path(__file__).parents[2]
OF_SLACK = frozenset(
    name for name in vars(WebClient) if re.fullmatch(r"[a-z]+(_[a-zA-Z0-9]+)+", name)
) - {"files_upload", "files_upload_v2"}
"""Every method of Slack's Web API, as its client calls it."""

APP = [
    "invalid_auth",
    "token_revoked",
    "account_inactive",
    "token_expired",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "ekm_access_denied",
    "missing_scope",
    "restricted_action",
    "message_limit_exceeded",
    "two_factor_setup_required",
]
"""Slack's words for trouble of the whole installation, written by hand."""

POST, UPDATE, DELETE = "chat.postMessage", "chat.update", "chat.delete"


def methods_called() -> Iterator[str]:
    """The methods of Slack's Web API that the product calls, read from its code."""
    for file in [*TOP.glob("handlers/**/*.py"), *TOP.glob("bot/**/*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Attribute(attr=name) if name in OF_SLACK:
                    yield name.replace("_", ".")
                case ast.Call(args=[ast.Constant(value=str(name)), *_]) if "." in name:
                    if name.replace(".", "_") in OF_SLACK:
                        yield name


def errors(method: str, *subjects: Subject) -> list[str]:
    """What a method may refuse that is about one of these."""
    rows = {**table()[EVERY], **table()[method]}
    return [error for error, subject in rows.items() if subject in subjects]


def pairs(subject: Subject, *methods: str) -> list[tuple[str, str]]:
    """Each of the methods with each of its errors that are about this."""
    return [(method, error) for method in methods for error in errors(method, subject)]


def say(bot: FastBot, *words: str, channel: str = ACME, thread: str = "") -> None:
    """Have messages shown in a channel, one after the other."""
    with bot.store.transaction() as tx:
        for word in words:
            args = {"sentence": "credential.ends", "values": {"name": word, "day": "", "days": 2}}
            key = word if channel == ACME else f"{channel}:{word}"
            tx.outbox.show(channel, key, notices.SUPPORT_NOTE, args, bot.now, thread_key=thread)


def stands(bot: FastBot, channel: str = ACME) -> list[str]:
    """The words that stand in a channel, in order."""
    words = ("first", "second", "third", "reply")
    said = [message.text for message in bot.posted(channel)]
    return [word for text in said for word in words if word in text]


def told(bot: FastBot, channel: str = DESK) -> str:
    """Everything that stands in a channel of ours."""
    return "\n".join(message.words for message in bot.posted(channel))


def refuse(bot: FastBot, method: str, error: str, times: int = 1) -> None:
    """Have the next calls of a method refused."""
    for _ in range(times):
        bot.slack.fails_next(method, error)


# -- the table


@pytest.mark.field
def test_the_table_has_every_method_that_is_called_and_no_other() -> None:
    assert set(methods_called()) == set(table()) - {EVERY}


def test_the_table_says_of_each_error_one_thing() -> None:
    text = (TOP / "handlers/slack/refusals.toml").read_text("utf-8")
    for part in re.split(r"^\[", text, flags=re.M)[1:]:
        written = re.findall(r'"(\w+)"', part.partition("]")[2])
        assert len(written) == len(set(written)), part.splitlines()[0]


@pytest.mark.field
@pytest.mark.parametrize("method", [POST, UPDATE, DELETE, "users.info", "views.open"])
@pytest.mark.parametrize("error", APP)
def test_trouble_of_the_app_is_that_wherever_it_shows(method: str, error: str) -> None:
    assert error in errors(method, Subject.INSTALLATION)


# -- the app


@pytest.mark.field
@pytest.mark.parametrize("method", [POST, UPDATE])
@pytest.mark.parametrize("error", errors(POST, Subject.INSTALLATION))
def test_while_slack_refuses_the_app_everything_waits_and_is_sent_afterwards(
    bot: FastBot, method: str, error: str
) -> None:
    if method == UPDATE:
        say(bot, "first")
        bot.run_due()
        bot.slack.posted[0].text = "old"
    refuse(bot, method, error, times=20)
    say(bot, "first", "second")
    bot.pass_time(minutes=5)
    bot.pass_time(minutes=5)
    assert "second" not in stands(bot)
    assert bot.health.refused() == error

    bot.slack._faults.clear()
    bot.pass_time(minutes=1)
    assert stands(bot) == ["first", "second"]
    assert bot.health.refused() == ""
    assert error in told(bot) and "sending everything that was waiting" in told(bot)


@pytest.mark.field
def test_on_calls_alert_goes_out_before_all_that_waited_longer(bot: FastBot) -> None:
    refuse(bot, POST, "invalid_auth", times=3)
    say(bot, "first", "second")
    say(bot, "third", channel=DESK)
    bot.live(INSTALLATION_WAIT * 2)
    bot.own_errors.record("button.test", RuntimeError("broken"))
    bot.slack._faults.clear()
    bot.slack.calls.clear()

    bot.live(hours(1))
    posted = [content["channel"] for method, content in bot.slack.calls if method == POST]
    assert posted[0] == ALERTS
    assert stands(bot) == ["first", "second"] and stands(bot, DESK) == ["third"]


def test_while_slack_refuses_the_app_it_is_asked_now_and_then_only(bot: FastBot) -> None:
    refuse(bot, POST, "token_revoked", times=500)
    for channel in (ACME, DESK, ALERTS):
        say(bot, "first", "second", channel=channel)
    bot.live(hours(1))

    assert len(bot.slack.calls) <= hours(1) / INSTALLATION_WAIT + 2
    bot.slack._faults.clear()
    bot.live(hours(0.1))
    assert [stands(bot, c) for c in (ACME, DESK, ALERTS)] == [["first", "second"]] * 3


@pytest.mark.field
def test_a_token_refused_for_days_gives_nothing_up(bot: FastBot) -> None:
    refuse(bot, POST, "invalid_auth", times=100)
    say(bot, "first")
    for _ in range(20):
        bot.pass_time(hours=3)
    bot.slack._faults.clear()

    bot.live(hours(0.1))
    assert stands(bot) == ["first"]


@pytest.mark.parametrize("status", [200, 404, 502])
def test_a_page_in_slacks_place_stops_everything_and_loses_nothing(
    bot: FastBot, status: int
) -> None:
    html = "Received a response in a non-JSON format: <!DOCTYPE html><html>"
    for _ in range(20):
        bot.slack.fails_next(POST, html, status=status)
    say(bot, "first", "second")
    bot.live(hours(0.05))
    assert bot.health.refused() == NO_JSON, "what a server wrote is not repeated"

    bot.slack._faults.clear()
    bot.live(hours(0.1))
    assert stands(bot) == ["first", "second"]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_error_page_among_answers_holds_nothing_else_up(bot: FastBot, status: int) -> None:
    bot.slack.scopes.add("channels:history")
    for _ in range(2 * IN_A_ROW):
        bot.slack.fails_next(POST, "<h1>Server error</h1>", status=status)
        say(bot, "first", channel=ACME)
        say(bot, "second", channel=DESK)
        bot.run_due()
        assert bot.health.refused() == ""
        bot.live(hours(0.1))
    assert stands(bot) == ["first"] and stands(bot, DESK) == ["second"]
    assert "Slack accepted nothing" not in told(bot)


# -- the place


@pytest.mark.field
@pytest.mark.parametrize(("method", "error"), pairs(Subject.PLACE, POST, UPDATE))
def test_a_channel_that_takes_nothing_is_closed_and_shows_everything_when_it_is_back(
    bot: FastBot, method: str, error: str
) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)
    if method == UPDATE:
        bot.show(account)
        bot.run_due()
    refuse(bot, method, error)
    bot.show(account)
    say(bot, "first", "second")
    bot.run_due()
    with bot.store.transaction() as tx:
        channel = tx.channels.get(ACME)
    assert channel is not None and channel.closed
    assert ACME in told(bot) and "Acme Marine" in told(bot)
    bot.slack._faults.clear()
    bot.pass_time(hours=3)
    assert stands(bot) == []

    bot.customers.came_in(ACME)
    bot.run_due()
    assert stands(bot) == ["first", "second"]
    assert any(account.name in message.words for message in bot.posted(ACME))


@pytest.mark.field
@pytest.mark.parametrize("error", errors(POST, Subject.PLACE))
@pytest.mark.parametrize(("ours", "other"), [(ALERTS, DESK), (DESK, ALERTS)])
def test_what_is_for_a_channel_of_our_own_waits_until_it_is_back(
    bot: FastBot, error: str, ours: str, other: str
) -> None:
    refuse(bot, POST, error)
    say(bot, "first", "second", channel=ours)
    bot.run_due()
    assert stands(bot, ours) == []
    assert ours in told(bot, other)

    bot.customers.came_in(ours)
    bot.run_due()
    assert stands(bot, ours) == ["first", "second"]


def test_a_channel_of_our_own_is_tried_by_itself_and_its_trouble_told_once(bot: FastBot) -> None:
    refuse(bot, POST, "not_in_channel", times=1)
    say(bot, "first", channel=ALERTS)
    bot.run_due()
    refuse(bot, POST, "not_in_channel", times=3)
    bot.live(PLACE_WAIT * 3.5)
    assert stands(bot, ALERTS) == []

    bot.live(PLACE_WAIT)
    assert stands(bot, ALERTS) == ["first"]
    assert told(bot).count("does not let me post") == 2, "a text and its block: one message"


@pytest.mark.field
def test_that_the_bot_is_back_is_seen_without_an_event(bot: FastBot) -> None:
    refuse(bot, POST, "channel_not_found")
    say(bot, "first")
    bot.run_due()
    bot.live(hours(2))
    assert stands(bot) == []

    bot.slack.members[ACME].add(BOT)
    bot.live(hours(0.5))
    assert stands(bot) == ["first"]


# -- the target


@pytest.mark.field
@pytest.mark.parametrize("error", errors(UPDATE, Subject.TARGET))
def test_what_cannot_be_edited_is_posted_anew_in_its_place(bot: FastBot, error: str) -> None:
    say(bot, "first")
    bot.run_due()
    (old,) = bot.posted(ACME)
    refuse(bot, UPDATE, error)
    say(bot, "first")
    bot.run_due()
    (new,) = bot.posted(ACME)
    assert new.ts != old.ts, "the old one may carry a link that is dead"

    say(bot, "first")
    bot.run_due()
    assert [message.ts for message in bot.posted(ACME)] == [new.ts]


def test_a_deleted_card_is_posted_anew_and_its_thread_with_it(bot: FastBot) -> None:
    account = bot.account(State.AWAITING_SIGN_IN)
    bot.show(account)
    bot.run_due()
    bot.slack.posted.clear()
    with bot.store.transaction() as tx:
        notices.note(tx, tx.accounts.lock(account.id), "mend.said", bot.now)
    bot.live(hours(0.01))

    card = next(each for each in bot.posted(ACME) if each.text.startswith(account.name))
    assert [m.thread for m in bot.posted(ACME) if m.thread] == [card.ts]
    bot.show(account)
    bot.run_due()
    assert len([m for m in bot.posted(ACME) if m.text.startswith(account.name)]) == 1


@pytest.mark.parametrize("error", errors(DELETE, Subject.TARGET))
def test_what_cannot_be_taken_away_is_left(bot: FastBot, error: str) -> None:
    say(bot, "first")
    bot.run_due()
    refuse(bot, DELETE, error)
    with bot.store.transaction() as tx:
        tx.outbox.show(ACME, "first", notices.GONE, {}, bot.now)
    say(bot, "second")
    bot.run_due()

    assert "second" in stands(bot)
    assert not [item for item in bot.outbox(ACME) if item.given_up or item.done_at is None]


@pytest.mark.parametrize("history", [True, False])
def test_a_card_posted_anew_whose_answer_is_lost_stands_once_where_that_can_be_seen(
    bot: FastBot, history: bool
) -> None:
    if history:
        bot.slack.scopes.add("channels:history")
    say(bot, "first")
    bot.run_due()
    bot.slack.posted.clear()
    bot.slack.breaks_next(POST)
    say(bot, "first")

    bot.live(hours(1))
    assert stands(bot) == ["first"] * (1 if history else 2)


# -- the content


@dataclass(frozen=True)
class SigningIn:
    """An account with a link, and the bot before its card is posted, and before it is updated."""

    account: Account
    before: dict[str, FastBot]


@pytest.fixture
def signing_in(bot: FastBot) -> SigningIn:
    account = bot.account(State.AWAITING_SIGN_IN, sender_name="A & B <boat>")
    bot.link(account)
    unposted = bot.copy()
    bot.show(account)
    bot.run_due()
    return SigningIn(account, {POST: unposted, UPDATE: bot})


@every("method, error", pairs(Subject.CONTENT, POST, UPDATE))
def test_what_slack_does_not_take_as_it_is_drawn_goes_as_text_and_support_hears(
    signing_in: SigningIn, method: str, error: str
) -> None:
    account = signing_in.account
    bot = signing_in.before[method].copy()
    refuse(bot, method, error)
    bot.show(account)
    bot.run_due()

    card = next(m for m in bot.posted(ACME) if account.name in m.text)
    assert card.blocks == []
    assert "/login/" in card.text, "people can still sign in"
    assert "<boat>" not in card.text, "what people typed stays escaped"
    assert error in told(bot) and ACME in told(bot)


def test_of_one_kind_of_bad_content_support_hears_once_a_day(bot: FastBot) -> None:
    refuse(bot, POST, "invalid_blocks", times=1)
    say(bot, "first")
    bot.run_due()
    refuse(bot, POST, "invalid_blocks", times=1)
    say(bot, "second")
    bot.run_due()

    assert stands(bot) == ["first", "second"]
    assert len([m for m in bot.posted(DESK) if "text alone" in m.text]) == 1


# -- what passes, and what nobody has written down


@pytest.mark.parametrize(("method", "error"), pairs(Subject.PASSING, POST, UPDATE, DELETE))
def test_what_passes_is_waited_for(bot: FastBot, method: str, error: str) -> None:
    if method != POST:
        say(bot, "first")
        bot.run_due()
    refuse(bot, method, error, times=4)
    with bot.store.transaction() as tx:
        if method == DELETE:
            tx.outbox.show(ACME, "first", notices.GONE, {}, bot.now)
    if method != DELETE:
        say(bot, "first")

    bot.live(hours(0.05))
    assert stands(bot) == ([] if method == DELETE else ["first"])


def test_an_answer_that_nobody_knows_is_waited_for_then_told_and_tried_again(
    bot: FastBot,
) -> None:
    refuse(bot, POST, "brand_new_error", times=MAX_FAULTS + 2)
    say(bot, "first", "second")
    bot.run_due()
    assert stands(bot) == []
    bot.live(hours(0.3))
    assert stands(bot) == ["second"], "the channel goes on"
    assert "brand_new_error" in told(bot) and ACME in told(bot)

    bot.live(hours(5))
    assert sorted(stands(bot)) == ["first", "second"]
    assert told(bot).count("could not send") == 2, "a text and its block: one message"


def test_an_unknown_error_that_stays_is_not_tried_for_ever(bot: FastBot) -> None:
    refuse(bot, POST, "brand_new_error", times=1000)
    say(bot, "first")
    bot.live(hours(0.3))
    for _ in range(8):
        bot.pass_time(days=1)
    asked = len(bot.slack.calls)

    bot.pass_time(days=1)
    assert len(bot.slack.calls) == asked


# -- the support group


def test_on_call_hears_once_by_name_that_the_support_group_is_gone() -> None:
    bot = FastBot(support_usergroup="S0GONE")
    refuse(bot, "usergroups.users.list", "no_such_subteam", times=10)
    for _ in range(5):
        assert bot.directory.is_support(VERA, afresh=True)
        assert not bot.directory.is_support(CAROL, afresh=True)
        bot.pass_time(minutes=2)

    (message,) = bot.posted(ALERTS)
    assert "S0GONE" in message.text and "no_such_subteam" in message.text
