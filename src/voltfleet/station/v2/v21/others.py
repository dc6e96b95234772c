"""What the CSMS may ask of any OCPP 2.1 station, and this one has no hardware for: the answers."""

from voltfleet.ocppj.errors import RpcError, RpcErrorCode
from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.times import instant
from voltfleet.station.v2.messages import others_21 as m
from voltfleet.station.v2.messages.types import GenericStatus, StatusInfo
from voltfleet.station.v2.session import Sessions

_REJECTED = GenericStatus.REJECTED


class Others(Block):
    """Says why not, in the words that the standard has for it."""

    __slots__ = ("_sessions",)

    def __init__(self, ctx: Context, sessions: Sessions) -> None:
        super().__init__(ctx)
        self._sessions = sessions

    @handles(m.RequestBatterySwap)
    def request_battery_swap(self, _request: m.RequestBatterySwap) -> m.RequestBatterySwapResponse:
        """S03: batteries of cars stay in the cars here."""
        info = StatusInfo("UnsupportedRequest", "this is no battery swap station")
        return m.RequestBatterySwapResponse(_REJECTED, info)

    @handles(m.AFRRSignal)
    def afrr_signal(self, request: m.AFRRSignal) -> m.AFRRSignalResponse:
        """Q08: only a transaction in operation mode CentralFrequency could follow it."""
        instant(request.timestamp, "timestamp")
        info = StatusInfo("InvalidState", "no transaction is in operation mode CentralFrequency")
        return m.AFRRSignalResponse(_REJECTED, info)

    @handles(m.NotifyAllowedEnergyTransfer)
    def allowed_energy_transfer(
        self, request: m.NotifyAllowedEnergyTransfer
    ) -> m.NotifyAllowedEnergyTransferResponse:
        """Q03: only a car that speaks ISO 15118-20 could renegotiate."""
        if self._sessions.find(request.transaction_id) is None:
            info = StatusInfo("TxNotFound")
        else:
            info = StatusInfo("UnsupportedRequest", "the car does not speak ISO 15118-20")
        return m.NotifyAllowedEnergyTransferResponse(_REJECTED, info)

    @handles(m.NotifyWebPaymentStarted)
    def web_payment_started(
        self, request: m.NotifyWebPaymentStarted
    ) -> m.NotifyWebPaymentStartedResponse:
        """C25: nobody looks at the display that would show it."""
        if not 0 <= request.evse_id <= len(self.ctx.hardware.evses):
            raise RpcError(
                RpcErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
                "evseId: there is no such EVSE",
                {"field": "evseId"},
            )
        return m.NotifyWebPaymentStartedResponse()
