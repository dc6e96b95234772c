"""Functional block F: the CSMS starts, stops and unlocks (F01 to F05)."""

from functools import partial

from voltfleet.domain.specs import ConnectorType, CurrentType
from voltfleet.ocppj.errors import RpcError, RpcErrorCode
from voltfleet.station.blocks import Block, handles
from voltfleet.station.connector import Cable, CableEvent, Connector
from voltfleet.station.context import Context
from voltfleet.station.v2.authorization import Authorization, key_of_token
from voltfleet.station.v2.device_model import authorizing
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages import remote_control as m
from voltfleet.station.v2.messages.remote_control import UnlockStatus
from voltfleet.station.v2.messages.transactions import StoppedReason, TriggerReason
from voltfleet.station.v2.messages.types import GenericStatus, StatusInfo
from voltfleet.station.v2.permit import Permit, Verdict
from voltfleet.station.v2.places import Places
from voltfleet.station.v2.session import Sessions
from voltfleet.station.v2.smart_charging import SmartCharging
from voltfleet.station.v2.transactions import Transactions

_REJECTED = GenericStatus.REJECTED
_UNKNOWN_EVSE = StatusInfo("UnknownEvse")


class RemoteControl(Block):
    """Where the CSMS starts an EVSE without a car, a simulated driver brings one."""

    __slots__ = ("_authorization", "_model", "_places", "_sessions", "_smart", "_transactions")

    def __init__(
        self,
        ctx: Context,
        model: DeviceModel,
        sessions: Sessions,
        authorization: Authorization,
        transactions: Transactions,
        places: Places,
        smart: SmartCharging,
    ) -> None:
        super().__init__(ctx)
        self._model = model
        self._sessions = sessions
        self._authorization = authorization
        self._transactions = transactions
        self._places = places
        self._smart = smart

    @handles(m.RequestStartTransaction)
    def request_start(
        self, request: m.RequestStartTransaction
    ) -> m.RequestStartTransactionResponse:
        """F01, F02. With SmartChargingCtrlr.Enabled false a charging profile is ignored
        (F01.FR.12); before the boot is accepted nothing may start (B02.FR.05)."""
        _check(request)
        connector = self._meant(request)
        if not self.ctx.online or connector is None:
            return m.RequestStartTransactionResponse(_REJECTED, self._why_not(request))
        if not self._places.admits(connector, _permit(request)):
            # F01.FR.21 and FR.22
            info = StatusInfo("Reserved", "it is kept for another token")
            return m.RequestStartTransactionResponse(_REJECTED, info)
        if self._authorization.is_master_pass(_permit(request).group):
            # C16: its tokens stop transactions only.
            info = StatusInfo("InvalidIdToken", "a master pass starts no transaction")
            return m.RequestStartTransactionResponse(_REJECTED, info)
        evse = self.ctx.hardware.evse_of(connector)
        session = self._sessions.get(evse.id)
        # F01.FR.13: the id of the transaction that the cable has started already.
        going_on = session.transaction if session is not None else None
        permit = _permit(request)
        if request.charging_profile is not None and self._smart.enabled():
            why = self._smart.why_not(request.charging_profile, evse.id)
            if why is not None:
                info = StatusInfo("InvalidProfile", why)
                return m.RequestStartTransactionResponse(_REJECTED, info)
            permit = permit._replace(profile=request.charging_profile)
        if self._model.flag(authorizing.AUTHORIZE_REMOTE_START):
            heard = partial(self._heard, connector, permit)
            self._authorization.authorize(request.id_token, evse.id, heard)
        else:
            self._transactions.grant(connector, permit)
        return m.RequestStartTransactionResponse(
            GenericStatus.ACCEPTED, transaction_id=going_on.id if going_on else None
        )

    @handles(m.RequestStopTransaction)
    def request_stop(self, request: m.RequestStopTransaction) -> m.RequestStopTransactionResponse:
        """F03.FR.07 and FR.08"""
        session = self._sessions.find(request.transaction_id)
        if session is None or not self.ctx.online:
            info = StatusInfo("TxNotFound")
            return m.RequestStopTransactionResponse(_REJECTED, info)
        self._transactions.stop(session, TriggerReason.REMOTE_STOP, StoppedReason.REMOTE)
        return m.RequestStopTransactionResponse(GenericStatus.ACCEPTED)

    @handles(m.UnlockConnector)
    def unlock_connector(self, request: m.UnlockConnector) -> m.UnlockConnectorResponse:
        """F05"""
        connector = self.ctx.hardware.find_in_evse(request.evse_id, request.connector_id)
        if connector is None:
            return m.UnlockConnectorResponse(UnlockStatus.UNKNOWN_CONNECTOR)
        info = None if _has_lock(connector) else StatusInfo("FixedCable")
        return m.UnlockConnectorResponse(self.unlock(connector), info)

    def unlock(self, connector: Connector) -> UnlockStatus:
        """F05.FR.02: not during an authorized transaction."""
        session = self._sessions.get(connector.evse_id)
        if session is not None and session.transaction is not None and session.permit is not None:
            return UnlockStatus.ONGOING_AUTHORIZED_TRANSACTION
        if not _has_lock(connector) or connector.lock_broken:
            return UnlockStatus.UNLOCK_FAILED
        if connector.cable is Cable.LOCKED:
            connector.feed(CableEvent.UNLOCK)
        return UnlockStatus.UNLOCKED

    def _meant(self, request: m.RequestStartTransaction) -> Connector | None:
        """F01.FR.07: without an EVSE the station chooses."""
        evses = self.ctx.hardware.evses
        token, group = request.id_token, request.group_id_token
        if request.evse_id is None:
            return self._places.choose(token, group)
        known = 1 <= request.evse_id <= len(evses)
        evse = evses[request.evse_id - 1] if known else None
        return None if evse is None else self._places.choose(token, group, evse)

    def _why_not(self, request: m.RequestStartTransaction) -> StatusInfo:
        if not self.ctx.online:
            return StatusInfo("CSNotAccepted")
        known = request.evse_id is None or 1 <= request.evse_id <= len(self.ctx.hardware.evses)
        return StatusInfo("TxInProgress", "nothing is free there") if known else _UNKNOWN_EVSE

    def _heard(self, connector: Connector, permit: Permit, verdict: Verdict) -> None:
        # Meanwhile somebody else may have been faster.
        verdict = self._authorization.to_start(verdict)
        permit = permit._replace(group=verdict.group or permit.group, message=verdict.message)
        free = self._places.free(connector) and self._places.admits(connector, permit)
        if verdict.accepted and free:
            self._transactions.grant(connector, permit)


def _check(request: m.RequestStartTransaction) -> None:
    """AuthCtrlr.AdditionalInfoItemsPerMessage"""
    most = authorizing.ADDITIONAL_INFO_ITEMS
    for field, token in (("idToken", request.id_token), ("groupIdToken", request.group_id_token)):
        if token is not None and len(token.additional_info or ()) > most:
            raise RpcError(
                RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
                f"{field}.additionalInfo: at most {most} items",
                {"field": f"{field}.additionalInfo"},
            )


def _permit(request: m.RequestStartTransaction) -> Permit:
    group = request.group_id_token
    return Permit(
        request.id_token,
        TriggerReason.REMOTE_START,
        request.remote_start_id,
        group=None if group is None else key_of_token(group),
    )


def _has_lock(connector: Connector) -> bool:
    """Only a Type 2 socket has one; every other cable is fixed to the station."""
    spec = connector.spec
    return spec.type is ConnectorType.TYPE2 and spec.current_type is CurrentType.AC
