"""What a user's commands do on an OCPP 1.6 station, beside those that only touch the hardware."""

from functools import partial

from voltfleet.domain.commands import (
    AuthorizeIdTag,
    CommandKind,
    CommandState,
    Payload,
    Place,
    StartSession,
    StartTransaction,
    StopSession,
    StopTransaction,
)
from voltfleet.domain.hosting import Command
from voltfleet.station import physical
from voltfleet.station.blocks import Block
from voltfleet.station.connector import HardwareRefusal
from voltfleet.station.context import Context
from voltfleet.station.v16.authorization import Authorization
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.operator_commands import OperatorCommands
from voltfleet.station.v16.permit import Hear, Permit, Verdict
from voltfleet.station.v16.remote_control import RemoteControl
from voltfleet.station.v16.status import Bay
from voltfleet.station.v16.transactions import Transactions
from voltfleet.station.v16.types import Reason, UnlockStatus

_MAX_ID_TAG = 20


class UserCommands(Block):
    """Each command reports its outcome exactly once; `HardwareRefusal` becomes a rejection."""

    __slots__ = ("_authorization", "_availability", "_operator", "_remote", "_transactions")

    def __init__(
        self,
        ctx: Context,
        availability: Availability,
        authorization: Authorization,
        transactions: Transactions,
        remote: RemoteControl,
        operator: OperatorCommands,
    ) -> None:
        super().__init__(ctx)
        self._operator = operator
        self._availability = availability
        self._authorization = authorization
        self._transactions = transactions
        self._remote = remote

    def perform(self, kind: CommandKind, payload: Payload, command: Command) -> None:
        """Do it now, or begin it."""
        match payload:
            case StartTransaction():
                self._start_transaction(payload, command)
            case StartSession():
                self._start_session(payload, command)
            case StopTransaction():
                self._stop_transaction(payload, command)
            case StopSession():
                self._stop_session(payload, command)
            case AuthorizeIdTag():
                self._authorize(payload, command)
            case Place() if kind is CommandKind.UNLOCK_CONNECTOR:
                self._unlock(payload, command)
            case _:
                if not (
                    physical.perform(self.ctx, kind, payload, command)
                    or self._operator.perform(kind, payload, command)
                ):
                    raise HardwareRefusal(f"this station has no {kind} in OCPP 1.6")

    # --- start ----------------------------------------------------------------------------------

    def _start_transaction(self, start: StartTransaction, command: Command) -> None:
        bay = self._free_bay(start.evse_id, start.connector_id, start.id_tag)
        if not bay.connector.plugged:
            raise HardwareRefusal(f"no car is plugged into connector {bay.connector.number}")
        permit = Permit(_id_tag(start.id_tag), self._outcome(command))
        self._authorization.authorize(permit.id_tag, partial(self._authorized, bay, permit))

    def _start_session(self, start: StartSession, command: Command) -> None:
        energy = start.target_energy_kwh
        if energy is not None and energy <= 0:
            raise HardwareRefusal("target_energy_kwh must be more than 0")
        if start.duration_seconds is not None and start.duration_seconds <= 0:
            raise HardwareRefusal("duration_seconds must be more than 0")
        bay = self._free_bay(None, start.connector_id, start.id_tag)
        permit = Permit(
            _id_tag(start.id_tag),
            self._outcome(command),
            start.duration_seconds,
            None if energy is None else energy * 1000,
        )
        self._authorization.authorize(permit.id_tag, partial(self._authorized, bay, permit))

    def _authorized(self, bay: Bay, permit: Permit, verdict: Verdict) -> None:
        permit = permit._replace(parent=verdict.parent)
        if verdict.accepted and not self._transactions.free(bay):
            verdict = Verdict(
                accepted=False, text=f"connector {bay.connector.number} was taken meanwhile"
            )
        elif verdict.accepted and not self._transactions.open_to(bay, permit.id_tag, permit.parent):
            verdict = Verdict(
                accepted=False, text=f"connector {bay.connector.number} is kept for another token"
            )
        if verdict.accepted:
            self._remote.grant(bay, permit)
        elif permit.hear is not None:
            permit.hear(verdict)

    def _free_bay(self, evse_id: int | None, connector_id: int | None, id_tag: str) -> Bay:
        connector = physical.find_connector(self.ctx, evse_id, connector_id)
        if connector is None:
            bay = self._transactions.choose(id_tag)
            if bay is None:
                kept = any(map(self._transactions.free, self._availability.bays))
                raise HardwareRefusal(
                    "what is free is kept for another token" if kept else "no connector is free"
                )
            return bay
        bay = self._availability.bays[connector.number - 1]
        if not self._transactions.free(bay):
            raise HardwareRefusal(f"connector {connector.number} is {bay.status}, not free")
        if not self._transactions.perhaps_open_to(bay, id_tag):
            raise HardwareRefusal(f"connector {connector.number} is kept for another token")
        return bay

    # --- stop -----------------------------------------------------------------------------------

    def _stop_transaction(self, stop: StopTransaction, command: Command) -> None:
        open_ = [bay for bay in self._availability.bays if bay.transaction is not None]
        if stop.transaction_id is not None:
            open_ = [bay for bay in open_ if _number(bay) == stop.transaction_id]
        if not open_:
            raise HardwareRefusal("no such transaction is open")
        if stop.id_tag is not None:
            self._stop_by_token(open_, _id_tag(stop.id_tag), self._outcome(command))
            return
        if len(open_) > 1:
            raise HardwareRefusal("several transactions are open: name one by transaction_id")
        detail = {"transactionId": _number(open_[0])}
        self._stop(open_[0])
        self.ctx.outcome(command, CommandState.APPLIED, None, detail)

    def _stop_by_token(self, meant: list[Bay], id_tag: str, hear: Hear) -> None:
        """§4.8: the token that started it, or another of its group (§3.5)."""
        own = next((bay for bay in meant if _payer(bay).lower() == id_tag.lower()), None)
        if own is not None:
            self._stop_with(own, id_tag, hear)
        else:
            heard = partial(self._may_stop, meant, id_tag, hear)
            self._authorization.authorize(id_tag, heard)

    def _may_stop(self, meant: list[Bay], id_tag: str, hear: Hear, verdict: Verdict) -> None:
        parent_of = self._authorization.parent_of
        going_on = [bay for bay in meant if bay.transaction is not None]
        group = [bay for bay in going_on if parent_of(_payer(bay)) == verdict.parent]
        if not verdict.accepted:
            hear(verdict)
        elif verdict.parent is None or not group:
            text = "the token is not of the group of the one that started the transaction"
            hear(Verdict(accepted=False, text=text))
        else:
            self._stop_with(group[0], id_tag, hear)

    def _stop_with(self, bay: Bay, id_tag: str, hear: Hear) -> None:
        detail = {"transactionId": _number(bay)}
        self._transactions.stop(bay, Reason.LOCAL, id_tag)
        hear(Verdict(accepted=True, text="stopped by the token", detail=detail))

    def _stop_session(self, stop: StopSession, command: Command) -> None:
        connector = physical.find_connector(self.ctx, None, stop.connector_id)
        bays = [b for b in self._availability.bays if connector in {None, b.connector}]
        busy = [b for b in bays if b.transaction is not None or b.permit is not None]
        if not busy:
            raise HardwareRefusal("no session is going on")
        for bay in busy:
            if bay.transaction is None:
                self._transactions.cancel(bay, "the session was stopped before it began")
            else:
                self._stop(bay)
        self.ctx.outcome(command, CommandState.APPLIED)

    def _stop(self, bay: Bay) -> None:
        id_tag = None if bay.transaction is None else bay.transaction.id_token
        self._transactions.stop(bay, Reason.LOCAL, id_tag)

    # --- the rest -------------------------------------------------------------------------------

    def _authorize(self, authorize: AuthorizeIdTag, command: Command) -> None:
        self._authorization.ask(_id_tag(authorize.id_tag), partial(self._told, command))

    def _told(self, command: Command, verdict: Verdict) -> None:
        """The user wanted to know what the CSMS says: any answer of its is a success."""
        asked = verdict.detail is not None
        state = CommandState.APPLIED if asked else CommandState.FAILED
        self.ctx.outcome(command, state, verdict.text, verdict.detail)

    def _unlock(self, place: Place, command: Command) -> None:
        connector = physical.find_connector(self.ctx, place.evse_id, place.connector_id)
        bay = self._availability.bays[0 if connector is None else connector.number - 1]
        status = self._remote.unlock(bay)
        if status is not UnlockStatus.UNLOCKED:
            raise HardwareRefusal(f"connector {bay.connector.number}: {status}")
        self.ctx.outcome(command, CommandState.APPLIED)

    def _outcome(self, command: Command) -> Hear:
        return partial(self._report, command)

    def _report(self, command: Command, verdict: Verdict) -> None:
        state = CommandState.APPLIED if verdict.accepted else CommandState.REJECTED
        self.ctx.outcome(command, state, verdict.text, verdict.detail)


def _id_tag(text: str) -> str:
    if not 1 <= len(text) <= _MAX_ID_TAG:
        raise HardwareRefusal(f"an idTag of OCPP 1.6 has 1 to {_MAX_ID_TAG} characters")
    return text


def _payer(bay: Bay) -> str:
    return "" if bay.transaction is None else bay.transaction.id_token


def _number(bay: Bay) -> str | None:
    number = None if bay.transaction is None else bay.transaction.number
    return None if number is None else str(number)
