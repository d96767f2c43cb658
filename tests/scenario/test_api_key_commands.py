"""`maildesk api-key`: a key is printed once, opens the API over the wire, is listed and revoked."""

import re
import shlex
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner, Result

from bot.app.cli import cli
from tests.support.world import BotWorld

pytestmark = pytest.mark.api


def run(world: BotWorld, *command: str) -> Result:
    return CliRunner().invoke(cli, ["api-key", *command], env=dict(world.environment))


def status(world: BotWorld, key: str) -> int:
    bearer = {"Authorization": f"Bearer {key}"}
    return requests.get(f"{world.url}/api/v1/accounts", headers=bearer, timeout=60).status_code


def test_a_key_from_its_making_to_its_end(world: BotWorld) -> None:
    world.set_up()
    assert status(world, "") == 404

    asked = ("Lumen CRM", "--scope", "accounts:read", "--scope", "tokens", "--days", "30")
    made = run(world, "create", *asked, "--customer", "acme marine", "--network", "127.0.0.0/8")
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    assert status(world, key) == 200 and status(world, key[:-1]) == 401

    listed = run(world, "list").stdout
    public_id = key.split("_")[1]
    assert public_id in listed and "Acme Marine" in listed and key not in listed

    assert run(world, "revoke", public_id).exit_code == 0
    assert status(world, key) == 401
    again = run(world, "revoke", public_id)
    assert (again.exit_code, again.stderr) == (
        1,
        f"maildesk: there is no key {public_id} that could be revoked\n",
    )


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--customer", "Nobody"), "no customer is called Nobody"),
        (("--network", "here"), "here is no network like 10.0.0.0/8"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(
    world: BotWorld, option: tuple[str, str], said: str
) -> None:
    refused = run(world, "create", "Lumen CRM", "--scope", "tokens", *option)
    assert (refused.exit_code, refused.stderr) == (1, f"maildesk: {said}\n")
    assert run(world, "create", "Lumen CRM", "--scope", "everything").exit_code == 2


@pytest.mark.parametrize("page", ["api.md", "api-example.md"])
def test_the_commands_of_the_pages_do_what_they_say(world: BotWorld, page: str) -> None:
    world.set_up()
    text = (Path(__file__).parents[2] / "docs" / page).read_text("utf-8")
    lines = re.findall(r"^    maildesk api-key (.+)$", text, re.MULTILINE)
    assert lines[0].startswith("create ")
    made = ""
    for line in lines:
        command = shlex.split(line)
        if command[0] == "revoke":
            command[1] = made
        done = run(world, *command)
        assert done.exit_code == 0, done.output
        made = done.stdout.strip().split("_")[1] if command[0] == "create" else made
