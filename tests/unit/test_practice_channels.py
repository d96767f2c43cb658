"""Slack's own commands in the practice world: who invites and removes whom, by name."""

from sandbox.practice import _populate
from sandbox.slack.channels import ChannelLife
from sandbox.slack.events import Events
from sandbox.slack.office import Channel, Json, Office
from sandbox.world import World, load_scenarios

ACME = "C0ACME"


class Heard(Events):
    """Keeps what the app hears."""

    def __init__(self) -> None:
        self.types: list[str] = []

    def send(self, event: Json, place: Channel | None) -> None:
        self.types.append(event["type"])


def test_the_app_is_removed_and_invited_by_its_name_and_only_by_people_of_its_workspace() -> None:
    office, heard = Office(), Heard()
    _populate(World(load_scenarios()), office)
    life = ChannelLife(office, heard)
    bot, members = office.bot_user, office.channels[ACME].members

    assert life.command("U0VERA", ACME, "/maildesk", "help") is None
    assert life.command("U0CAROL", ACME, "/remove", "@Maildesk") == {
        "ok": False,
        "error": "not_allowed",
    }
    assert bot in members and heard.types == []
    life.command("U0VERA", ACME, "/remove", "@maildesk")
    assert bot not in members and "channel_left" in heard.types
    life.command("U0VERA", ACME, "/invite", "@Maildesk")
    assert bot in members and heard.types[-1] == "member_joined_channel"
    life.command("U0CAROL", ACME, "/invite", "@Omar Haddad")
    assert "U0OMAR" in members
    assert life.command("U0VERA", ACME, "/invite", "@Nobody") == {
        "ok": False,
        "error": "user_not_found",
    }
