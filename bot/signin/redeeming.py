"""Exchanging Microsoft's code for tokens, which are thrown away unless everything holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msal

from bot.common.clock import SystemClock
from bot.diagnosis.observation import Condition, Observation, Where
from bot.diagnosis.observe import from_oauth
from bot.microsoft.client import Microsoft
from bot.microsoft.identity import Identity, IdentityRefused, proved

ANSWERED_WITH = ("code", "state", "client_info")
"""What of Microsoft's answer is handed on: a browser may add whatever it likes."""


class CodeRefused(Exception):
    """Microsoft gave no tokens for a code, or not all of them; `observation` says why."""

    def __init__(self, observation: Observation) -> None:
        super().__init__(observation.condition or observation.error)
        self.observation = observation


@dataclass(frozen=True)
class Redeemed:
    """What a code was exchanged for: the identity, and the tokens that are not kept yet."""

    identity: Identity
    cache: str
    scopes: str


def redeem(microsoft: Microsoft, flow: dict[str, Any], params: Mapping[str, str]) -> Redeemed:
    """Exchange the code in `params`, with which a browser came back from `flow`. Takes seconds.

    Raises:
        CodeRefused: Microsoft said no, or granted less than was asked for.
        IdentityRefused: it is not proved who signed in.
        MicrosoftUnreachable: Microsoft gave no proper answer.
    """
    cache = msal.SerializableTokenCache()
    answer = {name: value for name, value in params.items() if name in ANSWERED_WITH}
    try:
        result: dict[str, Any] = microsoft.redeem(
            cache,
            lambda client: client.acquire_token_by_auth_code_flow(
                flow, answer, list(microsoft.scopes)
            ),
        )
    except RuntimeError:  # MSAL's word for a nonce that does not fit
        raise IdentityRefused(Condition.INVALID_TOKEN, "claim nonce") from None
    if "access_token" not in result:
        raise CodeRefused(from_oauth(result, Where.TOKEN, "token"))
    now = SystemClock().now()  # Microsoft's clock is the world's, whatever ours is set to
    claims = result.get("id_token_claims") or {}
    identity = proved(claims, microsoft.client_id, microsoft.authority, now)
    _check_scopes(microsoft, result)
    return Redeemed(identity, cache.serialize(), str(result["scope"]))


def _check_scopes(microsoft: Microsoft, result: Mapping[str, Any]) -> None:
    granted = {scope.lower() for scope in str(result.get("scope", "")).split()}
    missing = [
        scope.rpartition("/")[2] for scope in microsoft.scopes if scope.lower() not in granted
    ]
    missing += [] if result.get("refresh_token") else ["offline_access"]
    if missing:
        text = f"not granted: {', '.join(missing)}"
        raise CodeRefused(
            Observation(Where.SCOPES, step="scopes", condition=Condition.MISSING, text=text)
        )
