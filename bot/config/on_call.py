"""The settings of who is on call, and of when they hear of an alert again."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from bot.config import reading
from bot.config.about import About

UserGroup = Annotated[
    str,
    Field(pattern=r"^(S[A-Z0-9]+)?$"),
    About(
        "Who is on call now: the user group that your schedule tool keeps (S…), which new "
        "alerts mention; Maildesk never changes it",
        looks_like="a user group id (S…)",
    ),
]
AlertLadder = Annotated[
    tuple[timedelta, ...],
    NoDecode,
    BeforeValidator(reading.ladder),
    About(
        "How long an alert waits for somebody to acknowledge it before each reminder, each "
        "longer than the one before; the last wait repeats",
        default="15m,45m",
    ),
]
AskAfter = Annotated[
    timedelta,
    NoDecode,
    BeforeValidator(reading.span),
    About("How long after an alert was acknowledged its state is asked for", default="2h"),
]
KeptFor = Annotated[
    timedelta,
    NoDecode,
    BeforeValidator(reading.span),
    About("How long an acknowledgement lasts, if nobody says otherwise", default="8h"),
]
