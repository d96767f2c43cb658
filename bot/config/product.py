"""The settings of the vendor's product, which uses what was connected and is told what changes."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from bot.config import reading
from bot.config.about import About

MOST_SECRETS = 2
"""So many sign while one replaces the other."""


def _secrets(value: Any) -> SecretStr:
    """One secret as Standard Webhooks writes it, or two."""
    parts = [part.strip() for part in str(value).split(",")]
    if len(parts) > MOST_SECRETS:
        raise ValueError("give one secret, or two while one replaces the other")
    for part in parts:
        reading.webhook_secret(part)
    return SecretStr(",".join(parts))


CallsPerMinute = Annotated[
    int,
    Field(ge=1, le=1_000_000),
    About(
        "How many calls of the API a key has in a minute, at each web process",
        begins="The product's API",
    ),
]
TokensPerHour = Annotated[
    int,
    Field(ge=1, le=100_000),
    About("How many access tokens of one account are handed out in an hour, over all keys"),
]
TrustedProxies = Annotated[
    tuple[IPv4Network | IPv6Network, ...],
    NoDecode,
    BeforeValidator(reading.networks),
    About(
        "The addresses and networks of your own proxies in front of the web process, with commas "
        "between. What they say in X-Forwarded-For is believed of who calls the API, which keys "
        "with networks need; empty: nobody's is",
        default="",
    ),
]
WebhookUrl = Annotated[
    SecretStr,
    BeforeValidator(reading.webhook),
    About(
        "The address of the vendor's product at which it is told of what changes at accounts "
        "(docs/webhooks.md); https, at a public address unless WEBHOOK_NETWORKS says otherwise",
        begins="The vendor's product",
    ),
]
WebhookSecret = Annotated[
    SecretStr,
    BeforeValidator(_secrets),
    About(
        "By which these posts are signed, as Standard Webhooks has it: whsec_ and 24 to 64 bytes "
        "in base64. While one replaces another, give both, the new one first (with a comma "
        f"between; in the secret's file one a line). Make one with:\n{reading.SECRET_HINT}",
        several=True,
        reread=True,
    ),
]
WebhookNetworks = Annotated[
    tuple[IPv4Network | IPv6Network, ...],
    NoDecode,
    BeforeValidator(reading.networks),
    About(
        "Networks that are not public to which these posts may go all the same, such as "
        "10.1.0.0/16, with commas between",
        default="",
    ),
]
AccountsPerWorker = Annotated[
    int,
    Field(ge=0, le=1000),
    About(
        "So many accounts in use one person of a customer's has at most, by the address with which "
        "they sign in or send; 0: any number"
    ),
]
