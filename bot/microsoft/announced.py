"""How long Microsoft's permissions last, and what Microsoft has announced to switch off."""

import tomllib
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

FILE = Path(__file__).with_name("announced.toml")


class Switch(BaseModel, frozen=True, extra="forbid"):
    """Something that is switched off at the end of a day. `first_told`: so many days before it is
    first told of; `source`: where Microsoft says it."""

    id: str
    day: date
    first_told: int
    relies_on: Literal["old-accounts"]
    source: str


class GrantLife(BaseModel, frozen=True, extra="forbid"):
    """After how many days a permission lapses that nobody uses."""

    unused_days: int
    source: str

    @property
    def unused(self) -> timedelta:
        """The same as a length of time."""
        return timedelta(days=self.unused_days)


class Announced(BaseModel, frozen=True, extra="forbid"):
    """Everything that the data file has."""

    grant: GrantLife
    switch: tuple[Switch, ...]


@cache
def load() -> Announced:
    """Read the data file."""
    return Announced.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))
