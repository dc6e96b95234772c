"""Messages of OCPP 2.1 that do not need much: payments, battery swap, ancillary services."""

from voltfleet.station.v2.messages.types import (
    GenericStatus,
    IdToken,
    Incoming,
    Outgoing,
    StatusInfo,
)


class RequestBatterySwap(Incoming, frozen=True):
    """S03"""

    id_token: IdToken
    request_id: int


class RequestBatterySwapResponse(Outgoing, frozen=True):
    """S03"""

    status: GenericStatus
    status_info: StatusInfo | None = None


class AFRRSignal(Incoming, frozen=True):
    """Q08"""

    timestamp: str
    signal: int


class AFRRSignalResponse(Outgoing, frozen=True):
    """Q08"""

    status: GenericStatus
    status_info: StatusInfo | None = None


class NotifyAllowedEnergyTransfer(Incoming, frozen=True):
    """Q03"""

    transaction_id: str
    allowed_energy_transfer: tuple[str, ...]


class NotifyAllowedEnergyTransferResponse(Outgoing, frozen=True):
    """Q03"""

    status: GenericStatus
    status_info: StatusInfo | None = None


class NotifyWebPaymentStarted(Incoming, frozen=True):
    """C25"""

    evse_id: int
    timeout: int


class NotifyWebPaymentStartedResponse(Outgoing, frozen=True):
    """C25"""
