"""The settings of the vendor's product, which uses what was connected."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from bot.config import reading
from bot.config.about import About

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
AccountsPerWorker = Annotated[
    int,
    Field(ge=0, le=1000),
    About(
        "So many accounts in use one person of a customer's has at most, by the address with which "
        "they sign in or send; 0: any number"
    ),
]
