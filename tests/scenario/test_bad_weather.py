"""A day on which Slack refuses a third of the calls as too many, fails at a tenth, and loses the
answers to a twentieth that it did: it ends like any other day."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlmodel import select

from sandbox.slack.weather import Fate, Weather, bad_day
from storage.tables import PostedMessage
from storage.vocabulary import State
from tests.support.world import ACME, BotWorld

MAILBOXES = {"Info": "info@acme.example", "Carol": "carol@acme.example"}
SEED = 429
MOST_PRESSES = 200


def insist(press: Callable[[], object], done: Callable[[], bool]) -> None:
    """Somebody presses until it is done, as people do who read that Slack is busy."""
    for _ in range(MOST_PRESSES):
        if done():
            return
        press()
    assert done(), "it is never done"


def walk(world: BotWorld, weather: Weather) -> tuple[set[str], int]:
    """Two mailboxes go the whole road, one loses its sending and gets it back, all in this weather
    from the sign-in on. By which names messages stand in Slack at its end, and how many the
    customer sees."""
    world.practice.office.rate_limits = False
    world.practice.office.scopes |= {"channels:history", "groups:history"}
    world.set_up()
    for name, address in MAILBOXES.items():
        world.add(address, name)
    world.settle()
    world.practice.office.weather = weather
    for name, address in MAILBOXES.items():
        go_live(world, name, address)
    world.throw("smtp-auth-off-tenant", "acme.example")
    world.pass_time(minutes=8)
    world.pass_time(minutes=2)
    assert {world.account(name).state for name in MAILBOXES} == {State.BROKEN}
    world.take_back("smtp-auth-off-tenant", "acme.example")
    for name in MAILBOXES:
        insist(
            lambda name=name: world.carol.press(world.card(name), "Test again"),
            lambda name=name: world.account(name).state is State.LIVE,
        )
    world.pass_time(minutes=1)
    with world.bot.store.transaction() as tx:
        keys = set(tx.session.exec(select(PostedMessage.key)))
    posted = Counter(str(each.metadata) for each in world.practice.office.messages if each.metadata)
    assert [message for message, times in posted.items() if times > 1] == []
    return keys, len(world.carol.messages(ACME))


def go_live(world: BotWorld, name: str, address: str) -> None:
    """One mailbox: Microsoft's pages, and the suggested folders."""
    world.sign_in(world.card(name), address)
    world.settle()

    def accept() -> None:
        world.carol.press(world.card(name, "Accept all"), "Accept all suggestions")
        world.settle()

    insist(accept, lambda: world.account(name).state is State.LIVE)
    world.settle()


def test_it_ends_like_any_other_day(tmp_path: Path) -> None:
    weathers = {"good": Weather(), "bad": bad_day(SEED)}
    ends = {}
    for kind, weather in weathers.items():
        (tmp_path / kind).mkdir()
        world = BotWorld(tmp_path / kind)
        try:
            ends[kind] = walk(world, weather)
        finally:
            world.stop()
    assert ends["bad"] == ends["good"]
    met = weathers["bad"].met
    assert all(met[fate] > 5 for fate in Fate), "it was such a day"
