"""``voltfleet token``: makes bearer tokens signed with the local key."""

import re
import time
from pathlib import Path
from typing import Annotated

import typer

from voltfleet.auth import jwt, keys
from voltfleet.auth.principal import Role, is_organization_id
from voltfleet.domain.errors import VoltfleetError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_TTL = re.compile(r"([1-9][0-9]{0,8})([smhdw])")
_LONGEST_SECONDS = 100 * 365 * 86_400

app = typer.Typer(help="Make bearer tokens.", no_args_is_help=True)


class BadOption(VoltfleetError):
    """An option cannot be used."""

    code = "bad_option"


@app.callback()
def group() -> None:
    """Make bearer tokens."""


@app.command()
def create(
    role: Annotated[str, typer.Option(help="user (one organization) or admin (all of them).")],
    org: Annotated[str, typer.Option(help="The organization of a user token.")] = "",
    ttl: Annotated[str, typer.Option(help="How long it is good: 90s, 15m, 12h, 30d, 4w.")] = "30d",
    data_dir: Annotated[
        Path, typer.Option(envvar="VOLTFLEET_DATA_DIR", help="The gateway's data directory.")
    ] = Path("voltfleet-data"),
) -> None:
    """Print a token, alone, on standard output.

    An admin token has no organization of its own: each request names one in X-Organization-Id.
    """
    if role not in (Role.USER, Role.ADMIN):
        raise BadOption(f"--role must be user or admin; it is {role!r}.")
    if (role == Role.USER or org) and not is_organization_id(org):
        raise BadOption(
            "--org names the organization of a user token: 1 to 128 printable ASCII characters "
            f"without spaces; it is {org!r}."
        )
    token = jwt.issue(
        keys.load_or_create(data_dir / "keys"),
        role=Role(role),
        organization_id=org if role == Role.USER else None,
        ttl_seconds=_seconds(ttl),
        now=time.time(),
    )
    typer.echo(token)


def _seconds(ttl: str) -> float:
    found = _TTL.fullmatch(ttl)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < seconds <= _LONGEST_SECONDS:
        raise BadOption(
            f"--ttl must be a number and one of s, m, h, d, w, as in 30d; it is {ttl!r}."
        )
    return seconds
