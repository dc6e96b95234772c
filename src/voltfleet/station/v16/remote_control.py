"""RemoteStartTransaction, RemoteStopTransaction, UnlockConnector (OCPP 1.6 §5.11, §5.12, §5.18)."""

from functools import partial

from msgspec import UNSET

from voltfleet.domain.specs import ConnectorType, CurrentType
from voltfleet.station import driver
from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16.authorization import Authorization
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.permit import Permit, Verdict
from voltfleet.station.v16.smart_charging import SmartCharging
from voltfleet.station.v16.status import Bay
from voltfleet.station.v16.transactions import Transactions
from voltfleet.station.v16.types import Reason, Simple, UnlockStatus


class RemoteControl(Block):
    """The Central System starts, stops and unlocks. Where it starts a connector without a car, a
    simulated driver brings one."""

    __slots__ = (
        "_authorization",
        "_availability",
        "_configuration",
        "_smart_charging",
        "_transactions",
    )

    def __init__(
        self,
        ctx: Context,
        configuration: Configuration,
        availability: Availability,
        authorization: Authorization,
        transactions: Transactions,
        smart_charging: SmartCharging,
    ) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._availability = availability
        self._authorization = authorization
        self._transactions = transactions
        self._smart_charging = smart_charging

    @handles(m.RemoteStartTransaction)
    def remote_start(self, request: m.RemoteStartTransaction) -> m.RemoteStartTransactionResponse:
        """§5.11. §4.2 does not allow this while Pending."""
        id_tag, bay = request.id_tag, self._meant(request)
        offered = bay is not None and self._transactions.perhaps_open_to(bay, id_tag)
        if not self.ctx.online or bay is None or not offered:
            return m.RemoteStartTransactionResponse(Simple.REJECTED)
        parent = self._authorization.parent_of(id_tag)
        permit = Permit(id_tag, parent=parent)
        if request.charging_profile is not UNSET:
            profile = self._smart_charging.of_remote_start(request.charging_profile)
            if profile is None:
                return m.RemoteStartTransactionResponse(Simple.REJECTED)
            permit = permit._replace(profile=profile)
        if not self._transactions.open_to(bay, id_tag, parent):
            # §5.13: only the Central System knows whether it is of the reservation's group.
            self._authorization.ask(id_tag, partial(self._heard, bay, permit))
        elif self._configuration.flag(Name.AUTHORIZE_REMOTE_TX_REQUESTS):
            self._authorization.authorize(id_tag, partial(self._heard, bay, permit))
        else:
            self.grant(bay, permit)
        return m.RemoteStartTransactionResponse(Simple.ACCEPTED)

    def grant(self, bay: Bay, permit: Permit) -> None:
        """The token may charge, and its driver is on the way if no car is there yet."""
        self._transactions.permit(bay, permit)
        if not bay.connector.plugged:
            driver.arrives(self.ctx, bay.connector)

    @handles(m.RemoteStopTransaction)
    def remote_stop(self, request: m.RemoteStopTransaction) -> m.RemoteStopTransactionResponse:
        """§5.12: Rejected for a transactionId that is not going on here."""
        for bay in self._availability.bays:
            going_on = bay.transaction
            if going_on is not None and going_on.number == request.transaction_id:
                if self.ctx.online:
                    self._transactions.stop(bay, Reason.REMOTE)
                    return m.RemoteStopTransactionResponse(Simple.ACCEPTED)
                break
        return m.RemoteStopTransactionResponse(Simple.REJECTED)

    @handles(m.UnlockConnector)
    def unlock_connector(self, request: m.UnlockConnector) -> m.UnlockConnectorResponse:
        """§5.18: a transaction in progress is stopped first."""
        bay = self._availability.bay(request.connector_id)
        status = UnlockStatus.NOT_SUPPORTED if bay is None else self.unlock(bay)
        return m.UnlockConnectorResponse(status)

    def unlock(self, bay: Bay) -> UnlockStatus:
        """Only a Type 2 socket has a lock; every other cable is fixed. The lock holds while energy
        may flow, so the end of the transaction opens it."""
        spec = bay.connector.spec
        if spec.type is not ConnectorType.TYPE2 or spec.current_type is CurrentType.DC:
            return UnlockStatus.NOT_SUPPORTED
        if bay.connector.lock_broken:
            return UnlockStatus.UNLOCK_FAILED
        if bay.transaction is not None:
            self._transactions.stop(bay, Reason.UNLOCK_COMMAND)
        return UnlockStatus.UNLOCKED

    def _meant(self, request: m.RemoteStartTransaction) -> Bay | None:
        if request.connector_id is UNSET:
            return self._transactions.choose(request.id_tag)
        return self._availability.bay(request.connector_id)

    def _heard(self, bay: Bay, permit: Permit, verdict: Verdict) -> None:
        # Meanwhile somebody else may have been faster.
        parent = verdict.parent or permit.parent
        if verdict.accepted and self._transactions.open_to(bay, permit.id_tag, parent):
            self.grant(bay, permit._replace(parent=parent))
