"""Slack's events as they really come: without a person, twice, late, of channels that nobody
knows."""

from typing import Any

import pytest

from bot.app.socket_connection import LONGEST_WAIT_SECONDS, SocketConnection
from bot.common.jobs import HandleEvent
from handlers.commands import Commands
from handlers.events import Events, is_for_us, kept
from handlers.features.home import HomeTab
from storage.vocabulary import State
from tests.support.fast import ACME, CAROL, VERA, FastBot, hours

pytestmark = pytest.mark.field

BOT = "U0BOT"


class Here:
    """The bot, and the events that it hears."""

    def __init__(self) -> None:
        self.bot = bot = FastBot()
        listeners: Any = Guarding()
        self.events = Events(
            bot.services,
            bot.slack,
            listeners,
            Commands(bot.services),
            bot.directory,
            HomeTab(bot.services, bot.slack),
        )
        bot.doers.add(HandleEvent, self.events.do)
        self._number = 0

    def hears(self, *events: dict[str, Any], together: bool = False) -> None:
        """Events come in, and are handled each before the next, or after all are in."""
        for event in events:
            self._number += 1
            self.bot.events.take_in(f"Ev{self._number}", {"channel": ACME} | event)
            if not together:
                self.bot.run_due()
        self.bot.run_due()

    def closed(self) -> str:
        """Why nothing can be posted in the channel."""
        with self.bot.store.transaction() as tx:
            channel = tx.channels.get(ACME)
            assert channel is not None
            return channel.closed

    def unfinished(self) -> int:
        """How much work is left, failed or not."""
        with self.bot.store.transaction() as tx:
            return tx.jobs.unfinished()

    def calls(self, method: str) -> list[dict[str, Any]]:
        """How Slack was asked."""
        return [content for called, content in self.bot.slack.calls if called == method]


class Guarding:
    """Does what a listener does."""

    def guard(self, person: Any, what: str, work: Any, tell: Any) -> None:
        work()


@pytest.fixture
def here() -> Here:
    return Here()


def mention(**changed: Any) -> dict[str, Any]:
    """Carol mentions us."""
    said = {"type": "app_mention", "user": CAROL.user, "user_team": CAROL.team}
    return said | {"text": f"<@{BOT}> help", "ts": "1.000001", "event_ts": "1.000001"} | changed


def test_a_person_who_mentions_us_is_answered(here: Here) -> None:
    here.hears(mention())
    assert len(here.calls("chat.postMessage")) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"bot_id": "B0WORKFLOW", "user": None},
        {"user": None},
        {"bot_id": "B0OTHER", "user": "U0OTHERBOT"},
        {"subtype": "bot_message", "username": "Workflow"},
        {"user": ["U0CAROL"]},
        {"channel": None},
        {"user": None, "channel": None, "text": None},
    ],
)
def test_mentions_of_no_person_are_left_alone_quietly(here: Here, changed: dict[str, Any]) -> None:
    event = mention(**changed)
    assert not is_for_us({"channel": ACME} | event)
    here.hears(event)
    assert not here.bot.slack.posted
    assert here.unfinished() == 0, "nothing is tried again"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "app_home_opened", "tab": "home"},
        {"type": "app_home_opened", "user": None},
        {"type": "member_joined_channel"},
        {"type": "member_joined_channel", "user": CAROL.user, "channel": None},
        {"type": "channel_id_changed", "old_channel_id": ACME},
        {"type": "channel_archive", "channel": None},
        {"type": "message", "user": CAROL.user},
        {"type": None},
        {},
    ],
)
def test_events_that_are_not_whole_are_left_alone_quietly(
    here: Here, event: dict[str, Any]
) -> None:
    assert not is_for_us(event)
    here.events.do(HandleEvent(event=event))
    assert not here.bot.slack.posted and not here.closed()


def test_an_event_that_comes_twice_is_handled_once(here: Here) -> None:
    here.bot.events.take_in("EvA", {"channel": ACME} | mention())
    here.bot.events.take_in("EvA", {"channel": ACME} | mention())
    here.bot.events.take_in("EvB", {"channel": ACME} | mention())
    here.hears(mention(ts="2.000001", event_ts="2.000001"))
    assert len(here.calls("chat.postMessage")) == 2


ARCHIVED = {"type": "channel_archive", "event_ts": "100.000001"}
BACK = {"type": "channel_unarchive", "event_ts": "100.000002"}
LEFT = {"type": "group_left", "event_ts": "100.000001"}
CAME = {"type": "member_joined_channel", "user": BOT, "event_ts": "100.000002"}
UNSHARED = {"type": "channel_unshared", "event_ts": "100.000001"}
SHARED = {"type": "channel_shared", "event_ts": "100.000002"}


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(("gone", "back"), [(ARCHIVED, BACK), (LEFT, CAME), (UNSHARED, SHARED)])
def test_of_two_events_the_later_one_holds_whichever_comes_first(
    gone: dict[str, Any], back: dict[str, Any], together: bool
) -> None:
    for order in ((gone, back), (back, gone)):
        here = Here()
        here.hears(*order, together=together)
        assert here.closed() == "", order
    for order in ((gone, back), (back, gone)):
        here = Here()
        # the other way round: it came back first, and is away now
        swapped = [each | {"event_ts": each["event_ts"][:-1] + "3"} for each in (gone,)]
        here.hears(*[swapped[0] if each is gone else each for each in order], together=together)
        assert here.closed() != "", order


def test_somebody_elses_coming_does_not_open_a_channel_that_we_left(here: Here) -> None:
    here.hears(CAME | {"user": CAROL.user}, LEFT)
    assert here.closed() == "left"


def test_what_comes_of_a_channel_that_nobody_knows_does_no_harm(here: Here) -> None:
    here.bot.account(State.LIVE)
    unknown = {"channel": "C0UNKNOWN"}
    here.bot.slack.fails_next("chat.postMessage", "channel_not_found")
    here.hears(*[each | unknown for each in (ARCHIVED, BACK, LEFT, CAME, UNSHARED, SHARED)])
    here.hears({"type": "channel_id_changed", "old_channel_id": "C0X", "new_channel_id": "C0Y"})
    here.bot.slack.fails_next("chat.postMessage", "not_in_channel")
    here.hears(mention(**unknown))
    assert here.unfinished() == 0
    assert here.closed() == ""


def test_a_home_tab_that_is_opened_again_keeps_its_filters(here: Here) -> None:
    shown = {"private_metadata": "broken|user|7|0", "blocks": [{"text": "Acme Marine"}]}
    stored = kept({"type": "app_home_opened", "user": VERA.user, "tab": "home", "view": shown})
    assert "Acme" not in str(stored), "what stood there is not stored"
    here.hears(stored)
    (call,) = here.calls("views.publish")
    assert "broken|user|7|0" in str(call)


@pytest.mark.parametrize("error", ["invalid_auth", "ratelimited", "fatal_error", "token_expired"])
@pytest.mark.parametrize(("event", "closed"), [(LEFT, "left"), (CAME, "")])
def test_what_slack_does_not_let_us_look_up_just_now_is_looked_up_later(
    here: Here, error: str, event: dict[str, Any], closed: str
) -> None:
    if event is CAME:
        here.bot.customers.close(ACME, "left")
    for _ in range(8):
        here.bot.slack.fails_next("auth.test", error)
    here.hears(event)
    here.bot.live(hours(0.5))
    assert here.closed() == closed
    assert here.unfinished() == 0


@pytest.mark.parametrize("method", ["auth.test", "conversations.members"])
def test_who_mentions_us_while_slack_does_not_say_who_they_are_is_answered_later(
    here: Here, method: str
) -> None:
    for _ in range(3):
        here.bot.slack.fails_next(method, "ratelimited", status=429, retry_after=1)
    here.hears(mention())
    assert not here.calls("chat.postEphemeral") and not here.calls("chat.postMessage")
    here.bot.live(hours(0.5))
    assert len(here.calls("chat.postMessage")) == 1
    assert here.unfinished() == 0


@pytest.mark.parametrize("error", ["invalid_auth", "ratelimited", "not_enabled", "internal_error"])
def test_a_home_tab_that_slack_does_not_take_just_now_comes_later(here: Here, error: str) -> None:
    for _ in range(8):
        here.bot.slack.fails_next("views.publish", error)
    here.hears({"type": "app_home_opened", "user": CAROL.user, "tab": "home"})
    here.bot.live(hours(0.5))
    assert len(here.calls("views.publish")) == 8 + 1
    assert here.unfinished() == 0


@pytest.mark.parametrize("error", ["hash_conflict", "user_not_found", "missing_profile_id"])
def test_who_has_no_home_tab_is_not_asked_about_again(here: Here, error: str) -> None:
    here.bot.slack.fails_next("views.publish", error)
    here.hears({"type": "app_home_opened", "user": CAROL.user, "tab": "home"})
    here.bot.live(hours(0.5))
    assert len(here.calls("views.publish")) == 1


@pytest.mark.parametrize(
    "event",
    [
        mention(ts=None),
        SHARED | {"connected_team_id": ["T0ACME"]},
        SHARED | {"connected_team_id": None},
        LEFT | {"event_ts": None},
        ARCHIVED | {"event_ts": "soon"},
        UNSHARED | {"channel": {"id": ACME}},
        {"type": "channel_rename", "channel": {"id": ACME, "name": "quay"}},
    ],
)
def test_events_in_an_odd_shape_are_no_work_that_fails(here: Here, event: dict[str, Any]) -> None:
    if is_for_us({"channel": ACME} | event):
        here.events.do(HandleEvent(event={"channel": ACME} | event))
    assert not here.bot.slack.posted


class Unsteady:
    """A connection that fails so often before it stands."""

    def __init__(self, failures: int) -> None:
        self.left = failures
        self.connected = 0
        self.closed = 0

    def connect(self) -> None:
        if self.left:
            self.left -= 1
            raise RuntimeError("internal_error")
        self.connected += 1

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("failures", [0, 1, 12])
def test_a_connection_is_tried_until_it_stands(failures: int) -> None:
    waits: list[float] = []
    link = Unsteady(failures)
    connection = SocketConnection(link, lambda stopped, seconds: bool(waits.append(seconds)))
    connection.start()
    connection._thread.join(10)
    assert (link.connected, len(waits)) == (1, failures)
    assert waits == sorted(waits) and all(wait <= LONGEST_WAIT_SECONDS for wait in waits)


def test_a_bot_that_stops_tries_no_more() -> None:
    link = Unsteady(1_000_000)
    connection = SocketConnection(link)
    connection.start()
    connection.close()
    connection._thread.join(10)
    assert not connection._thread.is_alive()
    assert (link.connected, link.closed) == (0, 1)
