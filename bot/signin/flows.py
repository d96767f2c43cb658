"""A sign-in that was begun and has not come back: kept sealed, found by its state.

MSAL's part of it holds the PKCE verifier and the nonce. They stay on the server and not in a cookie
of the browser: a code that somebody catches on its way is worth nothing without them, any of our
processes can take the answer, and a flow is ended in the moment in which it is taken, so that an
answer works once.
"""

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
        now = self._clock.now()
        state = digest(str(flow["state"]))
        return SignInFlow(
            ticket_id=ticket.id,
            account_id=ticket.account_id,
            state_digest=state,
            browser_digest=digest(browser),
            sealed=self._cipher.seal(json.dumps(flow), sealed_for(state)),
            created_at=now,
            expires_at=now + LIFE,
        )

    def opened(self, row: SignInFlow) -> FlowState:
        """What a row holds."""
        flow = json.loads(self._cipher.open(row.sealed, sealed_for(row.state_digest)))
        return FlowState(row.account_id, row.ticket_id, flow)


def sealed_for(state_digest: str) -> str:
    """What a flow is sealed for: with another flow's state it does not open."""
    return f"flow:{state_digest}"
