"""Rows for tests, made the way the product makes them."""

import time
from dataclasses import dataclass, field
from typing import Any

from voltfleet.domain.hosting import (
    ChargerReport,
    ConnectionReport,
    ConnectionState,
    Hello,
)
from voltfleet.domain.requests import JobRequest, Requested, RequestedGroup, Template
from voltfleet.fleet import hosts, jobs, placement, provisioning, silent_hosts
from voltfleet.fleet.scope import Tenant
from voltfleet.storage import schema
from voltfleet.storage.dialect import insert_new
from voltfleet.storage.engine import Connection, Database
from voltfleet.storage.tables import locations as locations_table

ACME = Tenant("acme")
OTHER = Tenant("other")
LEASE_SECONDS = 15.0
LOCATION = {
    "id": "loc",
    "organization_id": ACME.organization_id,
    "slug": "depot-00000000",
    "name": "Depot",
    "address": "1 Main Street",
    "city": "Utrecht",
    "country": "NL",
    "latitude": 52.1,
    "longitude": 5.1,
    "public": False,
    "status": "active",
    "created_at": 0.0,
    "updated_at": 0.0,
}
TEMPLATE = Template("wallbox", "wallbox-pulsar-plus", "Type2", "OCPP1.6", "ws://127.0.0.1:9/ocpp")


@dataclass
class NoQueue:
    """Stands where the durable engine's queue stands; remembers what was enqueued."""

    enqueued: list[tuple[str, str, str]] = field(default_factory=list)

    def enqueue(self, _connection: object, workflow: str, workflow_id: str, argument: str) -> None:
        self.enqueued.append((workflow, workflow_id, argument))


def open_database(url: str) -> Database:
    """A database with the main tables."""
    database = Database(url)
    schema.make_current(database, "main")
    return database


def batch(count: int, prefix: str = "CP", template: Template = TEMPLATE) -> JobRequest:
    """A request for ``count`` chargers CP0000, CP0001, … of one template."""
    chargers = [Requested(f"{prefix}{n:04}", f"Bay {n:04}") for n in range(count)]
    return JobRequest([RequestedGroup(template, chargers)])


def accept(
    database: Database,
    request: JobRequest,
    *,
    tenant: Tenant = ACME,
    location_id: str = "loc",
    submission: jobs.Submission | None = None,
    now: float | None = None,
    queue: NoQueue | None = None,
) -> str:
    """A job accepted but not begun; its location is made if it is not there."""
    into: Any = queue or NoQueue()
    with database.writing() as connection:
        connection.execute(insert_new(connection, locations_table), LOCATION | {"id": location_id})
        return jobs.accept_batch(
            connection,
            into,
            tenant,
            location_id,
            request,
            submission or jobs.Submission(None, ""),
            time.time() if now is None else now,
        )


def view(
    connection: Connection, job_id: str, tenant: Tenant = ACME, location_id: str = "loc"
) -> jobs.JobView:
    """The job as a poll sees it. Raises `LookupError` if it is not there."""
    asked = jobs.Poll(tenant, location_id, job_id)
    return jobs.poll(connection, [asked])[asked]


def connect_host(
    database: Database,
    now: float,
    *,
    host_id: str = "local-0",
    capacity: int = 100,
    holding: dict[str, int] | None = None,
    boot_id: str = "boot",
) -> list[str]:
    """A host that has dialled in; returns what it was told to drop."""
    hello = Hello(1, host_id, boot_id, capacity, holding or {})
    with database.writing() as connection:
        return hosts.welcome(connection, hello, now, LEASE_SECONDS)


def take_up(
    database: Database,
    now: float,
    *,
    host_id: str = "local-0",
    boot_id: str = "boot",
    state: ConnectionState = ConnectionState.ONLINE,
) -> list[str]:
    """The host takes up everything it has been given; returns those chargers' ids."""
    with database.writing() as connection:
        changes = hosts.changes(connection, host_id, 10_000)
        run = [change.assignment for change in changes if not change.gone]
        gone = [change.assignment.charger_id for change in changes if change.gone]
        reports = [
            ChargerReport(a.charger_id, a.generation, ConnectionReport(state, now, None, 0), None)
            for a in run
        ]
        hosts.apply(connection, host_id, boot_id, reports, now)
        hosts.dropped(connection, host_id, gone)
    return [assignment.charger_id for assignment in run]


def carry_out(
    database: Database, job_id: str, now: float, *, state: ConnectionState = ConnectionState.ONLINE
) -> None:
    """The job from its beginning to its end, on a host that takes up everything at once."""
    connect_host(database, now, capacity=100_000)
    left = 1
    with database.writing() as connection:
        provisioning.begin(connection, job_id, now)
    while left:
        with database.writing() as connection:
            left = provisioning.register(connection, job_id, 1_000, now)
    with database.writing() as connection:
        placement.place(connection, job_id, now)
    take_up(database, now, state=state)
    with database.writing() as connection:
        provisioning.finish(connection, job_id, now)


def rehome(connection: Connection, now: float) -> int:
    """The sweep's move of chargers, from the hosts whose lease is over by ``now``."""
    silent = {host: sign for host, sign in silent_hosts.signs(connection).items() if sign[1] <= now}
    return silent_hosts.rehome(connection, silent, now)
