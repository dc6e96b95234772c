"""``voltfleet demo``: the main job, for the eyes of a newcomer.

A gateway, its hosts and a demo CSMS on free ports and in a temporary directory; one request for a
whole fleet; a live view of how it comes up; a summary of what was measured.
"""

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from voltfleet.cli.serve import Served, sign_in_link
from voltfleet.domain.errors import VoltfleetError
from voltfleet.settings import Settings

MOST_CHARGERS = 20_000
CHARGING = 25
"""Cars that the demo CSMS charges."""
LOOK_EVERY_SECONDS = 0.1
BOOT_DEADLINE_SECONDS = 120.0
CHARGE_DEADLINE_SECONDS = 20.0
CSMS_START_SECONDS = 20.0


class DemoFailedError(VoltfleetError):
    """The demo did not come to its end."""

    code = "demo_failed"


@dataclass(slots=True)
class Measured:
    """Seconds from the request to each event, and what came of it."""

    accepted: float = 0.0
    ready: float = 0.0
    booted: float = 0.0
    created: int = 0
    failed: int = 0
    charging: int = 0


def demo(
    chargers: Annotated[
        int, typer.Option(min=1, max=MOST_CHARGERS, help="How many chargers.")
    ] = 1_000,
    *,
    exit_: Annotated[
        bool, typer.Option("--exit", help="End after the summary instead of at Ctrl-C.")
    ] = False,
) -> None:
    """Stand up a fleet against a demo CSMS and watch it happen."""
    with tempfile.TemporaryDirectory(prefix="voltfleet-demo-") as directory:
        asyncio.run(_demo(chargers, Path(directory), stay=not exit_))


async def _demo(count: int, directory: Path, *, stay: bool) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    console = Console()
    async with AsyncExitStack() as running:
        with console.status("Starting a gateway, a host and a demo CSMS…"):
            csms_port = await running.enter_async_context(_csms(min(CHARGING, count), directory))
            settings = Settings(port=0, data_dir=directory, database_url=_sqlite(directory))
            log = running.enter_context((directory / "serve.log").open("w"))
            served = await running.enter_async_context(Served(settings, log=log.fileno()))
            api = await running.enter_async_context(_client(served.url, served.token))
            csms = await running.enter_async_context(_client(f"http://127.0.0.1:{csms_port}"))
            await _until_hosted(api)
        # The token is as short-lived as the directory that it is for.
        _plain(console, f"Watch it: {sign_in_link(served.url, served.token)}")
        working = asyncio.create_task(_run(console, api, csms, csms_port, count))
        interrupted = asyncio.create_task(stopping.wait())
        await asyncio.wait([working, interrupted], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            return
        measured, location_id = working.result()
        _summarize(console, count, measured)
        if stay:
            _what_next(console, served, csms_port, directory, location_id, count)
            console.print("Everything stays up until you press Ctrl-C.")
            await interrupted
    console.print("Stopped, and the temporary directory is gone.")
    if not stay:
        _plain(
            console,
            "Next:",
            "  voltfleet demo                the same, and it stays up to be looked at",
            "  voltfleet csms --port 9000    a CSMS to try things against",
            "  voltfleet serve               a gateway of your own, at http://127.0.0.1:8080/docs",
        )
    if measured.created < count:
        raise DemoFailedError(f"{count - measured.created} chargers were not created.")


async def _run(
    console: Console, api: httpx2.AsyncClient, csms: httpx2.AsyncClient, csms_port: int, count: int
) -> tuple[Measured, str]:
    location = await _post(api, "/ocpp/locations", _LOCATION)
    measured = Measured()
    started = time.monotonic()
    accepted = await _post(
        api, f"/ocpp/locations/{location['id']}/chargers", _groups(count, csms_port)
    )
    measured.accepted = time.monotonic() - started
    with _progress(console) as progress:
        provisioned = progress.add_task("provisioned", total=count)
        booted = progress.add_task("booted", total=count)
        deadline = started + BOOT_DEADLINE_SECONDS
        while not (measured.ready and measured.booted):
            if not measured.ready:
                job = await _get(api, accepted["status_url"])
                progress.update(provisioned, completed=job["progress"]["created"])
                if job["status"] in ("READY", "FAILED"):
                    measured.ready = time.monotonic() - started
                    measured.created = job["progress"]["created"]
                    measured.failed = job["progress"]["failed"]
            stats = await _get(csms, "/api/stats")
            progress.update(booted, completed=stats["booted"])
            if measured.ready and stats["booted"] >= measured.created:
                measured.booted = time.monotonic() - started
            if time.monotonic() > deadline:
                raise DemoFailedError(
                    f"After {BOOT_DEADLINE_SECONDS:g} s only {stats['booted']} of {count} chargers "
                    "had booted."
                )
            await asyncio.sleep(LOOK_EVERY_SECONDS)
    with console.status("Cars are being plugged in…"):
        measured.charging = await _until_charging(csms, min(CHARGING, measured.created))
    return measured, location["id"]


async def _until_hosted(api: httpx2.AsyncClient) -> None:
    deadline = time.monotonic() + CSMS_START_SECONDS
    while (await api.get("/health/ready")).status_code != httpx2.codes.OK:
        if time.monotonic() > deadline:
            raise DemoFailedError("No host connected to the gateway.")
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def _until_charging(csms: httpx2.AsyncClient, wanted: int) -> int:
    deadline = time.monotonic() + CHARGE_DEADLINE_SECONDS
    active = 0
    while active < wanted and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        active = (await _get(csms, "/api/stats"))["transactions_active"]
    return active


@asynccontextmanager
async def _csms(charging: int, directory: Path) -> AsyncIterator[int]:
    """The demo CSMS in a process of its own; yields its port."""
    with (directory / "csms.log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "voltfleet.csms", "--port", "0", "--quiet"),
            *("--charge", str(charging), "--charge-seconds", "0"),
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for, two lines above
        async with asyncio.timeout(CSMS_START_SECONDS):
            line = await process.stdout.readline()
        yield int(line)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


@asynccontextmanager
async def _client(url: str, token: str = "") -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx2.AsyncClient(
        base_url=url, headers=headers, timeout=30.0, trust_env=False
    ) as client:
        yield client


async def _post(client: httpx2.AsyncClient, path: str, body: object) -> Any:
    response = await client.post(path, json=body)
    response.raise_for_status()
    return response.json()


async def _get(client: httpx2.AsyncClient, path: str) -> Any:
    response = await client.get(path)
    response.raise_for_status()
    return response.json()


def _sqlite(directory: Path) -> str:
    return f"sqlite:///{directory / 'voltfleet.db'}"


_LOCATION = {
    "name": "Demo depot",
    "address": "1 Charging Lane",
    "city": "Utrecht",
    "country": "NL",
    "coordinates": {"latitude": 52.0907, "longitude": 5.1214},
    "timezone": "Europe/Amsterdam",
}


def _groups(count: int, csms_port: int) -> list[dict[str, Any]]:
    """Two kinds of chargers, half and half: AC on OCPP 1.6, DC on OCPP 2.0.1."""
    kinds = [
        ("wallbox", "wallbox-pulsar-plus", "Type2", "OCPP1.6", "AC-", (count + 1) // 2),
        ("abb", "terra-184", "CCS2", "OCPP2.0.1", "DC-", count // 2),
    ]
    return [
        {
            "template": {
                "brand_slug": brand,
                "model_slug": model,
                "connector_type": connector,
                "ocpp_version": version,
                "ws_url": f"ws://127.0.0.1:{csms_port}/ocpp",
                "identity_prefix": prefix,
                "template_name": f"Bay {prefix.rstrip('-')}",
            },
            "chargers_number": number,
        }
        for brand, model, connector, version, prefix, number in kinds
        if number
    ]


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("[bold]{task.description:>12}"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _summarize(console: Console, count: int, measured: Measured) -> None:
    table = Table(title=f"{count:,} chargers, one request", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_row("202 Accepted, job on disk", f"{measured.accepted * 1000:,.0f} ms")
    table.add_row("job READY", f"{measured.ready:.2f} s")
    table.add_row("all booted at the CSMS", f"{measured.booted:.2f} s")
    table.add_row("created / failed", f"{measured.created:,} / {measured.failed:,}")
    table.add_row("charging a car", f"{measured.charging:,}")
    console.print(table)


def _what_next(
    console: Console,
    served: Served,
    csms_port: int,
    directory: Path,
    location_id: str,
    count: int,
) -> None:
    url = served.url
    console.print("[bold]Look[/]  (in another terminal or a browser)")
    _plain(
        console,
        f"  the dashboard      {sign_in_link(url, served.token)}",
        f"  who is connected   http://127.0.0.1:{csms_port}/",
        f"  API documentation  {url}/docs",
    )
    console.print("[bold]Try[/]")
    _plain(
        console,
        f"  TOKEN=$(cat {directory / 'token'})",
        f'  curl -H "Authorization: Bearer $TOKEN" "{url}/ocpp/chargers?limit=2"',
        '  curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\',
        f"    {url}/ocpp/locations/{location_id}/chargers \\",
        '    -d \'[{"template": {"brand_slug": "alfen", '
        '"model_slug": "alfen-eve-single-s-line", "connector_type": "Type2", '
        f'"ws_url": "ws://127.0.0.1:{csms_port}/ocpp"}}, "chargers_number": 10}}]\'',
    )
    console.print(
        f"Your own CSMS: put its address in [bold]ws_url[/]; {count:,} chargers dial it as readily."
    )


def _plain(console: Console, *lines: str) -> None:
    """To be copied: not wrapped, not coloured."""
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
