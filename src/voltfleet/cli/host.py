"""``voltfleet host``: hosts on a machine without a gateway, or beside one that starts none."""

import asyncio
import os
import re
import signal
import socket
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from voltfleet.domain.errors import VoltfleetError
from voltfleet.domain.target_policy import Targets
from voltfleet.drivers.child import Child, ParentPipe
from voltfleet.drivers.local import host_process

TOKEN = "VOLTFLEET_HOST_TOKEN"  # noqa: S105 - the name of a variable
TOKEN_FILE = "VOLTFLEET_HOST_TOKEN_FILE"  # noqa: S105
LINK = "/host-link"
_HOST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WEBSOCKET = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


class CannotHost(VoltfleetError):
    """The host cannot be started."""

    code = "cannot_host"


def host(
    gateway: Annotated[
        str,
        typer.Option(
            envvar="VOLTFLEET_GATEWAY",
            help="The gateway, or the load balancer before several: https://voltfleet.example.com",
        ),
    ],
    host_id: Annotated[
        str,
        typer.Option(
            envvar="VOLTFLEET_HOST_ID",
            help="This host's name, the one in its token. Default: the machine's name.",
        ),
    ] = "",
    data_dir: Annotated[
        Path,
        typer.Option(envvar="VOLTFLEET_DATA_DIR", help="Keep it: it proves which host this is."),
    ] = Path("voltfleet-data"),
    capacity: Annotated[
        int | None,
        typer.Option(min=1, help="The most chargers. Default: what ulimit -n allows."),
    ] = None,
    targets: Annotated[
        Targets | None,
        typer.Option(
            envvar="VOLTFLEET_TARGETS",
            help="Whom chargers may dial. Default: any if the gateway is on this machine.",
        ),
    ] = None,
) -> None:
    """Run one host: chargers live in it, a gateway tells it which.

    Its token (voltfleet token create --role host) is in VOLTFLEET_HOST_TOKEN, or in the file that
    VOLTFLEET_HOST_TOKEN_FILE names. A private authority for https: VOLTFLEET_HOST_CA_FILE.
    """
    options = [] if capacity is None else ["--capacity", str(capacity)]
    options += [] if targets is None else ["--targets", targets.value]
    child = host_process(
        _checked_id(host_id or socket.gethostname()),
        gateway_url=link_url(gateway),
        data_dir=data_dir,
        token=_token(),
        pipe=ParentPipe(),
        environment=os.environ,
        options=options,
    )
    asyncio.run(_run(child))


def link_url(gateway: str) -> str:
    """Where a gateway's hosts dial in.

    >>> link_url("https://voltfleet.example.com/")
    'wss://voltfleet.example.com/host-link'
    """
    try:
        parts = urlsplit(gateway)
        scheme, there = _WEBSOCKET.get(parts.scheme), bool(parts.hostname and parts.port != 0)
    except ValueError:
        scheme, there = None, False
    if scheme is None or not there:
        raise CannotHost(
            f"--gateway is the gateway's URL, as in https://voltfleet.example.com or "
            f"http://10.0.0.5:8080; it is {gateway!r}."
        )
    path = parts.path.rstrip("/").removesuffix(LINK)
    return f"{scheme}://{parts.netloc}{path}{LINK}"


def _checked_id(host_id: str) -> str:
    if not _HOST_ID.fullmatch(host_id):
        raise CannotHost(
            "--host-id takes 1 to 64 letters, digits, '.', '_' or '-', the first a letter or a "
            f"digit; it is {host_id!r}."
        )
    return host_id


def _token() -> str:
    token = os.environ.get(TOKEN, "").strip()
    file = os.environ.get(TOKEN_FILE, "")
    if not token and file:
        try:
            token = Path(file).read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise CannotHost(f"Cannot read the host's token from {file}: {error}.") from error
    if not token:
        raise CannotHost(
            f"Neither {TOKEN} nor {TOKEN_FILE} says what the host's token is; on the gateway's "
            "machine, make one: voltfleet token create --role host --host-id ID"
        )
    return token


async def _run(child: Child) -> None:
    """Until SIGTERM or SIGINT; the host then closes its chargers' connections properly."""
    stopping: set[asyncio.Task[None]] = set()

    def stop() -> None:
        if not stopping:
            stopping.add(asyncio.ensure_future(child.stop()))

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await child.run()
    await asyncio.gather(*stopping)
