"""What stands between `handlers/` and the database: services that take ids and give views."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

import handlers
from bot.services import Services

HANDLERS = [*Path(handlers.__file__).parent.rglob("*.py")]
OUTBOX_ROW = "handlers/slack/sender.py"
"""The outbox hands the sender the item that it carries."""


def attributes(path: Path) -> Iterator[str]:
    """Every name behind a dot."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            yield node.attr


def imported(path: Path) -> Iterator[str]:
    """Every module that is imported."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def of_storage(path: Path) -> set[str]:
    """What of storage is imported, beside its closed sets of words."""
    found = {name for name in imported(path) if name.partition(".")[0] == "storage"}
    return found - {"storage.vocabulary"}


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.stem)
def test_no_listener_and_no_card_opens_a_transaction(path: Path) -> None:
    assert "transaction" not in attributes(path)


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.stem)
def test_no_listener_and_no_card_sees_a_row(path: Path) -> None:
    allowed = {"storage.tables"} if path.as_posix().endswith(OUTBOX_ROW) else set()
    assert of_storage(path) <= allowed


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
