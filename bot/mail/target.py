"""How an account's mailbox is opened."""

from bot.mail.hosts import Target, Watched
from storage.tables import Account


def target_of(account: Account, access_token: str, watched: Watched | None = None) -> Target:
    """IMAP as the mailbox, SMTP as who signed in (the two differ for a shared mailbox); `watched`:
    the folders to know again."""
    return Target(
        mailbox=account.shared_mailbox or account.signed_in_as or account.username,
        smtp_username=account.signed_in_as or account.username,
        sender_email=account.sender_email,
        access_token=access_token,
        watched=watched,
    )
