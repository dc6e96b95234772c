"""The one change that a request makes, and its line in the audit log, in one transaction.

A route that changes something takes `CurrentChange` and writes through it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from voltfleet.api import deps
from voltfleet.api.caller import Caller
from voltfleet.fleet import audit
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.engine import Connection

T = TypeVar("T")
Targets = Mapping[str, Any]
"""What was changed: ids and numbers by name, as the audit log keeps them. Never secrets."""


def _nothing(_result: object) -> Targets:
    return {}


@dataclass(frozen=True, slots=True)
class Change:
    """What a changing request needs: whose things, by which services, and who is asking."""

    services: deps.Services
    tenant: Tenant
    caller: Caller

    async def write(
        self, work: Callable[[Connection], T], told: Callable[[T], Targets] = _nothing
    ) -> T:
        """``work`` in a writing transaction that also writes the audit log: once this returns, both
        are on disk. The line has the ids of the request's path; ``told`` says what ``work`` adds.

        Raises what `Database.write` and ``work`` raise; then neither was written.
        """
        caller = self.caller

        def both(connection: Connection) -> T:
            result = work(connection)
            targets = {**caller.targets, **told(result)}
            organization_id = self.tenant.organization_id
            line = caller.entry(audit.DONE, targets=targets, organization_id=organization_id)
            audit.append(connection, [line])
            return result

        result = await self.services.db.write(both)
        caller.changed = True
        return result


async def change(
    request: Request, services: deps.CurrentServices, tenant: deps.CurrentTenant
) -> Change:
    """The change that this request makes."""
    return Change(services, tenant, request.state.caller)


CurrentChange = Annotated[Change, Depends(change)]
