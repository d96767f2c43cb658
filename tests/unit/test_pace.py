"""Slack counts calls of a method over all channels: however many have something to show, none of
them comes too often, none is forgotten, and who is told first is first in line."""

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import count
from math import ceil
from typing import Any

import pytest
from slack_sdk.web.slack_response import SlackResponse

from bot.messages.delivery import Delivery
from bot.messages.notices import GONE
from bot.messages.outgoing import Outgoing
from bot.messages.paces import RATES, Paces
from bot.messages.refusals import ChannelBusy, ChannelRefuses, ChannelUnreachable, Subject
from handlers.slack.directory import SlackDirectory
from sandbox.slack.methods import TIER_2
from storage.database import Store
from storage.tables import PostedMessage
from storage.vocabulary import Means, Pager
from tests.support.fast import ACME, VERA, FastBot, Outside
from tests.support.fast_database import new_database
from tests.support.fast_ports import FakeSlack, FastClock

UPDATES = 50
POSTS = 300
"""What Slack takes of each within a minute (docs.slack.dev/apis/web-api/rate-limits)."""

STEP = timedelta(seconds=0.5)
"""So exactly time passes."""

pytestmark = pytest.mark.delivery


class Counter:
    """A sender that keeps when it was called, and may say that Slack is busy."""

    def __init__(self, clock: FastClock) -> None:
        self._clock = clock
        self._numbers = count(1)
        self.calls: list[tuple[datetime, Means, str]] = []
        self.gone: list[tuple[datetime, str]] = []
        self.plain: list[tuple[datetime, str]] = []
        self.looked: list[datetime] = []
        self.there: dict[str, str] = {}
        """Where each message stands, as it is found."""
        self.busy = timedelta()
        self.is_down = False
        self.lost: set[str] = set()
        """What stood there and is gone."""
        self.refuses_blocks = False

    def show(
        self,
        message: Outgoing,
        ts: str | None,
        thread_ts: str | None,
        left_out: Collection[str] = (),
    ) -> str:
        means = Means.POST if ts is None else Means.UPDATE
        if self.busy:
            busy, self.busy = self.busy, timedelta()
            raise ChannelBusy(busy)
        self.calls.append((self._clock.at, means, message.channel_id))
        if self.is_down:
            raise ChannelUnreachable("no answer")
        if {ts, thread_ts} & self.lost:
            raise ChannelRefuses(Subject.TARGET, "message_not_found")
        if self.refuses_blocks:
            raise ChannelRefuses(Subject.CONTENT, "invalid_blocks")
        return self._stands(message, ts)

    def show_plainly(self, message: Outgoing, ts: str | None, thread_ts: str | None) -> str:
        means = Means.POST if ts is None else Means.UPDATE
        self.calls.append((self._clock.at, means, message.channel_id))
        self.plain.append((self._clock.at, message.channel_id))
        return self._stands(message, ts)

    def _stands(self, message: Outgoing, ts: str | None) -> str:
        stands = ts or f"{next(self._numbers)}.0"
        self.there[message.key] = stands
        return stands

    def take_away(self, message: Outgoing, ts: str) -> None:
        self.gone.append((self._clock.at, message.channel_id))

    def find(self, message: Outgoing, thread_ts: str | None) -> str | None:
        self.looked.append(self._clock.at)
        return None

    def most_a_minute(self, means: Means) -> int:
        """The most calls of a kind that came within any minute."""
        return most_a_minute([at for at, kind, _ in self.calls if kind is means])


def most_a_minute(times: list[datetime]) -> int:
    """The most calls that came within any minute."""
    minute = timedelta(minutes=1)
    return max(len([at for at in times if begin <= at < begin + minute]) for begin in times)


class Asked(FakeSlack):
    """A Slack that keeps when it was asked what."""

    def __init__(self, clock: FastClock) -> None:
        super().__init__()
        self._clock = clock
        self.asked: dict[str, list[datetime]] = {}

    def api_call(self, api_method: str, **call: Any) -> SlackResponse:
        self.asked.setdefault(api_method, []).append(self._clock.at)
        return super().api_call(api_method, **call)


class Office:
    """Two processes on one database, and channels with messages."""

    def __init__(self) -> None:
        self.clock = FastClock()
        self.store = Store(new_database())
        self.sender = Counter(self.clock)
        self.processes = [Delivery(self.store, self.clock, self.sender) for _ in range(2)]

    def ask(
        self,
        channel: str,
        key: str = "card",
        stands: bool = True,
        notice: str = "note",
        thread: str = "",
    ) -> None:
        """Have a message shown, which may stand there already, or taken away (`GONE`)."""
        with self.store.transaction() as tx:
            name = f"{key}:{channel}"
            if stands and tx.outbox.posted(name) is None:
                tx.session.add(PostedMessage(key=name, channel_id=channel, ts="0.1"))
            tx.outbox.show(channel, name, notice, {}, self.clock.at, thread_key=thread)

    def run(self, **span: float) -> None:
        """Let time pass in steps of half a second, both processes at work; the steps before the
        next channel's turn are one."""
        end = self.clock.at + timedelta(**span)
        while self.clock.at < end:
            for process in self.processes:
                process.deliver_due()
            due = self.processes[0].next_due() or end
            steps = max(ceil((min(due, end) - self.clock.at) / STEP), 1)
            self.clock.at += steps * STEP


@pytest.fixture
def office() -> Office:
    return Office()


def test_updates_of_many_channels_stay_within_the_tier_and_all_come(office: Office) -> None:
    channels = [f"C{number}" for number in range(80)]
    for channel in channels:
        office.ask(channel)
    office.run(minutes=3)

    shown = [channel for _, _, channel in office.sender.calls]
    assert sorted(shown) == sorted(channels), "each once"
    assert 44 <= office.sender.most_a_minute(Means.UPDATE) <= UPDATES


def test_what_is_taken_away_is_paced_as_an_update_and_together_with_them(office: Office) -> None:
    """Slack has a tier of fifty for each; whether a message goes is often only known when its turn
    comes, so that one pace holds for both."""
    taken = [f"C{number}" for number in range(45)]
    for channel in taken:
        office.ask(channel, notice=GONE)
        office.ask(f"{channel}-other")
    office.run(minutes=3)

    assert sorted(channel for _, channel in office.sender.gone) == sorted(taken), "each once"
    deletions = [at for at, _ in office.sender.gone]
    updates = [at for at, _, _ in office.sender.calls]
    assert len(updates) == len(taken)
    assert most_a_minute([*deletions, *updates]) <= UPDATES


def test_posts_of_many_channels_stay_below_some_hundreds(office: Office) -> None:
    for number in range(350):
        office.ask(f"C{number}", stands=False)
    office.run(minutes=3)
    assert len(office.sender.calls) == 350
    assert 200 < office.sender.most_a_minute(Means.POST) <= POSTS


def test_a_few_updates_wait_for_nothing(office: Office) -> None:
    for number in range(5):
        office.ask(f"C{number}")
    office.processes[0].deliver_due()
    assert len(office.sender.calls) == 5


def test_who_asked_first_is_shown_first(office: Office) -> None:
    for number in range(30):
        office.ask(f"C{number:02}")
        office.clock.at += timedelta(milliseconds=1)
    office.run(minutes=1)
    shown = [channel for _, _, channel in office.sender.calls]
    assert shown == sorted(shown)


def test_while_updates_wait_new_messages_are_posted(office: Office) -> None:
    for number in range(100):
        office.ask(f"C{number}")
    office.run(seconds=2)
    office.ask("C-new", stands=False)
    office.run(seconds=1)
    assert "C-new" in [channel for _, _, channel in office.sender.calls]


def test_a_card_that_changes_while_it_waits_is_updated_once(office: Office) -> None:
    for number in range(20):
        office.ask(f"C{number}")
    for _ in range(10):
        office.ask("C19")
        office.run(seconds=0.2)
    office.run(minutes=1)
    assert [channel for _, _, channel in office.sender.calls].count("C19") == 1


def test_slacks_word_to_wait_with_updates_holds_for_every_channel(office: Office) -> None:
    for number in range(10):
        office.ask(f"C{number}")
    begun = office.clock.at
    office.sender.busy = timedelta(seconds=30)
    office.run(seconds=29)
    assert office.sender.calls == [], "nobody else tries it either"
    office.run(minutes=2)
    assert len(office.sender.calls) == 10
    assert office.sender.calls[0][0] >= begun + timedelta(seconds=30)


# -- calls beyond the ordinary ones


def test_what_slack_did_not_answer_is_looked_for_within_the_tier_and_all_comes(
    office: Office,
) -> None:
    """After an outage every channel has a message that may stand there already."""
    channels = [f"C{number}" for number in range(70)]
    for channel in channels:
        office.ask(channel, stands=False)
    office.sender.is_down = True
    office.run(minutes=1)
    office.sender.is_down = False
    office.run(minutes=5)

    assert sorted(office.sender.there) == sorted(f"card:{channel}" for channel in channels)
    assert len(office.sender.looked) >= len(channels), "none is posted unseen"
    assert most_a_minute(office.sender.looked) <= UPDATES


def test_slacks_word_to_wait_with_looking_holds_for_every_channel(office: Office) -> None:
    for number in range(10):
        office.ask(f"C{number}", stands=False)
    office.sender.is_down = True
    office.run(seconds=1)
    office.sender.is_down = False
    office.sender.busy = timedelta(seconds=30)
    office.run(seconds=10)
    looked = len(office.sender.looked)
    office.run(seconds=15)
    assert len(office.sender.looked) == looked
    office.run(minutes=2)
    assert len(office.sender.there) == 10


def test_cards_that_are_gone_everywhere_are_replaced_within_the_tiers(office: Office) -> None:
    for number in range(70):
        office.ask(f"C{number}")
        office.ask(f"D{number}", key="new", stands=False)
    office.sender.lost = {"0.1"}
    office.run(minutes=7)

    shown = office.sender.there
    assert sorted(shown) == sorted(
        [f"card:C{number}" for number in range(70)] + [f"new:D{number}" for number in range(70)]
    )
    assert "0.1" not in shown.values()
    assert office.sender.most_a_minute(Means.UPDATE) <= UPDATES
    assert office.sender.most_a_minute(Means.POST) <= POSTS
    assert most_a_minute([at for at, _ in office.sender.gone]) <= UPDATES


@pytest.mark.parametrize("stands", [True, False])
def test_what_goes_as_text_alone_takes_two_calls_and_stays_within_the_tier(
    office: Office, stands: bool
) -> None:
    channels = 40 if stands else 170
    for number in range(channels):
        office.ask(f"C{number}", stands=stands)
    office.sender.refuses_blocks = True
    office.run(minutes=5)

    assert len(office.sender.plain) == channels
    means, most = (Means.UPDATE, UPDATES) if stands else (Means.POST, POSTS)
    assert office.sender.most_a_minute(means) <= most


def test_heads_of_threads_that_are_gone_everywhere_come_back_within_the_tiers(
    office: Office,
) -> None:
    for number in range(70):
        office.ask(f"C{number}", key="head", stands=False)
    office.run(minutes=1)
    office.sender.lost = {office.sender.there[f"head:C{number}"] for number in range(70)}
    for number in range(70):
        office.ask(f"C{number}", key="reply", stands=False, thread=f"head:C{number}")
    office.run(minutes=7)

    assert len(office.sender.there) == 140, "each head and each reply"
    assert not office.sender.lost & set(office.sender.there.values())
    assert office.sender.most_a_minute(Means.POST) <= POSTS
    assert most_a_minute([at for at, _ in office.sender.gone]) <= UPDATES
    assert most_a_minute(office.sender.looked) <= UPDATES


# -- questions


def test_support_presses_in_two_processes_and_slack_is_asked_twenty_times_a_minute(
    office: Office,
) -> None:
    slack = Asked(office.clock)
    slack.support = {VERA.user}
    paces = [Paces(office.store, office.clock) for _ in range(2)]
    doors = [SlackDirectory(slack, office.clock, [], "S0DESK", each) for each in paces]
    for number in range(600):
        assert doors[number % 7 % 2].is_support(VERA, afresh=True)
        office.clock.at += timedelta(seconds=0.3)
    assert most_a_minute(slack.asked["usergroups.users.list"]) <= TIER_2

    slack.support = set()
    office.clock.at += timedelta(seconds=6)
    for process in doors:
        assert not process.is_support(VERA, afresh=True), "who leaves is out in both"


def test_closed_channels_are_looked_at_within_the_tier_while_people_ask_too() -> None:
    clock = FastClock()
    slack = Asked(clock)
    first = FastBot(outside=Outside(clock=clock, slack=slack))
    processes = [first, FastBot(first)]
    channels = [f"C{number}" for number in range(120)]
    for channel in channels:
        first.customer(channel, channel)
        slack.members[channel] = set()
        first.customers.close(channel, "left")
    begun = clock.at
    while clock.at < begun + timedelta(minutes=20):
        for process in processes:
            process.customers.look_for_closed()
        assert first.directory.sharing(ACME) is not None, "people are answered"
        clock.at += timedelta(minutes=1)
        if clock.at == begun + timedelta(minutes=5):
            slack.members.clear()  # the bot is back in all of them

    assert most_a_minute(slack.asked["conversations.info"]) <= UPDATES
    with first.store.transaction() as tx:
        assert [channel.id for channel, _ in tx.channels.all() if channel.closed] == []


def test_the_rates_are_within_slacks_limits() -> None:
    minute = timedelta(minutes=1)
    most = {means: minute / rate.interval + rate.burst + 1 for means, rate in RATES.items()}
    most[Means.POST] += most[Means.FIND]
    assert most[Means.UPDATE] <= UPDATES and most[Means.POST] <= POSTS
    assert most[Means.FIND] <= UPDATES and most[Means.CHANNEL] <= UPDATES
    assert most[Means.GROUP] <= TIER_2
    told = {Means(pager) for pager in Pager}  # each has its own: `bot.incidents.roads`
    assert set(most) | told == set(Means), "each kind has one"
