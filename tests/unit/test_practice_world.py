"""What the practice world's data files say fits together."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sandbox
from sandbox.neighbours import Neighbours
from sandbox.practice import _populate
from sandbox.slack.office import Office
from sandbox.switchboard import advice
from sandbox.world import World, load_scenarios

TOURS = Path(sandbox.__file__).parent / "slack" / "page" / "tours.json"
ROLES = ["Customer", "Support", "Administrator", "On-call"]


@pytest.fixture(scope="module")
def world() -> World:
    return World(load_scenarios())


@pytest.fixture(scope="module")
def office(world: World) -> Office:
    made = Office()
    _populate(world, made)
    return made


@pytest.fixture(scope="module")
def neighbours(world: World, office: Office) -> Neighbours:
    return Neighbours(world, office)


def steps() -> Iterator[dict[str, Any]]:
    for tour in json.loads(TOURS.read_text(encoding="utf-8")):
        yield from tour["steps"]


def test_there_is_a_tour_for_each_role() -> None:
    assert [tour["role"] for tour in json.loads(TOURS.read_text(encoding="utf-8"))] == ROLES


def test_a_tour_leads_to_where_that_person_is(office: Office, neighbours: Neighbours) -> None:
    for step in steps():
        place = step["go"]["place"]
        assert place == "home" or step["go"]["as"] in office.channels[place].members, step["title"]


def test_a_tour_names_what_the_switchboard_has(world: World, neighbours: Neighbours) -> None:
    targets = {"", *world.mailboxes}
    named = [step["seen"].get("wrong") or step["seen"].get("right") for step in steps()]
    switches = [name.partition(" ") for name in named if name]
    assert switches
    for name, _, target in switches:
        assert name in world.scenarios and target in targets


def test_of_everything_that_can_go_wrong_is_said_how_it_is_seen(world: World) -> None:
    for scenario in world.scenarios.values():
        assert advice(scenario).startswith(("Press ", "Sign ", "Choose ")), scenario.name


def test_one_customer_has_forty_mailboxes_of_which_some_break(
    world: World, neighbours: Neighbours
) -> None:
    accounts = {each["channel"]: each["accounts"] for each in neighbours.plan}
    assert {each["as_far_as"] for each in accounts["C0HARB"]} == {
        "live",
        "unmapped",
        "tested",
        "created",
    }
    assert [each["as_far_as"] for each in accounts["C0BORE"]] == ["live"] * 40
    known = {each["address"] for each in accounts["C0BORE"]}
    assert set(neighbours.broken) <= known
    before = set(world.thrown())
    neighbours.the_present_begins()
    assert {target for _, target in set(world.thrown()) - before} == set(neighbours.broken)
    assert known <= world.mailboxes.keys()
