"""What an env file leaves in the environment that is not of the settings.

A shell takes off quotation marks, comments and a byte order mark; `docker run --env-file`, systemd
and others hand some of them on as they are.
"""

import re
from collections.abc import Iterable, Mapping

from bot.common.texts import visible

MARKS = "\ufeff", "ï»¿"
"""A byte order mark, and one that was read in another encoding."""

QUOTED = re.compile(r"""(['"])(.*)\1(?:\s+#.*)?""", re.S)
COMMENT = re.compile(r"^#\s|\s#")
FREE_TEXT = frozenset({"VENDOR_NAME", "MS_APP_NAME"})
"""Where a # may be meant."""


class SettingsError(Exception):
    """A setting is missing or malformed; the text is one line that names it and never shows a
    secret."""


def values(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """What the environment says of these settings, by their names in lower case; an empty value is
    none.

    Raises:
        SettingsError: see `value`.
    """
    written = {name(variable): text for variable, text in environ.items()}
    found = {each: value(each.upper(), written.get(each.upper(), "")) for each in names}
    return {each: text for each, text in found.items() if text}


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
