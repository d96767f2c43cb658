"""Who signed in: what the ID token proves, and whether that is the mailbox that was asked for."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.common.addresses import Addresses
from bot.diagnosis.observation import Condition, Observation, Where
from storage.tables import Account

PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant id of personal Microsoft accounts."""

GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
LEEWAY = timedelta(minutes=5)
"""How far Microsoft's clock and ours may differ."""


@dataclass(frozen=True)
class Identity:
    """A person at Microsoft. `tenant_id` and `object_id` name them for good; `upn` is how they sign
    in, and may change."""

    tenant_id: str
    object_id: str
    upn: str


class IdentityRefused(Exception):
    """Not proved, or not the right one; `observation` says which, `actual` who signed in as far as
    that is known."""

    def __init__(self, condition: Condition, text: str, actual: str = "") -> None:
        super().__init__(condition)
        self.observation = Observation(
            Where.IDENTITY, step="identity", condition=condition, text=text
        )
        self.actual = actual


def proved(claims: Mapping[str, Any], client_id: str, authority: str, now: datetime) -> Identity:
    """The identity in an ID token that came straight from the token endpoint. MSAL checks its nonce
    and nothing else.

    Raises:
        IdentityRefused: a claim is missing or wrong, or it is a personal account.
    """
    tenant = str(claims.get("tid", ""))
    subject = str(claims.get("oid", ""))
    upn = str(claims.get("preferred_username") or claims.get("upn") or "")
    _require(claims.get("aud") == client_id, "aud")
    _require(bool(GUID.fullmatch(tenant)), "tid")
    _require(_issued_by(str(claims.get("iss", "")), authority, tenant), "iss")
    _require(bool(GUID.fullmatch(subject)), "oid")
    _require(in_time(claims, now), "exp")
    _require("@" in upn, "preferred_username")
    if tenant.lower() == PERSONAL_TENANT:
        raise IdentityRefused(Condition.PERSONAL, "a personal account", upn)
    return Identity(tenant.lower(), subject.lower(), upn)


def belongs(identity: Identity, account: Account, tenants: Collection[str]) -> None:
    """Whether `identity` is the account's own: pinned by tenant and object once it was connected (a
    renamed person is the same), by address before that, and always in one of the customer's
    `tenants`, where those are known.

    Raises:
        IdentityRefused: it is another one.
    """
    if tenants and identity.tenant_id not in tenants:
        raise IdentityRefused(
            Condition.OTHER_TENANT, "another tenant than the customer's", identity.upn
        )
    if account.object_id:
        same = (identity.tenant_id, identity.object_id) == (account.tenant_id, account.object_id)
    else:
        same = Addresses.of(account).names(identity.upn)
    if not same:
        raise IdentityRefused(
            Condition.OTHER_ACCOUNT, "another account than the mailbox", identity.upn
        )


def may_be_own_name(seen: Observation, account: Account) -> bool:
    """Whether who was refused may be the account's own person under another name than it knows:
    sign-in names need not be addresses. One that was connected knows its person for good."""
    return seen.condition is Condition.OTHER_ACCOUNT and not account.object_id


def _require(holds: bool, claim: str) -> None:
    if not holds:
        raise IdentityRefused(Condition.INVALID_TOKEN, f"claim {claim}")


def _issued_by(issuer: str, authority: str, tenant: str) -> bool:
    ours = urlsplit(authority)
    theirs = urlsplit(issuer)
    return (
        theirs.scheme == "https"
        and theirs.netloc == ours.netloc
        and theirs.path.rstrip("/") == f"/{tenant}/v2.0"
    )


def in_time(claims: Mapping[str, Any], now: datetime) -> bool:
    """Whether a token is good at this time, for clocks that differ a little."""
    stamp = now.timestamp()
    leeway = LEEWAY.total_seconds()
    expires = claims.get("exp")
    begins = claims.get("nbf", 0)
    if not isinstance(expires, int | float) or not isinstance(begins, int | float):
        return False
    return begins - leeway <= stamp < expires + leeway
