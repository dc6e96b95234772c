"""The JSON of commands: targets, events and answers."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

import msgspec
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from voltfleet.api.charger_models import QueuedCommandResponse, Slug, moment
from voltfleet.api.models import VISIBLE, Paging, RequestModel
from voltfleet.domain.commands import CommandKind, CommandState
from voltfleet.domain.faults import FaultInfo
from voltfleet.fleet import commands

MOST_IDS = 20_000
MOST_ENTRIES = 10_000
MOST_KEYS = 500
_LARGEST = 2**31 - 1


def _carriable(payload: dict[str, Any]) -> dict[str, Any]:
    """JSON as the standard knows it: no NaN, nothing that no number type can hold."""
    try:
        msgspec.msgpack.encode(msgspec.json.decode(json.dumps(payload, allow_nan=False)))
    except (ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise ValueError("cannot be sent as JSON") from error
    return payload


def _moment(given: object) -> object:
    """Dates come as text; pydantic would take a bare number for seconds since 1970."""
    if not isinstance(given, str) or given.strip().lstrip("+-").replace(".", "", 1).isdigit():
        raise ValueError("must be a date and time, such as 2026-11-22T18:00:00Z")
    return given


def _utc(at: datetime) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


IdTag = Annotated[str, Field(min_length=1, max_length=255, pattern=VISIBLE)]
Number = Annotated[int, Field(ge=1, le=_LARGEST)]
EvseId = Annotated[Number | None, Field(description="The EVSE; null leaves it to the station.")]
ConnectorId = Annotated[
    Number | None,
    Field(description="Within the EVSE if one is given, else counted through the station."),
]
Moment = Annotated[datetime, Field(strict=False), BeforeValidator(_moment), AfterValidator(_utc)]


class ChargerCommandTarget(RequestModel):
    """One charger."""

    charger_id: Slug


class CommandTarget(RequestModel):
    """One charger, or the chargers of a location. Exactly one of `charger_id` and `location_id`."""

    charger_id: Slug | None = None
    location_id: Slug | None = None
    charger_ids: list[Slug] | None = Field(
        default=None,
        max_length=MOST_IDS,
        description="Only these of the location; null means all.",
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.charger_id is None) == (self.location_id is None):
            raise ValueError("give exactly one of charger_id and location_id")
        if self.charger_ids is not None and self.location_id is None:
            raise ValueError("charger_ids narrows a location: give location_id with it")
        return self


class EmptyEvent(RequestModel):
    """Nothing more to say."""


class ProxyMessageEvent(RequestModel):
    """A message of the station's to the CSMS."""

    action: IdTag = Field(description="In snake_case, such as `boot_notification`.")
    ocpp_version: Literal["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]
    payload: Annotated[dict[str, Any], AfterValidator(_carriable)] = Field(
        description="As the standard spells it; keys in snake_case are translated if `strict`."
    )
    strict: bool = Field(
        default=True, description="Refuse what the standard's schema does not allow."
    )


class ConfigurationUpdateEvent(RequestModel):
    """Settings: OCPP 1.6 keys, or `Component.Variable` for 2.x."""

    configuration: dict[IdTag, Annotated[str, Field(max_length=2_500)]] = Field(
        min_length=1, max_length=MOST_KEYS
    )


class LocalAuthListEntry(RequestModel):
    """One token of the list, which may charge until `expiry_date`."""

    id_tag: IdTag
    expiry_date: Moment | None = None
    parent_id_tag: IdTag | None = None


class LocalAuthListEvent(RequestModel):
    """The whole list; it replaces the one before."""

    list_version: Number
    entries: list[LocalAuthListEntry] = Field(max_length=MOST_ENTRIES)


class InjectFaultEvent(RequestModel):
    """What is to go wrong, and where. `GET /ocpp/commands/fault-types` lists the types."""

    fault_type: IdTag
    evse_id: EvseId = None
    connector_id: ConnectorId = None
    value: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        default=None, description="The number that the fault type takes, if it takes one."
    )


class ConnectorCommandEvent(RequestModel):
    """Where at the station."""

    evse_id: EvseId = None
    connector_id: ConnectorId = None


class ClearFaultEvent(ConnectorCommandEvent):
    """The place that is to be sound again; without one, all of the station."""


class StartTransactionCommandEvent(ConnectorCommandEvent):
    """A token presented at a car that is plugged in."""

    id_tag: IdTag


class StopTransactionCommandEvent(RequestModel):
    """Which transaction; null if there is only one. The driver presents `id_tag`, or (null) the
    token that started it; another one must be of its group, or a master pass."""

    transaction_id: IdTag | None = None
    id_tag: IdTag | None = None


class StartSessionCommandEvent(RequestModel):
    """A whole visit, until told to stop, or until a limit."""

    id_tag: IdTag
    connector_id: ConnectorId = None
    duration_seconds: Number | None = None
    target_energy_kwh: Annotated[float, Field(gt=0, le=1e6)] | None = None


class StopSessionCommandEvent(RequestModel):
    """Where the visit is to end; null: everywhere."""

    connector_id: ConnectorId = None


class AuthorizeIdTagCommandEvent(RequestModel):
    """The token to ask about."""

    id_tag: IdTag


class PowerUpdateCommandEvent(ConnectorCommandEvent):
    """The watts to offer at most."""

    power_w: Annotated[int, Field(ge=0, le=_LARGEST)]


Event = TypeVar("Event", bound=RequestModel)


class ChargerCommand(RequestModel, Generic[Event]):
    """What one charger is to do."""

    target: ChargerCommandTarget
    event: Event


class BareChargerCommand(RequestModel):
    """What one charger is to do, where the route says it all."""

    target: ChargerCommandTarget
    event: EmptyEvent | None = None


class FleetCommand(RequestModel, Generic[Event]):
    """What one or more chargers are to do."""

    target: CommandTarget
    event: Event


# --- answers --------------------------------------------------------------------------------------


class ConfigurationChangeResponse(BaseModel):
    """`status` is Accepted (or RebootRequired) if every setting was taken, Rejected if one was not;
    `configured` are those that were, and `msg` tells the station's word for each."""

    status: str
    configured: list[str]
    msg: str


class CacheResetResponse(BaseModel):
    """The cache is empty."""

    msg: str
    cleared_entries: int


class LocalListMutationResponse(BaseModel):
    """What the station did with its local list."""

    status: str | None = None
    list_version: int | None = None
    entries_received: int | None = None
    msg: str | None = None
    entries_deleted: int | None = None


class FaultOperationResponse(BaseModel):
    """What the station did."""

    msg: str
    fault_type: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    status: str | None = None


class LocationQueuedCommandResult(BaseModel):
    """A charger's command."""

    charger_id: str
    identity: str
    command: QueuedCommandResponse


class LocationCommandFailure(BaseModel):
    """A charger that was given no command, and why."""

    identity: str | None
    error: str
    charger_id: str | None = None


class LocationCommandResponse(BaseModel):
    """What became of the command, charger by charger. Read a command's fate at
    `GET /ocpp/commands/{command_id}`."""

    targeted_count: int
    queued_count: int
    failed_count: int
    results: list[LocationQueuedCommandResult]
    failed: list[LocationCommandFailure]


class CommandResponse(BaseModel):
    """A command and its fate. `reason` says in words why it is so; `detail` is what the CSMS or the
    station answered."""

    id: str
    charger_id: str
    event_type: str
    ocpp_version: str
    payload: dict[str, Any]
    state: CommandState
    reason: str | None
    detail: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, command: commands.Command) -> Self:
        """The command as clients see it."""
        return cls(
            id=command.id,
            charger_id=command.charger_id,
            event_type=event_type(command.kind),
            ocpp_version=command.ocpp_version,
            payload=command.payload,
            state=CommandState(command.state),
            reason=command.reason,
            detail=command.detail,
            created_at=moment(command.created_at),
            updated_at=moment(command.updated_at),
            expires_at=moment(command.expires_at),
        )


class CommandListResponse(BaseModel):
    """A page of a charger's commands, the newest first."""

    data: list[CommandResponse]
    total: int
    page: int
    limit: int

    @classmethod
    def of(cls, found: list[commands.Command], total: int, page: Paging) -> Self:
        """The page as clients see it."""
        return cls(
            data=[CommandResponse.of(command) for command in found],
            total=total,
            page=page.page,
            limit=page.limit,
        )


class FaultValue(BaseModel):
    """The number that a fault type takes."""

    meaning: str
    default: float
    minimum: float
    maximum: float


class FaultTypeResponse(BaseModel):
    """Something that can go wrong."""

    fault_type: str
    scope: str = Field(description="`connector` or `station`.")
    description: str
    value: FaultValue | None

    @classmethod
    def of(cls, fault: FaultInfo) -> Self:
        """The fault as clients see it."""
        value = None
        if fault.value is not None:
            value = FaultValue(
                meaning=fault.value, default=fault.default, minimum=fault.least, maximum=fault.most
            )
        return cls(
            fault_type=fault.type.value,
            scope=fault.scope.value,
            description=fault.summary,
            value=value,
        )


class FaultTypeListResponse(BaseModel):
    """All fault types."""

    data: list[FaultTypeResponse]
    total: int


def event_type(kind: str) -> str:
    """A command kind as answers spell it: ``start-session`` is ``start_session``."""
    return CommandKind(kind).value.replace("-", "_")
