"""`maildesk export customer` and `maildesk erase customer`."""

import json

from typer.testing import CliRunner, Result

from bot.app.cli import cli
from bot.common.people import Person
from tests.support.world import BotWorld


def run(world: BotWorld, *command: str) -> Result:
    return CliRunner().invoke(cli, list(command), env=dict(world.environment))


def test_a_customer_is_exported_looked_at_and_erased(world: BotWorld) -> None:
    world.set_up()
    services = world.bot.services
    (customer,) = [each for each in services.administration.all() if each.name == "Acme Marine"]

    exported = run(world, "export", "customer", "acme marine")
    assert exported.exit_code == 0, exported.output
    assert json.loads(exported.stdout)["kept"]["customer"][0]["name"] == "Acme Marine"

    dry = run(world, "erase", "customer", "Acme Marine", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "1 customer" in dry.stdout and "would be erased" in dry.stdout

    refused = run(world, "erase", "customer", "Acme Marine")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("maildesk: Acme Marine is in use. Offboard it in Slack first")

    services.farewells.offboard(customer.id, "Acme Marine", Person("T0VENDOR", "U0VERA"))
    erased = run(world, "erase", "customer", "Acme Marine")
    assert erased.exit_code == 0, erased.output
    assert "1 customer" in erased.stdout

    unknown = run(world, "export", "customer", "Acme Marine")
    assert (unknown.exit_code, unknown.stderr) == (
        1,
        "maildesk: there is no customer called Acme Marine\n",
    )
