"""The stations a host runs: built from the catalog."""

import msgspec
import structlog

from voltfleet.domain import catalog
from voltfleet.domain.errors import BadRequest, VoltfleetError
from voltfleet.domain.hosting import Assignment
from voltfleet.domain.specs import OcppVersion
from voltfleet.station.reports import DialSettings
from voltfleet.station.station import ChargingStation

log = structlog.get_logger()


def build(assignment: Assignment, now: float) -> ChargingStation:
    """The station of an assignment, powered up. Raises `VoltfleetError` for one that cannot be."""
    try:
        return _build(assignment, now)
    except Exception as exc:
        if assignment.memory is None or isinstance(exc, VoltfleetError):
            raise
        # It would fail again with every start, and keep its host from starting the others.
        log.exception("memory_unusable", charger_id=assignment.charger_id)
        return _build(msgspec.structs.replace(assignment, memory=None), now)


def _build(assignment: Assignment, now: float) -> ChargingStation:
    spec = catalog.station_spec(
        assignment.brand_slug, assignment.model_slug, assignment.connector_type
    )
    return ChargingStation(
        spec,
        version_of(assignment),
        identity=assignment.identity,
        seed=assignment.seed,
        now=now,
        memory=assignment.memory,
        dial=_dialled(assignment),
    )


def _dialled(assignment: Assignment) -> DialSettings:
    security = assignment.security
    if security is None:
        return DialSettings(csms_url=assignment.ws_url)
    authority = security.ca_certificate
    return DialSettings(
        security.authorization_key,
        security.profile,
        assignment.ws_url,
        security.client_certificate,
        security.client_key,
        None if authority is None else (authority,),
        security.revision,
    )


def version_of(assignment: Assignment) -> OcppVersion:
    """The OCPP version of an assignment. Raises `BadRequest` for one that is not supported."""
    try:
        return OcppVersion(assignment.ocpp_version)
    except ValueError as exc:
        raise BadRequest(f"this host does not speak {assignment.ocpp_version}") from exc
