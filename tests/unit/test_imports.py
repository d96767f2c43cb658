"""The import rules of pyproject.toml notice a wrong import of each kind."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "handlers", "storage", "sandbox")


@dataclass(frozen=True)
class Plant:
    """A wrong import, where it is planted, and the contract that must notice it."""

    contract: str
    importer: str
    imported: str
    text: str = "import {imported}"


PLANTS = (
    Plant("handlers", "bot.accounts.service", "handlers.commands"),
    Plant("front-door", "handlers.commands", "bot.app.worker"),
    Plant("settings", "handlers.commands", "bot.config.settings"),
    Plant("storage", "storage.jobs", "bot.common.clock"),
    Plant("sandbox", "sandbox.world", "storage.jobs"),
    Plant("practice", "storage.jobs", "sandbox.world"),
    Plant("rooms", "bot.common.clock", "bot.messages.notices"),
    Plant(
        "rooms",
        "bot.common.people",
        "bot.messages.notices",
        "def late() -> None:\n    import {imported}",
    ),
    Plant("rooms", "bot.mail.steps", "bot.microsoft.client"),
    Plant("subjects", "bot.reminders.service", "bot.folders.drift"),
    Plant("handlers-layers", "handlers.slack.files", "handlers.features.home"),
    Plant("rows", "handlers.features.home", "storage.database"),
    Plant("rows", "handlers.cards.kit", "storage.tables"),
    Plant("cards", "handlers.cards.kit", "bot.reminders.service"),
    Plant("cards", "handlers.cards.kit", "bot.services"),
    Plant("sql", "bot.lifecycle.ladder", "sqlmodel"),
    Plant("slack", "bot.lifecycle.ladder", "slack_sdk"),
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages and their rules, to plant in."""
    folder = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path, contract: str = "") -> "subprocess.CompletedProcess[str]":
    """Check the rules, or one of them, on the packages in a folder."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--cache-dir", ".cache"]
    if contract:
        command += ["--contract", contract]
    environment = os.environ | {"PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def plant(folder: Path, importer: str, text: str) -> tuple[Path, str]:
    """Add `text` to a module of the copy; the file, and what it said before."""
    file = folder / Path(*importer.split(".")).with_suffix(".py")
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\n\n{text}\n", encoding="utf-8")
    return file, before


def test_the_packages_as_they_are_keep_every_rule(copy: Path) -> None:
    report = lint(copy)
    assert report.returncode == 0, report.stdout
    assert " 0 broken" in report.stdout


@pytest.fixture(scope="module")
def told(copy: Path) -> dict[str, str]:
    """What is told of each broken contract when all wrong imports are there, by its id."""
    before = [
        plant(copy, wrong.importer, wrong.text.format(imported=wrong.imported)) for wrong in PLANTS
    ]
    try:
        report = lint(copy)
    finally:
        for file, text in reversed(before):
            file.write_text(text, encoding="utf-8")
    assert report.returncode == 1, report.stdout
    _, _, broken = report.stdout.partition("\nBroken contracts\n")
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = {rule["id"]: rule["name"] for rule in rules["tool"]["importlinter"]["contracts"]}
    parts = {id_: broken.partition(f"\n{name}\n-")[2] for id_, name in named.items()}
    return {id_: re.split(r"\n.+\n---+\n", part)[0] for id_, part in parts.items()}


@pytest.mark.parametrize("wrong", PLANTS, ids=lambda p: f"{p.contract}:{p.importer}")
def test_a_wrong_import_is_noticed(told: dict[str, str], wrong: Plant) -> None:
    assert f"{wrong.importer} -> {wrong.imported}" in told[wrong.contract]


def test_a_circle_of_modules_is_noticed(copy: Path) -> None:
    file, before = plant(copy, "bot.mail.steps", "import bot.mail.probe")
    try:
        report = lint(copy, "circles")
    finally:
        file.write_text(before, encoding="utf-8")
    assert report.returncode == 1, report.stdout
    assert "bot.mail" in report.stdout


def test_a_room_without_a_place_in_the_layers_is_noticed(copy: Path) -> None:
    attic = copy / "bot" / "attic"
    attic.mkdir()
    (attic / "__init__.py").write_text('"""A room that nobody planned."""\n', encoding="utf-8")
    try:
        report = lint(copy, "rooms")
    finally:
        shutil.rmtree(attic)
    assert report.returncode == 1, report.stdout
    assert "attic" in report.stdout


def test_handlers_open_no_transaction() -> None:
    opened = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in sorted((ROOT / "handlers").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("transaction", "store")
    ]
    assert opened == []
