"""Which network addresses belong to the public internet. Pure.

Lists of our own, not `ipaddress.is_global`: what that says changed between Python versions. Sources: IANA
IPv4 and IPv6 Special-Purpose Address Registries; RFC 6890, 6598 (CGNAT), 4291, 4193 (ULA), 6052 (NAT64).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

NOT_PUBLIC_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by customers of a carrier (CGNAT)
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the clouds' metadata service
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
# Global unicast; loopback, ULA, link-local, multicast, IPv4-mapped and 64:ff9b::/96 (NAT64) lie outside it.
PUBLIC_6 = IPv6Network("2000::/3")
NOT_PUBLIC_6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # Teredo, ORCHID and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4: carries an IPv4 address of any kind
        "3fff::/20",
    )
)


def is_public(address: Address) -> bool:
    """Whether this address is one of the public internet's; anything doubtful is not."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_4)
    return address in PUBLIC_6 and not any(address in network for network in NOT_PUBLIC_6)


def read_address(text: str) -> Address:
    """An address as the resolver gives it, perhaps with a zone ("fe80::1%eth0")."""
    return ip_address(text)
