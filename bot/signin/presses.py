"""How often a login link may lead to Microsoft: by browser, and for all new ones together.

The link stands in a channel and can be forwarded, so whoever presses may be a stranger, and a
stranger can throw their cookie away as often as they like. So two things are counted. Browsers that
were never sent to Microsoft from this link share one bound. One that was, which its cookie says,
has a number of presses of its own, which nobody else can use up.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.signin.links import LinkUnusable
from storage.cipher import digest
from storage.database import Transaction
from storage.tables import LinkPress, LoginTicket


@dataclass(frozen=True)
class Budget:
    """So many presses within a time."""

    presses: int
    within: timedelta


OF_A_BROWSER = Budget(10, timedelta(hours=1))
OF_NEW_BROWSERS = Budget(5, timedelta(minutes=10))
"""Of all together that come for the first time. Short, so that a crowd keeps the owner's browser
waiting for minutes; so a link leads to Microsoft 300 times an hour at most."""


def count_press(tx: Transaction, ticket: LoginTicket, browser: str, now: datetime) -> None:
    """Count a press of the button behind a link, which the caller holds, before anything is asked
    of anybody.

    Args:
        browser: the secret of its cookie, however new that is.

    Raises:
        LinkUnusable: ``busy`` for this browser, or ``crowded`` by new ones.
    """
    known_by = digest(browser)
    own = tx.signins.presses(ticket.id, now - OF_A_BROWSER.within, browser_digest=known_by)
    if own >= OF_A_BROWSER.presses:
        raise LinkUnusable("busy", ticket.account_id)
    is_new = not tx.signins.has_begun(ticket.id, known_by)
    crowd = tx.signins.presses(ticket.id, now - OF_NEW_BROWSERS.within, only_new=True)
    if is_new and crowd >= OF_NEW_BROWSERS.presses:
        raise LinkUnusable("crowded", ticket.account_id)
    press = LinkPress(ticket_id=ticket.id, browser_digest=known_by, is_new=is_new, at=now)
    tx.signins.add_press(press, forget_before=now - OF_A_BROWSER.within)
