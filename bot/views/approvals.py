"""What a channel is told when an administrator has approved our application, as it stands now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from bot.views.accounts import AccountDetails, AccountView
from bot.views.addressed import IsCustomers, addressed
from storage.database import Store
from storage.vocabulary import State

WENT_ON = (State.TESTING, State.FAILING, State.UNMAPPED, State.LIVE, State.BROKEN)


@dataclass(frozen=True)
class ApprovedCard:
    """What the message of a day tells.

    Attributes:
        proved: Microsoft shows it; else an administrator says so.
        waiting: the accounts that can sign in now.
        signed_in: how many did.
        link: the login link of the first that waits.
        people: who of the customer's people added those that wait.
    """

    proved: bool
    waiting: Sequence[AccountView] = ()
    signed_in: int = 0
    link: str = ""
    people: Sequence[str] = ()


class ApprovalCards:
    """Reads what is told of approvals."""

    def __init__(self, store: Store, details: AccountDetails, is_customers: IsCustomers) -> None:
        self._store = store
        self._details = details
        self._is_customers = is_customers

    def of_day(self, channel_id: str, day: str) -> ApprovedCard:
        """What became known in a channel that day (UTC)."""
        first = datetime.combine(date.fromisoformat(day), time(0), UTC)
        with self._store.reading() as tx:
            known = tx.approvals.known(channel_id, first, first + timedelta(days=1))
            waiting = [each for each, _ in known if self._details.approval(tx, each)]
            card = ApprovedCard(
                proved=any(answer.proved for _, answer in known),
                waiting=[AccountView.of(each) for each in waiting],
                signed_in=sum(each.state in WENT_ON for each, _ in known),
                link=self._details.link(self._details.ticket(tx, waiting[0])) if waiting else "",
            )
        return replace(card, people=addressed(waiting, self._is_customers))
