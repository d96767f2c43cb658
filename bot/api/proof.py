"""Whether an account is known to work now, with the sign-in that it has now."""

from bot.lifecycle.states import WORKING
from storage.database import Transaction
from storage.tables import Account


def proof_holds(tx: Transaction, account: Account) -> bool:
    """Whether what an account has is known to open its mailbox: it stands as one that works, and a
    test passed which began after its present sign-in. A mailbox that is live goes on to be so while
    somebody signs in anew; until that is tested, nobody knows what the new tokens are good for."""
    since = account.signed_in_at
    works = account.state in WORKING and since is not None
    return works and since is not None and tx.checks.passed_since(account.id, since)
