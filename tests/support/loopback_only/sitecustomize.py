"""Keeps a process under test on this machine: names do not resolve, other addresses do not answer.

On the ``PYTHONPATH`` of every gateway and host that a test starts (``processes.py``), because test
data names CSMSs that belong to somebody: the founding document's, and what schemathesis invents.
To the product it looks like a machine without a network.

Where ``LOOPBACK_NAMES`` is a file, uvloop resolves the names in it: a line has a name and its
loopback address, and is read anew for every look-up.
"""

import errno
import ipaddress
import os
import socket
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache  # Ten thousand chargers dial the same address, and a benchmark counts what that costs.
def is_loopback(host: Any) -> bool:
    """Whether connecting to ``host`` stays on this machine."""
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def is_address(host: Any) -> bool:
    """Whether ``host`` is an IP address, which resolves without asking anybody."""
    try:
        return bool(ipaddress.ip_address(str(host)))
    except ValueError:
        return False


def address_of(host: Any) -> Any:
    """The address that the test gives that name just now; else the name."""
    file = os.environ.get("LOOPBACK_NAMES")
    if file is None:
        return host
    lines = Path(file).read_text().splitlines()
    return dict(line.split() for line in lines).get(host, host)


def check_resolving(host: Any) -> None:
    """Raises what a resolver raises that cannot be reached."""
    if not is_loopback(host) and not is_address(host):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def check_connecting(host: Any) -> None:
    """Raises what the system raises for an address that there is no route to."""
    check_resolving(host)
    if not is_loopback(host):
        raise OSError(errno.ENETUNREACH, "Network is unreachable")


def audit(event: str, arguments: tuple[Any, ...]) -> None:
    """For Python's own sockets."""
    if event == "socket.getaddrinfo":
        check_resolving(arguments[0])
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        check_connecting(arguments[1][0])


sys.addaudithook(audit)

try:
    import uvloop
except ImportError:
    pass
else:  # uvloop calls the system itself, past the audit hook

    class LoopbackLoop(uvloop.Loop):
        """uvloop's loop, which stays on this machine."""

        async def getaddrinfo(self, host: Any, *arguments: Any, **named: Any) -> Any:
            """As the parent's."""
            host = address_of(host)
            check_resolving(host)
            return await super().getaddrinfo(host, *arguments, **named)

        async def create_connection(  # type: ignore[override]
            self, factory: Any, host: Any = None, *arguments: Any, **named: Any
        ) -> Any:
            """As the parent's."""
            check_connecting(host)
            return await super().create_connection(factory, host, *arguments, **named)

    uvloop.Loop = LoopbackLoop  # type: ignore[misc]
