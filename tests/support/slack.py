"""People of the practice world's Slack, as tests drive them: over the same addresses as the browser
page."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import requests

DEADLINE_SECONDS = 60
MAX_REACHES = 5
NOT_THERE = "there is no such button here (any more)"
"""What the practice Slack says of a button that was drawn anew since."""

Found = TypeVar("Found")
View = dict[str, Any]
"""What Slack shows to one person at one moment."""


def texts(block: Any) -> list[str]:
    """Every text in a block or view, in reading order."""
    if isinstance(block, dict):
        own = [block["text"]] if isinstance(block.get("text"), str) else []
        return own + [
            text
            for key, value in block.items()
            if not (key == "text" and own)
            for text in texts(value)
        ]
    if isinstance(block, list):
        return [text for item in block for text in texts(item)]
    return []


def elements(blocks: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every interactive element with its block, those of inputs too."""
    found = []
    for block in blocks:
        parts = [
            *(block.get("elements") or []),
            block.get("accessory") or {},
            block.get("element") or {},
        ]
        found += [(block, part) for part in parts if part.get("action_id")]
    return found


def options_of(element: dict[str, Any]) -> dict[str, str]:
    """The choices of an element, exactly as they are shown: text to value."""
    found = element.get("options") or [o for g in element["option_groups"] for o in g["options"]]
    return {option["text"]["text"]: option["value"] for option in found}


@dataclass(frozen=True)
class File:
    """A file that a person uploaded, to be given as a field's value."""

    id: str
    name: str


@dataclass(frozen=True)
class Message:
    """A message as a person sees it."""

    data: dict[str, Any]
    channel: str

    @property
    def ts(self) -> str:
        return str(self.data["ts"])

    @property
    def text(self) -> str:
        """Everything that can be read in it."""
        return "\n".join([self.data["text"], *texts(self.data["blocks"])])

    @property
    def blocks(self) -> list[dict[str, Any]]:
        return list(self.data["blocks"])

    @property
    def place(self) -> dict[str, Any]:
        """Where somebody acts who acts on it."""
        return {"channel": self.channel, "ts": self.ts}

    @property
    def elements(self) -> list[tuple[str, dict[str, Any]]]:
        """Its buttons, each with its block's id."""
        return _buttons(self.blocks)

    @property
    def buttons(self) -> list[str]:
        """The labels of its buttons."""
        return [element["text"]["text"] for _, element in self.elements]

    def url(self, label: str) -> str:
        """Where a link button leads."""
        return str(next(e["url"] for _, e in self.elements if e["text"]["text"] == label))


@dataclass(frozen=True)
class Window:
    """A modal as a person sees it."""

    id: str
    hash: str
    view: dict[str, Any]

    @property
    def title(self) -> str:
        return str(self.view["title"]["text"])

    @property
    def text(self) -> str:
        """Everything that can be read in it."""
        return "\n".join(texts(self.view["blocks"]))

    @property
    def inputs(self) -> dict[str, dict[str, Any]]:
        """Its fields by their labels."""
        return {
            block["label"]["text"]: block
            for block in self.view["blocks"]
            if block["type"] == "input"
        }

    @property
    def blocks(self) -> list[dict[str, Any]]:
        return list(self.view["blocks"])

    @property
    def place(self) -> dict[str, Any]:
        """Where somebody acts who acts in it."""
        return {"view_id": self.id}

    @property
    def elements(self) -> list[tuple[str, dict[str, Any]]]:
        """Its buttons, each with its block's id."""
        return _buttons(self.blocks)

    def url(self, label: str) -> str:
        """Where a link button leads."""
        return str(next(e["url"] for _, e in self.elements if e["text"]["text"] == label))

    def options(self, label: str) -> dict[str, str]:
        """The choices of a field: text to value."""
        return options_of(self.inputs[label]["element"])

    def chosen(self, label: str) -> str:
        """What a dropdown shows already."""
        option = self.inputs[label]["element"].get("initial_option")
        return str(option["text"]["text"]) if option else ""


@dataclass(frozen=True)
class Home:
    """The Home tab as a person sees it."""

    view: dict[str, Any]

    @property
    def text(self) -> str:
        """Everything that can be read in it."""
        return "\n".join(texts(self.blocks))

    @property
    def blocks(self) -> list[dict[str, Any]]:
        return list(self.view["blocks"])

    @property
    def place(self) -> dict[str, Any]:
        """Where somebody acts who acts on it."""
        return {"home": True}

    @property
    def elements(self) -> list[tuple[str, dict[str, Any]]]:
        """Its buttons, each with its block's id."""
        return _buttons(self.blocks)


Surface = Message | Window | Home


class SlackPerson:
    """Somebody at a Slack client."""

    def __init__(
        self,
        url: str,
        user: str,
        wait_beyond: Callable[[int], None] | None = None,
        hear_out: Callable[[], None] = lambda: None,
    ) -> None:
        """`wait_beyond` waits until the page has a newer version than this, or for a moment; by
        default as the page does. `hear_out` waits, after everything that is done, until the bot has
        taken it in, so that a window that is looked for is the new one and not the one before."""
        self.user = user
        self._url = url
        self._wait_beyond = wait_beyond or self._poll
        self._hear_out = hear_out
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.proxies = {}

    def slash(self, channel: str, text: str) -> dict[str, Any]:
        """Type ``/maildesk text``."""
        return self._post("slash", channel=channel, command="/maildesk", text=text)

    def say(self, channel: str, text: str) -> dict[str, Any]:
        """Write a message."""
        return self._post("message", channel=channel, text=text)

    def press(
        self, where: Surface, label: str, state: dict[str, Any] | None = None, nth: int = 0
    ) -> dict[str, Any]:
        """Press a button, of several with this label the `nth`; `state` is what stands in the
        fields there, by their labels. Where it is drawn anew at this moment, the hand goes to where
        the button is now."""
        for _ in range(MAX_REACHES):
            block_id, element = [b for b in where.elements if b[1]["text"]["text"] == label][nth]
            answer = self._act(where, block_id, element["action_id"], None, state)
            if answer.get("error") != NOT_THERE:
                break
            where = self._now(where)
        return answer

    def _now(self, where: Surface) -> Surface:
        """A message or window as it is drawn now."""
        if isinstance(where, Message):
            return next(m for m in self.messages(where.channel) if m.ts == where.ts)
        if isinstance(where, Window):
            return next(w for w in _windows(self._view()) if w.id == where.id)
        return Home(self._view()["home"])

    def choose(
        self,
        where: Surface,
        name: str,
        choice: str | list[str],
        state: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Choose in a select, a menu, radio buttons, check boxes or a date picker of which the app
        hears at once.

        `name` is its placeholder, its action id or (in an input) its label; `choice` the text of
        the option, or a date.
        """
        block, element = next((b, e) for b, e in elements(where.blocks) if name in _names(b, e))
        return self._act(
            where, block["block_id"], element["action_id"], _plain(element, choice), state
        )

    def enter(
        self, where: Surface, label: str, text: str, state: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Type into a text field that tells the app at once, and press Enter."""
        block, element = next((b, e) for b, e in elements(where.blocks) if label in _names(b, e))
        return self._act(where, block["block_id"], element["action_id"], text, state)

    def upload(self, window: Window, label: str, name: str, content: bytes) -> File:
        """Choose a file in a field of a form; it is uploaded at once, and is sent with the form as
        the field's value."""
        assert window.inputs[label]["element"]["type"] == "file_input"
        sent = self._session.post(
            f"{self._url}/ui/upload",
            data={"as": self.user},
            files={"file": (name, content)},
            timeout=30,
        ).json()
        return File(sent["file"]["id"], name)

    def submit(self, window: Window, values: dict[str, Any]) -> dict[str, str]:
        """Send a form with these values by label; returns the errors by label."""
        answer = self._post("submit", view_id=window.id, values=_given(window.blocks, values))
        labels = {block["block_id"]: label for label, block in window.inputs.items()}
        return {labels[block_id]: text for block_id, text in (answer.get("errors") or {}).items()}

    def home(self) -> dict[str, Any]:
        """Open the Home tab and wait for it."""
        self._post("home")
        return self._until(lambda view: view["home"])

    def home_tab(self, *wanted: str) -> Home:
        """The Home tab once it has all of these texts, waiting for it."""

        def look(view: View) -> Home | None:
            home = Home(view["home"] or {"blocks": []})
            return home if home.blocks and all(text in home.text for text in wanted) else None

        return self._until(look, f"a Home tab with {wanted}")

    def messages(self, channel: str) -> list[Message]:
        """The messages of a channel, oldest first, replies among them."""
        return _messages(self._view(), channel)

    def find(self, channel: str, *wanted: str) -> Message:
        """The newest message that has all of these texts, waiting for it."""

        def look(view: View) -> Message | None:
            there = _messages(view, channel)
            fitting = [m for m in there if all(text in m.text for text in wanted)]
            return fitting[-1] if fitting else None

        return self._until(look, f"a message with {wanted}")

    def window(self, *wanted: str) -> Window:
        """The window on top once it has all of these texts (title included), waiting for it."""

        def look(view: View) -> Window | None:
            views = _windows(view)
            top = views[-1] if views else None
            return (
                top if top and all(text in f"{top.title}\n{top.text}" for text in wanted) else None
            )

        return self._until(look, f"a window with {wanted}")

    def top_window(self) -> Window | None:
        """The window on top as it is now, if one is open."""
        views = _windows(self._view())
        return views[-1] if views else None

    def close(self, window: Window) -> None:
        """Close a window, and those that lie on it."""
        self._post("close", view_id=window.id)

    @property
    def open_windows(self) -> int:
        """How many windows are open."""
        return len(self._view()["views"])

    def notices(self) -> list[str]:
        """What Slack itself told this person."""
        return [notice["text"] for notice in self._view()["notices"]]

    def until(self, look: Callable[[], Found | None], what: str = "") -> Found:
        """What `look` finds, looked for again whenever something changes, until the deadline."""
        return self._until(lambda _view: look(), what)

    def _until(self, look: Callable[[View], Found | None], what: str = "") -> Found:
        """The same, in what there is to be seen."""
        end = time.monotonic() + DEADLINE_SECONDS
        while True:
            view = self._view()
            found = look(view)
            if found:
                return found
            if time.monotonic() > end:
                seen = [
                    m.text for c in self._view()["channels"] for m in c and self.messages(c["id"])
                ]
                seen += self.notices()
                raise AssertionError(f"no {what}; to be seen is:\n" + "\n---\n".join(seen))
            self._wait_beyond(int(view["version"]))

    def _act(
        self,
        where: Surface,
        block_id: str,
        action_id: str,
        value: Any,
        state: dict[str, Any] | None,
    ) -> dict[str, Any]:
        given = _given(where.blocks, state or {})
        ids = {"block_id": block_id, "action_id": action_id}
        return self._post("action", value=value, state=given, **ids, **where.place)

    def _poll(self, version: int) -> None:
        self._get(f"{self._url}/ui/view?as={self.user}&since={version}")

    def _view(self) -> View:
        return self._get(f"{self._url}/ui/view?as={self.user}")

    def _get(self, url: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._session.get(url, timeout=30).json()
        return answer

    def _post(self, what: str, **asked: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._session.post(
            f"{self._url}/ui/{what}", json={"as": self.user, **asked}, timeout=30
        ).json()
        self._hear_out()
        return answer


def _messages(view: View, channel: str) -> list[Message]:
    places = {place["id"]: place["messages"] for place in view["channels"]}
    return [Message(data, channel) for data in places.get(channel, [])]


def _windows(view: View) -> list[Window]:
    return [Window(v["id"], v["hash"], v["view"]) for v in view["views"]]


def _buttons(blocks: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (block["block_id"], element)
        for block, element in elements(blocks)
        if element["type"] == "button"
    ]


def _names(block: dict[str, Any], element: dict[str, Any]) -> list[str]:
    """What a field may be called by: its action id, its placeholder, its label."""
    spoken = [block.get("label") or {}, element.get("placeholder") or {}]
    return [element["action_id"], *(text["text"] for text in spoken if text)]


def _given(blocks: list[dict[str, Any]], values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Values by label (or placeholder, or action id) as the page sends them."""
    given: dict[str, dict[str, Any]] = {}
    for label, value in values.items():
        block, element = next((b, e) for b, e in elements(blocks) if label in _names(b, e))
        given.setdefault(block["block_id"], {})[element["action_id"]] = _plain(element, value)
    return given


def _plain(element: dict[str, Any], value: Any) -> Any:
    """A value as the page sends it: options by their values, files by their ids."""
    several = value if isinstance(value, list) else [value] if value else []
    match element["type"]:
        case "static_select" | "radio_buttons" | "overflow":
            return options_of(element)[value] if value else value
        case "checkboxes" | "multi_static_select":
            return [options_of(element)[each] for each in several]
        case "file_input":
            return [file.id for file in several]
        case _:
            return value
