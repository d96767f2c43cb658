"""Reminders where channels go away, come back, get another number, are several, or are our own."""

from collections.abc import Callable

import pytest
from sqlmodel import func, select

from bot.common.people import Person
from bot.views.account_form import Form
from storage.tables import Channel, SeenEvent
from storage.vocabulary import State
from tests.support.reminders import reminders
from tests.support.slack import Message
from tests.support.world import ACME, ALERTS, DESK, BotWorld

pytestmark = pytest.mark.reminders

INFO, BIURO, CAROL = (f"{name}@acme.example" for name in ("info", "biuro", "carol"))
YARD = "C0AAAYARD"
"""Another channel, which comes before Acme's wherever channels stand in order."""


def happens(world: BotWorld, what: str, **asked: object) -> dict[str, object]:
    """Something becomes of the channel, and the bot has heard of it and done what follows."""

    def heard() -> int:
        with world.bot.store.transaction() as tx:
            return tx.session.exec(select(func.count()).select_from(SeenEvent)).one()

    before = heard()
    answer = world.vera._post(what, channel=ACME, **asked)
    world.until(lambda: heard() > before)
    world.settle()
    return answer


def archive(world: BotWorld) -> None:
    happens(world, "archive")


def unarchive(world: BotWorld) -> None:
    happens(world, "unarchive")


def unshare(world: BotWorld) -> None:
    happens(world, "unshare", team="T0ACME")


def share(world: BotWorld) -> None:
    happens(world, "share", team="T0ACME", users=["U0CAROL", "U0ADAM"])


def unheard(world: BotWorld) -> None:
    """The channel is brought back while the bot is down for so long that Slack gives up telling
    it."""
    office = world.practice.office
    with office.changing():
        office.channels[ACME].archived = False


def set_up_yard(world: BotWorld, words: str) -> None:
    """Vera and Carol have a second channel, which Vera sets up with these words."""
    world.practice.office.add_channel(YARD, "acme-yard", {"U0VERA", "U0CAROL"})
    world.vera.slash(YARD, f"setup {words}")
    world.carol.find(YARD, "Connect your Microsoft 365 mailboxes")


def add_in_yard(world: BotWorld) -> None:
    """An account that waits for its sign-in there."""
    form = Form("Yard", "Acme Marine", "yard@yard.example")
    world.bot.services.accounts.create(YARD, form, Person("T0ACME", "U0CAROL", YARD))
    world.settle()


def seen_by_us(world: BotWorld) -> list[Message]:
    """The channel's reminders, also while the customer's people are gone from it."""
    return [m for m in world.vera.messages(ACME) if "still wait" in m.text]


def bound(world: BotWorld, channel_id: str) -> Channel | None:
    with world.bot.store.transaction() as tx:
        return tx.channels.get(channel_id)


@pytest.fixture
def done_while_away(world: BotWorld) -> Message:
    """The reminder of Info, whose folders support maps while the channel is archived; then the
    channel is back."""
    world.set_up()
    world.begin_a_day()
    world.connect(INFO, "Info")
    world.pass_time(hours=4, minutes=1)
    reminder = world.carol.find(ACME, "1 mailbox is still waiting")
    archive(world)
    world.vera.slash(DESK, f"folders {world.account('Info').ref}")
    assert world.vera.submit(world.vera.window("Which folders of"), {}) == {}
    world.until(lambda: world.account("Info").state is State.LIVE)
    unarchive(world)
    return reminder


# -- away and back


def test_a_reminder_of_what_was_done_while_the_channel_was_away_says_so_when_it_is_back(
    world: BotWorld, done_while_away: Message
) -> None:
    assert world.carol.find(ACME, "Thank you").ts == done_while_away.ts


def test_after_a_channel_was_away_there_is_one_reminder_of_what_waits_now(
    world: BotWorld, done_while_away: Message
) -> None:
    world.connect(BIURO, "Biuro")
    for _ in range(3):
        world.pass_time(days=1)
    (reminder,) = reminders(world)
    assert (
        "Biuro" in reminder.text
        and "Info" not in reminder.text
        and reminder.ts != done_while_away.ts
    )


@pytest.mark.parametrize(
    "returns", [(unarchive, share), (share, unarchive)], ids=["archive first", "sharing first"]
)
def test_a_channel_that_is_archived_and_shared_with_nobody_is_away_until_both_are_over(
    world: BotWorld, returns: tuple[Callable[[BotWorld], None], Callable[[BotWorld], None]]
) -> None:
    world.set_up()
    world.begin_a_day()
    world.connect(INFO, "Info")
    world.settle()
    unshare(world)
    archive(world)
    first, second = returns
    first(world)
    world.pass_time(hours=4, minutes=1)
    world.pass_time(days=1)
    assert seen_by_us(world) == [], "half of it is over"
    second(world)
    world.pass_time(days=1)
    assert len(seen_by_us(world)) == 1


def test_a_channel_is_back_when_support_sets_it_up_again_though_its_return_was_missed(
    world: BotWorld,
) -> None:
    world.set_up()
    archive(world)
    unheard(world)
    world.vera.slash(ACME, "setup Acme Marine")
    world.settle()
    world.add(INFO, "Info")


def test_a_channel_with_a_new_number_has_no_second_reminder_the_same_day(world: BotWorld) -> None:
    world.set_up()
    world.begin_a_day()
    world.connect(INFO, "Info")
    world.pass_time(hours=1)
    world.connect(BIURO, "Biuro")
    world.pass_time(hours=3, minutes=1)
    first = world.carol.find(ACME, "2 mailboxes are still waiting")
    moved = str(happens(world, "change_id")["channel"])
    world.pass_time(hours=2)
    assert [m.ts for m in world.carol.messages(moved) if "still wait" in m.text] == [first.ts]


# -- several


def test_a_customers_time_zone_that_is_no_longer_known_stops_nobodys_reminders(
    world: BotWorld,
) -> None:
    world.set_up()
    set_up_yard(world, "Boatyard")
    world.begin_a_day()
    add_in_yard(world)
    world.connect(INFO, "Info")
    world.settle()
    with world.bot.store.transaction() as tx:
        yard = tx.channels.customer_named("Boatyard")
        assert yard is not None
        yard.time_zone = "US/Pacific-New"  # taken out of the time zone database in 2020
    world.pass_time(hours=4, minutes=1)
    world.carol.find(YARD, "1 mailbox is still waiting")
    world.carol.find(ACME, "1 mailbox is still waiting")


def test_a_pause_stands_on_the_reminder_of_every_channel_of_the_customer(world: BotWorld) -> None:
    world.set_up()
    set_up_yard(world, "Acme Marine")
    world.begin_a_day()
    add_in_yard(world)
    world.connect(INFO, "Info")
    world.pass_time(hours=4, minutes=1)
    world.carol.find(YARD, "1 mailbox is still waiting")
    world.carol.press(world.carol.find(ACME, "1 mailbox is still waiting"), "Pause reminders")
    assert (
        world.carol.submit(world.carol.window("Nobody at *Acme Marine* gets reminders"), {}) == {}
    )
    world.carol.find(YARD, "1 mailbox is still waiting", "Reminders paused until")


# -- our own


def test_several_mailboxes_that_are_handed_over_at_once_are_one_message_that_lists_them(
    world: BotWorld,
) -> None:
    world.set_up()
    world.begin_a_day()
    for address, name in ((INFO, "Info"), (BIURO, "Biuro"), (CAROL, "Carol")):
        world.connect(address, name)
    world.pass_time(hours=4, minutes=1)
    for _ in range(8):
        world.pass_time(days=1)
    refs = [world.account(name).ref for name in ("Info", "Biuro", "Carol")]
    (told,) = [m for m in world.vera.messages(DESK) if any(ref in m.text for ref in refs)]
    assert all(ref in told.text for ref in refs)
    assert "all reminders have been sent" in told.text and f"<#{ACME}>" in told.text


@pytest.mark.parametrize("channel", [DESK, ALERTS])
def test_a_channel_of_our_own_is_never_bound_to_a_customer(world: BotWorld, channel: str) -> None:
    world.vera.slash(channel, "setup Inhouse acme.example")
    world.settle()
    assert bound(world, channel) is None


@pytest.mark.parametrize("channel", [DESK, ALERTS])
def test_who_sets_up_a_channel_of_our_own_is_told_privately_that_it_cannot_be(
    world: BotWorld, channel: str
) -> None:
    world.vera.slash(channel, "setup Inhouse acme.example")
    world.settle()
    (answer,) = world.vera.messages(channel)
    assert answer.data["ephemeral"] and "now belongs to" not in answer.text


@pytest.mark.parametrize("channel", [DESK, ALERTS])
def test_a_channel_of_our_own_is_not_set_up_but_asks_for_whom(
    world: BotWorld, channel: str
) -> None:
    world.vera.slash(channel, "setup")
    assert world.vera.find(channel, "Which customer?").data["ephemeral"]
    assert world.vera.open_windows == 0 and bound(world, channel) is None
