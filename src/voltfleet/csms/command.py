"""Runs the demo CSMS in a process of its own, until it is told to end."""

import asyncio
import contextlib
import gc
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from voltfleet.csms.entry import BadEntry, read_key, tls
from voltfleet.csms.options import BootStatus, CsmsOptions
from voltfleet.csms.server import Csms

if sys.platform == "win32":
    from asyncio import run as run_loop
else:
    import resource

    from uvloop import run as run_loop

_GC_THRESHOLDS = (100_000, 50, 100)
"""Little of what is done here makes garbage in cycles. With the usual thresholds a sixth of the CPU
time of a boot went into looking through what thousands of connections hold (measured)."""


def csms(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 9000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    heartbeat_interval: Annotated[
        int, typer.Option(min=1, help="Seconds between the heartbeats of an accepted charger.")
    ] = 60,
    boot_status: Annotated[
        BootStatus, typer.Option(help="The answer to BootNotification.")
    ] = BootStatus.ACCEPTED,
    boot_interval: Annotated[
        int, typer.Option(min=0, help="Seconds until a charger not accepted may ask again.")
    ] = 10,
    charge: Annotated[
        int, typer.Option(min=0, help="Start a transaction on up to so many booted chargers.")
    ] = 0,
    charge_seconds: Annotated[
        float, typer.Option(min=0, help="Stop those after so many seconds; 0 never does.")
    ] = 0.0,
    log: Annotated[
        Path | None, typer.Option(help="Append every frame as a line of JSON to this file.")
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Speak TLS with this certificate (PEM).")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
    client_ca: Annotated[
        Path | None,
        typer.Option(help="Let in only who has a client certificate of this authority (PEM)."),
    ] = None,
    authorization_key: Annotated[
        str | None,
        typer.Option(
            envvar="VOLTFLEET_CSMS_AUTHORIZATION_KEY",
            help="Let chargers in by HTTP Basic with this key only; hex:… for a binary one.",
        ),
    ] = None,
    *,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Do not tell who connects and disconnects.")
    ] = False,
) -> None:
    """Run a demo CSMS for OCPP 1.6, 2.0.1 and 2.1.

    Chargers connect to ws://HOST:PORT/ANYTHING/IDENTITY; the page at http://HOST:PORT/ shows them.
    With a certificate these are wss:// and https://.
    With --port 0 the first line of the output is the port alone.
    """
    try:
        context = tls(tls_cert, tls_key, client_ca)
        basic_key = None if authorization_key is None else read_key(authorization_key)
    except BadEntry as error:
        typer.echo(f"cannot run the CSMS: {error}", err=True)
        raise typer.Exit(1) from error
    options = CsmsOptions(
        heartbeat_interval=heartbeat_interval,
        boot_status=boot_status,
        boot_interval=boot_interval,
        charge=charge,
        charge_seconds=charge_seconds,
        log_path=log,
        authorization_key=basic_key,
        tls=context,
    )
    raise_file_limit()
    gc.set_threshold(*_GC_THRESHOLDS)
    try:
        run_loop(serve(options, host, port, quiet=quiet))
    except OSError as error:
        typer.echo(f"cannot run the CSMS: {error}", err=True)
        raise typer.Exit(1) from error


async def serve(options: CsmsOptions, host: str, port: int, *, quiet: bool) -> None:
    """Run until SIGTERM or SIGINT, then close every socket in good order."""
    csms = Csms(options, say=None if quiet else _say)
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        # Windows' event loop has no signal handlers; there Ctrl-C ends it as it ends any program.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(signal_number, ending.set)
    bound_port = await csms.start(host, port)
    if port == 0:
        _say(str(bound_port))
    s = "" if options.tls is None else "s"
    at = f"{host}:{bound_port}/"
    _say(f"demo CSMS: ws{s}://{at}ocpp/IDENTITY, page: http{s}://{at}")
    try:
        await ending.wait()
    finally:
        await csms.stop()


def raise_file_limit() -> None:
    """Every charger is an open file: take as many as the system allows without asking anybody."""
    if sys.platform != "win32":
        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        # macOS calls the hard limit unlimited and then refuses it.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
