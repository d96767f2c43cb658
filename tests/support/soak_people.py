"""What people do in the simulation, as Slack's payloads: on what stands before them and nowhere
else."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from bot.common.people import Person
from sandbox.slack.forms import Forms, fields, options
from tests.support.fast import ACME, ALERTS, DESK, FastBot
from tests.support.fast_ports import FastClock, Payload
from tests.support.soak_ports import SoakSlack

BETA = "C0BETA"
CAROL = Person("T0ACME", "U0CAROL", ACME)
BEA = Person("T0BETA", "U0BEA", BETA)
VERA = Person("T0LUMEN", "U0VERA", DESK)
OMAR = Person("T0LUMEN", "U0OMAR", ALERTS)
PEOPLE = (CAROL, BEA, VERA, OMAR)
"""Of two customers, of support, and on call."""

DOMAINS = {"T0ACME": "acme.example", "T0BETA": "beta.example", "T0LUMEN": "acme.example"}
IN = {ACME: (CAROL, VERA), BETA: (BEA, VERA), DESK: (VERA,), ALERTS: (OMAR, VERA)}
NEWEST = 12
"""So far back people scroll."""

WORDS = ("Office", "AADSTS50173", "535 5.7.139 SmtpClientAuthentication", "a", "<b>*x*</b>")
MENTIONS = ("help", "status", "list", "test all", "add", "why does it not work?", "login Box 1")
COMMANDS = (*MENTIONS, "alerts", "setup", "customer", "maintenance", "snooze Box 1 1d", "import")


@dataclass(frozen=True)
class Surface:
    """Something with buttons: a message in a channel, a window, or the Home tab."""

    blocks: list[Payload]
    place: Payload
    callback: str = ""
    view: Payload | None = None

    def elements(self) -> list[tuple[Payload, Payload]]:
        """What can be pressed or chosen so that the app hears of it at once."""
        return [
            (block, element)
            for block, element in fields(self.blocks)
            if block["type"] != "input" or block.get("dispatch_action")
        ]


class Slackers:
    """Everybody at their Slack clients."""

    def __init__(self, slack: SoakSlack, clock: FastClock) -> None:
        self._slack = slack
        self._clock = clock
        self._numbers = count(1)
        files: Any = _NoFiles()
        self._forms = Forms(files)

    def before(self, who: Person) -> list[Surface]:
        """What somebody has before them: the window on top; then messages, the newest first, and
        the Home tab."""
        stack = self._slack.windows[who.user]
        found = [self._window(stack)] if stack else []
        found += list(self._messages(who))
        home = self._slack.homes.get(who.user)
        if home is not None:
            container = {"type": "view", "view_id": home["id"]}
            found.append(Surface(home["blocks"], {"container": container, "view": home}, view=home))
        return found

    def _window(self, stack: list[Payload]) -> Surface:
        view = deepcopy(stack[-1])
        if len(stack) > 1:
            view["previous_view_id"] = stack[-2]["id"]
        place = {"container": {"type": "view", "view_id": view["id"]}, "view": view}
        callback = view.get("callback_id", "") if view.get("submit") else ""
        return Surface(view["blocks"], place, callback, view)

    def _messages(self, who: Person) -> Iterator[Surface]:
        theirs = {channel for channel, members in IN.items() if who in members}
        there = [each for each in self._slack.posted if each.channel in theirs]
        for message in reversed(there[-NEWEST:]):
            shown = {"type": "message", "ts": message.ts, "text": message.text}
            shown |= {"blocks": deepcopy(message.blocks)}
            yield Surface(
                message.blocks,
                {
                    "container": {"type": "message", "message_ts": message.ts},
                    "channel": {"id": message.channel, "name": "there"},
                    "message": shown,
                    "response_url": "https://hooks.slack.example/actions/1",
                },
            )

    def press(
        self, who: Person, there: Surface, block: Payload, element: Payload, variant: int
    ) -> Payload:
        """Press or choose something; `variant` says which choice."""
        value = self._choice(who, element, variant)
        chosen = self._forms.chosen(who.user, element, value)
        ids = {"block_id": block["block_id"], "action_id": element["action_id"]}
        action = {**ids, "type": element["type"], **chosen, "action_ts": self._now()}
        payload = self._interaction("block_actions", who) | deepcopy(there.place)
        state = self._forms.state(who.user, there.blocks, {})
        if there.view is not None:
            payload["view"]["state"] = state
            payload["view"]["type"] = there.view.get("type", "modal")
        return payload | {"state": state, "actions": [action]}

    def submit(self, who: Person, there: Surface, variant: int) -> Payload | None:
        """Fill a form and send it; None where Slack's client does not let it through."""
        given: dict[str, dict[str, Any]] = {}
        for block in there.blocks:
            if block["type"] == "input":
                element = block["element"]
                value = self._choice(who, element, variant)
                keep = _has_value(element) and variant % 3 != 0
                if not keep and value is not None:
                    given.setdefault(block["block_id"], {})[element["action_id"]] = value
        if self._forms.errors(who.user, there.blocks, given):
            return None
        payload = self._interaction("view_submission", who)
        state = self._forms.state(who.user, there.blocks, given)
        view = deepcopy(there.view or {}) | {"state": state, "team_id": who.team}
        return payload | {"view": view, "response_urls": []}

    def command(self, who: Person, text: str) -> Payload:
        """Type `/maildesk text` where they are."""
        return {
            "token": "simulated",
            "team_id": who.team,
            "channel_id": who.place,
            "user_id": who.user,
            "user_name": who.user.lower(),
            "command": "/maildesk",
            "text": text,
            "api_app_id": "A0",
            "response_url": "https://hooks.slack.example/commands/1",
            "trigger_id": self._trigger(who),
        }

    def mention(self, who: Person, text: str) -> Payload:
        """Mention the bot in a channel."""
        ts = self._now()
        event = {"type": "app_mention", "user": who.user, "text": f"<@U0BOT> {text}", "ts": ts}
        event |= {"channel": who.place, "event_ts": ts, "team": "T0LUMEN"}
        return self.event(event | {"user_team": who.team, "source_team": who.team})

    def home(self, who: Person) -> Payload:
        """Open the Home tab."""
        shown = self._slack.homes.get(who.user)
        event: Payload = {"type": "app_home_opened", "user": who.user, "tab": "home"}
        event |= {"channel": "D0HOME", "event_ts": self._now()}
        return self.event(event | ({"view": deepcopy(shown)} if shown else {}))

    def of_channel(self, kind: str, channel: str) -> Payload:
        """Something becomes of a channel."""
        return self.event({"type": kind, "channel": channel, "event_ts": self._now()})

    def event(self, event: Payload) -> Payload:
        """An event in its envelope."""
        return {
            "type": "event_callback",
            "token": "simulated",
            "team_id": "T0LUMEN",
            "api_app_id": "A0",
            "event": event,
            "event_id": f"Ev{next(self._numbers)}",
            "event_time": int(self._clock.at.timestamp()),
            "authorizations": [{"team_id": "T0LUMEN", "user_id": "U0BOT", "is_bot": True}],
        }

    def _interaction(self, kind: str, who: Person) -> Payload:
        return {
            "type": kind,
            "user": {"id": who.user, "name": who.user.lower(), "team_id": who.team},
            "api_app_id": "A0",
            "token": "simulated",
            "trigger_id": self._trigger(who),
            "team": {"id": "T0LUMEN", "domain": "simulated"},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _trigger(self, who: Person) -> str:
        trigger = f"trigger {next(self._numbers)}"
        self._slack.triggers[trigger] = who.user
        return trigger

    def _now(self) -> str:
        """Slack's time stamps never repeat."""
        return f"{int(self._clock.at.timestamp())}.{next(self._numbers):06}"

    def _choice(self, who: Person, element: Payload, variant: int) -> Any:
        """What somebody chooses or types."""
        match element["type"]:
            case "static_select" | "radio_buttons" | "overflow":
                there = options(element)
                return there[variant % len(there)]["value"]
            case "checkboxes" | "multi_static_select":
                there = options(element)
                return [each["value"] for n, each in enumerate(there) if not variant >> n & 1]
            case "users_select":
                return PEOPLE[variant % len(PEOPLE)].user
            case "datepicker":
                return (self._clock.at + timedelta(days=1 + variant % 9)).date().isoformat()
            case "button" | "file_input":
                return None
        return _typed(who, element["action_id"], variant)


def _typed(who: Person, field: str, variant: int) -> str:
    domain = DOMAINS[who.team]
    match field:
        case "sender_email" | "username":
            return f"box{variant % 4}@{domain}"
        case "shared_mailbox":
            return f"shared@{domain}" if variant % 4 == 1 else ""
        case "aliases":
            return ""
        case "domain":
            return domain
        case "name":
            return f"Box {variant % 4}"
    return WORDS[variant % len(WORDS)]


def _has_value(element: Mapping[str, Any]) -> bool:
    return any(name.startswith("initial_") for name in element)


class _NoFiles:
    """Nobody has uploaded anything."""

    def of(self, user: str, ids: list[str]) -> list[Any]:
        return []


def settle(bot: FastBot) -> None:
    """Everybody is in their channels, and in both customers' a set-up card stands."""
    for channel, members in IN.items():
        bot.slack.members[channel] = {"U0BOT", *(who.user for who in members)}
        bot.slack.teams |= {who.user: who.team for who in members}
