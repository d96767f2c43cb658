"""How long something took, in words."""

from datetime import timedelta

from handlers.text.words import plainly

UNITS = (
    ("days", timedelta(days=1)),
    ("hours", timedelta(hours=1)),
    ("minutes", timedelta(minutes=1)),
)
FROM = 2
"""A unit is used from so many of it on: *90 minutes* says more than *1 hour*."""


def how_long(span: timedelta) -> str:
    """A length of time in its largest telling unit: *1 minute* at least, *47 hours*, *2 days*."""
    unit, length = next(((unit, each) for unit, each in UNITS if span >= FROM * each), UNITS[-1])
    count = int(span / length)
    return plainly(f"span.{unit}", count=count) if count > 1 else plainly("span.minute")
