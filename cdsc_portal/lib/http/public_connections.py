"""Connections that reach only public addresses, unless FEED_PULL_HOSTS names the host.

The address that is checked is the one connected to, so that no second answer of a name server leads elsewhere.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings

TIMEOUT = 30.0  # seconds without a word from the other side
_TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64: the last 32 bits are an IPv4 address


class HostNotReachedError(Exception):
    """Why there is no connection, in words for staff."""


def is_named(host: str) -> bool:
    """FEED_PULL_HOSTS lets this host be private and speak plain http."""
    return host.lower() in settings.FEED_PULL_HOSTS


def connected(host: str, port: int) -> socket.socket:
    """Raises HostNotReachedError: not found, not public, or no answer from any of its addresses."""
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HostNotReachedError(f"{host} is not found") from error
    allowed = [entry for entry in entries if is_named(host) or is_public(str(entry[4][0]))]
    if not allowed:
        raise HostNotReachedError(f"{host} is not a public address; FEED_PULL_HOSTS does not name it")
    reason = ""
    for family, kind, protocol, _name, address in allowed:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(TIMEOUT)
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            reason = error.strerror or "no answer in time"
        else:
            return connection
    raise HostNotReachedError(f"{host} cannot be reached: {reason}")


def is_public(text: str) -> bool:
    """Whether an address is one of the internet's, also where it stands for an IPv4 address."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        embedded = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _TRANSLATED:
            embedded = IPv4Address(int(address) & 0xFFFFFFFF)
        address = embedded or address
    return address.is_global and not address.is_multicast
