"""``voltfleet chaos``: kill it, freeze it, cut it off, and see what was kept."""

import asyncio
import secrets
import shutil
import signal
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from voltfleet.chaos import report
from voltfleet.chaos.parts import tail
from voltfleet.chaos.plan import MEANING, Fault
from voltfleet.chaos.run import Options, Outcome, Round, run
from voltfleet.chaos.striking import CAN_FILL_DISKS
from voltfleet.domain.errors import VoltfleetError

_FAULTS = ", ".join(Fault)


class BadFaults(VoltfleetError):
    """Those faults cannot be struck here."""

    code = "bad_faults"


def chaos(
    kills: Annotated[int, typer.Option(min=1, help="How many strikes.")] = 20,
    seed: Annotated[
        int | None, typer.Option(help="Draws the strikes; the same seed draws the same ones.")
    ] = None,
    chargers: Annotated[int, typer.Option(min=4, max=2_000, help="About how many chargers.")] = 60,
    faults: Annotated[
        str, typer.Option(help=f"Which, by commas: {_FAULTS}. Default: all that can be.")
    ] = "",
    database_url: Annotated[
        str,
        typer.Option(
            envvar="VOLTFLEET_CHAOS_DATABASE_URL",
            help="An EMPTY Postgres database, for two gateways on it; else one on SQLite.",
        ),
    ] = "",
    postgres_data_dir: Annotated[
        Path | None,
        typer.Option(
            envvar="VOLTFLEET_CHAOS_POSTGRES_DATA_DIR",
            help="The data directory of that server, on this machine: it is restarted as well.",
        ),
    ] = None,
    lease_seconds: Annotated[float, typer.Option(min=2, max=60, help="The hosts' lease.")] = 5.0,
    keep: Annotated[
        Path | None, typer.Option(help="Copy the logs and the data there at the end.")
    ] = None,
) -> None:
    """Strike a fleet of its own with faults, under load, and check that nothing acknowledged is
    lost, doubled or reordered.

    Starts gateways, hosts, a demo CSMS and a client in a temporary directory; touches nothing else
    but the database given. Exits with 1 when anything was lost, doubled, reordered or answered
    wrongly; what settled late is counted and shown.
    """
    options = Options(
        kills=kills,
        seed=secrets.randbelow(1_000_000) if seed is None else seed,
        chargers=chargers,
        faults=_chosen(faults, database_url, postgres_data_dir),
        database_url=database_url,
        postgres_data=postgres_data_dir,
        lease_seconds=lease_seconds,
    )
    console = Console(soft_wrap=True, width=120)
    with tempfile.TemporaryDirectory(prefix="voltfleet-chaos-") as directory:
        try:
            outcome = _carry_out(console, options, Path(directory))
        finally:
            if keep is not None:
                shutil.copytree(directory, keep, dirs_exist_ok=True)
        report.tell(console, options, outcome)
    if outcome.is_wrong or len(outcome.rounds) < kills:
        raise typer.Exit(1)


def _carry_out(console: Console, options: Options, directory: Path) -> Outcome:
    def told(done: Round) -> None:
        for line in report.lines(done, options.kills):
            console.print(line, markup=False, highlight=False)

    names = ", ".join(fault for fault in Fault if fault in options.faults)
    console.print(f"{options.kills:,} strikes of {names}; --seed {options.seed} repeats them.")
    outcome = Outcome()
    try:
        asyncio.run(_until_stopped(run(options, directory, outcome, told)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("Stopped before the end.")
    except Exception:
        console.print(tail(directory / "fleet.log"), markup=False, highlight=False)
        raise
    return outcome


async def _until_stopped(running: Coroutine[Any, Any, None]) -> None:
    """Also SIGTERM lets it clean up."""
    task = asyncio.ensure_future(running)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


def _chosen(given: str, database_url: str, postgres_data: Path | None) -> frozenset[Fault]:
    """The faults to strike with. Raises `BadFaults`."""
    impossible = {}
    if database_url.startswith("postgres") or not CAN_FILL_DISKS:
        impossible[Fault.DISK] = "it needs SQLite, and Linux"
    if postgres_data is None:
        impossible[Fault.POSTGRES] = "it needs --postgres-data-dir"
    if not given:
        return frozenset(Fault) - impossible.keys()
    words = [word.strip() for word in given.split(",")]
    unknown = sorted(set(words) - set(Fault))
    if unknown:
        meanings = "\n".join(f"  {fault}: {meaning}" for fault, meaning in MEANING.items())
        raise BadFaults(f"No such faults: {', '.join(unknown)}. There are:\n{meanings}")
    chosen = frozenset(Fault(word) for word in words)
    for fault in chosen & impossible.keys():
        raise BadFaults(f"The fault {fault} cannot be struck here: {impossible[fault]}.")
    return chosen
