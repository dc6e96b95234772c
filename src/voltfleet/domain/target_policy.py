"""Which addresses a tenant may point a charger at: any CSMS, but no cloud's metadata service.

Two checks share one rule. `check_ws_url` looks at what the tenant wrote and refuses every spelling
of a forbidden address; `check_address` looks at the address that a name turned out to have, so that
a host can refuse it when it dials.
"""

import re
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

MAX_LENGTH = 2048

_UNPRINTABLE = re.compile(r"[^\x21-\x7e]|\\")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_OCTETS = 4
_SIX = 6
METADATA_NAMES = frozenset(
    {
        "metadata",
        "metadata.goog",
        "metadata.google.internal",
        "instance-data",
        "instance-data.ec2.internal",
    }
)
_FORBIDDEN = (
    ip_network("169.254.0.0/16"),  # link-local; the metadata service of AWS, Azure, GCP and others
    ip_network("fe80::/10"),
    ip_network("100.100.100.200/32"),  # Alibaba Cloud
    ip_network("192.0.0.192/32"),  # Oracle Cloud
    ip_network("168.63.129.16/32"),  # Azure's platform address
    ip_network("fd00:ec2::/32"),  # AWS, IPv6
    ip_network("fd20:ce::254/128"),  # GCP, IPv6
)
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_ISATAP = frozenset({0x5EFE, 0x0200_5EFE})
_LOW = 0xFFFF_FFFF
_REFUSED = "Chargers must not dial link-local addresses or a cloud's metadata service."


_PRIVATE = (
    "Chargers of this gateway may only dial public addresses, not private or local ones; its "
    "operator can allow them with VOLTFLEET_TARGETS=any."
)
_LOCAL_NAMES = ("localhost", "local", "internal")


class Targets(StrEnum):
    """Whom an operator lets chargers dial. Link-local addresses and a cloud's metadata service are
    for nobody."""

    ANY = "any"
    """Private networks and this machine too."""
    PUBLIC = "public"
    """Only addresses of the public Internet."""

    @classmethod
    def for_listener(cls, host: str) -> "Targets":
        """What a gateway that listens there allows unless its operator says: one that only its own
        machine reaches has no strangers to guard against."""
        try:
            local = ip_address(host).is_loopback
        except ValueError:
            local = host == "localhost"
        return cls.ANY if local else cls.PUBLIC


def check_ws_url(url: str, targets: Targets = Targets.ANY) -> str | None:
    """What is wrong with a CSMS address, as a sentence; nothing if a charger may dial it."""
    if len(url) > MAX_LENGTH:
        return f"The URL has {len(url)} characters; {MAX_LENGTH} are allowed."
    if _UNPRINTABLE.search(url):
        return "The URL must be printable ASCII without spaces or backslashes."
    if "#" in url:
        return "The URL must not have a fragment (#…)."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "The URL's host or port (1 to 65535) cannot be read."
    return _check_shape(parts, port) or _check_host(parts.hostname or "", targets)


def check_address(address: str, targets: Targets = Targets.ANY) -> str | None:
    """What is wrong with dialling an IP address, as a sentence; nothing if a charger may.

    Raises `ValueError` if it is not an IP address.
    """
    return _check_read(ip_address(address), targets)


def _check_read(address: IPv4Address | IPv6Address, targets: Targets) -> str | None:
    if _is_forbidden(address):
        return _REFUSED
    return _PRIVATE if targets is Targets.PUBLIC and not _is_public(address) else None


def _check_shape(parts: SplitResult, port: int | None) -> str | None:
    if parts.scheme not in {"ws", "wss"}:
        return "The URL must start with ws:// or wss://"
    if not parts.hostname:
        return "The URL must name a host."
    if "@" in parts.netloc:
        return "The URL must not contain credentials."
    return "The URL's port must be between 1 and 65535." if port == 0 else None


def _check_host(host: str, targets: Targets) -> str | None:
    try:
        address = read_address(host)
    except ValueError:
        return "The URL's host is neither a host name nor an IP address."
    if address is not None:
        return _check_read(address, targets)
    if not _HOST.fullmatch(host) or ".." in host:
        return "The URL's host is neither a host name nor an IP address."
    name = host.rstrip(".").lower()
    if name in METADATA_NAMES:
        return _REFUSED
    local = name.rpartition(".")[2] in _LOCAL_NAMES
    return _PRIVATE if targets is Targets.PUBLIC and local else None


def read_address(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host stands for in any spelling that a resolver would take; none if it is
    a name. Raises `ValueError` if it looks like an address and is not one."""
    if ":" in host:
        return IPv6Address(host.partition("%")[0])
    parts = host.removesuffix(".").split(".")
    return _read_ipv4(parts) if _NUMBER.fullmatch(parts[-1]) else None


def _read_ipv4(parts: list[str]) -> IPv4Address:
    """As ``inet_aton``: one to four numbers, decimal, octal or hex; the last fills the rest."""
    if len(parts) > _OCTETS:
        raise ValueError("too many parts")
    *high, low = (_read_number(part) for part in parts)
    low_bits = 8 * (_OCTETS - len(high))
    if low >> low_bits or any(octet >> 8 for octet in high):
        raise ValueError("a part is too large")
    return IPv4Address(int.from_bytes(high, "big") << low_bits | low)


def _read_number(text: str) -> int:
    if text[:2].lower() == "0x":
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") else 10)


def _is_forbidden(address: IPv4Address | IPv6Address) -> bool:
    candidates = [address]
    if isinstance(address, IPv6Address):
        candidates += _embedded(address)
    return any(candidate in network for candidate in candidates for network in _FORBIDDEN)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    inner = _embedded(address) if isinstance(address, IPv6Address) else []
    if inner and not _is_isatap(address):
        return all(a.is_global for a in inner)
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    public = address.is_global and not address.is_multicast and not site_local
    return public and all(a.is_global for a in inner)


def _embedded(address: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to: mapped, compatible, translated, 6to4,
    Teredo, NAT64 (RFC 6052, 8215), ISATAP."""
    number = int(address)
    found = [a for a in (address.ipv4_mapped, address.sixtofour) if a is not None]
    found += address.teredo or ()
    low_ends = (_NAT64, _LOCAL_NAT64, _TRANSLATED)
    if number >> 32 == 0 or any(address in net for net in low_ends) or _is_isatap(address):
        found.append(IPv4Address(number & _LOW))
    if address in _LOCAL_NAT64:
        # RFC 6052 §2.2, a prefix of 48 bits: two octets before bits 64 to 71, two behind them.
        found.append(IPv4Address((number >> 48 & 0xFFFF_0000) | (number >> 40 & 0xFFFF)))
    return found


def _is_isatap(address: IPv4Address | IPv6Address) -> bool:
    return address.version == _SIX and int(address) >> 32 & _LOW in _ISATAP
