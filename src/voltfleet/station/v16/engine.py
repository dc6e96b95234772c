"""The functional blocks of OCPP 1.6, wired together."""

import msgspec

from voltfleet.domain.commands import CommandKind, Payload
from voltfleet.domain.hosting import Command
from voltfleet.domain.specs import OcppVersion
from voltfleet.station.blocks import dispatch, table_of
from voltfleet.station.connector import Connector
from voltfleet.station.context import Context
from voltfleet.station.engine import NOTHING_GOES_ON, GoingOn
from voltfleet.station.evse import Evse
from voltfleet.station.hardware import HardwareEvent
from voltfleet.station.registration import Standing
from voltfleet.station.v16.authorization import Authorization
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.certificate_store import CertificateStore
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.data_transfer import DataTransfer
from voltfleet.station.v16.extended_trigger import ExtendedTrigger
from voltfleet.station.v16.firmware import Firmware
from voltfleet.station.v16.local_auth_list import LocalAuthList
from voltfleet.station.v16.logs import Logs
from voltfleet.station.v16.memory import (
    Memo,
    Memory16,
    MeterMemo,
    StartMemo,
    StopMemo,
    of_transactions,
    to_transaction,
)
from voltfleet.station.v16.meter_values import MeterReadings
from voltfleet.station.v16.operator_commands import OperatorCommands
from voltfleet.station.v16.registration import Registration
from voltfleet.station.v16.remote_control import RemoteControl
from voltfleet.station.v16.remote_trigger import RemoteTrigger
from voltfleet.station.v16.reservation import Reservations
from voltfleet.station.v16.reset import Reset
from voltfleet.station.v16.security_events import SecurityEvent, SecurityEvents
from voltfleet.station.v16.security_profile import SecurityProfile
from voltfleet.station.v16.smart_charging import SmartCharging
from voltfleet.station.v16.status import Transaction16
from voltfleet.station.v16.transactions import Transactions
from voltfleet.station.v16.types import Reason
from voltfleet.station.v16.user_commands import UserCommands

_TABLE = table_of(
    (
        Configuration,
        Availability,
        Registration,
        Authorization,
        MeterReadings,
        Transactions,
        RemoteControl,
        RemoteTrigger,
        Reset,
        DataTransfer,
        LocalAuthList,
        SmartCharging,
        Reservations,
        Firmware,
        Logs,
        CertificateStore,
        ExtendedTrigger,
    )
)
"""In the order of `Engine16._blocks`."""

_MEMORY = msgspec.msgpack.Decoder(Memory16)


class Engine16:
    """An OCPP 1.6 Charge Point."""

    __slots__ = (
        "_authorization",
        "_availability",
        "_blocks",
        "_commands",
        "_configuration",
        "_events",
        "_firmware",
        "_logs",
        "_meters",
        "_profile",
        "_registration",
        "_reservations",
        "_smart_charging",
        "_store",
        "_transactions",
        "ctx",
    )

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._configuration = configuration = Configuration(ctx)
        self._availability = availability = Availability(ctx, configuration)
        self._registration = registration = Registration(ctx, configuration, availability)
        self._authorization = authorization = Authorization(ctx, configuration)
        self._meters = meters = MeterReadings(ctx, configuration, availability)
        self._smart_charging = smart_charging = SmartCharging(ctx, configuration, availability)
        self._reservations = reservations = Reservations(ctx, configuration, availability)
        self._transactions = transactions = Transactions(
            ctx,
            configuration,
            availability,
            authorization,
            meters,
            smart_charging,
            reservations,
        )
        remote = RemoteControl(
            ctx, configuration, availability, authorization, transactions, smart_charging
        )
        self._events = events = SecurityEvents(ctx)
        self._store = store = CertificateStore(ctx, configuration, events)
        self._profile = SecurityProfile(ctx, configuration, store, events)
        self._firmware = firmware = Firmware(
            ctx, registration, availability, transactions, store, events
        )
        self._logs = logs = Logs(ctx, configuration, availability, events)
        trigger = RemoteTrigger(ctx, availability, registration, meters, firmware, logs)
        local_list = LocalAuthList(ctx, configuration, authorization)
        self._commands = UserCommands(
            ctx,
            availability,
            authorization,
            transactions,
            remote,
            OperatorCommands(ctx, configuration, authorization, local_list),
        )
        self._blocks = (
            configuration,
            availability,
            registration,
            authorization,
            meters,
            transactions,
            remote,
            trigger,
            Reset(ctx, transactions),
            DataTransfer(ctx),
            local_list,
            smart_charging,
            reservations,
            firmware,
            logs,
            store,
            ExtendedTrigger(ctx, trigger, firmware, logs, store),
        )
        configuration.on_change = self._setting_changed
        registration.on_resume = self._resumed
        ctx.hardware.listener = self._hardware
        ctx.on_power_up = self._power_up

    def connected(self) -> None:
        """The socket is open."""
        self._profile.connected()
        self._registration.connected()

    def disconnected(self) -> None:
        """The socket is gone."""
        self._registration.disconnected()

    def answer(self, action: str, payload: msgspec.Raw) -> msgspec.Struct | None:
        """Handle a CALL. While rejected, §4.2 wants no answer at all."""
        if self._registration.standing is Standing.REJECTED:
            return None
        return dispatch(OcppVersion.V16, _TABLE, self._blocks, action, payload)

    def received(self, action: str, payload: msgspec.Raw) -> None:
        """1.6 knows no SEND; unknown message types are ignored (OCPP-J 1.6 §4.1.3)."""

    def lose_power(self) -> None:
        """The Central System hears of it after the boot."""
        self._transactions.stop_all(Reason.POWER_LOSS)

    def memory(self) -> Memory16:
        """What the blocks keep."""
        availability = self._availability
        bays, transactions = of_transactions(availability.bays, self.ctx.outbox.memos())
        return Memory16(
            bays,
            availability.memory(),
            transactions,
            self._configuration.changed,
            self._authorization.memory(),
            self._smart_charging.memory(),
            self._registration.firmware_version,
            self._store.memory(),
        )

    def recall(self, memory: msgspec.Raw) -> None:
        """Give the blocks what they kept."""
        kept = _MEMORY.decode(memory)
        self._configuration.recall(kept.settings)
        self._copy_settings()
        self._authorization.recall(kept.tokens)
        self._smart_charging.recall(kept.profiles)
        self._registration.firmware_version = kept.firmware_version
        self._store.recall(kept.certificates)
        connectors = self.ctx.hardware.connectors
        transactions = [to_transaction(t, connectors) for t in kept.transactions.transactions]
        self._availability.recall(kept.availability, kept.bays, transactions)
        for message in kept.transactions.messages:
            self._tell_again(transactions[message.transaction], message)

    def user_redialled(self) -> None:
        """Nothing here but the context knows how it dials."""

    def _tell_again(self, transaction: Transaction16, message: Memo) -> None:
        match message:
            case StartMemo():
                self._transactions.tell_start(transaction, message.request)
            case MeterMemo():
                self._meters.tell(transaction, message.value)
            case StopMemo():
                self._transactions.tell_stop(transaction, message.stop)

    def command(self, kind: CommandKind, payload: Payload, command: Command) -> None:
        """Do what a user wants."""
        self._commands.perform(kind, payload, command)

    def going_on(self, connector: Connector) -> GoingOn:
        """The bay's."""
        bay = self._availability.bays[connector.number - 1]
        transaction, permit = bay.transaction, bay.permit
        if transaction is None:
            return NOTHING_GOES_ON if permit is None else GoingOn(permit.id_tag)
        return GoingOn(
            transaction.id_token,
            None if transaction.number is None else str(transaction.number),
            bay.status,  # the words for a transaction's are those of OCPP 2.x
            transaction.meter_start_wh,
        )

    def _power_up(self) -> None:
        self._transactions.accepting = True
        self._registration.power_up()
        self._meters.schedule_aligned()
        self._smart_charging.apply()
        self._reservations.power_up()
        self._firmware.power_up()
        self._logs.power_up()
        if self.ctx.connected:
            self.connected()

    def _resumed(self) -> None:
        """Online: what could not be told is told now."""
        self._firmware.resumed()
        self._logs.resumed()
        self._events.resumed()

    def _hardware(self, event: HardwareEvent, evse: Evse, connector: Connector) -> None:
        self.ctx.remember()
        self._transactions.hardware(event, evse, self._availability.bays[connector.number - 1])

    def _setting_changed(self, name: Name) -> None:
        """A setting that something was scheduled by takes effect now, not after the old wait."""
        match name:
            case Name.HEARTBEAT_INTERVAL:
                self._registration.schedule_heartbeat()
            case Name.METER_VALUE_SAMPLE_INTERVAL:
                for bay in self._availability.bays:
                    self._meters.schedule_sample(bay)
            case Name.CLOCK_ALIGNED_DATA_INTERVAL:
                self._meters.schedule_aligned()
            case Name.AUTHORIZATION_KEY:
                event = SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS
                self._events.happened(event, "AuthorizationKey")
                self._profile.key_changed()
            case _:
                self._copy_settings()

    def _copy_settings(self) -> None:
        """Those that are kept elsewhere too."""
        ctx, whole = self.ctx, self._configuration.whole
        ctx.ping_seconds = whole(Name.WEB_SOCKET_PING_INTERVAL)
        ctx.outbox.attempts = whole(Name.TRANSACTION_MESSAGE_ATTEMPTS)
        ctx.outbox.retry_seconds = whole(Name.TRANSACTION_MESSAGE_RETRY_INTERVAL)
