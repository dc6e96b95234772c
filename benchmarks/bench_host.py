"""What one host process can do: boots per second, memory and CPU of an idle fleet.

    python benchmarks/bench_host.py [--chargers 10000] [--idle-seconds 60] [--version OCPP1.6]

Three processes: the host under test, the cheapest possible CSMS (`lean_csms.py`), and this one,
which plays the gateway (it decodes and acknowledges everything) and measures.
"""

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import uvloop
from websockets.asyncio.server import ServerConnection, serve

from voltfleet.domain import hosting
from voltfleet.domain.hosting import Assignment, ConnectionState

HERE = Path(__file__).parent
ASSIGNMENTS_PER_MESSAGE = 500
LEASE_SECONDS = 6.0  # a beat, and with it the worst lag, every two seconds


@dataclass
class Gateway:
    """The other end of the link, which only counts."""

    states: dict[str, ConnectionState] = field(default_factory=dict)
    errors: set[str] = field(default_factory=set)
    frames: int = 0
    worst_lag_ms: float = 0.0
    online: int = 0
    progress: asyncio.Event = field(default_factory=asyncio.Event)
    host: asyncio.Future[ServerConnection] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    async def talk(self, socket: ServerConnection) -> None:
        async for data in socket:
            assert isinstance(data, bytes)
            message = hosting.decode_host_message(data)
            match message:
                case hosting.Hello():
                    await self.send(socket, hosting.Welcome(LEASE_SECONDS))
                    assert not self.host.done(), "the link was lost: too much load here to measure"
                    self.host.set_result(socket)
                case hosting.Beat():
                    self.worst_lag_ms = max(self.worst_lag_ms, message.lag_ms)
                    await self.send(socket, hosting.BeatAck())
                case hosting.Reports():
                    self.learn(message)
                case hosting.Memories():
                    kept = {each.charger_id: each.seq for each in message.memories}
                    await self.send(socket, hosting.MemoriesAck(kept))
                case hosting.Frames():
                    self.frames += len(message.frames)
                    await self.send(socket, hosting.FramesAck(message.seq))
                case _:
                    pass

    def learn(self, reports: hosting.Reports) -> None:
        for report in reports.chargers:
            if report.connection is not None:
                before = self.states.get(report.charger_id)
                self.states[report.charger_id] = report.connection.state
                self.online += report.connection.state is ConnectionState.ONLINE
                self.online -= before is ConnectionState.ONLINE
                if report.connection.last_error:
                    self.errors.add(report.connection.last_error)
        self.progress.set()

    async def send(self, socket: ServerConnection, message: hosting.GatewayMessage) -> None:
        await socket.send(hosting.encode(message))

    async def all_online(self, count: int) -> None:
        async with asyncio.timeout(60):
            while self.online < count:
                self.progress.clear()
                await self.progress.wait()


def assignments(count: int, ws_url: str, version: str) -> Iterator[hosting.Assign]:
    """The fleet, in messages."""
    everyone = [
        Assignment(
            charger_id=f"00000000-0000-4000-8000-{n:012d}",
            generation=1,
            identity=f"BENCH_{n:06d}",
            ws_url=ws_url,
            ocpp_version=version,
            brand_slug="wallbox",
            model_slug="wallbox-pulsar-plus",
            connector_type="Type2",
            running=True,
            seed=n,
        )
        for n in range(count)
    ]
    for start in range(0, count, ASSIGNMENTS_PER_MESSAGE):
        yield hosting.Assign(everyone[start : start + ASSIGNMENTS_PER_MESSAGE])


@contextlib.contextmanager
def started(*command: str, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A process for as long as the block lasts."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


async def measure(options: argparse.Namespace) -> None:
    """Run it all and print."""
    gateway = Gateway()
    environment = {**os.environ, "VOLTFLEET_HOST_TOKEN": "bench"}
    with contextlib.ExitStack() as stack:
        data_dir = stack.enter_context(tempfile.TemporaryDirectory())
        csms = stack.enter_context(
            started(sys.executable, str(HERE / "lean_csms.py"), str(options.heartbeat))
        )
        assert csms.stdout is not None
        ws_url = f"ws://127.0.0.1:{csms.stdout.readline().strip()}/ocpp"
        server = await serve(gateway.talk, "127.0.0.1", 0, compression=None, max_size=2**26)
        port = next(iter(server.sockets)).getsockname()[1]
        command = [sys.executable, "-m", "voltfleet.host"]
        host = stack.enter_context(
            started(
                *command,
                *("--gateway", f"ws://127.0.0.1:{port}/host-link", "--host-id", "bench"),
                *("--data-dir", data_dir, "--log-level", "warning"),
                env=environment,
            )
        )
        await boot_and_idle(
            gateway, psutil.Process(host.pid), psutil.Process(csms.pid), ws_url, options
        )


async def boot_and_idle(
    gateway: Gateway,
    host: psutil.Process,
    csms: psutil.Process,
    ws_url: str,
    options: argparse.Namespace,
) -> None:
    """The measurements."""
    count = options.chargers
    socket = await asyncio.wait_for(gateway.host, 20)
    rss_before = host.memory_info().rss
    await boot(gateway, socket, host, csms, ws_url, options)
    await asyncio.sleep(3)
    print(f"  worst lag while booting {gateway.worst_lag_ms:.0f} ms, frames {gateway.frames}")
    gateway.worst_lag_ms = 0.0
    frames, cpu_before, began = gateway.frames, cpu(host), time.perf_counter()
    await asyncio.sleep(options.idle_seconds)
    idle = (cpu(host) - cpu_before) / (time.perf_counter() - began) * 100
    rss = host.memory_info().rss
    print(f"  idle CPU {idle:.1f} % of a core, {gateway.frames - frames} frames meanwhile")
    print(
        f"  idle RSS {rss / 2**20:.0f} MiB, {(rss - rss_before) / count / 1024:.1f} KiB a charger"
    )
    print(f"  idle worst lag {gateway.worst_lag_ms:.0f} ms")
    began = time.perf_counter()
    host.terminate()
    await asyncio.to_thread(host.wait)
    print(f"  SIGTERM to exit {time.perf_counter() - began:.2f} s")


async def boot(
    gateway: Gateway,
    socket: ServerConnection,
    host: psutil.Process,
    csms: psutil.Process,
    ws_url: str,
    options: argparse.Namespace,
) -> None:
    """Assign the fleet and wait until it is online."""
    count = options.chargers
    host_before, csms_before, began = cpu(host), cpu(csms), time.perf_counter()
    for message in assignments(count, ws_url, options.version):
        await gateway.send(socket, message)
    try:
        await gateway.all_online(count)
    except TimeoutError:
        print("stuck at", gateway.online, sorted(gateway.errors)[:5])
        raise
    took, used = time.perf_counter() - began, cpu(host) - host_before
    print(f"{count} x {options.version}: all booted {took:.2f} s, {count / took:.0f}/s")
    each = used / count * 1e6
    kernel = host.cpu_times().system
    print(f"  host CPU {used:.2f} s, {each:.0f} us a boot, {count / used:.0f}/s of a core")
    print(f"  of the host's CPU, {kernel:.2f} s in the kernel")
    print(f"  CSMS CPU {cpu(csms) - csms_before:.2f} s; errors {sorted(gateway.errors)[:3]}")


def cpu(process: psutil.Process) -> float:
    """CPU seconds so far."""
    times = process.cpu_times()
    return times.user + times.system


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chargers", type=int, default=10_000)
    parser.add_argument("--idle-seconds", type=float, default=60.0)
    parser.add_argument("--heartbeat", type=int, default=60)
    parser.add_argument("--version", default="OCPP1.6")
    uvloop.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
