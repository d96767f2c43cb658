"""The encryption keys: everything sealed under an older one is sealed anew under the newest."""

import time
from collections.abc import Callable

from bot.api import requests
from bot.microsoft import tokens
from bot.signin import flows, held, links
from storage import rotation
from storage.cipher import Cipher
from storage.database import Store
from storage.tables import ApiAnswer, Grant, HeldSignIn, LoginTicket, SignInFlow

PAUSE_SECONDS = 0.1
"""As long as SQLite lets somebody sleep who found the database taken."""

SEALED_FOR: rotation.SealedFor = {
    ApiAnswer: lambda row: requests.sealed_for(row.request_id),
    Grant: lambda row: tokens.sealed_for(row.account_id),
    HeldSignIn: lambda row: held.sealed_for(row.account_id),
    LoginTicket: lambda row: links.sealed_for(row.account_id),
    SignInFlow: lambda row: flows.sealed_for(row.state_digest),
}
"""What the values of each table are sealed for."""


def rotate(
    store: Store, cipher: Cipher, pause: Callable[[], object] = lambda: time.sleep(PAUSE_SECONDS)
) -> rotation.Rotated:
    """Seal everything anew. May run while the bot does, which it lets have its turn in each
    `pause`; afterwards the older keys are needed no more."""
    return rotation.rotate(store, cipher, SEALED_FOR, pause)
