"""Secrets that can be replaced while the bot runs."""

from typing import Protocol


class Secret(Protocol):
    """A secret that is asked for at each use; pydantic's `SecretStr` is one that never changes."""

    def get_secret_value(self) -> str:
        """What it is now."""
        ...
