"""A sign-in that was begun and has not come back: kept sealed, found by its state."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.common.clock import Clock
from storage.cipher import Cipher, digest
from storage.tables import LoginTicket, SignInFlow

LIFE = timedelta(minutes=15)


@dataclass(frozen=True)
class FlowState:
    """A flow that came back: whose it is, and MSAL's part of it."""

    account_id: int
    ticket_id: int
    flow: dict[str, Any] = field(repr=False)


class Flows:
    """Seals and opens flows."""

    def __init__(self, cipher: Cipher, clock: Clock) -> None:
        self._cipher = cipher
        self._clock = clock

    def new(self, ticket: LoginTicket, flow: dict[str, Any], browser: str) -> SignInFlow:
        """The row of a flow that begins now."""
        now, state = self._clock.now(), digest(str(flow["state"]))
        return SignInFlow(
            ticket_id=ticket.id,
            account_id=ticket.account_id,
            state_digest=state,
            browser_digest=digest(browser),
            sealed=self._cipher.seal(json.dumps(flow), place(state)),
            created_at=now,
            expires_at=now + LIFE,
        )

    def opened(self, row: SignInFlow) -> FlowState:
        """What a row holds."""
        flow = json.loads(self._cipher.open(row.sealed, place(row.state_digest)))
        return FlowState(row.account_id, row.ticket_id, flow)


def place(state_digest: str) -> str:
    """What a flow is sealed for."""
    return f"flow:{state_digest}"
