"""The secrets that chargers dial with: kept apart from the chargers, and never shown again.

One row serves all chargers of a template. It is written before the chargers that refer to it, and
swept away once none does.
"""

import uuid
from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from voltfleet.domain.hosting import DialSecurity
from voltfleet.domain.requests import JobRequest, Template
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.tables import chargers, credentials

UNUSED_SECONDS = 7 * 24 * 3600.0
"""A job may take that long to register its chargers; none does. And so long can the failed chargers
of a job be tried again (`fleet.job_retry`), if none of the others uses the same secrets."""
_COLUMNS = (
    credentials.c.authorization_key,
    credentials.c.ca_certificate,
    credentials.c.client_certificate,
    credentials.c.client_key,
)
COLUMNS = (*_COLUMNS, credentials.c.id)
"""As `DialSecurity` has them, after its profile: an id is of one writing."""


def keep(connection: sa.Connection, tenant: Tenant, security: DialSecurity, now: float) -> str:
    """Writes them down; returns the id for `chargers.credentials_id`."""
    credentials_id = str(uuid.uuid4())
    connection.execute(
        sa.insert(credentials),
        {
            "id": credentials_id,
            "organization_id": tenant.organization_id,
            "created_at": now,
            "authorization_key": security.authorization_key,
            "ca_certificate": security.ca_certificate,
            "client_certificate": security.client_certificate,
            "client_key": security.client_key,
        },
    )
    return credentials_id


def load(
    connection: sa.Connection, tenant: Tenant, credentials_id: str, profile: int
) -> DialSecurity:
    """What a charger dials with."""
    row = connection.execute(
        sa.select(*COLUMNS).where(
            credentials.c.id == credentials_id,
            credentials.c.organization_id == tenant.organization_id,
        )
    ).one()
    return DialSecurity(profile, *row)


def use_again(
    connection: sa.Connection, tenant: Tenant, credentials_ids: Collection[str], now: float
) -> bool:
    """Keeps them as if they were new, for chargers that are about to be made; false if the sweep
    has deleted one."""
    found = connection.execute(
        sa.update(credentials)
        .where(
            credentials.c.id.in_(credentials_ids),
            credentials.c.organization_id == tenant.organization_id,
        )
        .values(created_at=now)
    ).rowcount
    return found == len(set(credentials_ids))


def sweep(connection: sa.Connection, now: float) -> int:
    """Deletes those that no charger uses. Returns how many."""
    used = sa.exists().where(chargers.c.credentials_id == credentials.c.id)
    return connection.execute(
        sa.delete(credentials).where(credentials.c.created_at < now - UNUSED_SECONDS, ~used)
    ).rowcount


def keep_all(
    connection: sa.Connection,
    tenant: Tenant,
    request: JobRequest,
    securities: Sequence[DialSecurity | None],
    now: float,
) -> JobRequest:
    """The request with each group's template pointing at its secrets, which are written down."""
    groups = [
        msgspec.structs.replace(group, template=keep_for(connection, tenant, template, given, now))
        for group, given in zip(request.groups, securities, strict=True)
        for template in [group.template]
    ]
    return JobRequest(groups)


def keep_for(
    connection: sa.Connection,
    tenant: Tenant,
    template: Template,
    security: DialSecurity | None,
    now: float,
) -> Template:
    """The template pointing at its secrets, which are written down."""
    if security is None:
        return template
    return msgspec.structs.replace(
        template,
        security_profile=security.profile,
        credentials_id=keep(connection, tenant, security, now),
    )
