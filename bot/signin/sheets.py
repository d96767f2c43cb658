"""Sheets: the login links of several people on one page, to be printed and handed round.

Nothing is kept of a sheet: its address carries, sealed, which links it shows. It shows those that
are still good, so it ends with them, and never shows one that was made later.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.common.clock import Clock
from bot.lifecycle.hours import Hours, hours_of
from bot.signin.links import Links, LinkUnusable
from bot.views.accounts import AccountView
from storage.cipher import CannotOpen, Cipher
from storage.database import Store, Transaction
from storage.tables import LoginTicket
from storage.vocabulary import LinkStatus

SEALED_FOR = "sheet"


@dataclass(frozen=True)
class LinkOnPaper:
    """A login link as somebody gets it who has no Slack: whom it is for, and how long it is good,
    by the clock of the customer."""

    account: AccountView
    customer: str
    link: str
    good_until: datetime

    @property
    def signs_in_as(self) -> str:
        """Who has to sign in: the one who connected it, where it is connected already."""
        return self.account.signed_in_as or self.account.username


class Sheets:
    """Puts login links on paper."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        cipher: Cipher,
        links: Links,
        ordinary: Hours,
        public_url: str,
    ) -> None:
        """`ordinary`: the hours, and so the clock, of customers of whom nothing else was said."""
        self._store = store
        self._clock = clock
        self._cipher = cipher
        self._links = links
        self._ordinary = ordinary
        self._public_url = public_url

    def address(self, ticket_ids: Sequence[int]) -> str:
        """The address of the sheet with these links."""
        said = " ".join(map(str, ticket_ids))
        sealed = urlsafe_b64encode(self._cipher.seal(said, SEALED_FOR)).decode().rstrip("=")
        return f"{self._public_url}/login/{sealed}/sheet"

    def look(self, sealed: str) -> list[LinkOnPaper]:
        """What stands on a sheet: those of its links that are still good. Changes nothing.

        Raises:
            LinkUnusable: it is none of ours, or none of its links is good any more.
        """
        try:
            padded = sealed + "=" * (-len(sealed) % 4)
            said = self._cipher.open(urlsafe_b64decode(padded), SEALED_FOR)
        except (CannotOpen, ValueError):
            raise LinkUnusable("unknown") from None
        with self._store.reading() as tx:
            tickets = tx.signins.tickets([int(each) for each in said.split()])
            now = self._clock.now()
            good = [each for each in tickets if each.status(now) is LinkStatus.OPEN]
            there = [self._on_paper(tx, ticket) for ticket in good]
        if not there:
            raise LinkUnusable("sheet")
        return there

    def one(self, secret: str) -> LinkOnPaper:
        """The link with this secret. Changes nothing.

        Raises:
            LinkUnusable: it leads nowhere (any more).
        """
        with self._store.transaction() as tx:
            return self._on_paper(tx, self._links.usable(tx, secret))

    def _on_paper(self, tx: Transaction, ticket: LoginTicket) -> LinkOnPaper:
        account = tx.accounts.get(ticket.account_id)
        customer = tx.channels.customer(account.customer_id)
        good_until = ticket.expires_at.astimezone(hours_of(customer, self._ordinary).zone)
        return LinkOnPaper(
            AccountView.of(account), customer.name, self._links.url(ticket), good_until
        )
