"""What people do in Slack, and the payloads that the bot hears of it by."""

import copy
import secrets
import time
from typing import Any

from sandbox.slack.api import WebApi
from sandbox.slack.deliver import Ack, Delivery
from sandbox.slack.office import Channel, Json, Member, Message, Office, SlackError, View

RESPONSES = 5
RESPONSE_LIFE = 30 * 60


class Unable(Exception):
    """The person cannot do this in Slack."""


class People:
    """Lets people act."""

    def __init__(self, office: Office, api: WebApi, delivery: Delivery, url: str) -> None:
        self._office = office
        self._api = api
        self._delivery = delivery
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
            "text": _escaped(text),
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
        text = _escaped(text).replace("@Maildesk", mention)
        message = Message(self._office.new_ts(), channel, user, text, thread_ts=thread_ts)
        with self._office.changing():
            self._office.messages.append(message)
        if mention in text and self._office.bot_user in place.members:
            event = {"type": "app_mention", "user": user, "text": text, "ts": message.ts, "channel": channel}
            event |= {"event_ts": message.ts, "team": self._office.team_id}
            event |= {"user_team": member.team_id, "source_team": member.team_id}
            event |= {"thread_ts": thread_ts} if thread_ts else {}
            self._event(event, place)
        return {"ok": True, "ts": message.ts}

    def act(self, user: str, asked: Json) -> Json:
        """Press or choose something on a message or in a window."""
        member = self._office.members[user]
        value = asked.get("value")
        payload = self._interaction("block_actions", member)
        if asked.get("view_id"):
            view = self._own_view(user, asked["view_id"])
            element = _element(view.view["blocks"], asked["block_id"], asked["action_id"])
            state = {"values": _state(view.view["blocks"], asked.get("state") or {})}
            payload |= {"container": {"type": "view", "view_id": view.id}}
            payload |= {"view": self._view_payload(view, member) | {"state": state}}
        elif asked.get("home"):
            home = self._office.homes[user]
            element = _element(home["blocks"], asked["block_id"], asked["action_id"])
            payload |= {"container": {"type": "view", "view_id": f"VHOME{user}"}}
            payload |= {"view": home | {"id": f"VHOME{user}", "state": {"values": {}}}}
        else:
            _, place = self._here(user, asked["channel"])
            message = self._office.message(asked["channel"], asked["ts"])
            if message.ephemeral_to and message.ephemeral_to != user:
                raise Unable("this message is not yours")
            element = _element(message.blocks, asked["block_id"], asked["action_id"])
            payload |= self._message_payload(user, place, message)
        action = {"block_id": asked["block_id"], "action_id": asked["action_id"], "type": element["type"]}
        payload["actions"] = [action | _chosen(element, value) | {"action_ts": f"{time.time():.6f}"}]
        return self._answered(user, asked.get("channel", ""), self._delivery.interaction(payload))

    def load_options(self, user: str, asked: Json) -> Json:
        """Type into a select whose options the bot loads."""
        member, view = self._office.members[user], self._own_view(user, asked["view_id"])
        _element(view.view["blocks"], asked["block_id"], asked["action_id"])
        payload = self._interaction("block_suggestion", member)
        payload |= {"block_id": asked["block_id"], "action_id": asked["action_id"], "value": asked.get("query", "")}
        payload |= {"container": {"type": "view", "view_id": view.id}, "view": self._view_payload(view, member)}
        ack = self._delivery.interaction(payload)
        return {"ok": ack.ok, "options": _options(ack.body)}

    def shortcut(self, user: str, callback_id: str, channel: str = "", ts: str = "") -> Json:
        """Choose a shortcut of the app, a global one or one on a message: only people of the workspace where it is installed have
        them."""
        member = self._office.members[user]
        if member.team_id != self._office.team_id:
            self._office.notify(user, "This shortcut is not available to you.")
            return {"ok": False, "error": "not_available"}
        payload = self._interaction("message_action" if ts else "shortcut", member)
        payload |= {"callback_id": callback_id, "action_ts": f"{time.time():.6f}"}
        if ts:
            _, place = self._here(user, channel)
            payload |= self._message_payload(user, place, self._office.message(channel, ts)) | {"message_ts": ts}
        return self._answered(user, channel, self._delivery.interaction(payload))

    def submit(self, user: str, view_id: str, values: Json) -> Json:
        """Send a form. What Slack's client itself would not let through is told at once."""
        view = self._own_view(user, view_id)
        errors = _client_errors(view.view["blocks"], values)
        if errors:
            return {"ok": False, "errors": errors}
        member = self._office.members[user]
        payload = self._interaction("view_submission", member)
        payload["team"] = {"id": member.team_id, "domain": "practice"}
        state = {"values": _state(view.view["blocks"], values, everything=True)}
        payload |= {"view": self._view_payload(view, member) | {"state": state}, "response_urls": []}
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
        event = {"type": "app_home_opened", "user": user, "channel": "D0HOME", "tab": "home", "event_ts": "1.1"}
        self._event(event, None)
        return {"ok": True}

    def join(self, user: str, channel: str) -> Json:
        """Somebody (or the bot) is added to a channel."""
        with self._office.changing():
            self._office.channels[channel].members.add(user)
        team = self._office.members[user].team_id
        event = {"type": "member_joined_channel", "user": user, "channel": channel, "channel_type": "C", "team": team}
        self._event(event | {"event_ts": "1.1"}, self._office.channels[channel])
        return {"ok": True}

    def respond(self, token: str, body: Json) -> Json:
        """The bot uses a response_url."""
        known = self._responses.get(token)
        if known is None or known["uses"] >= RESPONSES or time.time() - known["at"] > RESPONSE_LIFE:
            raise SlackError("expired_url")
        known["uses"] += 1
        self._show_response(known["user"], known["channel"], body)
        return {"ok": True}

    def _here(self, user: str, channel: str) -> tuple[Member, Channel]:
        place = self._office.channels.get(channel)
        if place is None or user not in place.members:
            raise Unable("not in this channel")
        return self._office.members[user], place

    def _answered(self, user: str, channel: str, ack: Ack) -> Json:
        if not ack.ok:
            self._office.notify(user, f"{self._office.command} failed with the error “{ack.problem}”")
            return {"ok": False, "error": ack.problem}
        if ack.body.get("text") or ack.body.get("blocks"):
            self._show_response(user, channel, ack.body)
        return {"ok": True}

    def _show_response(self, user: str, channel: str, body: Json) -> None:
        blocks = self._api.numbered_view({"blocks": body.get("blocks") or []})["blocks"]
        message = Message(self._office.new_ts(), channel, self._office.bot_user, body.get("text", ""), blocks)
        message.ephemeral_to = "" if body.get("response_type") == "in_channel" else user
        with self._office.changing():
            self._office.messages.append(message)

    def _respond_to_submission(self, user: str, view: View, body: Json) -> Json:
        match body.get("response_action"):
            case "errors":
                known = {block["block_id"] for block in view.view["blocks"] if block["type"] == "input"}
                if not set(body["errors"]) <= known:
                    self._office.complaints.append({"kind": "view_submission", "problem": "errors for no input block"})
                return {"ok": False, "errors": body["errors"]}
            case "update":
                self._api.check_view(body["view"])
                with self._office.changing():
                    view.view, view.hash = self._api.numbered_view(body["view"]), secrets.token_hex(8)
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
        user = {"id": member.id, "username": member.name.lower(), "name": member.name, "team_id": member.team_id}
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
        shown: Json = {"type": "message", "ts": message.ts, "user": message.user, "text": message.text}
        shown |= {"blocks": message.blocks} | ({"thread_ts": message.thread_ts} if message.thread_ts else {})
        return {
            "container": container,
            "channel": {"id": place.id, "name": place.name},
            "message": shown,
            "state": {"values": {}},
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

    def _event(self, event: Json, place: Channel | None) -> None:
        office = self._office
        envelope: dict[str, Any] = {
            "type": "event_callback",
            "token": "practice",
            "team_id": office.team_id,
            "context_team_id": office.team_id,
            "api_app_id": office.app_id,
            "event": event,
            "event_id": "Ev" + secrets.token_hex(6).upper(),
            "event_time": int(time.time()),
            "authorizations": [{"team_id": office.team_id, "user_id": office.bot_user, "is_bot": True}],
            "is_ext_shared_channel": place is not None and place.kind == "shared",
        }
        self._delivery.event(envelope)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _element(blocks: list[Json], block_id: str, action_id: str) -> Json:
    for block in blocks:
        if block.get("block_id") == block_id:
            parts = [*block.get("elements", []), block.get("accessory") or {}, block.get("element") or {}]
            for element in parts:
                if element.get("action_id") == action_id:
                    return dict(element)
    raise Unable("there is no such button here (any more)")


def _options(element: Json) -> list[Json]:
    return [*element.get("options", []), *(o for g in element.get("option_groups", []) for o in g["options"])]


def _chosen(element: Json, value: Any) -> Json:
    if element["type"] == "button":
        return {"text": element["text"]} | ({"value": element["value"]} if "value" in element else {})
    return _value(element, value)


def _value(element: Json, value: Any) -> Json:
    kind = element["type"]
    if kind in ("checkboxes", "multi_static_select"):
        wanted = value or []
        return {"type": kind, "selected_options": [o for o in _options(element) if o["value"] in wanted]}
    if kind == "external_select":
        return {"type": kind, "selected_option": value or None}
    if kind in ("static_select", "radio_buttons", "overflow"):
        chosen = next((o for o in _options(element) if o["value"] == value), None)
        return {"type": kind, "selected_option": chosen}
    if kind == "datepicker":
        return {"type": kind, "selected_date": value or None}
    return {"type": kind, "value": value or None}


def _initial(element: Json) -> Any:
    if "initial_options" in element:
        return [option["value"] for option in element["initial_options"]]
    if "initial_option" in element:
        return element["initial_option"]["value"]
    return element.get("initial_value", "")


def _state(blocks: list[Json], values: Json, everything: bool = False) -> Json:
    state: Json = {}
    for block in blocks:
        element = block.get("element")
        if block["type"] != "input" or element is None:
            continue
        given = values.get(block["block_id"], {})
        if everything or element["action_id"] in given:
            value = given.get(element["action_id"], _initial(element))
            state[block["block_id"]] = {element["action_id"]: _value(element, value)}
    return state


def _client_errors(blocks: list[Json], values: Json) -> Json:
    errors = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        value = values.get(block["block_id"], {}).get(element["action_id"], _initial(element))
        if not value and not block.get("optional"):
            errors[block["block_id"]] = "Please complete this required field."
        elif len(value or "") > element.get("max_length", 3000):
            errors[block["block_id"]] = f"At most {element['max_length']} characters."
    return errors
