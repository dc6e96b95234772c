"""``voltfleet doctor``: what on this machine would keep a gateway from its work, and what to do.

Looks only: nothing is made or changed but a file that is deleted again, so it can be asked before
the first start and beside a running gateway. A line each: ok, warn or fail.
"""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from voltfleet.cli import doctor_machine as machine
from voltfleet.cli.backup import DatabaseUrl, DataDir
from voltfleet.domain.errors import VoltfleetError
from voltfleet.domain.target_policy import Targets
from voltfleet.settings import Settings, from_env
from voltfleet.storage import checkup
from voltfleet.storage.checkup import Checkup, Schema, Server

SKEW_WARNS_SECONDS = 1.0
SKEW_FAILS_SECONDS = 5.0
"""A gateway and a host that are silent for 12 to 15 seconds are taken for dead, by the clock."""
CONNECTIONS_OF_A_GATEWAY = 60
"""The most that one opens: its own pool and the durable engine's."""
RELEASED_AT = 1_790_000_000.0
"""September 2026: a clock before it is wrong."""


class State(StrEnum):
    """What a finding means."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line; ``remedy`` says what to do about it."""

    state: State
    about: str
    said: str
    remedy: str = ""


def doctor(
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    port: Annotated[int | None, typer.Option(help="The port to be listened on.")] = None,
) -> None:
    """Look for what would keep a gateway from its work here, and say what to do about it.

    Works before the first start and beside a running gateway. Exit code 1 if anything fails.
    """
    failed = False
    try:
        settings = from_env(os.environ, data_dir=data_dir, database_url=database_url, port=port)
    except VoltfleetError as error:
        _show(Finding(State.FAIL, "settings", error.message, "Correct it."))
        raise typer.Exit(1) from error
    for finding in examine(settings):
        _show(finding)
        failed = failed or finding.state is State.FAIL
    raise typer.Exit(1 if failed else 0)


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, the quick ones first."""
    yield _ok("python", f"{sys.version.split()[0]} on {sys.platform}")
    yield _sqlite(settings)
    yield _descriptors()
    yield _ports()
    yield _listener(settings)
    yield _targets(settings)
    yield from _keys(settings)
    yield from _disk(settings)
    found = checkup.look(settings.database_url)
    yield from _database(settings, found)
    yield _clock(found)


def _show(finding: Finding) -> None:
    colour = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}[finding.state]
    typer.secho(f"{finding.state:<5}", fg=colour, nl=False)
    typer.echo(f"{finding.about}: {finding.said}")
    if finding.remedy:
        typer.echo(f"     {finding.remedy}")


def _ok(about: str, said: str) -> Finding:
    return Finding(State.OK, about, said)


def _sqlite(settings: Settings) -> Finding:
    library = checkup.library()
    if not library.affected:
        return _ok("sqlite", f"library {library.version}")
    used = bool(checkup.files(settings.database_url))
    return Finding(
        State.FAIL if used else State.OK,
        "sqlite",
        f"library {library.version} can corrupt a database after a crash (the WAL-reset bug of "
        f"3.7.0 to 3.51.2){'' if used else '; it is not used with Postgres'}",
        "Install pysqlite3, or a Python with SQLite 3.51.3 or newer, or use Postgres."
        if used
        else "",
    )


def _descriptors() -> Finding:
    limit, chargers = machine.descriptors()
    said = f"{limit:,} may be open at once: {chargers:,} chargers in each host process"
    if chargers >= machine.ENOUGH_CHARGERS:
        return _ok("files", said)
    state = State.WARN if limit >= machine.FEWEST_FILES else State.FAIL
    return Finding(state, "files", said, "Raise the hard limit: ulimit -Hn, LimitNOFILE=.")


def _ports() -> Finding:
    ports = machine.outgoing_ports()
    if ports is None:
        return _ok("ports", "the range of outgoing ports cannot be read on this system")
    said = f"{ports:,} outgoing: so many chargers can dial one address of a CSMS from here"
    if ports >= machine.ENOUGH_CHARGERS:
        return _ok("ports", said)
    return Finding(
        State.WARN, "ports", said, "Widen net.ipv4.ip_local_port_range, or use more machines."
    )


def _listener(settings: Settings) -> Finding:
    where = f"{settings.host}:{settings.port}"
    refusal = machine.cannot_listen(settings.host, settings.port)
    if refusal is None:
        return _ok("listener", f"{where} is free")
    if machine.gateway_answers(settings.host, settings.port):
        return _ok("listener", f"a gateway answers at {where} already")
    return Finding(
        State.FAIL,
        "listener",
        f"cannot listen on {where}: {refusal}",
        "Choose another --port (VOLTFLEET_PORT) or --host, or stop what is using it.",
    )


def _targets(settings: Settings) -> Finding:
    whom = {
        Targets.ANY: "any address but link-local ones and metadata services",
        Targets.PUBLIC: "public addresses only",
    }[settings.targets]
    strangers = Targets.for_listener(settings.host) is Targets.PUBLIC
    if settings.targets is Targets.ANY and strangers:
        return Finding(
            State.WARN,
            "targets",
            f"chargers may dial {whom}, and {settings.host} can be reached from elsewhere",
            "If not every user may reach this network, set VOLTFLEET_TARGETS=public.",
        )
    return _ok("targets", f"chargers may dial {whom} (VOLTFLEET_TARGETS)")


def _keys(settings: Settings) -> Iterator[Finding]:
    files = machine.secrets(settings.keys_dir, settings.data_dir / "token")
    if not files:
        yield _ok("keys", f"none yet; the first start makes them in {settings.keys_dir}")
        return
    loose = [path for path in files if machine.others_may_read(path)]
    for path in loose:
        yield Finding(State.FAIL, "keys", f"others may read {path}", f"Run: chmod go-rwx {path}")
    problem = machine.key_problem(settings.keys_dir)
    if problem and not loose:
        yield Finding(State.FAIL, "keys", problem, "Restore the file from a backup.")
    elif not loose:
        yield _ok("keys", f"{settings.keys_dir} is for its owner alone")


def _disk(settings: Settings) -> Iterator[Finding]:
    about = "disk"
    directories = dict.fromkeys(
        [settings.data_dir, *(p.parent for p in checkup.files(settings.database_url))]
    )
    for directory in directories:
        found = machine.look_at_disk(directory)
        if found.error:
            yield Finding(
                State.FAIL,
                about,
                f"{directory} cannot be written: {found.error}",
                "Make it, or choose another --data-dir (VOLTFLEET_DATA_DIR).",
            )
            continue
        said = f"{directory}: {found.free_bytes / 1e9:,.1f} GB free, fsync {found.sync_ms:.1f} ms"
        worst, remedy = State.OK, ""
        if found.sync_ms > machine.SLOW_SYNC_MS:
            worst, remedy = State.WARN, "Every accepted job waits for a sync; use a faster disk."
        if found.volatile:
            worst, remedy = State.WARN, "This is memory: all is lost with power. Use a disk."
        if found.shared and checkup.files(settings.database_url):
            worst, remedy = State.FAIL, "SQLite is not safe on a network's files; use Postgres."
        if found.free_bytes < machine.LITTLE_SPACE:
            worst, remedy = State.WARN, "Make room: without it, requests are refused."
        if found.free_bytes < machine.NO_SPACE:
            worst = State.FAIL
        yield Finding(worst, about, said, remedy)


def _database(settings: Settings, found: Checkup) -> Iterator[Finding]:
    files = checkup.files(settings.database_url)
    kind = "SQLite" if files else "Postgres"
    if not found.exists:
        yield _ok("database", f"{kind}; the first start makes {files[0]}")
        return
    if found.error or found.schema is None:
        yield Finding(
            State.FAIL,
            "database",
            f"{kind} cannot be used: {found.error}",
            "Check --database-url (VOLTFLEET_DATABASE_URL), and that the server runs.",
        )
        return
    yield _schema(kind, found.schema)
    if found.server is not None:
        yield from _server(found.server)


def _schema(kind: str, schema: Schema) -> Finding:
    if not schema.known:
        return Finding(
            State.FAIL,
            "database",
            f"{kind}, migrated by a newer version of Voltfleet (to {schema.there})",
            "Run that version, or restore a backup made by this one.",
        )
    if schema.there is None:
        return _ok("database", f"{kind}, empty; the first start makes its tables")
    if schema.there != schema.newest:
        return Finding(
            State.WARN,
            "database",
            f"{kind}, of an older version; the next start brings it from {schema.there} to "
            f"{schema.newest}, and there is no way back",
            "Back it up first, with the version that runs on it.",
        )
    return _ok("database", f"{kind}, at this version's schema ({schema.there})")


def _server(server: Server) -> Iterator[Finding]:
    about = "postgres"
    if server.version < checkup.OLDEST_POSTGRES:
        yield Finding(
            State.FAIL,
            about,
            f"version {server.version} is too old",
            f"Use {checkup.OLDEST_POSTGRES} or newer.",
        )
    for name in ("fsync", "full_page_writes"):
        if server.settings[name] != "on":
            yield Finding(
                State.FAIL,
                about,
                f"{name} is {server.settings[name]}: a crash of the server loses or corrupts data",
                f"Set {name} = on in postgresql.conf and reload.",
            )
    if server.connections_free < CONNECTIONS_OF_A_GATEWAY:
        yield Finding(
            State.WARN,
            about,
            f"{server.connections_free} connections are free; a busy gateway uses up to "
            f"{CONNECTIONS_OF_A_GATEWAY}",
            "Raise max_connections.",
        )
    yield _ok(about, f"version {server.version}; commits wait for the disk (set per session)")


def _clock(found: Checkup) -> Finding:
    now = time.time()
    if now < RELEASED_AT:
        return Finding(
            State.FAIL, "clock", f"it says {time.ctime(now)}", "Set it; tokens and TLS need it."
        )
    if found.newest_at is not None and found.newest_at - now > SKEW_WARNS_SECONDS:
        return Finding(
            State.FAIL,
            "clock",
            f"it is {found.newest_at - now:,.0f} s behind what a gateway has written",
            "Set it (NTP), on every machine of the fleet; leases are counted by it.",
        )
    if found.server is None:
        return _ok("clock", "it has no other to be compared with here; keep it set (NTP)")
    skew = found.server.skew_seconds
    said = f"{abs(skew):.2f} s {'behind' if skew > 0 else 'ahead of'} the database server's"
    if abs(skew) < SKEW_WARNS_SECONDS:
        return _ok("clock", said)
    state = State.FAIL if abs(skew) >= SKEW_FAILS_SECONDS else State.WARN
    return Finding(state, "clock", said, "Set both (NTP); leases are counted by them.")
