"""Env files, and what they leave in the environment that is not of the settings.

A shell takes off quotation marks, comments and a byte order mark; `docker run --env-file`, systemd
and others hand some of them on as they are.
"""

import re
from pathlib import Path

from bot.common.texts import visible

MARKS = "\ufeff", "ï»¿"
"""A byte order mark, and one that was read in another encoding."""

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
QUOTED = re.compile(r"""(['"])(.*)\1(?:\s+#.*)?""", re.S)
COMMENT = re.compile(r"^#\s|\s#")
FREE_TEXT = frozenset({"VENDOR_NAME", "MS_APP_NAME"})
"""Where a # may be meant."""


class SettingsError(Exception):
    """A setting is missing or malformed; the text is one line that names it and never shows a
    secret."""


def read(file: Path) -> dict[str, str]:
    """What an env file gives, by its variables' names: lines as ``NAME=value``, with or without
    ``export``; empty lines, and those that begin with #, say nothing. Values are as they are
    written there: `value` takes off their quotation marks.

    Raises:
        SettingsError: it cannot be read, or a line is none; the text names the line, not its words.
    """
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file} cannot be read (it is not in UTF-8)") from None
    given = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        variable, equals, written = text.removeprefix("export ").partition("=")
        if not equals or not VARIABLE.fullmatch(variable.strip()):
            raise SettingsError(f"{file} is malformed: line {number} is not NAME=value")
        given[variable.strip()] = written
    return given


def name(written: str) -> str:
    """A variable's name without what an editor put before the file's first one."""
    return _without_mark(written)


def value(variable: str, written: str) -> str:
    """A variable's value without spaces and quotation marks around it.

    Raises:
        SettingsError: a comment or half a quotation stands in it; the text names the variable.
    """
    text = visible(_without_mark(written)).strip()
    quoted = QUOTED.fullmatch(text)
    if quoted is not None:
        return quoted[2].strip()
    if text[:1] in ("'", '"') or text[-1:] in ("'", '"'):
        raise SettingsError(f"{variable} is malformed: a quotation mark stands on one side only")
    if COMMENT.search(text) and variable not in FREE_TEXT:
        raise SettingsError(f"{variable} is malformed: there is a comment (#) behind it, or in it")
    return text


def _without_mark(text: str) -> str:
    for mark in MARKS:
        text = text.removeprefix(mark)
    return text
