"""The JSON of chargers: what the specification gives them, and what makes them understandable."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self

import msgspec
from pydantic import BaseModel, Field

from voltfleet.api.models import Name, Paging
from voltfleet.api.security_models import SecurityFields
from voltfleet.domain import dial_security
from voltfleet.domain.hosting import ConnectionState, ConnectorReport
from voltfleet.domain.provisioning import FAILURES, UNKNOWN, Failure, ProvisioningStatus
from voltfleet.fleet import chargers

Slug = Annotated[str, Field(max_length=255, pattern=r"^[^\x00]*$")]
"""A word that is looked up or checked; the check says what is wrong with it."""
Url = Annotated[str, Field(max_length=4_096)]


class ProvisioningErrorDetail(BaseModel):
    """Why provisioning failed. Branch on `code`; treat an unknown code as `unknown_error`."""

    code: str
    message: str
    step: str | None = None
    param: str | None = None
    doc_url: str | None = None
    retryable: bool | None = None

    @classmethod
    def of(cls, code: str, message: str | None) -> Self:
        """The error of a stable code, told in the words it was met with."""
        known: Failure = FAILURES.get(code, UNKNOWN)
        return cls(
            code=code,
            message=(message or known.message)[:2_000],
            param=known.param,
            step=known.step,
            retryable=known.retryable,
        )


class ConnectionResponse(BaseModel):
    """Whether the charger talks to its CSMS, and if not, why."""

    state: ConnectionState
    since: datetime
    last_error: str | None = Field(description="What went wrong last, and what to do about it.")
    attempts: int = Field(description="Dials since it was last online.")


class ConnectorResponse(BaseModel):
    """One connector, with its status as the charger's OCPP version spells it."""

    evse_id: int
    connector_id: int
    status: str
    error_code: str | None
    since: datetime = Field(description="When it reached its `status`.")
    charging: bool = Field(
        default=False,
        description=(
            "A transaction gets energy here. In OCPP 2.x the status is Occupied for every car on a"
            " cable, whether it charges or not."
        ),
    )
    suspended: bool = Field(
        default=False,
        description=(
            "A transaction goes on here without energy: the car does not want it, or the station"
            " does not offer any."
        ),
    )


class ChargerResponse(BaseModel):
    """A charger, with the state of its provisioning, its connection and its connectors."""

    id: str
    identity: str
    name: str | None
    vendor_name: str | None
    model: str | None
    image_url: str | None
    ocpp_version: str | None
    number_of_connectors: int | None
    max_charging_power: int | None = Field(description="Watts.")
    connector_type: str | None
    location_id: str | None
    created_at: datetime
    updated_at: datetime
    ws_url: str
    security_profile: int = Field(description="Of the connection to the CSMS; 0: none.")
    status: ProvisioningStatus
    error: ProvisioningErrorDetail | None
    connection: ConnectionResponse
    connectors: list[ConnectorResponse]
    host_id: str | None

    @classmethod
    def of(cls, charger: chargers.Charger) -> Self:
        """The charger as clients see it."""
        return cls(
            **chargers.summary(charger),
            security_profile=charger.security_profile,
            status=ProvisioningStatus(charger.provisioning),
            error=provisioning_error(charger),
            connection=ConnectionResponse(
                state=ConnectionState(charger.connection_state),
                since=moment(charger.connection_since),
                last_error=charger.connection_error or charger.error,
                attempts=charger.connection_attempts,
            ),
            connectors=_connectors(charger.connectors),
            host_id=charger.host_id,
        )


class ChargerChanges(SecurityFields):
    """What to change; a field that is left out stays as it is. A new `ws_url`, `ocpp_version` or
    `connector_type` makes the charger reconnect."""

    name: Name | None = None
    charge_point_name: Name | None = Field(default=None, description="Another word for `name`.")
    connector_type: Slug = Field(default="")
    ocpp_version: Slug = Field(default="")
    ws_url: Url = Field(default="")
    location_id: Slug | None = None
    location_name: Name | None = None

    def columns(self) -> dict[str, Any]:
        """The changes by the charger's columns: only what was sent."""
        sent = self.model_dump(
            include=self.model_fields_set - {"charger_id"} - set(dial_security.FIELDS)
        )
        if "charge_point_name" in sent:
            called = sent.pop("charge_point_name")
            sent.setdefault("name", called)
        return sent


class QueuedCommandResponse(BaseModel):
    """A command that has been taken."""

    id: str
    event_type: str
    ocpp_version: str
    payload: dict[str, Any]


def provisioning_error(charger: chargers.Charger) -> ProvisioningErrorDetail | None:
    """Why the charger's provisioning failed, or is being tried again."""
    if charger.error_code is None:
        return None
    return ProvisioningErrorDetail.of(charger.error_code, charger.error)


def moment(epoch_seconds: float) -> datetime:
    """An instant of the database for JSON, to the millisecond."""
    return datetime.fromtimestamp(round(epoch_seconds, 3), UTC)


def _connectors(reported: str | None) -> list[ConnectorResponse]:
    if reported is None:
        return []
    return [
        ConnectorResponse(
            evse_id=connector.evse_id,
            connector_id=connector.connector_id,
            status=connector.status,
            error_code=connector.error_code,
            since=moment(connector.since),
            charging=connector.charging,
            suspended=connector.suspended,
        )
        for connector in msgspec.json.decode(reported, type=list[ConnectorReport])
    ]


class ChargerListResponse(BaseModel):
    """A page of chargers."""

    data: list[ChargerResponse]
    total: int
    page: int
    limit: int

    @classmethod
    def of(cls, found: list[chargers.Charger], total: int, page: Paging) -> Self:
        """The page as clients see it."""
        return cls(
            data=[ChargerResponse.of(charger) for charger in found],
            total=total,
            page=page.page,
            limit=page.limit,
        )
