"""The ``voltfleet`` command."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from voltfleet import __version__
from voltfleet.cli import backup, keys, tokens
from voltfleet.cli import serve as serving
from voltfleet.cli.chaos import chaos
from voltfleet.cli.csms import csms
from voltfleet.cli.demo import demo
from voltfleet.cli.doctor import doctor
from voltfleet.cli.host import host
from voltfleet.domain.errors import VoltfleetError
from voltfleet.observability.logging import configure
from voltfleet.settings import from_env

EX_USAGE = 2

app = typer.Typer(
    help="Stand up and drive fleets of simulated EV chargers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(tokens.app, name="token")
app.add_typer(keys.app, name="keys")
app.command()(chaos)
app.command()(csms)
app.command()(demo)
app.command()(host)
app.command("backup")(backup.back_up)
app.command()(backup.restore)
app.command()(doctor)


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
