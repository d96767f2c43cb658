"""The sentences that people read in Slack: kept together in `sentences.toml`, filled in here.

`say` is for where Slack reads markup and escapes what it fills in (with `markup.safe`); `plainly`
is for where it reads none, and escapes nothing.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from handlers.text.markup import Safe, coded, safe

FILE = Path(__file__).with_name("sentences.toml")


@cache
def sentences() -> dict[str, str]:
    """Every sentence by its name, ``group.name``."""
    groups = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        f"{group}.{name}": text for group, texts in groups.items() for name, text in texts.items()
    }


def say(name: str, /, **values: Any) -> Safe:
    """A sentence in Slack's markup; `values` are made harmless."""
    written = {key: v if isinstance(v, str) else str(v) for key, v in values.items()}
    harmless = {key: safe(value) for key, value in written.items()}
    pieces = sentences()[name].split("`")
    if len(pieces) == 1:
        return Safe(pieces[0].format(**harmless))
    code = {key: coded(value) for key, value in written.items()}
    filled = [each.format(**(code if n % 2 else harmless)) for n, each in enumerate(pieces)]
    return Safe("`".join(filled))


def plainly(name: str, /, **values: Any) -> str:
    """A sentence as plain text, for labels, field errors and notifications."""
    return sentences()[name].format(**values)
