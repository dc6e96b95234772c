"""The organizations that have anything, for admins."""

from dataclasses import dataclass

import sqlalchemy as sa

from voltfleet.domain.provisioning import OPEN
from voltfleet.storage.tables import chargers, jobs, locations


@dataclass(frozen=True, slots=True)
class Organization:
    """What one has."""

    organization_id: str
    locations: int
    chargers: int
    jobs_open: int


def page(connection: sa.Connection, *, offset: int, limit: int) -> tuple[list[Organization], int]:
    """The organizations with locations, chargers or jobs, by their id, and how many there are."""
    live = chargers.c.deleted_at.is_(None)
    ids = sa.union(
        sa.select(locations.c.organization_id),
        sa.select(chargers.c.organization_id).where(live),
        sa.select(jobs.c.organization_id),
    ).subquery()
    total = connection.execute(sa.select(sa.func.count()).select_from(ids)).scalar_one()
    own = ids.c.organization_id
    counts = (
        (locations.c.organization_id, sa.true()),
        (chargers.c.organization_id, live),
        (jobs.c.organization_id, jobs.c.status.in_(OPEN)),
    )
    rows = connection.execute(
        sa.select(
            own,
            *(
                sa.select(sa.func.count())
                .where(column == own, wanted)
                .correlate(ids)
                .scalar_subquery()
                for column, wanted in counts
            ),
        )
        .order_by(own)
        .offset(offset)
        .limit(limit)
    )
    return [Organization(*row) for row in rows], total
