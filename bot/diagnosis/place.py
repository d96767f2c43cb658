"""Where a failure happened, in the words of people: which of Microsoft's services, and its host."""

from dataclasses import dataclass
from typing import Any, Self

from bot.diagnosis.observation import Observation

MAIL_STEPS = ("imap.", "smtp.", "roundtrip")
SIGN_IN_STEPS = ("token", "sign-in", "consent", "admin-consent", "identity")


@dataclass(frozen=True)
class Place:
    """The host and port that was tried, and our step. Both may be empty: failures that were kept
    long ago name no host."""

    host: str = ""
    step: str = ""

    @classmethod
    def of(cls, seen: Observation) -> Self:
        """The place of an observation."""
        return cls(seen.host, seen.step)

    @classmethod
    def stored(cls, observation: dict[str, Any]) -> Self:
        """The place of an observation as it is kept."""
        return cls(str(observation.get("host") or ""), str(observation.get("step") or ""))

    @property
    def service(self) -> str:
        """Which of Microsoft's services was tried."""
        if self.step.startswith(MAIL_STEPS):
            return "Microsoft's mail server"
        by_sign_in = self.step.startswith(SIGN_IN_STEPS)
        return "Microsoft's sign-in" if by_sign_in else "Microsoft's server"

    def named_in(self, text: str) -> str:
        """The text with the place instead of ``<service>`` and ``<host>``."""
        return text.replace("<service>", self.service).replace("<host>", self.host or self.service)


NOWHERE = Place()
"""Of a cause that is explained without a failure."""
