"""The Web API methods that the bot uses, as strict as Slack's."""

import copy
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.slack.files import file_object
from sandbox.slack.limits import problems
from sandbox.slack.methods import METHODS
from sandbox.slack.office import Channel, Json, Member, Message, Office, SlackError, View

ZONES = {
    "CET": "Central European Time",
    "CEST": "Central European Summer Time",
    "UTC": "Coordinated Universal Time",
}
"""What Slack calls a time zone, by its abbreviation; any other stands for itself."""


class WebApi:
    """Answers calls by their method's name."""

    def __init__(self, office: Office, url: str = "") -> None:
        """`url` is where the stand-in itself is found, for the addresses of files."""
        self._office = office
        self._url = url
        self.socket_url: Callable[[], str] = lambda: ""

    def call(self, method: str, token: str, args: Json) -> Json:
        """The answer to a call.

        Raises:
            SlackError: Slack would answer with this error.
        """
        self._office.asked += 1
        if not token:
            raise SlackError("not_authed")
        wanted = (
            self._office.app_token if method == "apps.connections.open" else self._office.bot_token
        )
        if token != wanted:
            raise SlackError("invalid_auth")
        self._office.take_failure(method)
        if method not in METHODS:
            raise SlackError("unknown_method")
        self._office.require(*METHODS[method].scopes)
        self._office.limit_calls(method)
        answer = getattr(self, method.replace(".", "_").lower())
        result: Json = answer(args)
        return {"ok": True, **result}

    def auth_test(self, args: Json) -> Json:
        office = self._office
        enterprise = office.workspaces[office.team_id].enterprise
        grid = {"enterprise_id": enterprise} if enterprise else {}
        return grid | {
            "team_id": office.team_id,
            "team": office.workspaces[office.team_id].name,
            "user_id": office.bot_user,
            "user": "maildesk",
            "bot_id": office.bot_id,
            "url": "https://practice.slack.example/",
            "is_enterprise_install": False,
        }

    def apps_connections_open(self, args: Json) -> Json:
        return {"url": self.socket_url()}

    def chat_postmessage(self, args: Json) -> Json:
        self._office.channel(args.get("channel", ""))
        self._check("message", args)
        self._office.limit_posts(args["channel"])
        if args.get("thread_ts"):
            self._office.message(args["channel"], args["thread_ts"])
        message = self._new(args)
        message.metadata = args.get("metadata")
        with self._office.changing():
            self._office.messages.append(message)
        return {"channel": message.channel, "ts": message.ts, "message": _shown(message)}

    def chat_postephemeral(self, args: Json) -> Json:
        channel = self._office.channel(args.get("channel", ""))
        self._check("message", args)
        if args.get("user") not in channel.members:
            raise SlackError("user_not_in_channel")
        message = self._new(args)
        message.ephemeral_to = args["user"]
        with self._office.changing():
            self._office.messages.append(message)
        return {"message_ts": message.ts}

    def chat_update(self, args: Json) -> Json:
        self._office.channel(args.get("channel", ""))
        self._check("message", args)
        message = self._office.message(args["channel"], args.get("ts", ""))
        if message.user != self._office.bot_user or message.ephemeral_to:
            raise SlackError("cant_update_message")
        with self._office.changing():
            message.text, message.blocks, message.edited = args["text"], self._numbered(args), True
        return {"channel": message.channel, "ts": message.ts, "text": message.text}

    def chat_delete(self, args: Json) -> Json:
        self._office.channel(args.get("channel", ""))
        message = self._office.message(args["channel"], args.get("ts", ""))
        if message.user != self._office.bot_user:
            raise SlackError("cant_delete_message")
        with self._office.changing():
            self._office.messages.remove(message)
        return {"channel": message.channel, "ts": message.ts}

    def views_open(self, args: Json) -> Json:
        self._check("modal", args.get("view") or {})
        user = self._office.use_trigger(args.get("trigger_id", ""))
        with self._office.changing():
            self._office.stacks[user].clear()
            return {"view": self._stack(user, args["view"])}

    def views_push(self, args: Json) -> Json:
        self._check("modal", args.get("view") or {})
        user = self._office.use_trigger(args.get("trigger_id", ""))
        if not self._office.stacks[user]:
            raise SlackError("not_found")
        if len(self._office.stacks[user]) >= 3:
            raise SlackError("push_limit_reached")
        with self._office.changing():
            return {"view": self._stack(user, args["view"])}

    def views_update(self, args: Json) -> Json:
        self._check("modal", args.get("view") or {})
        view = self._office.views.get(args.get("view_id", ""))
        if view is None or view.id not in self._office.stacks[view.user]:
            raise SlackError("not_found")
        if args.get("hash") and args["hash"] != view.hash:
            raise SlackError("hash_conflict")
        with self._office.changing():
            view.view, view.hash = self.numbered_view(args["view"]), secrets.token_hex(8)
        return {"view": self.view_json(view)}

    def views_publish(self, args: Json) -> Json:
        self._check("home", args.get("view") or {})
        if args.get("user_id") not in self._office.members:
            raise SlackError("user_not_found")
        with self._office.changing():
            self._office.homes[args["user_id"]] = self.numbered_view(args["view"])
        return {"view": args["view"]}

    def conversations_info(self, args: Json) -> Json:
        channel = self._office.channels.get(args.get("channel", ""))
        if channel is None:
            raise SlackError("channel_not_found")
        self._office.require("groups:read" if channel.private else "channels:read")
        return {"channel": self._channel_facts(channel)}

    def conversations_members(self, args: Json) -> Json:
        channel = self._office.channels.get(args.get("channel", ""))
        if channel is None:
            raise SlackError("channel_not_found")
        members, limit = sorted(channel.members), int(args.get("limit") or 100)
        start = int(args.get("cursor") or 0)
        after = str(start + limit) if start + limit < len(members) else ""
        return {
            "members": members[start : start + limit],
            "response_metadata": {"next_cursor": after},
        }

    def conversations_history(self, args: Json) -> Json:
        """The newest first; at the head of a thread it says what is in there."""
        found = [m for m in self._readable(args) if not m.thread_ts and _is_between(m.ts, args)]
        return _page([*reversed(found)], args, self._thread_facts)

    def conversations_replies(self, args: Json) -> Json:
        """The head, whatever its time, and then the replies, the oldest first."""
        if not self._office.bots_read_threads:
            raise SlackError("not_allowed_token_type")
        head = self._office.message(args.get("channel", ""), args.get("ts", ""))
        there = [m for m in self._readable(args) if m.thread_ts == head.ts]
        replies = [m for m in there if _is_between(m.ts, args)]
        return _page([head, *replies], args, self._thread_facts)

    def users_info(self, args: Json) -> Json:
        member = self._office.members.get(args.get("user", ""))
        if member is None:
            raise SlackError("user_not_found")
        return {"user": self._member_facts(member, bool(args.get("include_locale")))}

    def files_info(self, args: Json) -> Json:
        file = self._office.files.get(args.get("file", ""))
        if file is None:
            raise SlackError("file_not_found")
        return {
            "file": file_object(file, self._url),
            "comments": [],
            "response_metadata": {"next_cursor": ""},
        }

    def usergroups_users_list(self, args: Json) -> Json:
        if args.get("usergroup") not in self._office.usergroups:
            raise SlackError("no_such_subteam")
        return {"users": self._office.usergroups[args["usergroup"]]}

    def view_json(self, view: View) -> Json:
        """A view as Slack's payloads carry it."""
        stack = self._office.stacks[view.user]
        return {
            **view.view,
            "id": view.id,
            "hash": view.hash,
            "app_id": self._office.app_id,
            "bot_id": self._office.bot_id,
            "root_view_id": stack[0] if stack else view.id,
            "previous_view_id": view.previous or None,
            "state": {"values": {}},
        }

    def stack(self, user: str, view: Json) -> Json:
        """Put a window on top of a person's (`response_action` push)."""
        self._check("modal", view)
        return self._stack(user, view)

    def numbered_view(self, view: Json) -> Json:
        """A view whose blocks all have ids, as Slack gives them."""
        return {**copy.deepcopy(view), "blocks": self._numbered(view)}

    def check_view(self, view: Json) -> None:
        """Refuse what Slack refuses in a window."""
        self._check("modal", view)

    def _stack(self, user: str, view: Json) -> Json:
        stack = self._office.stacks[user]
        id = "V" + secrets.token_hex(6).upper()
        opened = View(
            id, user, self.numbered_view(view), secrets.token_hex(8), stack[-1] if stack else ""
        )
        self._office.views[id] = opened
        stack.append(id)
        return self.view_json(opened)

    def _channel_facts(self, channel: Channel) -> Json:
        own, shared = self._office.team_id, channel.kind == "shared"
        ours = self._office.organisation(own)
        internal = [t for t in channel.team_ids if self._office.organisation(t) == ours]
        facts: Json = {
            "id": channel.id,
            "name": channel.name,
            "is_channel": True,
            "is_private": channel.private,
        }
        facts |= {
            "is_archived": channel.archived,
            "is_member": self._office.bot_user in channel.members,
        }
        facts |= {
            "is_shared": shared or len(internal) > 1,
            "is_ext_shared": shared,
            "is_org_shared": len(internal) > 1,
            "is_pending_ext_shared": False,
        }
        facts |= {
            "context_team_id": own,
            "conversation_host_id": own,
            "shared_team_ids": channel.team_ids,
        }
        return facts | {
            "internal_team_ids": internal or [own],
            "connected_team_ids": [t for t in channel.team_ids if t not in internal],
        }

    def _member_facts(self, member: Member, with_locale: bool) -> Json:
        """What `users.info` says; less of people of other workspaces, who have neither a locale nor
        an email for us."""
        own = member.team_id == self._office.team_id
        profile: Json = {"real_name": member.name, "display_name": member.name}
        if own and member.email and "users:read.email" in self._office.scopes:
            profile |= {"email": member.email}
        user: Json = {
            "id": member.id,
            "team_id": member.team_id,
            "name": member.name.lower(),
            "is_bot": member.is_bot,
        }
        user |= {
            "real_name": member.name,
            "is_stranger": False,
            "is_restricted": member.is_guest,
            "profile": profile,
        }
        enterprise = self._office.workspaces[member.team_id].enterprise
        if enterprise:
            grid = {"id": member.id, "enterprise_id": enterprise, "teams": [member.team_id]}
            user |= {"enterprise_user": grid}
        if not member.is_bot:
            user |= _zone(member.tz, self._office.clock())
        return user | ({"locale": "en-GB"} if own and with_locale else {})

    def _readable(self, args: Json) -> list[Message]:
        channel = self._office.channel(args.get("channel", ""))
        return [m for m in self._office.messages if m.channel == channel.id and not m.ephemeral_to]

    def _thread_facts(self, head: Message) -> Json:
        """What the head of a thread says of it; nothing where nobody replied."""
        there = [m for m in self._readable({"channel": head.channel}) if m.thread_ts == head.ts]
        if not there:
            return {}
        return {"thread_ts": head.ts, "reply_count": len(there), "latest_reply": there[-1].ts}

    def _check(self, surface: str, payload: Json) -> None:
        found = problems(surface, payload)
        kinds = {block.get("type") for block in payload.get("blocks") or []}
        found += [f"unsupported type: {kind}" for kind in kinds & self._office.refused_blocks]
        if found:
            error = (
                "no_text"
                if surface == "message" and "no top-level text" in found[0]
                else "invalid_blocks"
            )
            raise SlackError(error if surface == "message" else "invalid_arguments", found)

    def _new(self, args: Json) -> Message:
        office = self._office
        thread = args.get("thread_ts") or ""
        return Message(
            office.new_ts(),
            args["channel"],
            office.bot_user,
            args["text"],
            self._numbered(args),
            thread,
        )

    def _numbered(self, payload: Json) -> list[Json]:
        blocks: list[Json] = copy.deepcopy(payload.get("blocks") or [])
        for block in blocks:
            block.setdefault("block_id", secrets.token_hex(3))
        return blocks


def _zone(name: str, now: float) -> Json:
    there = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(name))
    offset, short = there.utcoffset(), there.tzname() or ""
    assert offset is not None, "a time with a zone has an offset"
    return {
        "tz": name,
        "tz_label": ZONES.get(short, short),
        "tz_offset": int(offset.total_seconds()),
    }


def _is_between(ts: str, args: Json) -> bool:
    """Whether a time is within what was asked for."""
    at, oldest, latest = (float(each or 0) for each in (ts, args.get("oldest"), args.get("latest")))
    if args.get("inclusive"):
        return oldest <= at <= (latest or at)
    return oldest < at and (not latest or at < latest)


def _page(found: list[Message], args: Json, facts: Callable[[Message], Json]) -> Json:
    """The first messages of those that were found."""
    limit = int(args.get("limit") or 100)
    with_metadata = bool(args.get("include_all_metadata"))
    shown = [_shown(message, with_metadata) | facts(message) for message in found[:limit]]
    return {"messages": shown, "has_more": len(found) > limit}


def _shown(message: Message, with_metadata: bool = False) -> Json:
    shown: dict[str, Any] = {
        "type": "message",
        "ts": message.ts,
        "user": message.user,
        "text": message.text,
    }
    shown |= {"blocks": message.blocks} if message.blocks else {}
    shown |= {"thread_ts": message.thread_ts} if message.thread_ts else {}
    return shown | ({"metadata": message.metadata} if with_metadata and message.metadata else {})
