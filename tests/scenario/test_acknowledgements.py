"""Presses are acknowledged however many come at once, and whatever is done behind them waits for."""

from concurrent.futures import ThreadPoolExecutor

from tests.support.forged import signed_press
from tests.support.held import database_held
from tests.support.world import ACME, BotWorld

AT_ONCE = 300


def test_three_hundred_presses_at_once_are_acknowledged_while_none_can_be_done(
    world: BotWorld,
) -> None:
    world.set_up()
    world.connect("info@acme.example")
    account = world.account("Office")
    world.settle()
    with database_held(world.environment["DATABASE_URL"]), ThreadPoolExecutor(AT_ONCE) as pool:
        pressed = [
            pool.submit(signed_press, world, "T0ACME", "U0CAROL", ACME, "test.run", account.ref)
            for _ in range(AT_ONCE)
        ]
        for press in pressed:
            press.result(60)
        assert world._behind, "they are all still to be done"
    world.settle()
    world.carol.find(ACME, "Connection test of Office")
