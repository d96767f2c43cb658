"""The sentences that people read in Slack: kept together in `sentences.toml`, filled in here.

`say` is for where Slack reads markup and escapes what it fills in (with `markup.safe`); `plainly`
is for where it reads none, and escapes nothing.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from handlers.text.markup import Safe, safe

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
    harmless = {
        key: value if isinstance(value, Safe) else safe(str(value)) for key, value in values.items()
    }
    return Safe(sentences()[name].format(**harmless))


def plainly(name: str, /, **values: Any) -> str:
    """A sentence as plain text, for labels, field errors and notifications."""
    return sentences()[name].format(**values)
