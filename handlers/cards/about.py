"""What a window is about, so that a press in it can show there what it changed."""

from bot.views.accounts import AccountView

MARK = "account"
"""With this word begins what the window of an account carries."""


def about_account(account: AccountView) -> str:
    """As a window carries it that shows an account, or what is wrong with it."""
    return f"{MARK}|{account.channel_id}|{account.ref}"


def shown_account(about: str) -> str:
    """The ID of the account that a window shows; empty where it shows none."""
    mark, _, ref = (*about.split("|", 2), "", "")[:3]
    return ref if mark == MARK else ""
