"""From which address a call comes, also behind proxies."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

from bot.common.network_addresses import read_address

Network = IPv4Network | IPv6Network


def client_address(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """The address of whoever calls.

    Each proxy adds to X-Forwarded-For whom it was called by, and whoever calls may begin the header
    with anything. So it is read from its end, as long as the one who wrote it is a proxy of ours.

    Args:
        peer: who is connected to us.
        forwarded: X-Forwarded-For as it came.
        proxies: whose word is taken.
    """
    named = [each.strip() for each in forwarded.split(",") if each.strip()]
    address = peer
    while named and _is_one_of(address, proxies):
        address = named.pop()
    return address


def _is_one_of(address: str, networks: Sequence[Network]) -> bool:
    there = read_address(address)
    return there is not None and any(there in network for network in networks)
