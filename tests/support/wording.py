"""Everything that people read, piece by piece: the sentences in Slack, the catalogue, the pages
and the practice world's own words."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from handlers.text.words import sentences

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "bot" / "diagnosis" / "catalogue"
TEMPLATES = ROOT / "handlers" / "web" / "templates"
STYLE = ROOT / "handlers" / "text" / "STYLE.md"
SWITCHBOARD = ROOT / "sandbox" / "templates" / "switchboard.html"
PAGE = ROOT / "sandbox" / "slack" / "page" / "index.html"

COMMANDS = ("powershell",)
"""Steps that are typed, not read."""

SENTENCE_END = re.compile(r"(?<=[.!?])[)\"”*]*\s+|\n+|(?<=:)\s*$")
JINJA = re.compile(r"\{[%#].*?[%#]\}", re.DOTALL)
FILLED_IN = re.compile(r"\{\{.*?\}\}", re.DOTALL)
NOT_READ = re.compile(r"<(style|script|pre)\b.*?</\1>", re.DOTALL)
BLOCK = re.compile(
    r"</?(?:p|li|h\d|dt|dd|button|summary|title|ol|ul|dl|div|form|label|th|td|tr|table|details|footer"
    r"|a|select|option|input|textarea|header|main|nav)\b[^>]*>"
)
TAG = re.compile(r"<[^>]+>")


class Piece(NamedTuple):
    """A text that people read, and where it is written."""

    place: str
    text: str


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def in_slack() -> tuple[Piece, ...]:
    """Every sentence of `sentences.toml`."""
    return tuple(Piece(name, text) for name, text in sentences().items())


@cache
def rows() -> tuple[dict[str, Any], ...]:
    """Every row of the catalogue."""
    return tuple(
        row for path in sorted(CATALOGUE.glob("*.toml")) for row in _toml(path).get("row", ())
    )


def _step_texts(remedy: list[str | list[str]]) -> Iterator[str]:
    yield from (step[1] for step in remedy if isinstance(step, list) and step[0] not in COMMANDS)


@cache
def in_catalogue() -> tuple[Piece, ...]:
    """The rows' titles, sentences and remedies, and the remedies that they share."""
    pieces = [
        Piece(f"{row['id']}.{part}", row[part])
        for row in rows()
        for part in ("title", "customer", "support")
        if part in row
    ]
    pieces += [
        Piece(f"{row['id']}.remedy", text)
        for row in rows()
        for text in _step_texts(row.get("remedy", []))
    ]
    shared = _toml(CATALOGUE / "remedies.toml")["steps"]
    pieces += [Piece(f"@{name}", text) for name in shared for text in _step_texts(shared[name])]
    advice = _toml(CATALOGUE.parent / "advice.toml")
    for name, parts in advice.items():
        pieces += [
            Piece(f"advice.{name}", part) for part in parts.values() if isinstance(part, str)
        ]
        pieces += [Piece(f"advice.{name}", text) for text in _step_texts(parts["remedy"])]
    return tuple(pieces)


def page_texts(path: Path) -> list[str]:
    """The texts of a page, an element each; what is filled in is one word."""
    page = NOT_READ.sub("\n", path.read_text(encoding="utf-8"))
    page = FILLED_IN.sub("something", page)
    page = TAG.sub("", BLOCK.sub("\n", JINJA.sub("\n", page)))
    texts = (" ".join(text.split()) for text in page.split("\n"))
    return [text for text in texts if re.search(r"[A-Za-z]{2}", text)]


@cache
def on_pages() -> tuple[Piece, ...]:
    """What our own web pages say."""
    return tuple(
        Piece(path.name, text)
        for path in sorted(TEMPLATES.glob("*.html"))
        for text in page_texts(path)
    )


@cache
def in_practice() -> tuple[Piece, ...]:
    """The practice world's tours, switchboard and page."""
    sandbox = ROOT / "sandbox"
    tours = json.loads((sandbox / "slack" / "page" / "tours.json").read_text(encoding="utf-8"))
    pieces = [Piece("tours.json", tour["who"]) for tour in tours]
    pieces += [
        Piece("tours.json", step[part])
        for tour in tours
        for step in tour["steps"]
        for part in ("title", "text")
    ]
    pieces += [
        Piece(scenario["name"], scenario[part])
        for path in sorted((sandbox / "scenarios").glob("*.toml"))
        for scenario in _toml(path)["scenario"]
        for part in ("title", "explanation")
    ]
    pieces += [
        Piece(f"advice of {at}", text) for at, text in _toml(sandbox / "advice.toml").items()
    ]
    for page in (SWITCHBOARD, PAGE):
        pieces += [Piece(page.name, text) for text in page_texts(page)]
    return tuple(pieces)


@cache
def everything() -> tuple[Piece, ...]:
    """Every text that is kept by the style sheet."""
    return (*in_slack(), *in_catalogue(), *on_pages(), *in_practice())


def sentences_of(text: str) -> list[str]:
    """A text, sentence by sentence."""
    return [each for each in SENTENCE_END.split(text) if each]


def words_of(sentence: str) -> list[str]:
    """The words of a sentence; steps of a menu and marks are none."""
    return [word for word in sentence.split() if re.search(r"\w", word)]


@cache
def terms() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The style sheet's terms: what is used, and what is not used in its place."""
    lines = STYLE.read_text(encoding="utf-8").splitlines()
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("|")
    ]
    return tuple((use, tuple(never.split(", "))) for use, never in cells[2:])


@cache
def buttons() -> tuple[Piece, ...]:
    """What stands on the buttons of our pages and of the practice world's."""
    pages = (*sorted(TEMPLATES.glob("*.html")), SWITCHBOARD, PAGE)
    return _elements(pages, r"<button\b[^>]*>(.*?)</button>")


@cache
def headings() -> tuple[Piece, ...]:
    """The headings of our pages."""
    return _elements(sorted(TEMPLATES.glob("*.html")), r"<(?:h1|h2|summary)\b[^>]*>(.*?)</")


def _elements(pages: Iterable[Path], expression: str) -> tuple[Piece, ...]:
    found = (
        (path.name, match[1])
        for path in pages
        for match in re.finditer(expression, path.read_text(encoding="utf-8"), re.DOTALL)
    )
    texts = ((name, TAG.sub("", JINJA.sub("", text)).strip()) for name, text in found)
    return tuple(Piece(name, text) for name, text in texts if re.search(r"[A-Za-z]{2}", text))
