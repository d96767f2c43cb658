"""Addresses of the network, as peers and proxies write them."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address

WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}|\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")
"""How some proxies write whom they were called by: IPv4's port behind a colon, IPv6 in brackets."""


def read_address(text: str) -> Address | None:
    """The address that `text` is, with or without a port; None where it is none. One of IPv4 that
    came by a connection for both kinds (``::ffff:192.0.2.7``, RFC 4291, 2.5.5.2) is IPv4's."""
    written = text.strip()
    ported = WITH_PORT.fullmatch(written)
    try:
        found = ip_address(ported[1] or ported[2] if ported else written)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
