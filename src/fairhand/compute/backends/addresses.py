"""Which addresses are the house's own, however they are dressed up."""

from __future__ import annotations

import ipaddress

# Public by their number, and yet they answer for the machine itself or its cloud.
_METADATA = frozenset(
    map(ipaddress.ip_address, ("169.254.169.254", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"))
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
# Of the protocols themselves and of relays that are no more, though Python calls parts global.
_NOBODYS = tuple(map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")))
# All that is given out for the public internet so far. What Python calls global beyond it leads
# to translators and to routers' own numbers: `::ffff:0:10.0.0.1`, `64:ff9b:1::10.0.0.1`, `5f00::`.
_UNICAST = ipaddress.IPv6Network("2000::/3")
_DOCUMENTATION = ipaddress.IPv6Network("3fff::/20")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def refusal(address: Address, host: str, *, is_allowed: bool) -> str | None:
    """Say what kind of forbidden address this is, or None when a request may go there."""
    inner = _undressed(address)
    if is_allowed and (str(address) == host or not (inner in _METADATA or inner.is_link_local)):
        return None  # a name that was allowed still does not become a metadata service
    if inner in _METADATA:
        return "a metadata service"
    if inner.is_loopback or inner.is_unspecified:
        return "this machine itself"
    if inner.is_link_local:
        return "a link-local address"
    if inner.is_multicast:
        return "a multicast address"
    if not inner.is_global or not _is_given_out(inner):
        return "a private or reserved address"
    return None


def _is_given_out(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in one for one in _NOBODYS)
    return address in _UNICAST and address not in _DOCUMENTATION


def _undressed(address: Address) -> Address:
    """Find the IPv4 address within an IPv6 one: mapped, compatible, NAT64, 6to4, Teredo, ISATAP."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _UNICAST and (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
