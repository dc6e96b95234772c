"""Commands: what a user can tell charging stations to do, and what became of it."""

from typing import Annotated, Any

from fastapi import Path, Response, status

from voltfleet.api import command_models as m
from voltfleet.api import deps, dispatch
from voltfleet.api.changes import CurrentChange
from voltfleet.api.charger_models import QueuedCommandResponse
from voltfleet.api.models import errors
from voltfleet.domain import faults, proxy_actions
from voltfleet.domain.commands import CommandKind
from voltfleet.domain.errors import BadRequest, InvalidInput, Problem
from voltfleet.domain.specs import OcppVersion
from voltfleet.fleet import chargers, commands
from voltfleet.fleet.commands import Order

router = deps.router("/ocpp/commands", "Commands")
charger_router = deps.router("/ocpp/chargers", "Commands")

_FLEET: dict[str, Any] = {
    "status_code": status.HTTP_202_ACCEPTED,
    "response_model": m.LocationCommandResponse,
    "responses": errors(404, body=True),
}
_TAKEN = ("Accepted", "RebootRequired")
_ANSWERED: dict[str, Any] = {"responses": errors(400, 404, body=True)}


@router.get("/fault-types", responses=errors())
async def list_fault_types(_who: deps.CurrentPrincipal) -> m.FaultTypeListResponse:
    """What `inject-fault` can make go wrong."""
    data = [m.FaultTypeResponse.of(fault) for fault in faults.FAULTS.values()]
    return m.FaultTypeListResponse(data=data, total=len(data))


@router.get("/{command_id}", responses=errors(404))
async def get_command(
    services: deps.CurrentServices,
    tenant: deps.CurrentTenant,
    command_id: Annotated[str, Path(description="The id that the command route answered.")],
) -> m.CommandResponse:
    """The fate of a command. `queued`: it waits for its charger; `sent`: its station has it;
    `applied`, `rejected`, `failed` and `expired` are final, and `reason` says why."""
    checked = deps.checked_id(command_id, "command")
    return m.CommandResponse.of(await services.db.read(commands.get, tenant, checked))


@charger_router.get("/{charger_id}/commands", responses=errors(404))
async def list_charger_commands(
    services: deps.CurrentServices,
    tenant: deps.CurrentTenant,
    charger_id: deps.ChargerId,
    page: deps.CurrentPage,
) -> m.CommandListResponse:
    """The charger's commands, the newest first. They are kept as long as its messages."""
    found, total = await services.db.read(
        commands.page, tenant, charger_id, offset=page.offset, limit=page.limit
    )
    return m.CommandListResponse.of(found, total, page)


# --- one charger ----------------------------------------------------------------------------------


@router.post(
    "/proxy-message",
    status_code=status.HTTP_202_ACCEPTED,
    responses=errors(400, 404, body=True),
)
async def proxy_message(
    change: CurrentChange,
    command: m.ChargerCommand[m.ProxyMessageEvent],
) -> QueuedCommandResponse:
    """Send one message of the station's to its CSMS, whatever state the station is in. `strict`
    (the default) refuses what the standard does not allow. The command's `detail` holds the CSMS's
    answer."""
    charger_id = deps.checked_id(command.target.charger_id, "charger")
    charger = await change.services.db.read(chargers.get, change.tenant, charger_id)
    _check_proxy(OcppVersion(charger.ocpp_version), command.event)
    order = Order(CommandKind.PROXY_MESSAGE, command.event.model_dump(exclude_unset=True))
    queued = await dispatch.to_charger(change, charger_id, order)
    return dispatch.queued_command(queued, order)


def _check_proxy(version: OcppVersion, event: m.ProxyMessageEvent) -> None:
    if event.ocpp_version != version.subprotocol:
        raise BadRequest(
            f"The charger speaks {version.subprotocol}, not {event.ocpp_version}.",
            code="wrong_ocpp_version",
        )
    if event.strict and proxy_actions.find(version, event.action) is None:
        raise BadRequest(
            f"A station of {version.subprotocol} sends no {event.action}; with strict false it is "
            "sent anyway.",
            code="unknown_action",
        )


@router.post("/configuration", **_ANSWERED)
async def set_configuration(
    change: CurrentChange,
    command: m.ChargerCommand[m.ConfigurationUpdateEvent],
) -> m.ConfigurationChangeResponse:
    """Change settings at the station itself, as its operator would: OCPP 1.6 configuration keys, or
    `Component.Variable` for 2.x. `msg` says for each what the station made of it."""
    done = await dispatch.answered(
        change,
        command.target.charger_id,
        CommandKind.CONFIGURATION,
        command.event,
    )
    results: dict[str, str] = (done.detail or {}).get("results", {})
    taken = [key for key, result in results.items() if result in _TAKEN]
    status_ = "RebootRequired" if "RebootRequired" in results.values() else "Accepted"
    return m.ConfigurationChangeResponse(
        status=status_ if len(taken) == len(results) else "Rejected",
        configured=taken,
        msg="; ".join(f"{key}: {result}" for key, result in results.items()),
    )


@router.post("/cache/reset", **_ANSWERED)
async def reset_auth_cache(
    change: CurrentChange,
    command: m.BareChargerCommand,
) -> m.CacheResetResponse:
    """Empty the station's authorization cache."""
    done = await dispatch.answered(
        change, command.target.charger_id, CommandKind.CACHE_RESET, command.event
    )
    cleared = (done.detail or {}).get("cleared_entries", 0)
    return m.CacheResetResponse(msg="The authorization cache is empty.", cleared_entries=cleared)


@router.post("/local-auth-list", **_ANSWERED)
async def send_local_list(
    change: CurrentChange,
    command: m.ChargerCommand[m.LocalAuthListEvent],
) -> m.LocalListMutationResponse:
    """Replace the station's local authorization list, as the CSMS's SendLocalList would. The
    version must be higher than the list's."""
    event = command.event
    done = await dispatch.answered(
        change, command.target.charger_id, CommandKind.LOCAL_AUTH_LIST, event
    )
    return m.LocalListMutationResponse(
        status=(done.detail or {}).get("status"),
        list_version=(done.detail or {}).get("list_version"),
        entries_received=len(event.entries),
        msg=done.reason,
    )


@router.post("/clear-local-auth-list", **_ANSWERED)
async def clear_local_list(
    change: CurrentChange,
    command: m.BareChargerCommand,
) -> m.LocalListMutationResponse:
    """Empty the station's local authorization list; its version is 0 then."""
    done = await dispatch.answered(
        change,
        command.target.charger_id,
        CommandKind.CLEAR_LOCAL_AUTH_LIST,
        command.event,
    )
    deleted = (done.detail or {}).get("entries_deleted", 0)
    return m.LocalListMutationResponse(
        msg="The local authorization list is empty.", entries_deleted=deleted
    )


@router.post("/inject-fault", **_ANSWERED)
async def inject_fault(
    change: CurrentChange,
    command: m.ChargerCommand[m.InjectFaultEvent],
) -> m.FaultOperationResponse:
    """Make something go wrong: an error of a connector, a failure of power, clock, network, or
    messages that no station should send."""
    event = command.event
    fault = _fault(event)
    done = await dispatch.answered(
        change, command.target.charger_id, CommandKind.INJECT_FAULT, event
    )
    return m.FaultOperationResponse(
        msg=done.reason or "Fault injected.",
        fault_type=fault.type,
        evse_id=event.evse_id,
        connector_id=event.connector_id,
        status="Accepted",
    )


def _fault(event: m.InjectFaultEvent) -> faults.FaultInfo:
    at = ("body", "event")
    found = faults.find(event.fault_type)
    if found is None:
        message = "There is no such fault; list them with GET /ocpp/commands/fault-types."
        raise InvalidInput(
            [Problem((*at, "fault_type"), message, "unknown_fault_type", event.fault_type)]
        )
    try:
        faults.amount(faults.FAULTS[found], event.value)
    except ValueError as error:
        problem = Problem((*at, "value"), str(error), "invalid_value", event.value)
        raise InvalidInput([problem]) from error
    return faults.FAULTS[found]


@router.post("/clear-fault", **_ANSWERED)
async def clear_fault(
    change: CurrentChange,
    command: m.ChargerCommand[m.ClearFaultEvent],
) -> m.FaultOperationResponse:
    """Repair what is broken at that place; without a place, all of the station."""
    event = command.event
    done = await dispatch.answered(
        change, command.target.charger_id, CommandKind.CLEAR_FAULT, event
    )
    return m.FaultOperationResponse(
        msg=done.reason or "Fault cleared.",
        evse_id=event.evse_id,
        connector_id=event.connector_id,
        status="Accepted",
    )


# --- one charger, some, or a whole location -------------------------------------------------------


@router.post("/plug-connector", **_FLEET)
async def plug_connector(
    change: CurrentChange,
    command: m.FleetCommand[m.ConnectorCommandEvent],
) -> Response:
    """A car comes and its cable is plugged in."""
    return await dispatch.to_fleet(
        change, command.target, CommandKind.PLUG_CONNECTOR, command.event
    )


@router.post("/unplug-connector", **_FLEET)
async def unplug_connector(
    change: CurrentChange,
    command: m.FleetCommand[m.ConnectorCommandEvent],
) -> Response:
    """The cable is pulled out, by force if it is locked."""
    return await dispatch.to_fleet(
        change, command.target, CommandKind.UNPLUG_CONNECTOR, command.event
    )


@router.post("/unlock-connector", **_FLEET)
async def unlock_connector(
    change: CurrentChange,
    command: m.FleetCommand[m.ConnectorCommandEvent],
) -> Response:
    """The station unlocks the cable, as at an UnlockConnector of the CSMS."""
    return await dispatch.to_fleet(
        change, command.target, CommandKind.UNLOCK_CONNECTOR, command.event
    )


@router.post("/start-transaction", **_FLEET)
async def start_transaction(
    change: CurrentChange,
    command: m.FleetCommand[m.StartTransactionCommandEvent],
) -> Response:
    """Present a token at a car that is plugged in. The rest (plug in, ask for energy) is the
    caller's."""
    return await dispatch.to_fleet(
        change, command.target, CommandKind.START_TRANSACTION, command.event
    )


@router.post("/stop-transaction", **_FLEET)
async def stop_transaction(
    change: CurrentChange,
    command: m.FleetCommand[m.StopTransactionCommandEvent],
) -> Response:
    """Stop a transaction at the station. The car stays plugged in."""
    return await dispatch.to_fleet(
        change, command.target, CommandKind.STOP_TRANSACTION, command.event
    )


@router.post("/start-session", **_FLEET)
async def start_session(
    change: CurrentChange,
    command: m.FleetCommand[m.StartSessionCommandEvent],
) -> Response:
    """A whole visit in one go: plug in, present the token, charge; it ends when a limit is reached
    or `stop-session` says so."""
    return await dispatch.to_fleet(change, command.target, CommandKind.START_SESSION, command.event)


@router.post("/stop-session", **_FLEET)
async def stop_session(
    change: CurrentChange,
    command: m.FleetCommand[m.StopSessionCommandEvent],
) -> Response:
    """End the visit: stop and unplug."""
    return await dispatch.to_fleet(change, command.target, CommandKind.STOP_SESSION, command.event)


@router.post("/authorize-id-tag", **_FLEET)
async def authorize_id_tag(
    change: CurrentChange,
    command: m.FleetCommand[m.AuthorizeIdTagCommandEvent],
) -> Response:
    """Ask the CSMS about a token; the command's `detail` holds its answer."""
    return await dispatch.to_fleet(
        change, command.target, CommandKind.AUTHORIZE_ID_TAG, command.event
    )


@router.post("/ev-requests-energy", **_FLEET)
async def ev_requests_energy(
    change: CurrentChange,
    command: m.FleetCommand[m.ConnectorCommandEvent],
) -> Response:
    """The car asks for energy."""
    return await dispatch.to_fleet(
        change, command.target, CommandKind.EV_REQUESTS_ENERGY, command.event
    )


@router.post("/ev-stops-energy", **_FLEET)
async def ev_stops_energy(
    change: CurrentChange,
    command: m.FleetCommand[m.ConnectorCommandEvent],
) -> Response:
    """The car does not want energy any more."""
    return await dispatch.to_fleet(
        change, command.target, CommandKind.EV_STOPS_ENERGY, command.event
    )


@router.post("/power-update", **_FLEET)
async def power_update(
    change: CurrentChange,
    command: m.FleetCommand[m.PowerUpdateCommandEvent],
) -> Response:
    """Offer the car at most so much power; its meter values follow."""
    return await dispatch.to_fleet(change, command.target, CommandKind.POWER_UPDATE, command.event)
