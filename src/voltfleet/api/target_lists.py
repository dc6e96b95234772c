"""For admins: which targets the chargers of one organization may dial."""

from typing import Annotated

from fastapi import Request, status
from pydantic import BaseModel, Field

from voltfleet.api import deps
from voltfleet.api.admin import Organization
from voltfleet.api.changes import Change
from voltfleet.api.models import RequestModel, errors
from voltfleet.domain.allow_list import MAX_LENGTH, MOST_ENTRIES, AllowList, Entry, read_entry
from voltfleet.domain.errors import InvalidInput, Problem
from voltfleet.domain.target_policy import Targets
from voltfleet.fleet import targets
from voltfleet.fleet.scope import Tenant

router = deps.router("/admin/organizations/{organization_id}/targets", "Admin")

_EXAMPLE = ["csms.example.com", "*.test.example.com:443", "192.0.2.7:9000", "2001:db8::/32"]


class TargetsChange(RequestModel):
    """The whole list: what is left out is not allowed any more."""

    targets: list[Annotated[str, Field(max_length=MAX_LENGTH)]] = Field(
        min_length=1,
        max_length=MOST_ENTRIES,
        description="Host names, domains (`*.example.com`: everything below it), IP addresses and "
        "networks, each with `:port`, or without for every port. To have no list, DELETE it.",
        examples=[_EXAMPLE],
    )


class TargetsResponse(BaseModel):
    """Whom the organization's chargers may dial: whom `operator` lets all chargers of this gateway
    dial, and of those only what is on the list."""

    organization_id: str
    targets: list[str] | None = Field(
        description="In their usual spelling; null: there is no list, and `operator` alone holds.",
        examples=[_EXAMPLE],
    )
    operator: Targets = Field(
        description="`any`, or `public` addresses only. Link-local addresses and a cloud's "
        "metadata service are for nobody.",
    )


@router.get("", responses=errors(404))
async def get_targets(
    services: deps.CurrentServices, _who: deps.CurrentAdmin, organization: Organization
) -> TargetsResponse:
    """Which targets an organization's chargers may dial."""
    listed = await services.db.read(targets.chosen, organization)
    return _response(services, organization, listed)


@router.put("", responses=errors(404, body=True))
async def set_targets(
    request: Request,
    services: deps.CurrentServices,
    _who: deps.CurrentAdmin,
    organization: Organization,
    body: TargetsChange,
) -> TargetsResponse:
    """Choose which targets an organization's chargers may dial, of those that the operator allows.
    It holds within seconds for chargers that run: those that are connected to anything else are
    disconnected, and `connection.last_error` says why; they come back by themselves when their
    target is allowed again."""
    allowed = _read(body.targets)
    now = services.clock()
    await Change(services, organization, request.state.caller).write(
        lambda connection: targets.choose(connection, organization, allowed, now),
        lambda _: {"allowed": allowed.texts()},
    )
    services.links.wake()
    return _response(services, organization, allowed.texts())


@router.delete("", status_code=status.HTTP_204_NO_CONTENT, responses=errors(404))
async def delete_targets(
    request: Request,
    services: deps.CurrentServices,
    _who: deps.CurrentAdmin,
    organization: Organization,
) -> None:
    """Let an organization's chargers dial whatever the operator allows, as without a list."""
    await Change(services, organization, request.state.caller).write(
        lambda connection: targets.lift(connection, organization), lambda _: {"allowed": None}
    )
    services.links.wake()


def _read(texts: list[str]) -> AllowList:
    """Raises `InvalidInput` that names every entry that is none."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    for index, text in enumerate(texts):
        try:
            entries.append(read_entry(text))
        except ValueError as wrong:
            message = f"Entry {index}, {text!r}: {wrong}"
            problems.append(Problem(("body", "targets", index), message, "invalid_target", text))
    if problems:
        raise InvalidInput(problems)
    return AllowList(entries)


def _response(
    services: deps.Services, organization: Tenant, listed: list[str] | None
) -> TargetsResponse:
    return TargetsResponse(
        organization_id=organization.organization_id,
        targets=listed,
        operator=services.settings.targets,
    )
