"""Who asks, on the network: an address of IPv4, or the line that has 2⁶⁴ addresses of IPv6 and may change at will."""

from contextlib import suppress
from ipaddress import IPv6Address, IPv6Network, ip_address

LINE = 64  # bits; allauth, which counts what is typed at the doors, cuts at the same


def plain(address: str) -> str:
    """As it is, save that one of IPv4 which comes written as of IPv6 is one of IPv4 again: else all of them are one."""
    try:
        read = ip_address(address)
    except ValueError:  # a socket of the machine itself has another kind of name
        return address
    within = read.ipv4_mapped if isinstance(read, IPv6Address) else None
    return str(within or read)


def line(address: str) -> str:
    """What counts as one wherever something is counted by address."""
    known = plain(address)
    with suppress(ValueError):
        return str(IPv6Network(f"{known}/{LINE}", strict=False).network_address)
    return known
