"""Names become addresses here, and no address is dialled that was not checked."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from voltfleet.domain.target_policy import Targets, check_address

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host name, best first. Raises `OSError`."""


class TargetRefusedError(Exception):
    """No socket was opened: the operator's target policy does not allow the address."""


async def look_up(host: str, port: int) -> list[str]:
    """What the name server says."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def checked(host: str, addresses: list[str], targets: Targets) -> list[str]:
    """The addresses, if every one may be dialled: a name that also leads elsewhere is not to be
    trusted. Raises `TargetRefusedError`."""
    for address in addresses:
        refusal = check_address(address, targets)
        if refusal is not None:
            leads = "" if address == host else f"{host} leads to {address}: "
            raise TargetRefusedError(f"{leads}{refusal}")
    return addresses
