"""A call of the API as data: where it is, what it takes, what it gives, and who may."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict

from bot.api.callers import Caller
from bot.api.refusals import Code
from storage.api_vocabulary import ApiScope


class Asked(BaseModel):
    """What a call says, in its body or its address."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Call:
    """A call of somebody who may make it. `path`: what stands in its address, by name; `query` and
    `body`: what it says, which are None where it says nothing."""

    caller: Caller
    path: Mapping[str, str]
    query: Asked | None
    body: Asked | None


@dataclass(frozen=True)
class Route:
    """A call. `path` is written as OpenAPI has it (``/accounts/{ref}``); `refuses`: with what it
    may be refused beside what every call may be."""

    method: str
    path: str
    name: str
    summary: str
    scope: ApiScope
    gives: type[BaseModel]
    do: Callable[[Call], BaseModel]
    query: type[Asked] | None = None
    body: type[Asked] | None = None
    refuses: tuple[Code, ...] = ()


def _as_written(text: object) -> object:
    """A time has a date, a ``T`` and a zone: pydantic takes bare numbers for times, too."""
    if not isinstance(text, str) or "T" not in text.upper():
        raise ValueError("a time like 2026-11-24T08:00:00Z")
    return text


def _utc_knows(moment: AwareDatetime) -> AwareDatetime:
    """The first and the last day of all have no time in UTC, if they are written in another
    zone."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time that UTC knows") from None


def digits(text: object) -> object:
    """A number in plain digits: pydantic takes ``5.0`` and ``1_000`` for numbers, too."""
    if isinstance(text, str) and not (text.isascii() and text.isdigit()):
        raise ValueError("a number in digits")
    return text


Moment = Annotated[AwareDatetime, BeforeValidator(_as_written), AfterValidator(_utc_knows)]
