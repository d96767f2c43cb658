"""For whom something is shown."""

from enum import Enum, StrEnum


class Audience(Enum):
    """Support sees everything that helps, a shared channel plain words."""

    CUSTOMER = "customer"
    SUPPORT = "support"


class Role(StrEnum):
    """What somebody is to us, in a given channel."""

    SUPPORT = "support"
    ON_CALL = "on-call"
    COLLEAGUE = "colleague"
    CUSTOMER = "customer"
    GUEST = "guest"
    STRANGER = "stranger"
