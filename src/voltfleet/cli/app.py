"""The ``voltfleet`` command."""

import asyncio
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from voltfleet import __version__
from voltfleet.cli import keys, tokens
from voltfleet.cli import serve as serving
from voltfleet.domain.errors import VoltfleetError
from voltfleet.observability.logging import configure
from voltfleet.settings import from_env

EX_USAGE = 2

LATER: Mapping[str, str] = {
    "backup": "voltfleet.cli.backup:back_up",
    "chaos": "voltfleet.cli.chaos:chaos",
    "csms": "voltfleet.csms.command:csms",
    "demo": "voltfleet.cli.demo:demo",
    "doctor": "voltfleet.cli.doctor:doctor",
    "host": "voltfleet.cli.host:host",
    "restore": "voltfleet.cli.backup:restore",
}
"""Commands that are imported when they are asked for: importing all that they know would take most
of the time in which any of them starts."""


class Commands(TyperGroup):
    """The commands, those of `LATER` among them."""

    # Typer has a click of its own, whose types it does not export: hence Any.

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, for the help."""
        return sorted([*super().list_commands(ctx), *LATER])

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One of them, or None."""
        if cmd_name not in LATER:
            return super().get_command(ctx, cmd_name)
        module, _, function = LATER[cmd_name].partition(":")
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name)(getattr(import_module(module), function))
        return typer.main.get_command(alone)


app = typer.Typer(
    cls=Commands,
    help="Stand up and drive fleets of simulated EV chargers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(tokens.app, name="token")
app.add_typer(keys.app, name="keys")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on; 0: a free one.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Keys, token and SQLite files.")] = None,
    database_url: Annotated[
        str | None, typer.Option(help="postgresql://… instead of SQLite in the data directory.")
    ] = None,
    hosts: Annotated[
        str | None,
        typer.Option(help="Host processes to start here: auto (one per core but one), none, or N."),
    ] = None,
) -> None:
    """Run the gateway and its hosts. Every option is also a VOLTFLEET_… variable."""
    settings = from_env(
        os.environ,
        host=host,
        port=port,
        data_dir=data_dir,
        database_url=database_url,
        hosts=hosts,
    )
    asyncio.run(serving.serve(settings))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """The console script: an expected error is one line on standard error and exit code 2."""
    configure()
    try:
        app()
    except VoltfleetError as error:
        _fail(error.message)
    except OSError as error:
        if error.filename is None:
            raise
        _fail(
            f"Cannot use {error.filename}: {error.strerror}. --data-dir (VOLTFLEET_DATA_DIR) must "
            "be a directory that this user may write to."
        )


def _fail(message: str) -> NoReturn:
    sys.stderr.write(f"voltfleet: {message}\n")
    sys.exit(EX_USAGE)
