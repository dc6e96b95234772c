"""``voltfleet serve``: a gateway and its hosts, each a process of its own, kept alive by this one.

This process holds the listening socket (so a gateway that is restarted refuses no connection), the
hosts hold the stations' connections (so a gateway that is restarted drops none of them), and both
end at once if this process dies (`drivers.child.ParentPipe`).
"""

import asyncio
import contextlib
import errno
import os
import resource
import secrets
import signal
import socket
import sys
import time
from functools import partial
from pathlib import Path
from typing import Self

import httpx2

from voltfleet.auth import jwt, keys
from voltfleet.auth.principal import Role
from voltfleet.domain.errors import Unauthenticated, VoltfleetError
from voltfleet.drivers.child import Child, ParentPipe
from voltfleet.drivers.local import LocalDriver, spare_cores
from voltfleet.settings import Settings

DEFAULT_ORGANIZATION = "default"
TOKEN_SECONDS = 365 * 24 * 3600.0
FEWEST_FILES = 256
"""Below this many open files a fleet is no use."""
BACKLOG = 4096
READY_DEADLINE_SECONDS = 60.0
STOP_SECONDS = 15.0
"""How long a gateway may take to stop, besides `Settings.drain_seconds`."""

_FEW_HEAPS = {"MALLOC_ARENA_MAX": "2"}
"""A gateway's threads take turns anyway; a heap for each (glibc's way) would keep what that thread
once needed, for ever."""


class CannotServe(VoltfleetError):
    """The gateway cannot be started."""

    code = "cannot_serve"


class Served:
    """A gateway and its hosts, running. Use as an async context manager."""

    def __init__(self, settings: Settings, *, log: int | None = None) -> None:
        """``log`` is a file descriptor for what the processes say; by default standard error."""
        self._settings = settings
        self._log = log
        self._listener = _listen(settings.host, settings.port)
        self.port: int = self._listener.getsockname()[1]
        self.token = ""
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        """Where the API answers, for clients of this machine."""
        host = "127.0.0.1" if self._settings.host in ("0.0.0.0", "::", "") else self._settings.host  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    async def __aenter__(self) -> Self:
        settings = self._settings
        _raise_file_limit()
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        signing = keys.load_or_create(settings.keys_dir)
        self.token = await _default_token(settings.data_dir / "token", signing)
        pipe = ParentPipe()
        self._gateway = Child(
            "gateway",
            ["-m", "voltfleet.cli.gateway", "--listener", str(self._listener.fileno())],
            pipe=pipe,
            environment={**_FEW_HEAPS, **os.environ, **_as_environment(settings)},
            inherited=[self._listener.fileno()],
            log=self._log,
            patience_seconds=settings.drain_seconds + STOP_SECONDS,
        )
        driver = LocalDriver(
            spare_cores() if settings.hosts is None else settings.hosts,
            name=_host_name(settings),
            gateway_url=f"{self.url.replace('http', 'ws', 1)}/host-link",
            data_dir=settings.data_dir,
            token_of=partial(_host_token, signing),
            pipe=pipe,
            environment={**os.environ, "VOLTFLEET_TARGETS": settings.targets.value},
            log=self._log,
        )
        self._gateway_task = asyncio.create_task(self._gateway.run())
        self._driver_task = asyncio.create_task(driver.run())
        try:
            await self._until_ready()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Hosts first: they close their stations' sockets and say so to the gateway."""
        self._driver_task.cancel()
        await asyncio.gather(self._driver_task, return_exceptions=True)
        await self._gateway.stop()
        await asyncio.gather(self._gateway_task, return_exceptions=True)
        self._listener.close()

    async def ended(self) -> None:
        """Returns never; raises `CannotServe` when a process cannot be kept running."""
        await asyncio.wait(
            [self._gateway_task, self._driver_task], return_when=asyncio.FIRST_COMPLETED
        )
        self._raise_refusal()

    async def _until_ready(self) -> None:
        deadline = time.monotonic() + READY_DEADLINE_SECONDS
        async with httpx2.AsyncClient(timeout=5.0, trust_env=False) as client:
            while time.monotonic() < deadline:
                self._raise_refusal()
                answering = asyncio.create_task(_answers(client, f"{self.url}/health"))
                await asyncio.wait(
                    [answering, self._gateway_task], return_when=asyncio.FIRST_COMPLETED
                )
                if answering.done() and answering.result():
                    return
                answering.cancel()
        raise CannotServe(
            f"The gateway did not become ready in {READY_DEADLINE_SECONDS:g} s; its own "
            "messages say why."
        )

    def _raise_refusal(self) -> None:
        for task in (self._gateway_task, self._driver_task):
            if task.done() and not task.cancelled():
                raise CannotServe(str(task.exception() or "A process ended.")) from task.exception()


async def serve(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT; says on the terminal where everything is."""
    serving = asyncio.create_task(_serve(settings))

    def stop() -> None:
        if not serving.cancelling():  # a second Ctrl-C does not cut the first one's work short
            serving.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await serving
    except asyncio.CancelledError:
        return


async def _serve(settings: Settings) -> None:
    """Until cancelled, also while it is starting."""
    async with Served(settings) as served:
        _say(
            f"Voltfleet answers at {served.url}  (docs: {served.url}/docs)",
            _dashboard(served.url, served.token),
            f"Bearer token of organization {DEFAULT_ORGANIZATION!r}: {settings.data_dir / 'token'}",
            "Stop it with Ctrl-C.",
        )
        try:
            await served.ended()
        finally:
            _say("Stopping: the hosts close their chargers' connections first.")


def sign_in_link(url: str, token: str) -> str:
    """Opens the dashboard, signed in. What follows the ``#`` stays in the browser."""
    return f"{url}/ui/#token={token}"


def _dashboard(url: str, token: str) -> str:
    """The token is for the eyes at a terminal; what is written elsewhere may be kept by anybody."""
    if sys.stdout.isatty():
        return f"Dashboard, one click: {sign_in_link(url, token)}"
    return f"Dashboard: {url}/ui/  (it asks for a token)"


async def _answers(client: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        remedy = "Choose another --host (VOLTFLEET_HOST)."
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            remedy = "Choose another --port (VOLTFLEET_PORT), or stop what is using it."
        raise CannotServe(f"Cannot listen on {host}:{port}: {error.strerror}. {remedy}") from error
    listener.listen(BACKLOG)
    return listener


def _raise_file_limit() -> None:
    """Takes all the open files that the system allows; the hosts inherit the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    if soft < FEWEST_FILES:
        raise CannotServe(
            f"Only {soft} files may be open at once, and every charger is one; raise the limit "
            f"(ulimit -n) to at least {FEWEST_FILES}."
        )


async def _default_token(path: Path, signing: keys.LocalKeys) -> str:
    """The ready token of the default organization: written at the first start, and again once it
    has expired or its key is gone."""
    with contextlib.suppress(FileNotFoundError, Unauthenticated):
        token = _read(path)
        await jwt.Authenticator(signing).verify(token)
        return token
    token = jwt.issue(
        signing,
        role=Role.USER,
        organization_id=DEFAULT_ORGANIZATION,
        ttl_seconds=TOKEN_SECONDS,
        now=time.time(),
    )
    temporary = path.with_name(f".token-{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{token}\n")
    temporary.replace(path)
    return token


def _host_name(settings: Settings) -> str:
    """What the hosts of this machine are called: other machines on the same database have others,
    and a restart finds them again."""
    if settings.database_url.startswith("sqlite"):
        return "local"
    file = settings.data_dir / "hosts" / "name"
    with contextlib.suppress(FileNotFoundError):
        return _read(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"local-{secrets.token_hex(3)}\n")
    return _read(file)


def _read(path: Path) -> str:
    return path.read_text().strip()


def _host_token(signing: keys.LocalKeys, host_id: str) -> str:
    return jwt.issue(
        signing,
        role=Role.HOST,
        organization_id=None,
        ttl_seconds=TOKEN_SECONDS,
        now=time.time(),
        host_id=host_id,
    )


def _as_environment(settings: Settings) -> dict[str, str]:
    """What the gateway process needs to build the same settings."""
    return {
        "VOLTFLEET_HOST": settings.host,
        "VOLTFLEET_PORT": str(settings.port),
        "VOLTFLEET_DATA_DIR": str(settings.data_dir),
        "VOLTFLEET_DATABASE_URL": settings.database_url,
        "VOLTFLEET_TARGETS": settings.targets.value,
    }


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
