"""The settings of how long things are kept."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

from bot.config import reading
from bot.config.about import About

AUDIT_AT_LEAST = timedelta(days=365)
"""The database itself refuses to forget an entry that is younger."""


def _for_audit(value: Any) -> timedelta | None:
    """A length of time, or None for ever."""
    if value is None or not str(value).strip():
        return None
    length = reading.span(value)
    if length < AUDIT_AT_LEAST:
        raise ValueError(f"the audit is kept for {AUDIT_AT_LEAST.days}d at least")
    return length


Evidence = Annotated[
    timedelta,
    NoDecode,
    BeforeValidator(reading.span),
    About(
        "How long connection tests are kept, and failures that are no account's: m, h, d or w; and "
        "what is over (outages, the timelines of incidents, maintenance), 30 days at least. Of "
        "each account the newest tests stay",
        begins="What is kept",
        default="180d",
    ),
]
Audit = Annotated[
    timedelta | None,
    NoDecode,
    BeforeValidator(_for_audit),
    About("How long it is kept who did what, 365d at least. Empty: for ever", default=""),
]
