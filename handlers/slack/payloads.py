"""What a person did in Slack, read out of Slack's payloads.

Who acts is `user.team_id` of an interaction, never Bolt's `actor_team_id` (which is the
installation's there), and never anything that a message or a window carries.
"""

from dataclasses import dataclass, field
from typing import Any

from slack_sdk import WebClient

from bot.common.people import Person
from bot.common.texts import unquoted, whole_number
from handlers.slack.modals import Windows
from handlers.text import typed

Payload = dict[str, Any]

COMMAND = "/maildesk"
LONGEST_TYPED = 40_000
"""Slack itself cuts a message there (docs.slack.dev/reference/methods/chat.postMessage), and a
window's field at 3,000: what is longer, nobody has typed."""


@dataclass(frozen=True)
class Press:
    """A button that was pressed, or a choice that was made: by whom, in which channel ("" in a
    window or on the Home tab), with which value; `view_id` is the window's, `about` what the window
    or tab is about, and `fields` what stands in its fields. `windows` opens the next ones, and
    `response_url` shows something to this person alone ("" where Slack gives none)."""

    person: Person
    channel: str
    value: str
    view_id: str
    about: str
    fields: dict[str, str]
    windows: Windows
    response_url: str = ""

    @property
    def number(self) -> int:
        """The id of a row that the button is about; 0, which no row has, if it names none."""
        return whole_number(self.value)

    @property
    def place(self) -> str:
        """The channel in which it was pressed or, in a window, which the window is about: it
        carries the channel, or (of an account, or a list of them) a word, the channel and more."""
        first, _, rest = self.about.partition("|")
        return self.channel or rest.partition("|")[0] or first

    @property
    def page(self) -> tuple[str, int]:
        """The channel and the page that a button for turning pages names."""
        channel, _, page = self.value.partition(":")
        return channel, whole_number(page)

    @classmethod
    def parse(cls, body: Payload, client: WebClient) -> "Press":
        """Read a `block_actions` payload."""
        view = body.get("view") or {}
        channel = (body.get("channel") or {}).get("id", "")
        view_id = view.get("id", "") if view.get("type") == "modal" else ""
        return cls(
            person=_interacting(body, channel or "window"),
            channel=channel,
            value=_field(body["actions"][0]),
            view_id=view_id,
            about=view.get("private_metadata", ""),
            fields=_fields(view),
            windows=Windows(client, body["trigger_id"], view_id),
            response_url=body.get("response_url", ""),
        )


@dataclass(frozen=True)
class Submission:
    """A form that was sent: by whom, what it is about, and each field's value by the field's name;
    `view_id` is the window's, `blocks` says in which block each field stands, `first` is the first
    block at which an error may stand, if there is one, and `behind` draws the window anew from
    which it was opened, if it was."""

    person: Person
    about: str
    values: dict[str, str]
    view_id: str = ""
    blocks: dict[str, str] = field(default_factory=dict)
    first: str = ""
    behind: Windows | None = None

    @classmethod
    def parse(cls, body: Payload, client: WebClient) -> "Submission":
        """Read a `view_submission` payload."""
        view = body["view"]
        behind = view.get("previous_view_id")
        return cls(
            person=_interacting(body, "window"),
            about=view.get("private_metadata", ""),
            values=_fields(view),
            view_id=view.get("id", ""),
            blocks={name: block_id for block_id, block in _values(view).items() for name in block},
            first=_first_input(view),
            behind=Windows(client, "", behind) if behind else None,
        )


@dataclass(frozen=True)
class Choice:
    """A shortcut that was chosen on a message: by whom, and what the message says. `response_url`
    shows something to this person alone."""

    person: Person
    text: str
    windows: Windows
    response_url: str = ""

    @classmethod
    def parse(cls, body: Payload, client: WebClient) -> "Choice":
        """Read a `message_action` payload."""
        person = _interacting(body, (body.get("channel") or {}).get("id", ""))
        text = typed.message(_text(body["message"]))
        windows = Windows(client, body["trigger_id"])
        return cls(person, text, windows, body.get("response_url", ""))


@dataclass(frozen=True)
class Command:
    """A slash command or the words after a mention: who, where, which subcommand, the rest; `text`
    is all of it, where it was said to us in a message."""

    person: Person
    channel: str
    name: str
    rest: str
    windows: Windows
    text: str = ""

    @property
    def opens_windows(self) -> bool:
        """Whether a window can be opened in answer; not to a mention, which has no trigger."""
        return bool(self.windows.trigger)

    @classmethod
    def parse(cls, body: Payload, client: WebClient) -> "Command":
        """Read a slash command. Only people of our own workspace can send one."""
        name, rest = _name_and_rest(typed.message(_text(body)))
        return cls(
            person=Person(body["team_id"], body["user_id"], body["channel_id"]),
            channel=body["channel_id"],
            name=name,
            rest=rest,
            windows=Windows(client, body.get("trigger_id", "")),
        )

    @classmethod
    def of_mention(cls, event: Payload, client: WebClient) -> "Command":
        """Read an `app_mention` event; the actor's team is `user_team` (facts of Slack Connect), an
        organisation's id for people of an Enterprise Grid."""
        team = event.get("user_team") or event.get("source_team") or event.get("team", "")
        text = typed.request(_text(event))
        name, rest = _name_and_rest(text)
        return cls(
            person=Person(team, event["user"], event["channel"]),
            channel=event["channel"],
            name=name or "help",
            rest=rest,
            windows=Windows(client, ""),
            text=text,
        )


def _text(payload: Payload) -> str:
    """The text of a command, a message or an event, in Slack's markup."""
    return str(payload.get("text") or "")[:LONGEST_TYPED]


def _name_and_rest(text: str) -> tuple[str, str]:
    """A subcommand, and what stands behind it, whose lines stay lines. Some type it as a command of
    Slack's, or the whole command where they mention us."""
    text = text.strip().removeprefix(COMMAND)
    name, rest = (*text.split(maxsplit=1), "", "")[:2]
    return unquoted(name).rstrip(",:;").removeprefix("/").lower(), rest.strip()


def _interacting(body: Payload, place: str) -> Person:
    user = body["user"]
    return Person(user.get("team_id") or user["team"], user["id"], place)


def _fields(view: Payload) -> dict[str, str]:
    """What stands in a window's fields. A field's action has its name, and its block the same or,
    where the field must not keep what was in it before, the name with more behind it."""
    return {
        name: _field(state) for block in _values(view).values() for name, state in block.items()
    }


def _first_input(view: Payload) -> str:
    """Slack takes errors for `input` blocks alone (docs.slack.dev/surfaces/modals)."""
    blocks: list[Payload] = view.get("blocks") or []
    inputs = (str(each["block_id"]) for each in blocks if each.get("type") == "input")
    return next(inputs, "")


def _values(view: Payload) -> dict[str, Payload]:
    return (view.get("state") or {}).get("values") or {}


def _field(state: Payload) -> str:
    match state.get("type"):
        case "static_select" | "radio_buttons":
            return str((state.get("selected_option") or {}).get("value", ""))
        case "file_input":
            return ",".join(str(file["id"]) for file in state.get("files") or [])
        case "users_select":
            return str(state.get("selected_user") or "")
        case "datepicker":
            return str(state.get("selected_date") or "")
        case "checkboxes":
            return ",".join(str(chosen["value"]) for chosen in state.get("selected_options") or [])
        case _:
            return typed.field(str(state.get("value") or "")[:LONGEST_TYPED])
