"""What a check found: how it is, in plain words, and how to fix it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydantic import BaseModel

from bot.common.texts import on_one_line
from bot.diagnosis.observe import clean

MAX_WORDS = 300
"""So many characters of what a server said are shown."""


class Status(StrEnum):
    """How it is: `FAIL` keeps the bot from something, `WARN` may."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


class Kind(BaseModel, frozen=True, extra="forbid"):
    """A row of `findings.toml`: one thing that may be found, with `{values}` in its texts."""

    check: str
    status: Status
    says: str
    fix: str = ""


@dataclass(frozen=True)
class Finding:
    """What a check found. `kind` names the row of `findings.toml`."""

    check: str
    kind: str
    status: Status
    says: str
    fix: str = ""


@cache
def kinds() -> Mapping[str, Kind]:
    """Everything that may be found, by its name."""
    text = Path(__file__).with_name("findings.toml").read_text("utf-8")
    return {name: Kind.model_validate(row) for name, row in tomllib.loads(text).items()}


def found(kind: str, check: str = "", /, **values: object) -> Finding:
    """A finding of a kind with these values, which are shown without their secrets. `check` names
    whose it is, where several share the kind."""
    row = kinds()[kind]
    shown = {name: on_one_line(clean(str(value)))[:MAX_WORDS] for name, value in values.items()}
    return Finding(
        check or row.check, kind, row.status, row.says.format(**shown), row.fix.format(**shown)
    )
