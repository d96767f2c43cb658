"""Where webhooks may go: every kind of address that is not everybody's is refused, in whatever form
it is written, unless a setting allows its network."""

import socket
from ipaddress import ip_address, ip_network

import pytest

from bot.api.egress import NotAllowed, Unknown, checked, is_public, may_go
from tests.support.rows import every

pytestmark = pytest.mark.api

PRIVATE = [
    "0.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "168.63.129.16",
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
PUBLIC = "8.8.8.8 1.1.1.1 172.32.0.1 100.128.0.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808"


@every("address", PRIVATE)
def test_what_is_not_everybodys_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address)), address


@every("address", PUBLIC.split())
def test_what_is_everybodys_is_public(address: str) -> None:
    assert is_public(ip_address(address)), address


def test_a_network_that_is_allowed_is_so_in_every_form() -> None:
    allowed = [ip_network("10.1.0.0/16"), ip_network("fd00::/8")]
    assert may_go(ip_address("10.1.2.3"), allowed)
    assert may_go(ip_address("::ffff:10.1.2.3"), allowed)
    assert may_go(ip_address("fd00::7"), allowed)
    assert not may_go(ip_address("10.2.0.1"), allowed)


def names(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """A name has these addresses."""

    def look(host: str, port: int, **_: object) -> list[object]:
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look)


def test_one_address_of_several_that_is_private_refuses_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names(monkeypatch, "8.8.8.8", "fe80::1%eth0")
    with pytest.raises(NotAllowed):
        checked("crm.example", 443, [])


def test_a_name_whose_addresses_are_all_public_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, "8.8.8.8", "8.8.8.8", "2606:4700::1111")
    assert checked("crm.example", 443, []) == [
        ip_address("8.8.8.8"),
        ip_address("2606:4700::1111"),
    ]


def test_a_name_without_addresses_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch)
    with pytest.raises(Unknown):
        checked("crm.example", 443, [])
