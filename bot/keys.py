"""The encryption keys: everything sealed under an older one is sealed anew under the newest."""

from bot import flow, links, signin, tokens
from storage import rotation
from storage.cipher import Cipher
from storage.database import Store
from storage.tables import Grant, HeldSignIn, LoginTicket, SignInFlow

PLACES: rotation.Places = {
    Grant: lambda row: tokens.place(row.account_id),
    HeldSignIn: lambda row: signin.held_place(row.account_id),
    LoginTicket: lambda row: links.place(row.account_id),
    SignInFlow: lambda row: flow.place(row.state_digest),
}
"""What the values of each table are sealed for."""


def rotate(store: Store, cipher: Cipher) -> rotation.Rotated:
    """Seal everything anew. May run while the bot does; afterwards the older keys are needed no more."""
    return rotation.rotate(store, cipher, PLACES)
