"""PostgreSQL falls over five times while people walk the road: it ends as if it never had."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from storage.migrate import upgrade
from tests.real.postgres import Postgres
from tests.support.insisting import End, Insisting, Meanwhile
from tests.support.world import ACME, BotWorld

pytestmark = [pytest.mark.real, pytest.mark.delivery]

FALLS = 5


@pytest.fixture
def server() -> Iterator[Postgres]:
    """One that keeps what it says it keeps, whenever it ends."""
    with Postgres(synchronous_commit="on") as running:
        yield running


def end_of(world: BotWorld, meanwhile: Meanwhile = nullcontext) -> End:
    """How the road ends, with this happening at each step."""
    world.longest_wait = timedelta(minutes=5)
    world.practice.office.scopes |= {"channels:history", "groups:history"}
    try:
        return Insisting(world, meanwhile).walk()
    finally:
        world.stop()


class Falling:
    """A server that falls over at every other step of somebody's: in turn just before they act, and
    just after."""

    def __init__(self, server: Postgres, world: BotWorld) -> None:
        self._server = server
        self._world = world
        self._steps = 0
        self.falls = 0
        self.told: list[str] = []

    @contextmanager
    def step(self) -> Iterator[None]:
        """Somebody acts within this."""
        self._steps += 1
        falls = self._steps % 2 == 0 and self.falls < FALLS
        self.falls += falls
        if falls and self.falls % 2:
            with self._away():
                yield
            return
        yield
        if falls:
            with self._away():
                pass

    @contextmanager
    def _away(self) -> Iterator[None]:
        """The database is not there; who asks for something is told so."""
        self._server.fall_over()
        vera = self._world.vera
        vera.slash(ACME, "status")
        self.told.append(vera.messages(ACME)[-1].text)
        yield
        self._server.come_back()


def test_it_ends_as_if_the_database_had_always_been_there(server: Postgres, tmp_path: Path) -> None:
    upgrade(server.url)
    folders = [tmp_path / name for name in ("good", "falling")]
    for folder in folders:
        folder.mkdir()
    good = end_of(BotWorld(folders[0]))
    world = BotWorld(folders[1], DATABASE_URL=server.url)
    falling = Falling(server, world)
    end = end_of(world, falling.step)
    assert falling.falls == FALLS
    assert all("try again" in told for told in falling.told), falling.told
    assert (end.lacks(good), good.lacks(end)) == ([], [])
    assert end == good
