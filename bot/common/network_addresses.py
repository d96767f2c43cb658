"""Addresses of the network, as peers and proxies write them."""

from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address


def read_address(text: str) -> Address | None:
    """The address that `text` is, with or without a port; None where it is none. One of IPv4 that
    came by a connection for both kinds (``::ffff:192.0.2.7``, RFC 4291, 2.5.5.2) is IPv4's."""
    try:
        found = ip_address(_without_port(text.strip()))
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _without_port(written: str) -> str:
    """Some proxies write IPv4 with its port behind a colon, and IPv6 in brackets."""
    if written.startswith("["):
        inner, _, port = written[1:].partition("]")
        return inner if not port or port[1:].isdecimal() else written
    host, _, port = written.partition(":")
    return host if "." in host and port.isdecimal() else written
