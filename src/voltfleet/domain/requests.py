"""What a provisioning job is asked to create, as it is kept in the job's row."""

import msgspec

from voltfleet.domain import catalog
from voltfleet.domain.allow_list import TargetPolicy
from voltfleet.domain.errors import Problem
from voltfleet.domain.specs import OcppVersion
from voltfleet.domain.target_policy import check_ws_url


class Template(msgspec.Struct, frozen=True):
    """What every charger of one group shares; every field has been validated."""

    brand_slug: str
    model_slug: str
    connector_type: str
    ocpp_version: str
    ws_url: str
    security_profile: int = 0
    credentials_id: str | None = None
    """Where the profile's secrets are kept; they are never part of the request that is kept."""


class Requested(msgspec.Struct, frozen=True, array_like=True):
    """One charger of a group: its full identity and its display name."""

    identity: str
    name: str


class RequestedGroup(msgspec.Struct, frozen=True):
    """Chargers of one template. Identities are drawn once, here: a retry repeats the same ones."""

    template: Template
    chargers: list[Requested]


class JobRequest(msgspec.Struct, frozen=True):
    """A whole batch, in the order of the request."""

    groups: list[RequestedGroup]

    @property
    def total(self) -> int:
        """How many chargers it asks for."""
        return sum(len(group.chargers) for group in self.groups)

    def window(self, start: int, count: int) -> list[tuple[int, Template, Requested]]:
        """The chargers at positions ``start`` to ``start + count``, with their positions."""
        found: list[tuple[int, Template, Requested]] = []
        first = 0
        for group in self.groups:
            here = group.chargers[max(0, start - first) : max(0, start + count - first)]
            offset = max(first, start)
            found += [(offset + i, group.template, charger) for i, charger in enumerate(here)]
            first += len(group.chargers)
        return found


def encode(request: JobRequest) -> str:
    """The request as the JSON kept in the job's row."""
    return msgspec.json.encode(request).decode()


def decode(text: str) -> JobRequest:
    """The request out of the job's row."""
    return msgspec.json.decode(text, type=JobRequest)


OFFERED_VERSIONS = (OcppVersion.V16, OcppVersion.V201, OcppVersion.V21)
"""The OCPP versions that a charger can be created with."""


def where_in(loc: tuple[str | int, ...]) -> str:
    """How a message about a field begins, so that the group is known."""
    return f"Group {loc[1]}: " if len(loc) > 1 and isinstance(loc[1], int) else ""


def template_problems(
    template: Template, loc: tuple[str | int, ...], policy: TargetPolicy
) -> list[Problem]:
    """Every field of a template that cannot be, each with its remedy; ``loc`` is the template's
    own path in the request, ``policy`` whom its chargers may dial."""
    where = where_in(loc)
    problems: list[Problem] = []

    def refuse(field: str, message: str, code: str, given: str) -> None:
        problems.append(Problem((*loc, field), f"{where}{message}", code, given))

    try:
        catalog.station_spec(template.brand_slug, template.model_slug, template.connector_type)
    except catalog.NotInCatalog as unknown:
        refuse(
            unknown.field,
            unknown.message,
            f"unknown_{unknown.field.removesuffix('_slug')}",
            getattr(template, unknown.field),
        )
    if template.ocpp_version not in OFFERED_VERSIONS:
        *others, last = OFFERED_VERSIONS
        offered = f"{', '.join(others)} or {last}"
        refuse(
            "ocpp_version",
            f"Unknown OCPP version; use {offered}.",
            "unknown_ocpp_version",
            template.ocpp_version,
        )
    problem = check_ws_url(template.ws_url, policy.targets)
    if problem:
        refuse("ws_url", problem, "invalid_ws_url", template.ws_url)
    problems += unlisted(template, loc, policy)
    return problems


def unlisted(template: Template, loc: tuple[str | int, ...], policy: TargetPolicy) -> list[Problem]:
    """That a template's address is not on the organization's list of targets, if it is not."""
    problem = policy.check_listed(template.ws_url)
    if problem is None:
        return []
    message = f"{where_in(loc)}{problem}"
    return [Problem((*loc, "ws_url"), message, "target_not_allowed", template.ws_url)]
