"""``voltfleet keys``: the keys that bearer tokens are signed with."""

from pathlib import Path
from typing import Annotated

import typer

from voltfleet.auth import keys

DataDir = Annotated[
    Path, typer.Option(envvar="VOLTFLEET_DATA_DIR", help="The gateway's data directory.")
]
_DEFAULT = Path("voltfleet-data")

app = typer.Typer(help="Replace the keys that sign tokens.", no_args_is_help=True)


@app.command()
def rotate(data_dir: DataDir = _DEFAULT) -> None:
    """Sign with a new key from now on. Tokens signed before stay good until they expire.

    Gateways that run take it up by themselves within a second.
    """
    _show(keys.rotate(data_dir / "keys"))


@app.command()
def retire(
    kid: Annotated[str, typer.Argument(help="The key's id, as `voltfleet keys list` shows it.")],
    data_dir: DataDir = _DEFAULT,
) -> None:
    """Drop a key that has been replaced: the tokens that it signed are refused.

    At once, but for those that a gateway has just verified: these for five minutes at most.
    """
    _show(keys.retire(data_dir / "keys", kid))


@app.command("list")
def list_keys(data_dir: DataDir = _DEFAULT) -> None:
    """Show the ids of the keys; the first one signs."""
    _show(keys.load_or_create(data_dir / "keys"))


def _show(found: keys.LocalKeys) -> None:
    for number, key in enumerate(found.public):
        typer.echo(f"{key['kid']}  {'signs' if number == 0 else 'verifies'}")
