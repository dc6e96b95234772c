"""The gateway process: the API, the host link and the durable engine on one database."""

import argparse
import asyncio
import fcntl
import gc
import os
import resource
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
import uvloop
from starlette.types import ASGIApp

from voltfleet.api.audit_trail import AuditTrail
from voltfleet.api.connections import Door
from voltfleet.api.draining import Draining
from voltfleet.api.host_link import HostDoor
from voltfleet.api.links import HostLinks
from voltfleet.auth import jwt, keys
from voltfleet.auth.jwks import RemoteKeys
from voltfleet.cli.arriving import Arriving, load_api
from voltfleet.cli.draining import DrainingServer, GatewayServer
from voltfleet.domain.errors import Unavailable, VoltfleetError
from voltfleet.drivers.child import REFUSED
from voltfleet.drivers.local import CHUNK
from voltfleet.fleet import hosts, jobs
from voltfleet.observability.logging import configure
from voltfleet.settings import Settings, from_env
from voltfleet.storage import schema
from voltfleet.storage.bell import Bell
from voltfleet.storage.engine import Database, DatabaseOutage, frames_url, open_kept
from voltfleet.workflows.engine import Engine
from voltfleet.workflows.presence import Presence
from voltfleet.workflows.provision import Provisioner
from voltfleet.workflows.reconcile import Reconciler, Retention
from voltfleet.workflows.steps import Steps

DRAIN_SECONDS = 5
"""How long requests under way may take to end."""
HAND_OVER_SECONDS = 1
"""How long the step under way of a job may take; what is left of the job is another gateway's."""
KEEP_ALIVE_SECONDS = 30
FILES_KEPT = 200
"""Open files that clients' connections leave for the database, logs and hosts."""
LARGEST_LINK_MESSAGE = 64 << 20
"""A host's Hello names every charger that it holds."""


GC_THRESHOLDS = (50_000, 50, 100)
"""What passes through here is trees of short-lived objects; the usual thresholds would look through
all that lives hundreds of times while a fleet boots."""
SWITCH_SECONDS = 0.001
"""How long a thread may keep the others waiting: the loop that answers requests is one of them."""


class UnusableDatabase(VoltfleetError):
    """The database cannot be opened, and trying again would not help."""

    code = "unusable_database"


class DatabaseAway(VoltfleetError):
    """The database server cannot be reached; it may come back."""

    code = "database_away"


def main() -> None:
    """Runs until SIGTERM. Exits `REFUSED` when it cannot run as configured."""
    configure()
    gc.set_threshold(*GC_THRESHOLDS)
    sys.setswitchinterval(SWITCH_SECONDS)
    parser = argparse.ArgumentParser()
    parser.add_argument("--listener", type=int, required=True)
    parser.add_argument("--exit-with-parent", type=int, required=True)
    options = parser.parse_args()
    threading.Thread(target=_die_with_parent, args=[options.exit_with_parent], daemon=True).start()
    try:
        settings = from_env(os.environ)
        with _alone(settings), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(settings, socket.socket(fileno=options.listener)))
    except DatabaseAway as error:
        sys.stderr.write(f"voltfleet: {error.message}\n")
        _exit(1)
    except VoltfleetError as error:
        sys.stderr.write(f"voltfleet: {error.message}\n")
        _exit(REFUSED)
    _exit(0)


async def _run(settings: Settings, listener: socket.socket) -> None:
    database, frames = await asyncio.to_thread(_open_databases, settings)
    engine = Engine(settings.database_url, is_sqlite=database.is_sqlite)
    bell = Bell(settings.database_url)
    links = HostLinks(database, frames, lease_seconds=settings.lease_seconds, ring=bell.ring)
    steps = Steps(database)
    provisioner = Provisioner(steps, chunk=CHUNK, assigned=links.wake)
    reconciler = Reconciler(
        engine,
        steps,
        provisioner,
        frames,
        Retention(
            settings.log_retention_hours * 3600,
            settings.log_max_rows,
            settings.audit_retention_days * 86_400,
            settings.audit_max_rows,
        ),
        Presence(settings.data_dir, engine.executor_id),
        alone=database.is_sqlite,
        lease_seconds=settings.lease_seconds,
        assigned=links.wake,
    )
    engine.workflow(jobs.WORKFLOW, provisioner.run)
    authenticator, audit = _authenticator(settings), AuditTrail()
    arriving = Arriving(HostDoor(links, authenticator, audit, database))
    app = Draining(arriving)
    config = server_config(app, settings)
    server = GatewayServer(config, arriving)
    if not database.is_sqlite:
        server = DrainingServer(config, app, links, settings.drain_seconds, arriving)

    async def arrive() -> None:
        try:
            await asyncio.to_thread(_start, engine, reconciler)
            await asyncio.to_thread(load_api)
            from voltfleet.cli.api_app import build  # noqa: PLC0415 - not before it is loaded

            api, live = build(
                database,
                frames,
                links=links,
                authenticator=authenticator,
                audit=audit,
                settings=settings,
                readiness=lambda: _missing(database, app),
            )
            arriving.arrived(api, live)
        except BaseException:
            server.should_exit = True
            raise

    bell.start(links.heard)
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal that ended it once more, for whoever handled it before.
        signal.signal(number, lambda *_: None)
    arrival = asyncio.create_task(arrive())
    await server.serve(sockets=[listener])
    await arrival
    bell.stop()
    provisioner.hand_over()
    await audit.close(database)
    await asyncio.to_thread(_stop, engine, reconciler)
    database.close()
    frames.close()


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How the application is served."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    door = Door(
        most=max(1, min(settings.max_connections, files - FILES_KEPT)),
        max_body_bytes=settings.max_body_bytes,
        head_seconds=settings.head_deadline_seconds,
        body_seconds=settings.body_deadline_seconds,
    )
    return uvicorn.Config(
        app,
        http=door.protocol,  # type: ignore[arg-type]  # uvicorn only calls it
        lifespan="off",  # it would wait for the API
        ws="websockets-sansio",
        ws_max_size=LARGEST_LINK_MESSAGE,
        ws_per_message_deflate=False,
        access_log=False,
        log_config=None,
        server_header=False,
        headers=[("X-Content-Type-Options", "nosniff")],
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )


async def _missing(database: Database, app: Draining) -> dict[str, str]:
    """What the gateway lacks to do its work, by part."""
    if app.begun:
        return {"gateway": "it is stopping; another takes over"}
    try:
        alive = await database.read(hosts.alive, time.time())
    except Unavailable as error:
        return {"database": error.message}
    return {} if alive else {"hosts": "no host is connected to run chargers"}


def _open_databases(settings: Settings) -> tuple[Database, Database]:
    """The main database and the frame log's, each at this version's schema."""
    try:
        return _migrated(settings)
    except DatabaseOutage as error:
        why = str(error.orig).strip().partition("\n")[0]
        if settings.database_url.startswith("sqlite"):
            file = settings.database_url.removeprefix("sqlite:///")
            raise UnusableDatabase(f"Cannot open the database {file}: {why}.") from error
        raise DatabaseAway(f"Cannot open the database, will try again: {why}") from error


def _migrated(settings: Settings) -> tuple[Database, Database]:
    database = Database(settings.database_url)
    schema.make_current(database, "main")
    frames = database
    if database.is_sqlite:
        frames = Database(frames_url(settings.database_url))
        open_kept(database.engine)
        open_kept(frames.engine)
    schema.make_current(frames, "frames")
    return database, frames


def _start(engine: Engine, reconciler: Reconciler) -> None:
    reconciler.register()
    engine.launch()
    reconciler.start()


def _stop(engine: Engine, reconciler: Reconciler) -> None:
    reconciler.stop()
    engine.stop(HAND_OVER_SECONDS)
    reconciler.leave()


def _authenticator(settings: Settings) -> jwt.Authenticator:
    external = None
    if settings.jwks_url:
        external = jwt.external_issuer(
            RemoteKeys(settings.jwks_url),
            issuer=settings.jwt_issuer or None,
            audience=settings.jwt_audience or None,
            role_claim=settings.role_claim,
            organization_claim=settings.org_claim,
        )
    return jwt.Authenticator(keys.load_or_create(settings.keys_dir), external)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """With SQLite there is one gateway: the next one waits until this one has died."""
    if not settings.database_url.startswith("sqlite"):
        yield
        return
    with (settings.data_dir / "gateway.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = settings.data_dir
            sys.stderr.write(f"voltfleet: Another gateway uses {where}; waiting for its end.\n")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _die_with_parent(pipe: int) -> None:
    # Nothing is ever written: readable means that the write end is gone.
    select.select([pipe], [], [])
    os._exit(1)


def _exit(code: int) -> None:
    """Without waiting for the engine's threads: a job that waits for a host sleeps in one, and goes
    on in the next gateway."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
