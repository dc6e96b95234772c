"""``voltfleet token``: makes bearer tokens signed with the local key."""

import re
import time
from pathlib import Path
from typing import Annotated

import typer

from voltfleet.auth import jwt, keys
from voltfleet.auth.principal import Role, is_host_id, is_organization_id
from voltfleet.domain.errors import VoltfleetError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_TTL = re.compile(r"([1-9][0-9]{0,8})([smhdw])")
_LONGEST_SECONDS = 100 * 365 * 86_400
_DEFAULT_TTL = {Role.USER: "30d", Role.ADMIN: "30d", Role.HOST: "52w"}
_SUBJECT = re.compile(r"[\x21-\x7e]{1,128}")

app = typer.Typer(help="Make bearer tokens.", no_args_is_help=True)


class BadOption(VoltfleetError):
    """An option cannot be used."""

    code = "bad_option"


@app.callback()
def group() -> None:
    """Make bearer tokens."""


@app.command()
def create(
    role: Annotated[
        str, typer.Option(help="user (one organization), admin (all of them) or host (one host).")
    ],
    org: Annotated[str, typer.Option(help="The organization of a user token.")] = "",
    host_id: Annotated[str, typer.Option(help="The host of a host token.")] = "",
    subject: Annotated[
        str, typer.Option(help="Who bears it, as the audit log names them. Default: a random name.")
    ] = "",
    ttl: Annotated[
        str | None,
        typer.Option(
            help="How long it is good: 90s, 15m, 12h, 30d, 4w. Default: 30d, a host's 52w."
        ),
    ] = None,
    data_dir: Annotated[
        Path, typer.Option(envvar="VOLTFLEET_DATA_DIR", help="The gateway's data directory.")
    ] = Path("voltfleet-data"),
) -> None:
    """Print a token, alone, on standard output.

    An admin token has no organization of its own: each request names one in X-Organization-Id. A
    host token opens the host link, for the one host that it names, and nothing else.
    """
    if role not in set(Role):
        raise BadOption(f"--role must be user, admin or host; it is {role!r}.")
    if (role == Role.USER or org) and not is_organization_id(org):
        raise BadOption(
            "--org names the organization of a user token: 1 to 128 printable ASCII characters "
            f"without spaces; it is {org!r}."
        )
    if (role == Role.HOST or host_id) and not is_host_id(host_id):
        raise BadOption(
            "--host-id names the host of a host token: 1 to 64 letters, digits, '.', '_' or '-', "
            f"of which the first is a letter or a digit; it is {host_id!r}."
        )
    if subject and not _SUBJECT.fullmatch(subject):
        raise BadOption(
            f"--subject is 1 to 128 printable ASCII characters without spaces; it is {subject!r}."
        )
    token = jwt.issue(
        keys.load_or_create(data_dir / "keys"),
        role=Role(role),
        organization_id=org if role == Role.USER else None,
        ttl_seconds=_seconds(_DEFAULT_TTL[Role(role)] if ttl is None else ttl),
        now=time.time(),
        subject=subject or None,
        host_id=host_id if role == Role.HOST else None,
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
