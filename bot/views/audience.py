"""For whom something is shown."""

from enum import Enum


class Audience(Enum):
    """Support sees everything that helps, a shared channel plain words."""

    CUSTOMER = "customer"
    SUPPORT = "support"
