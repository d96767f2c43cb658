"""What a reminder lists and waits still."""

from bot.lifecycle.service import still_listed
from storage.database import Transaction
from storage.tables import Account, Reminder


def still_waiting(tx: Transaction, reminder: Reminder, support: bool) -> list[Account]:
    """The accounts on a reminder (of support's, or of a customer's channel) that wait there still,
    in its order; none once it is finished."""
    if reminder.finished_at is not None:
        return []
    found = {account.id: account for account in tx.accounts.several(reminder.account_ids)}
    listed = [found[each] for each in reminder.account_ids if each in found]
    return [account for account in listed if still_listed(account, support)]
