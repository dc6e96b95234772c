"""What a user can tell a charging station to do: kinds, states, and one payload class per kind.

queued ──> sent ──> applied      done (``detail``: what the CSMS answered, where it was asked)
   │         ├────> rejected     the station or the CSMS said no; ``reason`` says why
   │         └────> failed       it was tried and went wrong, or nobody knows how it went
   └──────────────> expired      it could not be delivered in time

A command is ``sent`` from before it leaves the gateway, and only ever to one host process: so it is
carried out at most once, and when that process dies before it told the outcome, it has failed.
"""

from enum import StrEnum
from typing import Any

import msgspec


class CommandKind(StrEnum):
    """The command routes, by the last part of their path."""

    PROXY_MESSAGE = "proxy-message"
    CONFIGURATION = "configuration"
    CACHE_RESET = "cache-reset"
    LOCAL_AUTH_LIST = "local-auth-list"
    CLEAR_LOCAL_AUTH_LIST = "clear-local-auth-list"
    INJECT_FAULT = "inject-fault"
    CLEAR_FAULT = "clear-fault"
    PLUG_CONNECTOR = "plug-connector"
    UNPLUG_CONNECTOR = "unplug-connector"
    UNLOCK_CONNECTOR = "unlock-connector"
    START_TRANSACTION = "start-transaction"
    STOP_TRANSACTION = "stop-transaction"
    START_SESSION = "start-session"
    STOP_SESSION = "stop-session"
    AUTHORIZE_ID_TAG = "authorize-id-tag"
    EV_REQUESTS_ENERGY = "ev-requests-energy"
    EV_STOPS_ENERGY = "ev-stops-energy"
    POWER_UPDATE = "power-update"


class CommandState(StrEnum):
    """How far a command has got; see the drawing above."""

    QUEUED = "queued"
    SENT = "sent"
    APPLIED = "applied"
    REJECTED = "rejected"
    EXPIRED = "expired"
    FAILED = "failed"


NEEDS_CSMS = frozenset({CommandKind.PROXY_MESSAGE, CommandKind.AUTHORIZE_ID_TAG})
"""Nothing but a message to the CSMS: they wait until the station is online."""
BETTER_ONLINE = frozenset({CommandKind.START_TRANSACTION, CommandKind.START_SESSION})
"""They work offline as far as the station's settings allow, but a station that is just connecting
is given a moment."""

TERMINAL_STATES = frozenset(
    {CommandState.APPLIED, CommandState.REJECTED, CommandState.EXPIRED, CommandState.FAILED}
)


class ProxyMessage(msgspec.Struct, frozen=True):
    """Send this message to the CSMS; ``action`` in snake_case, ``ocpp_version`` as ``ocpp1.6``.
    ``strict``: only if the standard allows it; otherwise it goes out as it is."""

    action: str
    ocpp_version: str
    payload: dict[str, Any]
    strict: bool = True


class Configuration(msgspec.Struct, frozen=True):
    """Set these settings."""

    configuration: dict[str, str]


class Nothing(msgspec.Struct, frozen=True):
    """The command says all by its kind."""


class LocalAuthEntry(msgspec.Struct, frozen=True):
    """One line of a local authorization list."""

    id_tag: str
    expiry_date: str | None = None
    parent_id_tag: str | None = None


class LocalAuthList(msgspec.Struct, frozen=True):
    """Replace the local authorization list."""

    list_version: int
    entries: list[LocalAuthEntry]


class InjectFault(msgspec.Struct, frozen=True):
    """Break something (`domain.faults`): at that place, or, for a fault of the whole station,
    anywhere. ``value`` is the number that some faults take."""

    fault_type: str
    evse_id: int | None = None
    connector_id: int | None = None
    value: float | None = None


class Place(msgspec.Struct, frozen=True):
    """Where at the station; null: the station chooses."""

    evse_id: int | None = None
    connector_id: int | None = None


class StartTransaction(msgspec.Struct, frozen=True):
    """Present a token at a car that is plugged in, and charge."""

    id_tag: str
    evse_id: int | None = None
    connector_id: int | None = None


class StopTransaction(msgspec.Struct, frozen=True):
    """Stop this transaction, or the only one. ``id_tag``: by presenting this token; null: the one
    that started it."""

    transaction_id: str | None = None
    id_tag: str | None = None


class StartSession(msgspec.Struct, frozen=True):
    """A whole visit: a driver plugs in, presents a token, charges, stops when told or when one of
    the limits is reached, and leaves."""

    id_tag: str
    connector_id: int | None = None
    duration_seconds: int | None = None
    target_energy_kwh: float | None = None


class StopSession(msgspec.Struct, frozen=True):
    """End the visit at this connector, or all of them."""

    connector_id: int | None = None


class AuthorizeIdTag(msgspec.Struct, frozen=True):
    """Present a token and see what the CSMS says."""

    id_tag: str


class PowerUpdate(msgspec.Struct, frozen=True):
    """Offer the car at most so much."""

    power_w: int
    evse_id: int | None = None
    connector_id: int | None = None


Payload = (
    ProxyMessage
    | Configuration
    | Nothing
    | LocalAuthList
    | InjectFault
    | Place
    | StartTransaction
    | StopTransaction
    | StartSession
    | StopSession
    | AuthorizeIdTag
    | PowerUpdate
)

PAYLOADS: dict[CommandKind, type[Payload]] = {
    CommandKind.PROXY_MESSAGE: ProxyMessage,
    CommandKind.CONFIGURATION: Configuration,
    CommandKind.CACHE_RESET: Nothing,
    CommandKind.LOCAL_AUTH_LIST: LocalAuthList,
    CommandKind.CLEAR_LOCAL_AUTH_LIST: Nothing,
    CommandKind.INJECT_FAULT: InjectFault,
    CommandKind.CLEAR_FAULT: Place,
    CommandKind.PLUG_CONNECTOR: Place,
    CommandKind.UNPLUG_CONNECTOR: Place,
    CommandKind.UNLOCK_CONNECTOR: Place,
    CommandKind.START_TRANSACTION: StartTransaction,
    CommandKind.STOP_TRANSACTION: StopTransaction,
    CommandKind.START_SESSION: StartSession,
    CommandKind.STOP_SESSION: StopSession,
    CommandKind.AUTHORIZE_ID_TAG: AuthorizeIdTag,
    CommandKind.EV_REQUESTS_ENERGY: Place,
    CommandKind.EV_STOPS_ENERGY: Place,
    CommandKind.POWER_UPDATE: PowerUpdate,
}


def read_payload(kind: CommandKind, payload: dict[str, Any]) -> Payload:
    """The payload as its kind's class. Raises `msgspec.ValidationError` naming the field."""
    return msgspec.convert(payload, PAYLOADS[kind])
