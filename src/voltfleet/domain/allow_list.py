"""Allow-lists: which targets the chargers of one organization may dial, of those that the operator
allows. An admin chooses them.

An entry is a host name (``csms.example.com``), everything below a domain (``*.example.com``), an IP
address or a network (``10.20.0.0/16``), each with a port or for every port. A list never widens
what `domain.target_policy` allows: both are asked, always.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

import idna

from voltfleet.domain.target_policy import (
    METADATA_NAMES,
    Targets,
    check_address,
    check_ws_url,
    read_address,
)

MOST_ENTRIES = 100
MAX_LENGTH = 300
"""Of an entry: a host name has at most 253 characters."""

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_BRACKETS = re.compile(r"\[([^\[\]]*)\](?::(.*))?")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LONGEST_NAME = 253
_DIGITS = re.compile(r"[0-9]{1,5}")
_HIGHEST_PORT = 65535
_SHOWN = 5
_MAPPED_BITS = 96
_DEFAULT_PORTS = {"ws": 80, "wss": 443}
_EXAMPLES = "csms.example.com, *.example.com, 192.0.2.7 or 10.20.0.0/16"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list. ``host`` is a name in lower case without the last dot, or a network;
    with ``below`` it is all names below that one. No port: every port."""

    host: str | Network
    below: bool = False
    port: int | None = None

    def __str__(self) -> str:
        """The one way in which it is kept and shown; `read_entry` reads it."""
        if isinstance(self.host, str):
            shown = f"*.{self.host}" if self.below else self.host
        else:
            single = self.host.prefixlen == self.host.max_prefixlen
            shown = str(self.host.network_address if single else self.host)
            if self.port is not None and isinstance(self.host, IPv6Network):
                shown = f"[{shown}]"
        return shown if self.port is None else f"{shown}:{self.port}"


class AllowList:
    """The entries of one list; equal lists are equal."""

    __slots__ = ("_below", "_names", "_networks", "entries")

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(dict.fromkeys(entries))
        self._names = _by_name(entry for entry in self.entries if not entry.below)
        self._below = _by_name(entry for entry in self.entries if entry.below)
        self._networks = [
            (entry.host, entry.port) for entry in self.entries if not isinstance(entry.host, str)
        ]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AllowList) and self.entries == other.entries

    def __hash__(self) -> int:
        return hash(self.entries)

    def texts(self) -> list[str]:
        """The entries as they are kept and shown."""
        return [str(entry) for entry in self.entries]

    def has_host(self, host: str, port: int) -> bool:
        """Whether what a URL names is on the list: a name by its name, an address by itself."""
        address = _address(host)
        if address is not None:
            return self.has_address(address, port)
        return self._has_name(host.removesuffix(".").lower(), port)

    def has_address(self, address: Address, port: int) -> bool:
        """Whether an address is on the list."""
        plain = _plain(address)
        return any(plain in network and own in (None, port) for network, own in self._networks)

    def may_lead_in(self, port: int) -> bool:
        """Whether a name that is not on the list could still lead to an address that is."""
        return any(own in (None, port) for _, own in self._networks)

    def _has_name(self, name: str, port: int) -> bool:
        if _is_for(self._names.get(name), port):
            return True
        _, dot, parent = name.partition(".")
        while dot:
            if _is_for(self._below.get(parent), port):
                return True
            _, dot, parent = parent.partition(".")
        return False

    def refusal(self, host: str, port: int) -> str:
        """What a user is told of a target that is not on it."""
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        shown = [str(entry) for entry in self.entries[:_SHOWN]]
        more = len(self.entries) - len(shown)
        if more:
            shown.append(f"{more} more")
        return (
            f"{where} is not on the list of targets that this organization's chargers may dial "
            f"({', '.join(shown)}): use one that is, or have an admin add it (PUT "
            "/admin/organizations/{organization_id}/targets)."
        )


@dataclass(frozen=True, slots=True)
class TargetPolicy:
    """Whom the chargers of one organization may dial: whom the operator lets all dial, and of those
    only what is on the organization's list, if it has one."""

    targets: Targets = Targets.ANY
    allowed: AllowList | None = None

    def check_listed(self, ws_url: str) -> str | None:
        """What is wrong with a good `ws_url` by the list, as a sentence. A name has to be on it by
        its name: what it resolves to is not known before it is dialled."""
        if self.allowed is None or check_ws_url(ws_url, self.targets) is not None:
            return None
        parts = urlsplit(ws_url)
        host, port = parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme]
        return None if self.allowed.has_host(host, port) else self.allowed.refusal(host, port)

    def check_name(self, host: str, port: int) -> str | None:
        """What is wrong with looking a host up to dial it, as a sentence: nobody is asked for the
        address of a name that cannot be allowed."""
        allowed = self.allowed
        if allowed is None or allowed.has_host(host, port):
            return None
        return None if allowed.may_lead_in(port) else allowed.refusal(host, port)

    def check_dial(self, host: str, port: int, address: str) -> str | None:
        """What is wrong with dialling that address, to which the host leads, as a sentence.

        Raises `ValueError` if it is not an IP address.
        """
        refusal = check_address(address, self.targets)
        if refusal is not None or self.allowed is None:
            return refusal
        listed = self.allowed.has_address(ip_address(address), port)
        if listed or (_address(host) is None and self.allowed.has_host(host, port)):
            return None
        return self.allowed.refusal(host, port)


def read_entry(text: str) -> Entry:
    """The entry, in its one form. Raises `ValueError` that says what is wrong and what to write."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"It has {len(text)} characters; {MAX_LENGTH} are allowed.")
    host, port = _split(text)
    entry = Entry(_network(host), port=port) if "/" in host else _single(host, port)
    if _is_for_nobody(entry):
        raise ValueError(
            "Link-local addresses and a cloud's metadata service are for nobody; leave it out."
        )
    return entry


@lru_cache(maxsize=4096)
def read_kept(texts: tuple[str, ...]) -> AllowList:
    """A list as it was kept, or came from a gateway: `AllowList.texts`. What this
    release cannot read allows nothing."""
    entries = []
    for text in texts:
        try:
            entries.append(read_entry(text))
        except ValueError:
            continue
    return AllowList(entries)


def _by_name(entries: Iterable[Entry]) -> dict[str, set[int | None]]:
    ports: dict[str, set[int | None]] = {}
    for entry in entries:
        if isinstance(entry.host, str):
            ports.setdefault(entry.host, set()).add(entry.port)
    return ports


def _is_for(ports: Collection[int | None] | None, port: int) -> bool:
    return ports is not None and (None in ports or port in ports)


def _split(text: str) -> tuple[str, int | None]:
    """Host or network, and the port if there is one."""
    if "://" in text or "@" in text or text.count("/") > 1:
        raise ValueError(f"Write the host alone, without scheme, path or user: {_EXAMPLES}.")
    in_brackets = _BRACKETS.fullmatch(text)
    if in_brackets is not None:
        host, port = in_brackets.groups()
        if ":" not in host:
            raise ValueError("Only IPv6 addresses stand in brackets; leave them out.")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    else:
        host, port = text, None
    return host, None if port is None else _port(port)


def _port(text: str) -> int:
    port = int(text) if _DIGITS.fullmatch(text) else 0
    if not 0 < port <= _HIGHEST_PORT:
        raise ValueError(
            "The port must be a number from 1 to 65535; leave out the colon for every port. The "
            "port of an IPv6 address stands behind brackets: [2001:db8::1]:9000."
        )
    return port


def _network(text: str) -> Network:
    base, _, prefix = text.partition("/")
    try:
        bits = int(prefix) if _DIGITS.fullmatch(prefix) and "%" not in base else -1
        address = ip_address(base)
        network = ip_network((address, bits), strict=False)
    except ValueError:
        raise ValueError(
            "A network is an address and the number of its leading bits, such as 10.20.0.0/16 or "
            "2001:db8::/32; a path has no place here."
        ) from None
    if network.network_address != address:
        raise ValueError(f"It has bits set behind the first {prefix}: write {network}.")
    return _plain_network(network)


def _single(host: str, port: int | None) -> Entry:
    below = host.startswith("*.")
    name = host.removeprefix("*.") if below else host
    try:
        name = name if name.isascii() else idna.encode(name, uts46=True).decode("ascii")
        address = read_address(name)
    except (ValueError, UnicodeError):
        raise ValueError(_unreadable()) from None
    if address is not None:
        return Entry(_address_entry(name, address, below=below), port=port)
    name = name.removesuffix(".").lower()
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise ValueError(_unreadable())
    return Entry(name, below, port)


def _address_entry(text: str, address: Address, *, below: bool) -> Network:
    if below:
        raise ValueError("There is nothing below an address; write a network, as 10.20.0.0/16.")
    try:
        plain = ip_address(text.removesuffix("."))
    except ValueError:
        plain = None
    if plain is None or "%" in text:
        raise ValueError(f"Write the address in its usual form: {address}.")
    return _plain_network(ip_network(address))


def _unreadable() -> str:
    return (
        f"It is neither a host name nor an IP address nor a network; write {_EXAMPLES}. To allow "
        "everything that the operator allows, delete the list."
    )


def _is_for_nobody(entry: Entry) -> bool:
    if isinstance(entry.host, str):
        return not entry.below and entry.host in METADATA_NAMES
    ends = (entry.host.network_address, entry.host.broadcast_address)
    return all(check_address(str(end)) is not None for end in ends)


def _address(host: str) -> Address | None:
    """The address that a URL's host is, in any spelling; none if it is a name, or nothing."""
    try:
        return read_address(host)
    except ValueError:
        return None


def _plain(address: Address) -> Address:
    """An IPv4 address in the clothes of an IPv6 one is dialled as IPv4."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _plain_network(network: Network) -> Network:
    low = _plain(network.network_address)
    if isinstance(network, IPv6Network) and isinstance(low, IPv4Address):
        return IPv4Network((low, network.prefixlen - _MAPPED_BITS))
    return network
