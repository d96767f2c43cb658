"""A call of the API as data: where it is, what it takes, what it gives, and who may."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict

from bot.api.callers import Caller
from bot.api.refusals import Code
from bot.api.requests import Answer, Asking
from storage.api_vocabulary import ApiScope


class Asked(BaseModel):
    """What a call says, in its body or its address."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Said = TypeVar("Said", bound=Asked)

MAX_BODY_BYTES = 64 * 1024
NAME = "Idempotency-Key"
"""The header by which whoever calls names a call, so that it is done once."""

LONGEST_NAME = 255
REPLAYED = "Idempotency-Replayed"


@dataclass(frozen=True)
class Call:
    """A call of somebody who may make it. `path`: what stands in its address, by name; `query` and
    `body`: what it says, which are None where it says nothing; `asking`: the same as a whole, and
    how whoever calls names it, so that it is done once."""

    caller: Caller
    path: Mapping[str, str]
    query: Asked | None
    body: Asked | None
    asking: Asking

    def said(self, body: type[Said]) -> Said:
        """The body, of a call that has one."""
        assert isinstance(self.body, body)
        return self.body


@dataclass(frozen=True)
class Route:
    """A call. `path` is written as OpenAPI has it (``/accounts/{ref}``); `refuses`: with what it
    may be refused beside what every call may be. `named`: it needs a name (`Idempotency-Key`).
    `status`: HTTP's, where it is done; `longest`: the bytes that its body may have."""

    method: str
    path: str
    name: str
    summary: str
    scope: ApiScope
    gives: type[BaseModel]
    do: Callable[[Call], BaseModel | Answer]
    query: type[Asked] | None = None
    body: type[Asked] | None = None
    refuses: tuple[Code, ...] = ()
    named: bool = False
    status: int = 200
    longest: int = MAX_BODY_BYTES


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
