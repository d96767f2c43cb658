"""What people do in Slack, and the payloads that the bot hears of it by."""

import copy
import secrets
import time

from sandbox.slack.api import WebApi
from sandbox.slack.deliver import Ack, Delivery
from sandbox.slack.events import Events
from sandbox.slack.forms import Forms, Unable, find, find_acting, options, with_value
from sandbox.slack.office import Channel, Json, Member, Message, Office, SlackError, View
from sandbox.slack.typing import as_sent

RESPONSES = 5
RESPONSE_LIFE = 30 * 60


class People:
    """Lets people act."""

    def __init__(
        self,
        office: Office,
        api: WebApi,
        delivery: Delivery,
        events: Events,
        forms: Forms,
        url: str,
    ) -> None:
        self._office = office
        self._api = api
        self._delivery = delivery
        self._events = events
        self._forms = forms
        self._url = url
        self._responses: dict[str, Json] = {}

    def slash(self, user: str, channel: str, command: str, text: str) -> Json:
        """Type a slash command. Only people of the workspace where the app is installed can."""
        member, place = self._here(user, channel)
        if command != self._office.command or member.team_id != self._office.team_id:
            self._office.notify(user, f"{command} is not a valid command.")
            return {"ok": False, "error": "invalid_command"}
        form = {
            "token": "practice",
            "team_id": member.team_id,
            "team_domain": "practice",
            "channel_id": place.id,
            "channel_name": place.name,
            "user_id": user,
            "user_name": member.name.lower(),
            "command": command,
            "text": as_sent(self._office, text, in_command=True),
            "api_app_id": self._office.app_id,
            "is_enterprise_install": "false",
            "response_url": self._response_url(user, place.id),
            "trigger_id": self._office.new_trigger(user),
        }
        return self._answered(user, channel, self._delivery.command(form))

    def say(self, user: str, channel: str, text: str, thread_ts: str = "") -> Json:
        """Write a message; one that mentions the bot is an event for it."""
        member, place = self._here(user, channel)
        mention = f"<@{self._office.bot_user}>"
        text = as_sent(self._office, text)
        message = Message(self._office.new_ts(), channel, user, text, thread_ts=thread_ts)
        with self._office.changing():
            self._office.messages.append(message)
        if mention in text and self._office.bot_user in place.members:
            event = {
                "type": "app_mention",
                "user": user,
                "text": text,
                "ts": message.ts,
                "channel": channel,
            }
            event |= {"event_ts": message.ts, "team": self._office.team_id}
            team = self._office.acting_team(member)
            event |= {"user_team": team, "source_team": team}
            event |= {"thread_ts": thread_ts} if thread_ts else {}
            self._events.send(event, place)
        return {"ok": True, "ts": message.ts}

    def act(self, user: str, asked: Json) -> Json:
        """Press or choose something on a message, in a window or on the Home tab; `state` is what
        stands in its fields."""
        blocks, value = self._blocks(user, asked), asked.get("value")
        ids = asked["block_id"], asked["action_id"]
        element = find_acting(blocks, *ids)
        chosen = self._forms.chosen(user, element, value)
        state = self._forms.state(user, blocks, with_value(asked.get("state") or {}, *ids, value))
        payload = self._interaction("block_actions", self._office.members[user])
        payload |= self._surface(user, asked, state)
        action = {"block_id": ids[0], "action_id": ids[1], "type": element["type"]}
        payload["actions"] = [action | chosen | {"action_ts": f"{self._office.clock():.6f}"}]
        return self._answered(user, asked.get("channel", ""), self._delivery.interaction(payload))

    def load_options(self, user: str, asked: Json) -> Json:
        """Type into a select whose options the bot loads."""
        member, view = self._office.members[user], self._own_view(user, asked["view_id"])
        find(view.view["blocks"], asked["block_id"], asked["action_id"])
        payload = self._interaction("block_suggestion", member)
        payload |= {
            "block_id": asked["block_id"],
            "action_id": asked["action_id"],
            "value": asked.get("query", ""),
        }
        payload |= {
            "container": {"type": "view", "view_id": view.id},
            "view": self._view_payload(view, member),
        }
        ack = self._delivery.interaction(payload)
        return {"ok": ack.ok, "options": options(ack.body)}

    def shortcut(self, user: str, callback_id: str, channel: str = "", ts: str = "") -> Json:
        """Choose a shortcut of the app, a global one or one on a message: only people of the
        workspace where it is installed have them."""
        member = self._office.members[user]
        if member.team_id != self._office.team_id:
            self._office.notify(user, "This shortcut is not available to you.")
            return {"ok": False, "error": "not_available"}
        payload = self._interaction("message_action" if ts else "shortcut", member)
        payload |= {"callback_id": callback_id, "action_ts": f"{self._office.clock():.6f}"}
        if ts:
            _, place = self._here(user, channel)
            payload |= self._message_payload(user, place, self._office.message(channel, ts)) | {
                "message_ts": ts
            }
        return self._answered(user, channel, self._delivery.interaction(payload))

    def submit(self, user: str, view_id: str, values: Json) -> Json:
        """Send a form. What Slack's client itself would not let through is told at once."""
        view = self._own_view(user, view_id)
        errors = self._forms.errors(user, view.view["blocks"], values)
        if errors:
            return {"ok": False, "errors": errors}
        member = self._office.members[user]
        payload = self._interaction("view_submission", member)
        payload["team"] = {"id": member.team_id, "domain": "practice"}
        state = self._forms.state(user, view.view["blocks"], values)
        payload |= {
            "view": self._view_payload(view, member) | {"state": state},
            "response_urls": [],
        }
        ack = self._delivery.interaction(payload)
        if not ack.ok:
            self._office.notify(user, f"We had some trouble connecting. Try again? ({ack.problem})")
            return {"ok": False, "error": ack.problem}
        return self._respond_to_submission(user, view, ack.body)

    def close(self, user: str, view_id: str) -> Json:
        """Close the window on top, or all of them with the first."""
        with self._office.changing():
            stack = self._office.stacks[user]
            if view_id in stack:
                del stack[stack.index(view_id) :]
        return {"ok": True}

    def open_home(self, user: str) -> Json:
        """Look at the app's Home tab."""
        event: Json = {"type": "app_home_opened", "user": user, "channel": "D0HOME"}
        # From the second time on with what was shown: docs.slack.dev/reference/events
        shown = self._office.homes.get(user)
        event |= {"tab": "home"}
        event |= {"view": copy.deepcopy(shown)} if shown else {}
        self._events.send(event, None)
        return {"ok": True}

    def respond(self, token: str, body: Json) -> Json:
        """The bot uses a response_url."""
        known = self._responses.get(token)
        if known is None or known["uses"] >= RESPONSES or time.time() - known["at"] > RESPONSE_LIFE:
            raise SlackError("expired_url")
        known["uses"] += 1
        self._show_response(known["user"], known["channel"], body)
        return {"ok": True}

    def _blocks(self, user: str, asked: Json) -> list[Json]:
        """The blocks that somebody acts on, if they can see them."""
        if asked.get("view_id"):
            return list(self._own_view(user, asked["view_id"]).view["blocks"])
        if asked.get("home"):
            return list(self._office.homes[user]["blocks"])
        self._here(user, asked["channel"])
        return self._own_message(user, asked).blocks

    def _surface(self, user: str, asked: Json, state: Json) -> Json:
        """What a payload says of the place that somebody acted on."""
        member = self._office.members[user]
        if asked.get("view_id"):
            view = self._view_payload(self._own_view(user, asked["view_id"]), member)
            return {
                "container": {"type": "view", "view_id": view["id"]},
                "view": view | {"state": state},
            }
        if asked.get("home"):
            id = f"VHOME{user}"
            ids = {
                "id": id,
                "team_id": member.team_id,
                "app_installed_team_id": self._office.team_id,
            }
            home = copy.deepcopy(self._office.homes[user]) | ids | {"state": state}
            return {"container": {"type": "view", "view_id": id}, "view": home}
        _, place = self._here(user, asked["channel"])
        return self._message_payload(user, place, self._own_message(user, asked)) | {"state": state}

    def _own_message(self, user: str, asked: Json) -> Message:
        message = self._office.message(asked["channel"], asked["ts"])
        if message.ephemeral_to and message.ephemeral_to != user:
            raise Unable("this message is not yours")
        return message

    def _here(self, user: str, channel: str) -> tuple[Member, Channel]:
        place = self._office.channels.get(channel)
        if place is None or user not in place.members:
            raise Unable("not in this channel")
        return self._office.members[user], place

    def _answered(self, user: str, channel: str, ack: Ack) -> Json:
        if not ack.ok:
            self._office.notify(
                user, f"{self._office.command} failed with the error “{ack.problem}”"
            )
            return {"ok": False, "error": ack.problem}
        if ack.body.get("text") or ack.body.get("blocks"):
            self._show_response(user, channel, ack.body)
        return {"ok": True}

    def _show_response(self, user: str, channel: str, body: Json) -> None:
        blocks = self._api.numbered_view({"blocks": body.get("blocks") or []})["blocks"]
        message = Message(
            self._office.new_ts(), channel, self._office.bot_user, body.get("text", ""), blocks
        )
        message.ephemeral_to = "" if body.get("response_type") == "in_channel" else user
        with self._office.changing():
            self._office.messages.append(message)

    def _respond_to_submission(self, user: str, view: View, body: Json) -> Json:
        match body.get("response_action"):
            case "errors":
                known = {
                    block["block_id"] for block in view.view["blocks"] if block["type"] == "input"
                }
                if not set(body["errors"]) <= known:
                    self._office.complaints.append(
                        {"kind": "view_submission", "problem": "errors for no input block"}
                    )
                return {"ok": False, "errors": body["errors"]}
            case "update":
                self._api.check_view(body["view"])
                with self._office.changing():
                    view.view, view.hash = (
                        self._api.numbered_view(body["view"]),
                        secrets.token_hex(8),
                    )
            case "push":
                with self._office.changing():
                    self._api.stack(user, body["view"])
            case "clear":
                with self._office.changing():
                    self._office.stacks[user].clear()
            case _:
                self.close(user, view.id)
        return {"ok": True}

    def _interaction(self, kind: str, member: Member) -> Json:
        user = {
            "id": member.id,
            "username": member.name.lower(),
            "name": member.name,
            "team_id": self._office.acting_team(member),
        }
        return {
            "type": kind,
            "user": user,
            "api_app_id": self._office.app_id,
            "token": "practice",
            "trigger_id": self._office.new_trigger(member.id),
            "team": {"id": self._office.team_id, "domain": "practice"},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _message_payload(self, user: str, place: Channel, message: Message) -> Json:
        container: Json = {"type": "message", "message_ts": message.ts, "channel_id": place.id}
        container |= {"is_ephemeral": bool(message.ephemeral_to)}
        shown: Json = {
            "type": "message",
            "ts": message.ts,
            "user": message.user,
            "text": message.text,
        }
        shown |= {"blocks": message.blocks} | (
            {"thread_ts": message.thread_ts} if message.thread_ts else {}
        )
        return {
            "container": container,
            "channel": {"id": place.id, "name": place.name},
            "message": shown,
            "response_url": self._response_url(user, place.id),
        }

    def _view_payload(self, view: View, member: Member) -> Json:
        theirs = {"team_id": member.team_id, "app_installed_team_id": self._office.team_id}
        return copy.deepcopy(self._api.view_json(view)) | theirs

    def _own_view(self, user: str, view_id: str) -> View:
        if view_id not in self._office.stacks[user]:
            raise Unable("this window is closed")
        return self._office.views[view_id]

    def _response_url(self, user: str, channel: str) -> str:
        token = secrets.token_urlsafe(24)
        self._responses[token] = {"user": user, "channel": channel, "uses": 0, "at": time.time()}
        return f"{self._url}/response/{token}"
