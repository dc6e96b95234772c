"""Two organizations with one of everything, and requests about their things."""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

import builders
from support.tenant_rows import NOT_THINGS, Json, Shape
from voltfleet.domain import requests
from voltfleet.domain.commands import CommandKind
from voltfleet.domain.hosting import DialSecurity, FrameLog
from voltfleet.fleet import chargers, commands, credentials, frame_log
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.dialect import insert_new
from voltfleet.storage.engine import Database
from voltfleet.storage.tables import frames_metadata, jobs, locations, metadata

SECRET = b"a-key-that-nobody-sees"
_PLACE = re.compile(r"\{(\w+)\}")
_DRAWN = re.compile(
    "|".join(
        (
            r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            r"\b[0-9a-f]{12}\b",  # a command's id
            r"-[0-9a-f]{8}(?=\")",  # the end of a location's slug
        )
    )
)
_CATALOG = {"brand_slug": "wallbox", "model_slug": "wallbox-pulsar-plus"}


@dataclass(frozen=True, slots=True)
class Things:
    """The ids of one organization's things."""

    organization_id: str
    location_id: str
    charger_id: str
    job_id: str
    command_id: str

    @classmethod
    def nowhere(cls) -> "Things":
        """Ids of the same shape that nothing has."""
        location_id, charger_id, job_id = (str(uuid.uuid4()) for _ in range(3))
        return cls("nobody", location_id, charger_id, job_id, uuid.uuid4().hex[:12])


def furnish(database: Database, frames: Database, tenant: Tenant, now: float) -> Things:
    """Gives the organization a location, a finished job, its chargers with a secret, a command and
    messages."""
    name = tenant.organization_id
    place = {"id": str(uuid.uuid4()), "organization_id": name, "name": f"{name} depot"}
    request = builders.batch(2, prefix=f"{name}-")
    with database.writing() as connection:
        connection.execute(insert_new(connection, locations), builders.LOCATION | place)
        secrets = [DialSecurity(1, SECRET)]
        request = credentials.keep_all(connection, tenant, request, secrets, now)
    job_id = builders.accept(database, request, tenant=tenant, location_id=place["id"], now=now)
    builders.carry_out(database, job_id, now)
    left = requests.encode(builders.batch(1, prefix=f"{name}-again-"))  # as if one had failed
    with database.writing() as connection:
        connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(request=left))
        found, _ = chargers.page(connection, tenant, offset=0, limit=1)
        target = commands.Target(charger_id=found[0].id)
        order = commands.Order(CommandKind.PLUG_CONNECTOR, {})
        [queued] = commands.queue(connection, tenant, target, order, now)
    with frames.writing() as connection:
        frame = FrameLog(found[0].id, now, True, "Heartbeat", f'[2,"{name}","Heartbeat",{{}}]')
        frame_log.append(connection, [frame])
    return Things(name, place["id"], found[0].id, job_id, queued.command_id or "")


def dump(database: Database, frames: Database, organization_id: str) -> str:
    """Every row of the organization's; of tables that name no organization, every row. The audit
    log apart, which tells of attempts too."""
    rows: dict[str, list[str]] = {}
    for source, tables in ((database, metadata), (frames, frames_metadata)):
        with source.reading() as connection:
            for table in tables.sorted_tables:
                if table.name == "audit_log":
                    continue
                wanted = sa.select(table).order_by(*table.primary_key.columns)
                if "organization_id" in table.c:
                    wanted = wanted.where(table.c.organization_id == organization_id)
                rows[table.name] = [str(tuple(row)) for row in connection.execute(wanted)]
    return json.dumps(rows, indent=1)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the OpenAPI document."""

    id: str
    method: str
    path: str
    described: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def things(self) -> set[str]:
        """Every place of a request that names a thing: ``path.charger_id``, ``body.target.…``."""
        found = {
            f"{parameter['in']}.{parameter['name']}"
            for parameter in self.described.get("parameters", ())
            if parameter["in"] != "header"
        }
        content = self.described.get("requestBody", {}).get("content", {})
        for media in content.values():
            found |= set(self._places(media["schema"], "body", ()))
        return {place for place in found if self.is_thing(place)}

    def is_thing(self, place: str) -> bool:
        """Whether what stands there is an id of an organization's thing."""
        name = place.rpartition(".")[2]
        is_id = re.search(r"(^|_)ids?$", name) is not None
        return is_id and not {name, f"{self.id} {place}"} & NOT_THINGS.keys()

    def _places(self, schema: Mapping[str, Any], at: str, seen: tuple[str, ...]) -> Iterator[str]:
        reference = schema.get("$ref", "")
        if reference:
            if reference not in seen:
                name = reference.rpartition("/")[2]
                target = self.document["components"]["schemas"][name]
                yield from self._places(target, at, (*seen, reference))
            return
        for name, part in schema.get("properties", {}).items():
            yield f"{at}.{name}"
            yield from self._places(part, f"{at}.{name}", seen)
        inner = [schema["items"]] if "items" in schema else []
        for part in (*inner, *schema.get("anyOf", ()), *schema.get("allOf", ())):
            yield from self._places(part, at, seen)


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation of the document."""
    return [
        Operation(described["operationId"], method.upper(), path, described, document)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]


Whose = Callable[[str], Things]
"""Whose thing stands at a place of a request."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, ready to be sent."""

    method: str
    url: str
    query: dict[str, Any]
    body: Json


def asked(operation: Operation, shape: Shape, whose: Whose) -> Asked:
    """The request with things in its places."""
    return Asked(
        operation.method,
        _PLACE.sub(lambda m: _thing(m[1], whose(f"path.{m[1]}")), operation.path),
        {name: _filled(value, f"query.{name}", whose) for name, value in shape.query.items()},
        _filled(shape.body, "body", whose),
    )


def places(operation: Operation, shape: Shape) -> set[str]:
    """The places that the template names things at."""
    found: set[str] = set()

    def note(place: str) -> Things:
        found.add(place)
        return Things.nowhere()

    asked(operation, shape, note)
    return {place for place in found if operation.is_thing(place)}


def _filled(template: Json, at: str, whose: Whose) -> Json:
    if isinstance(template, dict):
        return {name: _filled(part, f"{at}.{name}", whose) for name, part in template.items()}
    if isinstance(template, list):
        return [_filled(part, at, whose) for part in template]
    if isinstance(template, str):
        return _PLACE.sub(lambda m: _thing(m[1], whose(at)), template)
    return template


def _thing(name: str, things: Things) -> str:
    return _CATALOG.get(name) or str(getattr(things, name))


def anonymous(text: str, *whose: Things) -> str:
    """The text with things known by their kind alone, and what is drawn anew each time left out."""
    for things in whose:
        for field in fields(Things):
            text = text.replace(getattr(things, field.name), f"<{field.name}>")
    return _DRAWN.sub("<drawn>", text)
