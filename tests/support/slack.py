"""People of the practice world's Slack, as tests drive them: over the same addresses as the browser page."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import requests

DEADLINE_SECONDS = 20
Found = TypeVar("Found")


def texts(block: Any) -> list[str]:
    """Every text in a block or view, in reading order."""
    if isinstance(block, dict):
        own = [block["text"]] if isinstance(block.get("text"), str) else []
        return own + [text for key, value in block.items() if not (key == "text" and own) for text in texts(value)]
    if isinstance(block, list):
        return [text for item in block for text in texts(item)]
    return []


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
    def elements(self) -> list[tuple[str, dict[str, Any]]]:
        """Its buttons, each with its block's id."""
        return [(block["block_id"], element) for block in self.data["blocks"] for element in _elements(block)]

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
        return {block["label"]["text"]: block for block in self.view["blocks"] if block["type"] == "input"}

    @property
    def elements(self) -> list[tuple[str, dict[str, Any]]]:
        """Its buttons, each with its block's id."""
        return [(block["block_id"], element) for block in self.view["blocks"] for element in _elements(block)]

    def options(self, label: str) -> dict[str, str]:
        """The choices of a dropdown: text to value."""
        element = self.inputs[label]["element"]
        found = element.get("options") or [o for g in element["option_groups"] for o in g["options"]]
        return {option["text"]["text"]: option["value"] for option in found}

    def chosen(self, label: str) -> str:
        """What a dropdown shows already."""
        option = self.inputs[label]["element"].get("initial_option")
        return str(option["text"]["text"]) if option else ""


class SlackPerson:
    """Somebody at a Slack client."""

    def __init__(self, url: str, user: str) -> None:
        self.user = user
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.proxies = {}

    def slash(self, channel: str, text: str) -> dict[str, Any]:
        """Type ``/maildesk text``."""
        return self._post("slash", channel=channel, command="/maildesk", text=text)

    def say(self, channel: str, text: str) -> dict[str, Any]:
        """Write a message."""
        return self._post("message", channel=channel, text=text)

    def press(self, where: Message | Window, label: str) -> dict[str, Any]:
        """Press a button."""
        block_id, element = next((b, e) for b, e in where.elements if e["text"]["text"] == label)
        place = {"channel": where.channel, "ts": where.ts} if isinstance(where, Message) else {"view_id": where.id}
        return self._post("action", block_id=block_id, action_id=element["action_id"], **place)

    def submit(self, window: Window, values: dict[str, Any]) -> dict[str, str]:
        """Send a form with these values by label; returns the errors by label."""
        given: dict[str, dict[str, Any]] = {}
        for label, value in values.items():
            block = window.inputs[label]
            value = window.options(label)[value] if block["element"]["type"] == "static_select" and value else value
            given[block["block_id"]] = {block["element"]["action_id"]: value}
        answer = self._post("submit", view_id=window.id, values=given)
        labels = {block["block_id"]: label for label, block in window.inputs.items()}
        return {labels[block_id]: text for block_id, text in (answer.get("errors") or {}).items()}

    def home(self) -> dict[str, Any]:
        """Open the Home tab and wait for it."""
        self._post("home")
        return self.until(lambda: self._view()["home"])

    def messages(self, channel: str) -> list[Message]:
        """The messages of a channel, oldest first, replies among them."""
        places = {place["id"]: place["messages"] for place in self._view()["channels"]}
        return [Message(data, channel) for data in places.get(channel, [])]

    def find(self, channel: str, *wanted: str) -> Message:
        """The newest message that has all of these texts, waiting for it."""

        def look() -> Message | None:
            fitting = [m for m in self.messages(channel) if all(text in m.text for text in wanted)]
            return fitting[-1] if fitting else None

        return self.until(look, f"a message with {wanted}")

    def window(self, *wanted: str) -> Window:
        """The window on top once it has all of these texts (title included), waiting for it."""

        def look() -> Window | None:
            views = [Window(v["id"], v["hash"], v["view"]) for v in self._view()["views"]]
            top = views[-1] if views else None
            return top if top and all(text in f"{top.title}\n{top.text}" for text in wanted) else None

        return self.until(look, f"a window with {wanted}")

    @property
    def open_windows(self) -> int:
        """How many windows are open."""
        return len(self._view()["views"])

    def notices(self) -> list[str]:
        """What Slack itself told this person."""
        return [notice["text"] for notice in self._view()["notices"]]

    def until(self, look: Callable[[], Found | None], what: str = "") -> Found:
        """What `look` finds, looked for again whenever something changes, until the deadline."""
        end = time.monotonic() + DEADLINE_SECONDS
        while True:
            version = int(self._view()["version"])
            found = look()
            if found:
                return found
            if time.monotonic() > end:
                seen = [m.text for c in self._view()["channels"] for m in c and self.messages(c["id"])]
                raise AssertionError(f"no {what}; to be seen is:\n" + "\n---\n".join(seen))
            self._get(f"{self._url}/ui/view?as={self.user}&since={version}")

    def _view(self) -> dict[str, Any]:
        return self._get(f"{self._url}/ui/view?as={self.user}")

    def _get(self, url: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._session.get(url, timeout=30).json()
        return answer

    def _post(self, what: str, **asked: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._session.post(
            f"{self._url}/ui/{what}", json={"as": self.user, **asked}, timeout=30
        ).json()
        return answer


def _elements(block: dict[str, Any]) -> list[dict[str, Any]]:
    parts = [*(block.get("elements") or []), block.get("accessory") or {}]
    return [part for part in parts if part.get("type") == "button"]
