"""Where a webhook may go: to public addresses over TLS, and to the networks that the settings name.

The name is looked up once, every address of it is checked, and the connection goes to one that was
checked, while TLS proves the name: whoever answers for the name differently a moment later gains
nothing by it.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure's own services, from within a virtual machine
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "2001::/23",  # Teredo, benchmarks and the like
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
        ),
    )
)
"""What the registries of special addresses (iana.org/assignments, RFC 6890) have as not global,
whatever version of Python this is: what `is_global` says differs between them."""

GLOBAL_UNICAST = ip_network("2000::/3")
NAT64 = ip_network("64:ff9b::/96")
"""By which a network without IPv4 reaches IPv4 (RFC 6052)."""

LAST_32_BITS = 0xFFFFFFFF


class NotAllowed(Exception):
    """A webhook may not go there; `reason` says why, without the address's own words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unknown(Exception):
    """The name cannot be looked up."""


def plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (mapped, or by NAT64); else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return IPv4Address(int(address) & LAST_32_BITS)
    return address


def is_public(address: Address) -> bool:
    """Whether everybody on the internet reaches the same by an address."""
    there = plain(address)
    if isinstance(there, IPv6Address) and there not in GLOBAL_UNICAST:
        return False
    special = there.is_multicast or there.is_reserved or there.is_unspecified
    return there.is_global and not special and not _within(there, NOT_PUBLIC)


def may_go(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether a webhook may go to an address: a public one, or of a network that is allowed."""
    return _within(plain(address), allowed) or is_public(address)


def checked(host: str, port: int, allowed: Sequence[Network]) -> list[Address]:
    """The addresses of a host, each of which may be gone to. Takes as long as looking it up.

    Raises:
        NotAllowed: one of them may not.
        Unknown: it has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unknown(type(error).__name__) from None
    addresses = list(dict.fromkeys(_address(str(where[0])) for *_, where in found))
    if not addresses:
        raise Unknown("no address")
    for each in addresses:
        if not may_go(each, allowed):
            raise NotAllowed(f"{each} is not a public address")
    return addresses


def _address(text: str) -> Address:
    return ip_address(text.partition("%")[0])


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)
