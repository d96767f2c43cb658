"""What a reader is told: whose turn it is, what is wrong, and what to do next, read out of a card, a
window, a message (Block Kit) or a page (HTML).

The primary next step is what stands out to be pressed: in Block Kit an element of the style
*primary*, on a page an element of the class *button* that is neither *quiet* nor folded away. There
is at most one on a surface.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from html.parser import HTMLParser
from typing import Any

from bot.views.audience import Audience
from handlers.cards.actions import ActionId
from handlers.text.words import plainly, sentences
from storage.vocabulary import Owner

ERROR_ID = re.compile(r"MX-[0-9A-Z]{4}-[0-9A-Z]{4}")


class Step(StrEnum):
    """What somebody does next, whatever the button is called that does it or leads there."""

    CONFIRM = "say whose organisation it is"
    SIGN_IN = "sign in"
    INVITE = "send the owner the link"
    APPROVE = "have an administrator approve"
    MEND = "do what mends it, and say so"
    TEST = "test again"
    FOLDERS = "map the folders"
    ADD = "add an account"
    LOOK = "open what waits"
    ACKNOWLEDGE = "take the alert"
    TAKE = "take the request"


STEPS = {
    ActionId.ORGANISATION_CONFIRM: Step.CONFIRM,
    ActionId.ORGANISATION_ALLOW: Step.CONFIRM,
    ActionId.LINK_OPENED: Step.SIGN_IN,
    ActionId.LINK_RENEW: Step.SIGN_IN,
    ActionId.INVITE_OPEN: Step.INVITE,
    ActionId.ADMIN_PACKET: Step.APPROVE,
    ActionId.FIX_REPORTED: Step.MEND,
    ActionId.ERROR_SHOW: Step.MEND,
    ActionId.TEST_RUN: Step.TEST,
    ActionId.FOLDERS_ACCEPT: Step.FOLDERS,
    ActionId.FOLDERS_OPEN: Step.FOLDERS,
    ActionId.ACCOUNT_ADD: Step.ADD,
    ActionId.ACCOUNT_LIST: Step.LOOK,
    ActionId.ACCOUNT_SHOW: Step.LOOK,
    ActionId.HOME_SEARCH: Step.LOOK,
    ActionId.ALERT_ACKNOWLEDGE: Step.ACKNOWLEDGE,
    ActionId.HOME_ACKNOWLEDGE: Step.ACKNOWLEDGE,
    ActionId.ALERT_RESOLVE: Step.MEND,
    ActionId.ALERT_UNSILENCE: Step.ACKNOWLEDGE,
    ActionId.ALERT_SHOW: Step.LOOK,
    ActionId.ALERT_OTHER: Step.LOOK,
    ActionId.REQUEST_TAKE: Step.TAKE,
    ActionId.HOME_TAKE: Step.TAKE,
}
"""What a primary button is for. *What to do* leads to *It's changed*, and both are one step."""

NAMES_THE_TURN = {
    "list": "list.line",
    "set-up card": "setup.line",
    "status": "answer.turn",
    "thread": "test.mend",
    "error": "error.mend",
    "outage": "outage.turn",
    "setback": "setback.turn",
    "home": "home.waits",
    "folders window": "folders.unavailable",
    "refusal": "signin.refused",
}
"""By which sentence a surface says whose turn it is; the card has a field for it."""


@dataclass(frozen=True)
class Said:
    """What one surface says to its reader: who is named (as the sentences of the group `names` call
    them) as the one whose turn it is, the error IDs,
    the primary steps, and all of its words."""

    surface: str
    reader: Audience
    names: str
    turns: frozenset[str]
    errors: frozenset[str]
    steps: tuple[Step, ...]
    text: str


def in_slack(surface: str, reader: Audience, drawn: Any) -> Said:
    """What is said by a message, a window or a tab."""
    sentence = NAMES_THE_TURN.get(surface.partition(" of ")[0], "")
    drawn = getattr(drawn, "blocks", drawn)
    found = list(parts(drawn))
    texts = [part["text"] for part in found if isinstance(part.get("text"), str)]
    buttons = [part for part in found if part.get("type") == "button"]
    values = " ".join(str(part.get("value", "")) for part in buttons)
    return Said(
        surface,
        reader,
        "owner_support" if reader is Audience.SUPPORT else "owner",
        frozenset(name for text in texts for name in _turns(text, sentence)),
        frozenset(ERROR_ID.findall("\n".join([*texts, values]))),
        tuple(STEPS[ActionId(b["action_id"])] for b in buttons if b.get("style") == "primary"),
        "\n".join(texts),
    )


def parts(drawn: Any) -> Iterable[dict[str, Any]]:
    """Every object in what was drawn, however deep."""
    if isinstance(drawn, dict):
        yield drawn
        yield from (part for value in drawn.values() for part in parts(value))
    elif isinstance(drawn, list | tuple):
        yield from (part for each in drawn for part in parts(each))


def filled_in(name: str, text: str) -> list[dict[str, str]]:
    """With what a sentence was filled in, wherever it stands in a text."""
    return [found.groupdict() for found in _pattern(name).finditer(text)]


def _turns(text: str, sentence: str) -> list[str]:
    label = f"*{plainly('card.next')}*\n"
    if text.startswith(label):
        return [text.removeprefix(label)]
    return [found["owner"] for found in filled_in(sentence, text)] if sentence else []


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """What a sentence becomes when it is filled in; each place holds a line at most."""
    pieces = re.split(r"\{(\w+)\}", sentences()[name])
    written = [
        f"(?P<{piece}>[^\n]+?)" if number % 2 else re.escape(piece)
        for number, piece in enumerate(pieces)
    ]
    return re.compile(rf"^{''.join(written)}$", re.M)


def on_page(surface: str, html: str, steps: Mapping[str, Step]) -> Said:
    """What is said by a page. `steps`: what its main buttons are for, by where they lead."""
    page = _Page()
    page.feed(html)
    return Said(
        surface,
        Audience.CUSTOMER,
        "owner_page",
        frozenset(page.turns),
        frozenset(ERROR_ID.findall(html)),
        tuple(_leads(where, steps) for where in page.primary),
        " ".join("".join(page.words).split()),
    )


def _leads(where: str, steps: Mapping[str, Step]) -> Step:
    return next(step for path, step in steps.items() if path in where)


def named(owner: Owner | None, said: Said) -> str:
    """How whose turn it is (None: nobody's) is called there."""
    if owner is None:
        return plainly("owner.nobody")
    return plainly(f"{said.names}.{owner}", vendor="Maildesk")


@dataclass
class _Page(HTMLParser):
    """Reads a page: its words, who is named, and where its main buttons lead."""

    words: list[str] = field(default_factory=list)
    turns: list[str] = field(default_factory=list)
    primary: list[str] = field(default_factory=list)
    _form: str = ""
    _folded: int = 0
    _turn: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag == "form":
            self._form = given.get("action", "/login/")
        if tag == "details" and (self._folded or "open" not in given):
            self._folded += 1
        if "button" in classes and "quiet" not in classes and not self._folded:
            self.primary.append(given.get("href", self._form))
        self._turn = "turn" in classes

    def handle_endtag(self, tag: str) -> None:
        if tag == "details" and self._folded:
            self._folded -= 1
        self._turn = False

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._turn:
            self.turns.append(data.strip())
