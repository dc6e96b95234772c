"""What a user's commands do on an OCPP 2.x station, beside those that only touch the hardware."""

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
from voltfleet.station.connector import Connector, HardwareRefusal
from voltfleet.station.context import Context
from voltfleet.station.v2.authorization import Authorization
from voltfleet.station.v2.messages.remote_control import UnlockStatus
from voltfleet.station.v2.messages.types import IdToken
from voltfleet.station.v2.operator_commands import OperatorCommands
from voltfleet.station.v2.permit import Permit, Verdict
from voltfleet.station.v2.places import Places
from voltfleet.station.v2.presented import Presented
from voltfleet.station.v2.remote_control import RemoteControl
from voltfleet.station.v2.session import Session, Sessions
from voltfleet.station.v2.transactions import Transactions

_MAX_ID_TOKEN = 36
_RFID = "ISO14443"


class UserCommands(Block):
    """Each command reports its outcome exactly once; `HardwareRefusal` becomes a rejection."""

    __slots__ = (
        "_authorization",
        "_operator",
        "_places",
        "_presented",
        "_remote",
        "_sessions",
        "_transactions",
    )

    def __init__(
        self,
        ctx: Context,
        sessions: Sessions,
        authorization: Authorization,
        transactions: Transactions,
        places: Places,
        remote: RemoteControl,
        operator: OperatorCommands,
    ) -> None:
        super().__init__(ctx)
        self._operator = operator
        self._authorization = authorization
        self._sessions = sessions
        self._transactions = transactions
        self._places = places
        self._presented = Presented(ctx, sessions, authorization, transactions)
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
                    raise HardwareRefusal(f"this station has no {kind} in {self.ctx.version}")

    # --- start ----------------------------------------------------------------------------------

    def _start_transaction(self, start: StartTransaction, command: Command) -> None:
        token = _token(start.id_tag)
        connector = self._free_connector(token, start.evse_id, start.connector_id)
        if not connector.plugged:
            raise HardwareRefusal(f"no car is plugged into connector {connector.number}")
        self._present(connector, Permit(token, hear=self._hear(command)))

    def _start_session(self, start: StartSession, command: Command) -> None:
        energy = start.target_energy_kwh
        if energy is not None and energy <= 0:
            raise HardwareRefusal("target_energy_kwh must be more than 0")
        if start.duration_seconds is not None and start.duration_seconds <= 0:
            raise HardwareRefusal("duration_seconds must be more than 0")
        permit = Permit(
            _token(start.id_tag),
            hear=self._hear(command),
            duration_seconds=start.duration_seconds,
            energy_wh=None if energy is None else energy * 1000,
        )
        connector = self._free_connector(permit.id_token, None, start.connector_id)
        self._present(connector, permit)

    def _present(self, connector: Connector, permit: Permit) -> None:
        heard = partial(self._authorized, connector, permit)
        self._authorization.authorize(permit.id_token, connector.evse_id, heard)

    def _authorized(self, connector: Connector, permit: Permit, verdict: Verdict) -> None:
        verdict = self._authorization.to_start(verdict)
        if verdict.accepted and not self._places.free(connector):
            text = f"connector {connector.number} was taken meanwhile"
            verdict = Verdict(accepted=False, text=text)
        permit = permit._replace(group=verdict.group, message=verdict.message)
        if verdict.accepted and not self._places.admits(connector, permit):
            text = f"connector {connector.number} is reserved for another token"
            verdict = Verdict(accepted=False, text=text)
        if verdict.accepted:
            self._transactions.grant(connector, permit)
        elif permit.hear is not None:
            permit.hear(verdict)

    def _free_connector(
        self, token: IdToken, evse_id: int | None, connector_id: int | None
    ) -> Connector:
        connector = physical.find_connector(self.ctx, evse_id, connector_id)
        if connector is None:
            connector = self._places.choose(token)
            if connector is None:
                raise HardwareRefusal("no connector is free")
        elif not self._places.free(connector):
            raise HardwareRefusal(f"connector {connector.number} is not free")
        return connector

    # --- stop -----------------------------------------------------------------------------------

    def _stop_transaction(self, stop: StopTransaction, command: Command) -> None:
        open_ = self._sessions.open()
        if stop.transaction_id is not None:
            named = self._sessions.find(stop.transaction_id)
            open_ = [] if named is None else [named]
        if not open_:
            raise HardwareRefusal("no such transaction is open")
        if stop.id_tag is not None:
            self._presented.stop(open_, _token(stop.id_tag), self._hear(command))
            return
        if len(open_) > 1:
            raise HardwareRefusal("several transactions are open: name one by transaction_id")
        transaction = open_[0].transaction
        detail = {"transactionId": None if transaction is None else transaction.id}
        self._stop(open_[0])
        self.ctx.outcome(command, CommandState.APPLIED, None, detail)

    def _stop_session(self, stop: StopSession, command: Command) -> None:
        connector = physical.find_connector(self.ctx, None, stop.connector_id)
        hardware = self.ctx.hardware
        evses = hardware.evses if connector is None else (hardware.evse_of(connector),)
        sessions = [s for e in evses if (s := self._sessions.get(e.id)) is not None]
        busy = [s for s in sessions if s.permit is not None]
        if not busy:
            raise HardwareRefusal("no session is going on")
        for session in busy:
            self._stop(session)
        self.ctx.outcome(command, CommandState.APPLIED)

    def _stop(self, session: Session) -> None:
        if session.permit is None:
            raise HardwareRefusal("nobody is authorized there: unplug the car to end it")
        self._transactions.stop_by_driver(session)

    # --- the rest -------------------------------------------------------------------------------

    def _authorize(self, authorize: AuthorizeIdTag, command: Command) -> None:
        token = _token(authorize.id_tag)
        self._authorization.ask(token, None, partial(self._told, command))

    def _told(self, command: Command, verdict: Verdict) -> None:
        """The user wanted to know what the CSMS says: any answer of its is a success."""
        asked = verdict.detail is not None
        state = CommandState.APPLIED if asked else CommandState.FAILED
        self.ctx.outcome(command, state, verdict.text, verdict.detail)

    def _unlock(self, place: Place, command: Command) -> None:
        connector = physical.find_connector(self.ctx, place.evse_id, place.connector_id)
        connector = connector or self.ctx.hardware.connectors[0]
        status = self._remote.unlock(connector)
        if status is not UnlockStatus.UNLOCKED:
            raise HardwareRefusal(f"connector {connector.number}: {status}")
        self.ctx.outcome(command, CommandState.APPLIED)

    def _hear(self, command: Command) -> partial[None]:
        return partial(self._report, command)

    def _report(self, command: Command, verdict: Verdict) -> None:
        state = CommandState.APPLIED if verdict.accepted else CommandState.REJECTED
        self.ctx.outcome(command, state, verdict.text, verdict.detail)


def _token(text: str) -> IdToken:
    if not 1 <= len(text) <= _MAX_ID_TOKEN:
        raise HardwareRefusal(f"an id token has 1 to {_MAX_ID_TOKEN} characters")
    return IdToken(text, _RFID)
