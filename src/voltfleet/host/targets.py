"""Names become addresses here, and no address is dialled that was not checked."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from weakref import WeakValueDictionary

from voltfleet.domain.allow_list import TargetPolicy, read_kept
from voltfleet.domain.target_policy import Targets

_REMEMBERED = 1000

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host name, best first. Raises `OSError`."""


class TargetRefusedError(Exception):
    """No socket was opened: the target policy does not allow the address."""


async def look_up(host: str, port: int) -> list[str]:
    """What the name server says."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class Gate:
    """Whom the chargers of one organization may dial just now. It is asked at every step on the
    way to a socket, because the organization's list may change in between."""

    __slots__ = ("__weakref__", "_policy", "_refusals")

    def __init__(self, policy: TargetPolicy) -> None:
        self._policy = policy
        self._refusals: dict[tuple[str, int, str | None], str | None] = {}

    def change(self, policy: TargetPolicy) -> None:
        """From now on it is that one."""
        self._policy = policy
        self._refusals.clear()

    def check_name(self, host: str, port: int) -> None:
        """Before the name server is asked. Raises `TargetRefusedError`."""
        refusal = self._refusal(host, port, None)
        if refusal is not None:
            raise TargetRefusedError(refusal)

    def check(self, host: str, port: int, addresses: list[str]) -> list[str]:
        """The addresses, if every one may be dialled: a name that also leads elsewhere is not to be
        trusted. Raises `TargetRefusedError`."""
        for address in addresses:
            refusal = self.refusal(host, port, address)
            if refusal is not None:
                raise TargetRefusedError(refusal)
        return addresses

    def refusal(self, host: str, port: int, address: str) -> str | None:
        """Why that address, to which the host led, may not be dialled, or stay connected to."""
        refusal = self._refusal(host, port, address)
        if refusal is None or address == host:
            return refusal
        return f"{host} leads to {address}: {refusal}"

    def _refusal(self, host: str, port: int, address: str | None) -> str | None:
        """A fleet asks the same thing thousands of times a second; a long list takes its time."""
        asked = host, port, address
        if asked in self._refusals:
            return self._refusals[asked]
        if len(self._refusals) >= _REMEMBERED:
            self._refusals.clear()
        refusal = self._refusals[asked] = (
            self._policy.check_name(host, port)
            if address is None
            else self._policy.check_dial(host, port, address)
        )
        return refusal


class Gates:
    """The gates of all organizations. Until a gateway has told of a list there is none."""

    def __init__(self, targets: Targets) -> None:
        self._base = TargetPolicy(targets)
        self._lists: dict[str, list[str]] = {}
        self._gates: WeakValueDictionary[str, Gate] = WeakValueDictionary()

    def of(self, organization_id: str) -> Gate:
        """The one of that organization, for as long as somebody has it."""
        gate = self._gates.get(organization_id)
        if gate is None:
            gate = self._gates[organization_id] = Gate(self._policy(organization_id))
        return gate

    def change(self, lists: Mapping[str, list[str]]) -> set[str]:
        """These are all lists that there are. Returns the organizations for which that is new."""
        before, self._lists = self._lists, dict(lists)
        changed = {
            organization_id
            for organization_id in before.keys() | lists.keys()
            if before.get(organization_id) != lists.get(organization_id)
        }
        for organization_id in changed:
            gate = self._gates.get(organization_id)
            if gate is not None:
                gate.change(self._policy(organization_id))
        return changed

    def _policy(self, organization_id: str) -> TargetPolicy:
        texts = self._lists.get(organization_id)
        if texts is None:
            return self._base
        return replace(self._base, allowed=read_kept(tuple(texts)))
