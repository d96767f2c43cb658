"""What becomes of a channel: people come and go, it is archived, shared, renamed, and the bot is
removed from it."""

import secrets

from sandbox.slack.events import Events
from sandbox.slack.office import Channel, Json, Office

INVITE, REMOVE = "/invite", "/remove"
"""Slack's own commands (slack.com/help/articles/201259356)."""


class ChannelLife:
    """Changes channels as people do, and has the app hear of it as Slack does: only of channels
    that it is in."""

    def __init__(self, office: Office, events: Events) -> None:
        self._office = office
        self._events = events

    def command(self, user: str, channel: str, command: str, text: str) -> Json | None:
        """Slack's own commands: somebody, or the app, is invited or removed by name. None for an
        app's commands."""
        if command not in (INVITE, REMOVE):
            return None
        wanted = text.strip().removeprefix("@").lower()
        named = [each for each in self._office.members.values() if each.name.lower() == wanted]
        if not named:
            self._office.notify(user, f"Nobody here is called {text}.")
            return {"ok": False, "error": "user_not_found"}
        whom = named[0]
        place = self._office.channels[channel]
        if whom.is_bot and self._office.members[user].team_id != whom.team_id:
            self._office.notify(user, f"Only people of its workspace can do this to {whom.name}.")
            return {"ok": False, "error": "not_allowed"}
        what = "is in" if command == INVITE else "was removed from"
        self._office.notify(user, f"{whom.name} {what} #{place.name}.")
        return (self.join if command == INVITE else self.leave)(whom.id, channel)

    def join(self, user: str, channel: str) -> Json:
        """Somebody (or the bot) is added."""
        place = self._office.channels[channel]
        with self._office.changing():
            place.members.add(user)
        self._moved("member_joined_channel", user, place)
        return {"ok": True}

    def leave(self, user: str, channel: str) -> Json:
        """Somebody leaves, or the bot is removed."""
        place = self._office.channels[channel]
        with self._office.changing():
            place.members.discard(user)
        self._moved("member_left_channel", user, place)
        if user == self._office.bot_user:
            self._tell({"type": f"{_kind(place)}_left", "channel": place.id}, place, always=True)
        return {"ok": True}

    def archive(self, user: str, channel: str, archived: bool = True) -> Json:
        """Somebody archives it, or brings it back."""
        place = self._office.channels[channel]
        with self._office.changing():
            place.archived = archived
        what = "archive" if archived else "unarchive"
        self._tell({"type": f"{_kind(place)}_{what}", "channel": place.id, "user": user}, place)
        return {"ok": True}

    def change_id(self, channel: str) -> Json:
        """Slack gives it another id, as it may when a private channel is shared."""
        old, new = channel, "C0" + secrets.token_hex(4).upper()
        with self._office.changing():
            place = self._office.channels.pop(old)
            place.id = new
            self._office.channels[new] = place
            for message in self._office.messages:
                message.channel = new if message.channel == old else message.channel
        self._tell(
            {"type": "channel_id_changed", "old_channel_id": old, "new_channel_id": new}, place
        )
        return {"ok": True, "channel": new}

    def share(self, channel: str, team: str, users: list[str]) -> Json:
        """It is shared with another workspace, of which these people come in."""
        place = self._office.channels[channel]
        with self._office.changing():
            self._connect(place, [*place.team_ids, team])
            place.members |= set(users)
        self._tell(
            {"type": "channel_shared", "channel": place.id, "connected_team_id": team}, place
        )
        return {"ok": True}

    def unshare(self, channel: str, team: str) -> Json:
        """It is no longer shared with a workspace; the people of that one are gone."""
        place, members = self._office.channels[channel], self._office.members
        with self._office.changing():
            self._connect(place, [each for each in place.team_ids if each != team])
            place.members = {user for user in place.members if members[user].team_id != team}
        event = {
            "type": "channel_unshared",
            "channel": place.id,
            "previously_connected_team_id": team,
        }
        self._tell(event | {"is_ext_shared": place.kind == "shared"}, place)
        return {"ok": True}

    def _connect(self, place: Channel, teams: list[str]) -> None:
        place.team_ids = sorted(set(teams))
        place.kind = self._office.kind_of(place.team_ids)

    def _moved(self, what: str, user: str, place: Channel) -> None:
        event = {
            "type": what,
            "user": user,
            "channel": place.id,
            "channel_type": "G" if place.private else "C",
        }
        itself = user == self._office.bot_user
        self._tell(event | {"team": self._office.members[user].team_id}, place, always=itself)

    def _tell(self, event: Json, place: Channel, always: bool = False) -> None:
        if always or self._office.bot_user in place.members:
            self._events.send(event, place)


def _kind(place: Channel) -> str:
    return "group" if place.private else "channel"
