"""The whole road of a mailbox, in each kind of world that Slack and Microsoft may turn out to be:
what is not documented, or differs from one customer to the next, must not matter."""

from collections.abc import Callable

import pytest

from sandbox.slack.methods import METHODS, Tiers
from sandbox.world import MessageIds
from storage.vocabulary import State
from tests.support.world import ACME, BotWorld

INFO = "info@acme.example"


def usual(world: BotWorld) -> None:
    """As the practice world is."""


def on_a_grid(world: BotWorld) -> None:
    """The vendor has an Enterprise Grid, and payloads carry its organisation's ID."""
    office = world.practice.office
    office.workspaces["T0LUMEN"].enterprise = "E0LUMEN"
    office.grid_in_payloads = True


def customer_on_a_grid(world: BotWorld) -> None:
    """The customer has one."""
    office = world.practice.office
    office.workspaces["T0ACME"].enterprise = "E0ACME"
    office.grid_in_payloads = True


def in_one_workspace(world: BotWorld) -> None:
    """Vendor and customers share a workspace: a small vendor, a help desk, a trial."""
    office = world.practice.office
    for user in ("U0CAROL", "U0ADAM"):
        office.members[user].team_id = "T0LUMEN"
    office.channels[ACME].team_ids = ["T0LUMEN"]
    office.channels[ACME].kind = "internal"


def outlook_renames(world: BotWorld) -> None:
    """The mail server gives sent mail another Message-ID."""
    world.practice.world.message_ids = MessageIds.REPLACED


def ids_are_lost(world: BotWorld) -> None:
    """The mail server gives sent mail another Message-ID and forgets the old one."""
    world.practice.world.message_ids = MessageIds.LOST


WORLDS = (
    usual,
    on_a_grid,
    customer_on_a_grid,
    in_one_workspace,
    outlook_renames,
    ids_are_lost,
)


@pytest.mark.field
@pytest.mark.parametrize("change", WORLDS, ids=lambda change: change.__name__)
def test_a_mailbox_goes_the_whole_way(world: BotWorld, change: Callable[[BotWorld], None]) -> None:
    """Set up, added, signed in, tested, mapped, live, asked about: within Slack's limits for every
    method, and without a complaint."""
    tiers = Tiers()
    world.practice.office.tiers = tiers
    change(world)
    world.set_up()
    card = world.connect(INFO, "Info")
    world.map_folders(card)
    world.card("Info", "Live")
    world.carol.say(ACME, "@Maildesk status Info")
    world.settle()

    assert world.account("Info").state is State.LIVE
    assert world.practice.office.complaints == []
    assert {name: n for name, n in tiers.busiest.items() if n > METHODS[name].a_minute} == {}
