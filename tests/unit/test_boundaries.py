"""What handlers may touch: no transaction, no table, and of storage its words alone; cards touch
still less."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HANDLERS = sorted(path.relative_to(ROOT) for path in (ROOT / "handlers").rglob("*.py"))
CARDS = [path for path in HANDLERS if path.parts[1] in ("cards", "text")]

PURE = (
    "bot.common",
    "bot.diagnosis.history",
    "bot.diagnosis.step_records",
    "bot.diagnosis.verdict",
    "bot.views",
    "handlers.cards",
    "handlers.text",
    "storage.vocabulary",
)
"""Of ours, cards and texts know these: values and words."""

ASKS_A_DATABASE = {
    "handlers/commands.py",
    "handlers/events.py",
    "handlers/features/buttons.py",
    "handlers/features/folders.py",
    "handlers/features/legacy.py",
    "handlers/features/legacy_import.py",
    "handlers/features/lookup.py",
    "handlers/features/reminders.py",
    "handlers/features/setup.py",
    "handlers/slack/listeners.py",
    "handlers/slack/modals.py",
    "handlers/web/health.py",
}
"""These do still, and must learn not to. The list only ever shrinks."""

KNOWS_A_SERVICE = {
    "handlers/cards/account_form.py",
    "handlers/cards/folders.py",
    "handlers/cards/legacy_import.py",
}
"""Cards that take a value of a service's module; the same is true of them."""


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.module is not None and node.level == 0, f"{path} imports relatively"
            # `from storage import tables` imports storage.tables
            yield from (
                node.module if "." in node.module else f"{node.module}.{name.name}"
                for name in node.names
            )


def reached(path: Path) -> list[str]:
    """How a file reaches the database: transactions that it opens, and what it imports of
    storage."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    opened = [
        f"line {node.lineno}: .transaction"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("transaction", "session")
    ]
    return opened + [
        module
        for module in imported(path)
        if module.split(".")[0] == "storage" and module != "storage.vocabulary"
    ]


def impure(path: Path) -> list[str]:
    """What a file imports of ours beyond values and words."""
    ours = [each for each in imported(path) if each.split(".")[0] in ("bot", "handlers", "storage")]
    return [
        each
        for each in ours
        if not any(each == pure or each.startswith(f"{pure}.") for pure in PURE)
    ]


@pytest.mark.parametrize("path", HANDLERS, ids=str)
def test_no_handler_reaches_the_database(path: Path) -> None:
    assert bool(reached(path)) == (path.as_posix() in ASKS_A_DATABASE), reached(path)


@pytest.mark.parametrize("path", CARDS, ids=str)
def test_cards_know_values_and_words_alone(path: Path) -> None:
    assert bool(impure(path)) == (path.as_posix() in KNOWS_A_SERVICE), impure(path)


@pytest.mark.parametrize("path", CARDS, ids=str)
def test_cards_ask_no_clock(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    asked = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today")
    ]
    assert asked == []
