"""What stands between `handlers/` and the database: services that take ids and give views."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

import handlers
from bot.services import Services
from tests.support.rows import every

HANDLERS = [*Path(handlers.__file__).parent.rglob("*.py")]
CARDS = [path for path in HANDLERS if path.parent.name in ("cards", "text")]
PURE = (
    "bot.common",
    "bot.diagnosis.history",
    "bot.diagnosis.note",
    "bot.diagnosis.step_records",
    "bot.diagnosis.verdict",
    "bot.mail.folder_words",
    "bot.mail.imap_list",
    "bot.mail.suggestions",
    "bot.views",
    "handlers.cards",
    "handlers.text",
    "storage.vocabulary",
)
"""Of ours, cards and texts know these: values and words."""


def attributes(path: Path) -> Iterator[str]:
    """Every name behind a dot."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            yield node.attr


def imported(path: Path) -> Iterator[str]:
    """Every module that is imported."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            # `from storage import tables` imports storage.tables
            part = node.module if "." in node.module else f"{node.module}.{node.names[0].name}"
            yield part


@every("path", HANDLERS, ids=lambda path: path.stem)
def test_no_listener_and_no_card_opens_a_transaction(path: Path) -> None:
    assert "transaction" not in attributes(path)


@every("path", HANDLERS, ids=lambda path: path.stem)
def test_no_listener_and_no_card_sees_a_row(path: Path) -> None:
    found = [name for name in imported(path) if name.partition(".")[0] == "storage"]
    assert set(found) <= {"storage.vocabulary", "storage.api_vocabulary"}


@every("path", CARDS, ids=lambda path: path.stem)
def test_cards_know_values_and_words_alone(path: Path) -> None:
    ours = [name for name in imported(path) if name.split(".")[0] in ("bot", "handlers", "storage")]
    strange = [name for name in ours if not any(f"{name}.".startswith(f"{pure}.") for pure in PURE)]
    assert strange == []


@every("path", CARDS, ids=lambda path: path.stem)
def test_cards_ask_no_clock(path: Path) -> None:
    assert {"now", "utcnow", "today"}.isdisjoint(attributes(path))


def services() -> Iterator[tuple[str, type]]:
    """The services by their names."""
    for name, kind in get_type_hints(Services).items():
        if inspect.isclass(kind) and kind.__module__.startswith("bot.") and name != "views":
            yield name, kind


def for_handlers(kind: type) -> Iterator[tuple[str, dict[str, object]]]:
    """The methods of a service that take no transaction, with the types of what they take and
    give."""
    for name, method in inspect.getmembers(kind, inspect.isfunction):
        types = get_type_hints(method)
        if not name.startswith("_") and "tx" not in types:
            yield name, types


FOR_THE_BOT = {"links.url", "consent.link", "lifecycle.hours", "failures.verdict"}
"""Methods that take a row and are called inside the bot, where one is at hand."""


@pytest.mark.parametrize("name", [name for name, _ in services()])
def test_a_service_takes_and_gives_no_row(name: str) -> None:
    kind = dict(services())[name]
    for method, types in for_handlers(kind):
        if f"{name}.{method}" in FOR_THE_BOT:
            continue
        for what, given in types.items():
            assert "storage.tables." not in str(given), f"{name}.{method}: {what} is {given}"
