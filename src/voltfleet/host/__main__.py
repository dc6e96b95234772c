"""``python -m voltfleet.host``: one host process. Exits with 0 after SIGTERM or SIGINT."""

import argparse
import asyncio
import contextlib
import gc
import os
import re
import signal
import ssl
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import structlog
import uvloop

from voltfleet.domain.target_policy import Targets
from voltfleet.host import limits
from voltfleet.host.dialer import DialLimits
from voltfleet.host.host import Host, HostOptions
from voltfleet.host.link import Link, LinkOptions, UnsupportedProtocolError
from voltfleet.host.lock import HostLock
from voltfleet.host.pulse import Pulse
from voltfleet.host.wheel import start_clock
from voltfleet.observability import logging

EXIT_USAGE = 2
EXIT_UNSUPPORTED_PROTOCOL = 3
EXIT_PARENT_DIED = 4
FINISH_SECONDS = 5.0
# Thousands of stations are millions of objects that live long: with the interpreter's defaults,
# looking through them again and again took a quarter of the time to boot.
GC_THRESHOLD = (50_000, 20, 100)

_HOST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What the command line and the environment say."""

    gateway_url: str
    host_id: str
    data_dir: Path
    token: str
    ca_file: str | None
    capacity: int | None
    dialling: DialLimits
    parent_fd: int | None
    pulse_fd: int | None
    log_level: str
    targets: Targets = Targets.ANY


def read_settings(argv: Sequence[str]) -> HostSettings:
    """The settings of this process. Exits with a message when something is missing."""
    parser = _parser()
    given = parser.parse_args(argv)
    token = os.environ.get("VOLTFLEET_HOST_TOKEN", "")
    if not token:
        parser.error("VOLTFLEET_HOST_TOKEN is not set: it holds the token for the gateway")
    if not _HOST_ID.fullmatch(given.host_id):
        parser.error("--host-id takes 1 to 64 letters, digits, '.', '_' or '-'")
    return HostSettings(
        gateway_url=given.gateway,
        host_id=given.host_id,
        data_dir=given.data_dir,
        token=token,
        ca_file=os.environ.get("VOLTFLEET_HOST_CA_FILE") or None,
        capacity=given.capacity,
        dialling=DialLimits(per_second=given.dials_per_second, handshakes=given.handshakes),
        parent_fd=given.exit_with_parent,
        pulse_fd=given.pulse,
        log_level=given.log_level,
        targets=given.targets or Targets.for_listener(urlsplit(given.gateway).hostname or ""),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m voltfleet.host", description=__doc__)
    add = parser.add_argument
    add("--gateway", required=True, help="ws://127.0.0.1:8080/host-link")
    add("--host-id", required=True, help="this host's name, the same after every restart")
    add("--data-dir", required=True, type=Path, help="holds hosts/<host-id>.lock")
    add("--capacity", type=int, help="the most chargers (default: what ulimit -n allows)")
    add("--dials-per-second", type=float, default=DialLimits().per_second, help="per CSMS")
    add("--handshakes", type=int, default=DialLimits().handshakes, help="at once, per CSMS")
    add(
        "--targets",
        type=Targets,
        choices=list(Targets),
        default=os.environ.get("VOLTFLEET_TARGETS") or None,
        help="whom chargers may dial (default: VOLTFLEET_TARGETS; else any address when the "
        "gateway is on this machine, and only public ones otherwise)",
    )
    add("--exit-with-parent", type=int, metavar="FD", help="exit when this pipe is closed")
    add("--pulse", type=int, metavar="FD", help="tell this pipe how long the lease runs")
    add("--log-level", default="info", choices=["debug", "info", "warning", "error"])
    return parser


async def serve(settings: HostSettings) -> int:
    """Run the host until a signal. Returns the exit code."""
    stop = _stop_signal()
    if settings.parent_fd is not None:
        _exit_with_parent(settings.parent_fd)
    lock = HostLock(settings.data_dir, settings.host_id)
    if not lock.try_acquire():
        log.warning(
            "host_waits", why="another process of this host still runs", lock=str(lock.path)
        )
        if not await _or_stopped(asyncio.create_task(lock.acquire()), stop):
            return 0
    tls = _tls(settings.ca_file)
    capacity = limits.capacity(limits.raise_descriptor_limit(), settings.capacity)
    options = HostOptions(capacity, settings.dialling, targets=settings.targets)
    clock = start_clock()
    host = Host(options, clock, tls=tls, pulse=Pulse(settings.pulse_fd, clock))
    link = Link(
        host,
        LinkOptions(settings.gateway_url, settings.host_id, settings.token, tls, lock.place),
    )
    host.start()
    log.info("host_started", host_id=settings.host_id, capacity=capacity, pid=os.getpid())
    talking = asyncio.create_task(link.run())
    try:
        await _or_stopped(talking, stop)
    except UnsupportedProtocolError as exc:
        log.error("unsupported_protocol", why=str(exc))  # noqa: TRY400 - the sentence says it all
        return EXIT_UNSUPPORTED_PROTOCOL
    finally:
        await _shut_down(host, link, talking)
    return 0


async def _shut_down(host: Host, link: Link, talking: "asyncio.Task[None]") -> None:
    held = host.stations
    forced = await host.drain()
    told = await link.finish(FINISH_SECONDS)
    talking.cancel()
    with contextlib.suppress(asyncio.CancelledError, UnsupportedProtocolError):
        await talking
    host.stop()
    log.info("host_stopped", closed=held - forced, forced=forced, gateway_told=told)


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _or_stopped(work: "asyncio.Task[None]", stop: asyncio.Event) -> bool:
    """Whether the work was done; False when the stop came first. Raises what the work raises."""
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not work.done():
        return False
    work.result()
    return True


def _exit_with_parent(descriptor: int) -> None:
    """Die at once when the other end of the pipe is closed: nobody supervises this process then,
    and a supervisor that comes back starts another."""

    def readable() -> None:
        if not os.read(descriptor, 4096):
            os._exit(EXIT_PARENT_DIED)

    os.set_blocking(descriptor, False)
    asyncio.get_running_loop().add_reader(descriptor, readable)


def _tls(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def main() -> None:
    """The process."""
    settings = read_settings(sys.argv[1:])
    logging.configure(level=settings.log_level)
    gc.set_threshold(*GC_THRESHOLD)
    sys.exit(uvloop.run(serve(settings)))


if __name__ == "__main__":
    main()
