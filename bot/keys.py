"""The encryption keys: everything sealed under an older one is sealed anew under the newest."""

from typing import cast

from sqlmodel import SQLModel

from bot import flow, links, signin, tokens
from storage.cipher import Cipher
from storage.database import Store
from storage.rotation import Place, Rotated
from storage.rotation import rotate as seal_anew
from storage.tables import Grant, HeldSignIn, LoginTicket, SignInFlow


def rotate(store: Store, cipher: Cipher) -> Rotated:
    """Seal everything anew. May run while the bot does; afterwards the older keys are needed no more."""
    places: dict[type[SQLModel], Place] = {
        Grant: lambda row: tokens.place(cast(Grant, row).account_id),
        HeldSignIn: lambda row: signin.held_place(cast(HeldSignIn, row).account_id),
        LoginTicket: lambda row: links.place(cast(LoginTicket, row).account_id),
        SignInFlow: lambda row: flow.place(cast(SignInFlow, row).state_digest),
    }
    return seal_anew(store, cipher, places)
