"""The page where an administrator approves, and the `state` by which its answer is known.

Nothing is kept when a page is made: its state carries, sealed, whose it is and since when, so that
a card can be drawn as often as it likes. What is kept is that a page was answered, by the digest of
a number within the seal; the text around it could be written in several ways.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.common.clock import Clock
from storage.cipher import CannotOpen, Cipher, digest

LIFE = timedelta(days=7)
"""So long an administrator has: the page is forwarded, and lies in somebody's mail."""

NUMBER_BYTES = 12
SEALED_FOR = "approval"


class NotOurs(Exception):
    """A `state` that no page of ours has."""


@dataclass(frozen=True)
class ApprovalPage:
    """A page that was made: for the account of this ID, at `asked_at`. `digest` is what its answer
    is kept by."""

    ref: str
    asked_at: datetime
    digest: str

    def has_ended(self, now: datetime) -> bool:
        """Whether it is too old to be answered."""
        return now >= self.asked_at + LIFE


class ApprovalPages:
    """Makes states of approval pages, and reads them."""

    def __init__(self, cipher: Cipher, clock: Clock) -> None:
        self._cipher = cipher
        self._clock = clock

    def new_state(self, ref: str) -> str:
        """The state of a new page for the account with this ID."""
        number = secrets.token_urlsafe(NUMBER_BYTES)
        said = " ".join([ref, self._clock.now().isoformat(), number])
        return urlsafe_b64encode(self._cipher.seal(said, SEALED_FOR)).decode()

    def page(self, state: str) -> ApprovalPage:
        """The page that has this state.

        Raises:
            NotOurs: none has it.
        """
        try:
            said = self._cipher.open(urlsafe_b64decode(state), SEALED_FOR)
        except (CannotOpen, ValueError):
            raise NotOurs from None
        ref, asked_at, number = said.split(" ")
        return ApprovalPage(ref, datetime.fromisoformat(asked_at), digest(number))
