"""The customers of `maildesk sandbox` who were there before: their people and mailboxes here, and
as a plan for whoever plays what they did."""

import tomllib
from pathlib import Path
from typing import Any

from sandbox.slack.office import Office
from sandbox.world import Folder, Mailbox, Person, Tenant, World

FILE = Path(__file__).with_name("neighbours.toml")
SCOPES = ("IMAP.AccessAsUser.All", "SMTP.Send")
FOLDERS = (
    ("INBOX",),
    ("Sent Items", "\\Sent"),
    ("Drafts", "\\Drafts"),
    ("Deleted Items", "\\Trash"),
    ("Junk Email", "\\Junk"),
)


class Neighbours:
    """Who they are. `plan` says, in words that can be handed to another process, what they did."""

    def __init__(self, world: World, office: Office) -> None:
        self._world = world
        self._data = tomllib.loads(FILE.read_text(encoding="utf-8"))
        self._move_into(office)
        self.plan = [_plan(customer, office) for customer in self._data["customer"]]
        for row in self._data["tenant"]:
            granted = {f"{world.app.resource}/{scope}" for scope in SCOPES}
            world.add(Tenant(row["name"], row["domain"], granted=granted, elsewhere=True))
        for customer in self.plan:
            for account in customer["accounts"]:
                self._add_mailbox(account["address"], account["name"])
        self._throw("then")

    def the_present_begins(self) -> None:
        """What goes wrong only now goes wrong."""
        self._throw("now")

    @property
    def broken(self) -> list[str]:
        """The mailboxes with which something goes wrong only now."""
        return [row["target"] for row in self._data["wrong"] if row["since"] == "now"]

    def _throw(self, since: str) -> None:
        for row in self._data["wrong"]:
            if row["since"] == since:
                self._world.throw(row["name"], row["target"])

    def _move_into(self, office: Office) -> None:
        for row in self._data["workspace"]:
            office.add_workspace(row["id"], row["name"])
        for row in self._data["member"]:
            office.add_member(row["id"], row["name"], row["team"], row["role"])
        for row in self._data["channel"]:
            office.add_channel(row["id"], row["name"], set(row["members"]))

    def _add_mailbox(self, address: str, name: str) -> None:
        tenant = self._world.tenant_of(address)
        assert tenant is not None
        folders = [
            Folder(called, tuple(flags), uid_validity=number)
            for number, (called, *flags) in enumerate(FOLDERS, 1001)
        ]
        self._world.add(Mailbox(address, folders))
        self._world.add(Person(address, name, tenant.id))


def _plan(customer: dict[str, Any], office: Office) -> dict[str, Any]:
    ships = [{"name": name, "as_far_as": "live"} for name in customer.get("ships", ())]
    accounts = customer.get("accounts", []) + ships
    domain = customer["domain"]
    told = ("name", "channel", "domain", "person", "days", "words")
    return {fact: customer[fact] for fact in told} | {
        "team": office.members[customer["person"]].team_id,
        "accounts": [each | {"address": f"{each['name'].lower()}@{domain}"} for each in accounts],
    }
