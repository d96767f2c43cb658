"""Whether an account is known to work now, with the sign-in that it has now."""

from bot.lifecycle.states import WORKING
from storage.database import Transaction
from storage.tables import Account
from storage.vocabulary import State


def is_proved(state: State, tested: bool) -> bool:
    """Whether what an account has is known to open its mailbox: it stands as one that works, and
    `tested`: a test passed which began after its present sign-in. A mailbox that is live goes on to
    be so while somebody signs in anew; until that is tested, nobody knows what the new tokens are
    good for."""
    return state in WORKING and tested


def proof_holds(tx: Transaction, account: Account) -> bool:
    """The same of an account as it is now."""
    since = account.signed_in_at
    tested = since is not None and tx.checks.passed_since(account.id, since)
    return is_proved(account.state, tested)
