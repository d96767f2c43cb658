"""How we call ourselves in a mail server's presence."""

import re
from ipaddress import IPv6Address, ip_address

LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
FIT = re.compile(rf"(?:{LABEL}\.)+{LABEL}")
MAX_LENGTH = 255
"""A domain, as RFC 5321 has it (4.1.2, 4.5.3.1.2). Exchange answers others with 501 5.5.4."""


def own_name(host_name: str, address: str) -> str:
    """What to say in EHLO: the name of this machine where it is fit for it, else `address`, from
    which we speak, as a literal (RFC 5321, 4.1.3)."""
    numeric = host_name.rpartition(".")[2].isdigit()
    if len(host_name) <= MAX_LENGTH and FIT.fullmatch(host_name) and not numeric:
        return host_name
    own = ip_address(address.partition("%")[0])
    own = getattr(own, "ipv4_mapped", None) or own
    return f"[IPv6:{own}]" if isinstance(own, IPv6Address) else f"[{own}]"
