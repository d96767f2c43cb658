"""Finds every regular expression of the product, and the inputs on which each would be slowest.

Python's `re` goes back and tries again. An expression in which the same text can be read in several ways,
or whose search begins anew at every character of a long run, takes quadratic time or worse.
"""

import ast
import importlib
import pkgutil
import re
import signal
import time
import tomllib
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import FrameType, ModuleType
from typing import Any

import bot
import handlers
import storage

PACKAGES = (bot, handlers, storage)
KEPT_AS_DATA = {"self.text", "matcher.text"}
"""Expressions that code takes from data files, where they are found too."""

NAMED = re.compile(r"\bre\b")
"""Most modules do not name it, and need not be parsed."""

Pattern = re.Pattern[str] | re.Pattern[bytes]


@dataclass(frozen=True)
class Found:
    """An expression, where it stands, and how it is used there: an expression with a name may be
    used in every way, one within a call only as that call says."""

    where: str
    pattern: Pattern
    ways: tuple[str, ...] = ("finditer", "match", "fullmatch")


# -- where they are


@cache
def everywhere() -> tuple[Found, ...]:
    """Every expression once, by where it was seen first."""
    found: dict[tuple[str | bytes, int, str], Found] = {}
    for item in [*_in_modules(), *_in_data(), *_in_calls()]:
        for way in item.ways:
            found.setdefault((item.pattern.pattern, item.pattern.flags, way), item)
    return tuple(dict.fromkeys(found.values()))


def modules() -> Iterator[ModuleType]:
    """Every module of the product, the migrations excepted: nobody outside reaches them."""
    for package in PACKAGES:
        for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if ".migrations" not in info.name and not info.name.endswith("__main__"):
                yield importlib.import_module(info.name)


def _in_modules() -> Iterator[Found]:
    for module in modules():
        for name, value in list(vars(module).items()):
            if not name.startswith("__"):
                yield from _within(f"{module.__name__}.{name}", value, module.__name__)


def _within(where: str, value: Any, home: str) -> Iterator[Found]:
    """Expressions in an attribute: itself, in what it holds, or as attributes of a class."""
    match value:
        case re.Pattern():
            yield Found(where, value)
        case tuple() | list() | set() | frozenset():
            for item in value:
                yield from _within(where, item, home)
        case dict():
            for item in [*value.values(), *value]:
                yield from _within(where, item, home)
        case type() if value.__module__ == home:
            for name, item in list(vars(value).items()):
                if not name.startswith("__") and not isinstance(item, type):
                    yield from _within(f"{where}.{name}", item, home)


def _in_calls() -> Iterator[Found]:
    for module in modules():
        assert module.__file__ is not None
        text = Path(module.__file__).read_text()
        if not NAMED.search(text):
            continue
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                assert node.module != "re", (
                    f"{module.__name__}: say re.compile, so that it is found"
                )
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=way)):
                    yield from _in_call(node, way, module)


def _in_call(call: ast.Call, way: str, module: ModuleType) -> Iterator[Found]:
    if way in ("escape", "purge") or ast.unparse(call.args[0]) in KEPT_AS_DATA:
        return
    pattern = re.compile(_value(call.args[0], module), _flags(call, way, module))
    where = f"{module.__name__}:{call.lineno}"
    if way == "compile":
        yield Found(where, pattern)
    else:
        yield Found(where, pattern, (way if way in ("match", "fullmatch") else "finditer",))


def _value(node: ast.expr, module: ModuleType) -> Any:
    """What an argument is; a word stands for what only a call would know."""
    with suppress(NameError):
        return _evaluated(node, module)
    assert isinstance(node, ast.JoinedStr), f"{module.__name__}: {ast.unparse(node)} is not known"
    parts = [
        part if isinstance(part, ast.Constant) else ast.Constant("word") for part in node.values
    ]
    return "".join(str(part.value) for part in parts)


def _flags(call: ast.Call, way: str, module: ModuleType) -> int:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "flags"]
    position = {"compile": 1, "sub": 4, "subn": 4, "split": 3}.get(way, 2)
    given += call.args[position : position + 1]
    return int(_evaluated(given[0], module)) if given else 0


def _evaluated(node: ast.expr, module: ModuleType) -> Any:
    return eval(compile(ast.Expression(node), "", "eval"), dict(vars(module)))


def _in_data() -> Iterator[Found]:
    for package in PACKAGES:
        for file in Path(package.__path__[0]).rglob("*.toml"):
            for text in _texts_to_match(tomllib.loads(file.read_text(encoding="utf-8"))):
                yield Found(f"{package.__name__}/{file.name}: {text}", re.compile(text, re.I))


def _texts_to_match(data: Any, matching: bool = False) -> Iterator[str]:
    """Every `text` below a `match`, and every `pattern` and `regex`."""
    if isinstance(data, dict):
        for name, value in data.items():
            if isinstance(value, str) and (
                name in ("pattern", "regex") or (matching and name == "text")
            ):
                yield value
            yield from _texts_to_match(value, matching or name == "match")
    if isinstance(data, list):
        for item in data:
            yield from _texts_to_match(item, matching)


# -- what they would be slowest on


MAX_SIGNS = 10
"""So many kinds of characters are combined at most; no expression of ours tells more apart."""
COMMON = "aZ0 \n\t@.-_<>\"'\\/=&:;,(\x01é\x00"


def attacks(pattern: Pattern) -> list[tuple[str, str, str]]:
    """Beginnings, what to repeat, and endings: made of the expression's own parts, of every kind of
    character that it tells apart, and of pairs of them."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    signs = _kinds(tree, bool(pattern.flags & re.I))
    samples = [sample for sample in dict.fromkeys(_samples(tree)) if sample]
    begins = list(dict.fromkeys(["", *_beginnings(tree)]))[:8]
    pumps = list(dict.fromkeys([*signs, *samples, *begins[1:]]))
    ends = ("", "\x00", "!\n")
    pairs = ["".join(pair) for pair in product(signs[:MAX_SIGNS], repeat=2)]
    return [
        *product(begins, pumps, ends[1:]),
        *product([""], pumps, ends[:1]),
        *product([""], pairs, ends[1:2]),
    ]


def _kinds(tree: Any, folded: bool) -> list[str]:
    """One character for each kind that the expression tells apart."""
    sets = list({repr(told): told for told in _sets(tree)}.values())
    candidates = [*COMMON, *(sign for told in sets for sign in _mentioned(told))]
    kinds: dict[tuple[bool, ...], str] = {}
    for sign in candidates:
        forms = {sign, sign.lower(), sign.upper()} if folded else {sign}
        told = tuple(any(_holds(one, form) for form in forms if len(form) == 1) for one in sets)
        kinds.setdefault(told, sign)
    return list(kinds.values())


def _sets(tree: Any) -> Iterator[list[Any]]:
    """The sets of characters in it, a single character being a set of one."""
    for code, argument in tree:
        if code in (codes.LITERAL, codes.NOT_LITERAL):
            yield [(code, argument)]
        elif code is codes.IN:
            yield argument
        else:
            for part in _parts(code, argument):
                yield from _sets(part)


def _parts(code: Any, argument: Any) -> Sequence[Any]:
    match code:
        case codes.BRANCH:
            return list(argument[1])
        case codes.SUBPATTERN:
            return [argument[-1]]
        case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT:
            return [argument[2]]
        case codes.ASSERT | codes.ASSERT_NOT:
            return [argument[1]]
        case codes.ATOMIC_GROUP:
            return [argument]
        case _:
            return []


def _mentioned(told: list[Any]) -> Iterator[str]:
    for code, argument in told:
        if code in (codes.LITERAL, codes.NOT_LITERAL):
            yield chr(argument)
        elif code is codes.RANGE:
            yield chr(argument[0])
        elif code is codes.CATEGORY:
            yield from (sign for sign in COMMON if _in_category(argument, sign))


def _holds(told: list[Any], sign: str) -> bool:
    negated, held = False, False
    for code, argument in told:
        match code:
            case codes.NEGATE:
                negated = True
            case codes.LITERAL:
                held |= ord(sign) == argument
            case codes.NOT_LITERAL:
                held |= ord(sign) != argument
            case codes.RANGE:
                held |= argument[0] <= ord(sign) <= argument[1]
            case codes.CATEGORY:
                held |= _in_category(argument, sign)
    return held is not negated


def _in_category(category: Any, sign: str) -> bool:
    word = sign.isalnum() or sign == "_"
    return {
        codes.CATEGORY_DIGIT: sign.isdigit(),
        codes.CATEGORY_NOT_DIGIT: not sign.isdigit(),
        codes.CATEGORY_SPACE: sign.isspace(),
        codes.CATEGORY_NOT_SPACE: not sign.isspace(),
        codes.CATEGORY_WORD: word,
        codes.CATEGORY_NOT_WORD: not word,
    }[category]


def _samples(tree: Any) -> Iterator[str]:
    """A text for every part that is repeated, and for the whole."""
    yield _sample(tree)
    for code, argument in tree:
        for part in _parts(code, argument):
            yield from _samples(part)


def _beginnings(tree: Any) -> Iterator[str]:
    """What matches the first part, the first two, and so on; within groups and repeats as well."""
    for length in range(1, len(tree) + 1):
        yield _sample(tree[:length])
    for index, (code, argument) in enumerate(tree):
        for part in _parts(code, argument):
            for begun in _beginnings(part):
                yield _sample(tree[:index]) + begun


def _sample(tree: Any) -> str:
    """A text that this matches, as short as it may be, but with one of everything."""
    return "".join(_sample_of(code, argument) for code, argument in tree)


def _sample_of(code: Any, argument: Any) -> str:
    match code:
        case codes.LITERAL:
            return chr(argument)
        case codes.NOT_LITERAL | codes.IN:
            told = argument if code is codes.IN else [(code, argument)]
            fitting = [sign for sign in [*_mentioned(told), *COMMON] if _holds(told, sign)]
            return fitting[0] if fitting else ""
        case codes.ANY:
            return "a"
        case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT:
            return _sample(argument[2]) * max(argument[0], min(argument[1], 1))
        case codes.BRANCH:
            return _sample(argument[1][0])
        case codes.SUBPATTERN:
            return _sample(argument[-1])
        case codes.ATOMIC_GROUP:
            return _sample(argument)
        case _:
            return ""


# -- how slow they are


class TooSlow(Exception):
    """It had not ended after so long."""


def text_of(attack: tuple[str, str, str], length: int) -> str:
    """An attack so many characters long."""
    begin, pump, end = attack
    return begin + pump * max((length - len(begin) - len(end)) // len(pump), 1) + end


def seconds(found: Found, text: str, limit: float = 10) -> float:
    """The processor's time to use the expression on `text` in each of its ways.

    Raises:
        TooSlow: that takes longer than `limit` seconds.
    """
    subject: Any = text.encode("utf-8") if isinstance(found.pattern.pattern, bytes) else text
    with ended_after(limit):
        begin = time.thread_time()
        for way in found.ways:
            result = getattr(found.pattern, way)(subject)
            if way == "finditer":
                deque(result, maxlen=0)
        return time.thread_time() - begin


@contextmanager
def ended_after(limit: float) -> Iterator[None]:
    """End the block when this process has worked on it for so long; `re` looks for signals while it
    matches."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
