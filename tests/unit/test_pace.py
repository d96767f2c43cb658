"""Slack counts calls of a method over all channels: however many have something to show, none of
them comes too often, none is forgotten, and who is told first is first in line."""

from datetime import datetime, timedelta
from itertools import count

import pytest

from bot.messages.delivery import Delivery
from bot.messages.notices import GONE
from bot.messages.outgoing import Outgoing
from bot.messages.paces import RATES
from bot.messages.refusals import ChannelBusy
from storage.database import Store
from storage.tables import PostedMessage
from storage.vocabulary import Means
from tests.support.fast_database import new_database
from tests.support.fast_ports import FastClock

UPDATES = 50
POSTS = 300
"""What Slack takes of each within a minute (docs.slack.dev/apis/web-api/rate-limits)."""

pytestmark = pytest.mark.delivery


class Counter:
    """A sender that keeps when it was called, and may say that Slack is busy."""

    def __init__(self, clock: FastClock) -> None:
        self._clock = clock
        self._numbers = count(1)
        self.calls: list[tuple[datetime, Means, str]] = []
        self.gone: list[tuple[datetime, str]] = []
        self.busy = timedelta()

    def show(self, message: Outgoing, ts: str | None, thread_ts: str | None) -> str:
        means = Means.POST if ts is None else Means.UPDATE
        if self.busy:
            busy, self.busy = self.busy, timedelta()
            raise ChannelBusy(busy)
        self.calls.append((self._clock.at, means, message.channel_id))
        return ts or f"{next(self._numbers)}.0"

    def show_plainly(self, message: Outgoing, ts: str | None, thread_ts: str | None) -> str:
        raise AssertionError("nothing is refused")

    def take_away(self, message: Outgoing, ts: str) -> None:
        self.gone.append((self._clock.at, message.channel_id))

    def find(self, message: Outgoing, thread_ts: str | None) -> str | None:
        return None

    def most_a_minute(self, means: Means) -> int:
        """The most calls of a kind that came within any minute."""
        return most_a_minute([at for at, kind, _ in self.calls if kind is means])


def most_a_minute(times: list[datetime]) -> int:
    """The most calls that came within any minute."""
    minute = timedelta(minutes=1)
    return max(len([at for at in times if begin <= at < begin + minute]) for begin in times)


class Office:
    """Two processes on one database, and channels with messages."""

    def __init__(self) -> None:
        self.clock = FastClock()
        self.store = Store(new_database())
        self.sender = Counter(self.clock)
        self.processes = [Delivery(self.store, self.clock, self.sender) for _ in range(2)]

    def ask(
        self, channel: str, key: str = "card", stands: bool = True, notice: str = "note"
    ) -> None:
        """Have a message shown, which may stand there already, or taken away (`GONE`)."""
        with self.store.transaction() as tx:
            name = f"{key}:{channel}"
            if stands and tx.outbox.posted(name) is None:
                tx.session.add(PostedMessage(key=name, channel_id=channel, ts="0.1"))
            tx.outbox.show(channel, name, notice, {}, self.clock.at)

    def run(self, **span: float) -> None:
        """Let time pass in steps of half a second, both processes at work."""
        end = self.clock.at + timedelta(**span)
        while self.clock.at < end:
            for process in self.processes:
                process.deliver_due()
            self.clock.at += timedelta(seconds=0.5)


@pytest.fixture
def office() -> Office:
    return Office()


def test_updates_of_many_channels_stay_within_the_tier_and_all_come(office: Office) -> None:
    channels = [f"C{number}" for number in range(120)]
    for channel in channels:
        office.ask(channel)
    office.run(minutes=4)

    shown = [channel for _, _, channel in office.sender.calls]
    assert sorted(shown) == sorted(channels), "each once"
    assert 44 <= office.sender.most_a_minute(Means.UPDATE) <= UPDATES


def test_what_is_taken_away_is_paced_as_an_update_and_together_with_them(office: Office) -> None:
    """Slack has a tier of fifty for each; whether a message goes is often only known when its turn
    comes, so that one pace holds for both."""
    taken = [f"C{number}" for number in range(90)]
    for channel in taken:
        office.ask(channel, notice=GONE)
        office.ask(f"{channel}-other")
    office.run(minutes=6)

    assert sorted(channel for _, channel in office.sender.gone) == sorted(taken), "each once"
    deletions = [at for at, _ in office.sender.gone]
    updates = [at for at, _, _ in office.sender.calls]
    assert len(updates) == len(taken)
    assert most_a_minute([*deletions, *updates]) <= UPDATES


def test_posts_of_many_channels_stay_below_some_hundreds(office: Office) -> None:
    for number in range(500):
        office.ask(f"C{number}", stands=False)
    office.run(minutes=3)
    assert len(office.sender.calls) == 500
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


def test_the_rates_are_within_slacks_limits() -> None:
    minute = timedelta(minutes=1)
    most = {means: minute / rate.interval + rate.burst + 1 for means, rate in RATES.items()}
    assert most[Means.UPDATE] <= UPDATES and most[Means.POST] <= POSTS
