"""The settings of what the vendor's product is told."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr
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


def _networks(value: Any) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks as 10.0.0.0/8, with commas between."""
    parts = [part.strip() for part in str(value).split(",") if part.strip()]
    try:
        return tuple(map(ip_network, parts))
    except ValueError:
        raise ValueError("give networks as 10.1.0.0/16, with commas between") from None


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
    ),
]
WebhookNetworks = Annotated[
    tuple[IPv4Network | IPv6Network, ...],
    NoDecode,
    BeforeValidator(_networks),
    About(
        "Networks that are not public to which these posts may go all the same, such as "
        "10.1.0.0/16, with commas between",
        default="",
    ),
]
