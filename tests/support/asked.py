"""Which sentences the code asks for, and what it shows them as: read out of its syntax."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path

from bot.config import clouds
from bot.diagnosis.note_checks import NAMED
from bot.diagnosis.observation import Observation, Where
from bot.diagnosis.signature import Signature
from bot.diagnosis.verdict import PEOPLE
from bot.incidents.timeline import Entry
from bot.mail.folder_words import languages
from bot.mail.suggestions import Reason
from bot.microsoft import announced
from bot.views.incident_lists import Part
from bot.views.telling import CUSTOMERS
from handlers.text.words import sentences
from storage.vocabulary import (
    WAITING,
    FolderRole,
    IncidentStatus,
    Loss,
    MaintenanceOf,
    Mended,
    Owner,
    Permanence,
    Plan,
    Scope,
    Severity,
    State,
    StepId,
    StepStatus,
)

ROOT = Path(__file__).parents[2]
CODE = ("handlers", "bot")
LITERALS = (*CODE, "storage")
"""Where the changing part of a built name may be written."""

CLOSED: dict[str, Iterable[str]] = {
    "state.": State,
    "next.": State,
    "owner.": Owner,
    "reach.": Scope,
    "mended.": Mended,
    "step.": StepId,
    "status.": StepStatus,
    "folders.": FolderRole,
    "old.plan_": Plan,
    "owner_support.": Owner,
    "owner_page.": Owner,
    "for_customer.": CUSTOMERS,
    "for_support.": PEOPLE,
    "folders.because_": Reason,
    "folders.lost_": Loss,
    "language.": languages(),
    "reminder.waits_": WAITING,
    "prediction.switch_": {switch.id for switch in announced.load().switch},
    "unexplained.where_": {Signature.of(Observation(where)).where[0] for where in Where},
    "unexplained.again_": Permanence,
    "unexplained.name_": NAMED,
    "alert.did_": Entry,
    "alert.severity_": Severity,
    "alert.stale_": IncidentStatus,
    "alert.part_": Part,
    "alert.none_": Part,
    "maintenance.of_": MaintenanceOf,
    "maintenance.choose_": MaintenanceOf,
    "permission.": {
        scope.rpartition("/")[2] for cloud in clouds.load().values() for scope in cloud.scopes
    },
}
"""Names that are built from a beginning and a member of a closed set."""

BUILT = re.compile(r"[a-z_]+\\\.(\w|\(\.\+\))+|\(\.\+\)\\\.\w+")
"""Of the expressions for built names, those that a sentence may have: ``owner\\.(.+)``,
``(.+)\\.taken``."""


@cache
def trees(tops: tuple[str, ...] = CODE) -> tuple[ast.Module, ...]:
    return tuple(
        ast.parse(path.read_text(encoding="utf-8"))
        for top in tops
        for path in (ROOT / top).rglob("*.py")
    )


@cache
def literals() -> frozenset[str]:
    nodes = chain.from_iterable(ast.walk(tree) for tree in trees(LITERALS))
    return frozenset(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def pattern(built: ast.JoinedStr) -> str:
    """A name that is built, ``f"owner.{owner}"``, as an expression with a group for each changing
    part."""
    return "".join(
        re.escape(str(part.value)) if isinstance(part, ast.Constant) else "(.+)"
        for part in built.values
    )


@cache
def patterns() -> frozenset[str]:
    """The names that the code builds, as expressions."""
    nodes = chain.from_iterable(ast.walk(tree) for tree in trees())
    built = {pattern(node) for node in nodes if isinstance(node, ast.JoinedStr)}
    return frozenset(each for each in built if BUILT.fullmatch(each))


def is_built(name: str) -> bool:
    """Whether the code builds this name, from parts that are written somewhere."""
    parts = literals() | set(chain.from_iterable(CLOSED.values()))
    matches = (re.fullmatch(each, name) for each in patterns())
    return any(
        found and all(part in parts or part.isdigit() for part in found.groups())
        for found in matches
    )


def calls(*functions: str) -> Iterator[ast.Call]:
    for node in chain.from_iterable(ast.walk(tree) for tree in trees()):
        if isinstance(node, ast.Call) and called(node) in functions:
            yield node


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def written(node: ast.expr | None) -> Iterator[str]:
    """The names that an expression can be, as far as they are written out."""
    match node:
        case ast.Constant(value=str(name)):
            yield name
        case ast.IfExp(body=one, orelse=other):
            yield from written(one)
            yield from written(other)
        case ast.Call(args=[first, *_]) if called(node) in ("say", "plainly"):
            yield from written(first)


def askers() -> dict[str, int]:
    """The functions that take the name of a sentence, and the place where they take it."""
    found = {"say": 0, "plainly": 0, "message_window": 0, "_sentence": 0}
    for node in chain.from_iterable(ast.walk(tree) for tree in trees()):
        for owner, function in functions(node):
            names = [
                each.arg
                for each in (*function.args.posonlyargs, *function.args.args)
                if each.arg != "self"
            ]
            if "sentence" in names:
                found[owner or function.name] = names.index("sentence")
    return found


def functions(node: ast.AST) -> Iterator[tuple[str, ast.FunctionDef]]:
    """A function, or the constructor of a class under the name of the class."""
    if isinstance(node, ast.FunctionDef) and node.name != "__init__":
        yield "", node
    if isinstance(node, ast.ClassDef):
        yield from (
            (node.name, part)
            for part in node.body
            if isinstance(part, ast.FunctionDef) and part.name == "__init__"
        )


def asked() -> Iterator[str]:
    """The names that are handed over as sentences."""
    places = askers()
    for call in calls(*places):
        place = places[called(call)]
        yield from written(call.args[place] if place < len(call.args) else None)
    for node in chain.from_iterable(ast.walk(tree) for tree in trees()):
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield from chain.from_iterable(
                written(value) for key, value in pairs if "sentence" in written(key)
            )
        if isinstance(node, ast.Assign) and any(
            getattr(target, "id", "") == "sentence" for target in node.targets
        ):
            yield from (name for name in written(node.value) if " " not in name)


@cache
def shown_as() -> frozenset[tuple[str, str]]:
    """What a window has as its title and on its button, as far as the name is written out, and
    every button's label."""
    return frozenset(_shown_as())


def _shown_as() -> Iterator[tuple[str, str]]:
    for function in chain.from_iterable(ast.walk(tree) for tree in trees()):
        if isinstance(function, ast.FunctionDef):
            yield from parts_of_windows(function)
    for call in calls("message_window"):
        yield from (("title", name) for name in written(call.args[0]))
    yield from (("button", name) for name in sentences() if name.startswith("button."))


def parts_of_windows(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    known = dict(assigned(function))
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and called(call) == "modal" and call.args:
            given = [("title", call.args[0])]
            given += [
                ("submit", keyword.value) for keyword in call.keywords if keyword.arg == "submit"
            ]
            for what, node in given:
                value = known.get(node.id) if isinstance(node, ast.Name) else node
                yield from ((what, name) for name in written(value))


def assigned(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """What a function's variables are set to."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                yield from (
                    (name.id, value)
                    for name, value in zip(names, values, strict=False)
                    if isinstance(name, ast.Name)
                )
