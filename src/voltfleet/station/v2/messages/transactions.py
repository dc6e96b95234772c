"""Functional block E: transactions."""

from enum import StrEnum

import msgspec

from voltfleet.station.v2.messages.metering import MeterValue
from voltfleet.station.v2.messages.tariffs import CostDetails
from voltfleet.station.v2.messages.types import (
    Answered,
    EvseRef,
    IdToken,
    IdTokenInfo,
    Incoming,
    MessageContent,
    Outgoing,
    Shared,
)


class TransactionEventType(StrEnum):
    """TransactionEventEnumType"""

    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"


class TriggerReason(StrEnum):
    """TriggerReasonEnumType, as far as this station has such reasons."""

    ABNORMAL_CONDITION = "AbnormalCondition"
    AUTHORIZED = "Authorized"
    CABLE_PLUGGED_IN = "CablePluggedIn"
    CHARGING_RATE_CHANGED = "ChargingRateChanged"
    CHARGING_STATE_CHANGED = "ChargingStateChanged"
    DEAUTHORIZED = "Deauthorized"
    ENERGY_LIMIT_REACHED = "EnergyLimitReached"
    EV_COMMUNICATION_LOST = "EVCommunicationLost"
    EV_CONNECT_TIMEOUT = "EVConnectTimeout"
    COST_LIMIT_REACHED = "CostLimitReached"
    LIMIT_SET = "LimitSet"
    METER_VALUE_CLOCK = "MeterValueClock"
    METER_VALUE_PERIODIC = "MeterValuePeriodic"
    REMOTE_START = "RemoteStart"
    REMOTE_STOP = "RemoteStop"
    RESET_COMMAND = "ResetCommand"
    SOC_LIMIT_REACHED = "SoCLimitReached"
    STOP_AUTHORIZED = "StopAuthorized"
    TARIFF_CHANGED = "TariffChanged"
    TIME_LIMIT_REACHED = "TimeLimitReached"
    TRIGGER = "Trigger"
    TX_RESUMED = "TxResumed"
    UNLOCK_COMMAND = "UnlockCommand"


class ChargingState(StrEnum):
    """ChargingStateEnumType"""

    CHARGING = "Charging"
    EV_CONNECTED = "EVConnected"
    IDLE = "Idle"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"


class StoppedReason(StrEnum):
    """ReasonEnumType, as far as this station has such reasons."""

    DE_AUTHORIZED = "DeAuthorized"
    ENERGY_LIMIT_REACHED = "EnergyLimitReached"
    EV_DISCONNECTED = "EVDisconnected"
    GROUND_FAULT = "GroundFault"
    IMMEDIATE_RESET = "ImmediateReset"
    LOCAL = "Local"
    MASTER_PASS = "MasterPass"  # noqa: S105 (no password: the standard's word)
    OTHER = "Other"
    OVERCURRENT_FAULT = "OvercurrentFault"
    POWER_LOSS = "PowerLoss"
    REMOTE = "Remote"
    SOC_LIMIT_REACHED = "SOCLimitReached"
    STOPPED_BY_EV = "StoppedByEV"
    TIME_LIMIT_REACHED = "TimeLimitReached"
    TIMEOUT = "Timeout"


class TransactionLimit(Shared, frozen=True):
    """TransactionLimitType (2.1)"""

    max_cost: float | None = None
    max_energy: float | None = None
    max_time: int | None = None
    max_so_c: int | None = msgspec.field(default=None, name="maxSoC")


class TransactionInfo(Outgoing, frozen=True):
    """TransactionType; the last three are of OCPP 2.1."""

    transaction_id: str
    charging_state: ChargingState | None = None
    time_spent_charging: int | None = None
    stopped_reason: StoppedReason | None = None
    remote_start_id: int | None = None
    operation_mode: str | None = None
    tariff_id: str | None = None
    transaction_limit: TransactionLimit | None = None


class TransactionEvent(Outgoing, frozen=True):
    """E01 to E15; ``cost_details`` is of OCPP 2.1."""

    event_type: TransactionEventType
    timestamp: str
    trigger_reason: TriggerReason
    seq_no: int
    transaction_info: TransactionInfo
    meter_value: tuple[MeterValue, ...] | None = None
    offline: bool = False
    number_of_phases_used: int | None = None
    evse: EvseRef | None = None
    id_token: IdToken | None = None
    reservation_id: int | None = None
    cost_details: CostDetails | None = None


class TransactionEventResponse(Answered, frozen=True):
    """E01 to E16; a limit is of OCPP 2.1."""

    id_token_info: IdTokenInfo | None = None
    total_cost: float | None = None
    updated_personal_message: MessageContent | None = None
    transaction_limit: TransactionLimit | None = None


class GetTransactionStatus(Incoming, frozen=True):
    """E14"""

    transaction_id: str | None = None


class GetTransactionStatusResponse(Outgoing, frozen=True):
    """E14"""

    messages_in_queue: bool
    ongoing_indicator: bool | None = None
