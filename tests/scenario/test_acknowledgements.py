"""Presses are acknowledged however many come at once, and whatever is done behind them waits for."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import text

from storage.database import connect
from tests.support.forged import signed_press
from tests.support.world import ACME, BotWorld

AT_ONCE = 300


@contextmanager
def database_held(world: BotWorld) -> Iterator[None]:
    """Somebody else writes, so that nobody of ours can."""
    engine = connect(str(world.bot.store.engine.url))
    with engine.connect() as connection:
        connection.execute(text("UPDATE account SET name = name"))
        yield
        connection.rollback()
    engine.dispose()


def test_three_hundred_presses_at_once_are_acknowledged_while_none_can_be_done(
    world: BotWorld,
) -> None:
    world.set_up()
    world.connect("info@acme.example")
    account = world.account("Office")
    world.settle()
    with database_held(world), ThreadPoolExecutor(AT_ONCE) as pool:
        pressed = [
            pool.submit(signed_press, world, "T0ACME", "U0CAROL", ACME, "test.run", account.ref)
            for _ in range(AT_ONCE)
        ]
        for press in pressed:
            press.result(60)
        assert world._behind, "they are all still to be done"
    world.settle()
    world.carol.find(ACME, "Connection test of Office")
