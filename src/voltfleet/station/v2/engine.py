"""The functional blocks of OCPP 2.x, wired together."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from voltfleet.domain.commands import CommandKind, Payload
from voltfleet.domain.hosting import Command
from voltfleet.ocppj import schemas
from voltfleet.ocppj.errors import RpcError, RpcErrorCode
from voltfleet.station.blocks import Block, Handler, dispatch, table_of
from voltfleet.station.connector import Connector
from voltfleet.station.context import Context
from voltfleet.station.engine import NOTHING_GOES_ON, GoingOn
from voltfleet.station.evse import Evse
from voltfleet.station.hardware import HardwareEvent
from voltfleet.station.local_list import LocalList
from voltfleet.station.registration import Standing
from voltfleet.station.v2.authorization import Authorization
from voltfleet.station.v2.availability import Availability
from voltfleet.station.v2.certificates import Certificates
from voltfleet.station.v2.costs import Costs
from voltfleet.station.v2.customer_information import Customers
from voltfleet.station.v2.data_transfer import DataTransfer
from voltfleet.station.v2.device_model import catalog
from voltfleet.station.v2.device_model.definition import Definition
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.device_model.security import BASIC_AUTH_PASSWORD
from voltfleet.station.v2.display import Display
from voltfleet.station.v2.events import Events
from voltfleet.station.v2.firmware import FirmwareUpdates
from voltfleet.station.v2.hardware_events import HardwareEvents
from voltfleet.station.v2.installed_monitors import InstalledMonitors
from voltfleet.station.v2.inventory import Inventory
from voltfleet.station.v2.local_auth_list import LocalAuthList
from voltfleet.station.v2.logs import Logs
from voltfleet.station.v2.memory import Memory2, of_transactions, put_back
from voltfleet.station.v2.message_sizes import check_size
from voltfleet.station.v2.messages.types import IdTokenInfo
from voltfleet.station.v2.meter_values import MeterReadings
from voltfleet.station.v2.monitoring import Monitoring
from voltfleet.station.v2.monitoring_reports import MonitoringReports
from voltfleet.station.v2.network import NetworkProfiles
from voltfleet.station.v2.operator_commands import OperatorCommands
from voltfleet.station.v2.places import Places
from voltfleet.station.v2.registration import Registration
from voltfleet.station.v2.remote_control import RemoteControl
from voltfleet.station.v2.reservations import Reservations
from voltfleet.station.v2.reset import Reset
from voltfleet.station.v2.security_events import SecurityEvents
from voltfleet.station.v2.session import Sessions
from voltfleet.station.v2.smart_charging import SmartCharging
from voltfleet.station.v2.transaction_events import TransactionEvents
from voltfleet.station.v2.transactions import Transactions
from voltfleet.station.v2.trigger import Trigger
from voltfleet.station.v2.user_commands import UserCommands
from voltfleet.station.v2.variables import Variables
from voltfleet.station.v2.watch import Watch

_TABLE = table_of(
    (
        Availability,
        Variables,
        Inventory,
        Authorization,
        TransactionEvents,
        RemoteControl,
        Trigger,
        Reset,
        DataTransfer,
        LocalAuthList,
        Reservations,
        SmartCharging,
        Customers,
        Display,
        Costs,
        Monitoring,
        MonitoringReports,
        FirmwareUpdates,
        Logs,
        Certificates,
        NetworkProfiles,
    )
)
"""In the order of `Engine2._blocks`."""
_FAULTS = frozenset({HardwareEvent.FAULTED, HardwareEvent.FAULT_CLEARED})

_MEMORY = msgspec.msgpack.Decoder(Memory2)
AnyBlock = TypeVar("AnyBlock", bound=Block)


class Parts(NamedTuple):
    """What the blocks of a later version build upon."""

    model: DeviceModel
    availability: Availability
    authorization: Authorization
    sessions: Sessions
    events: TransactionEvents
    transactions: Transactions
    smart: SmartCharging
    reset: Reset


class Engine2:
    """An OCPP 2.0.1 Charging Station; `v21.engine.Engine21` adds to it."""

    smart_charging: type[SmartCharging] = SmartCharging

    __slots__ = (
        "_blocks",
        "_certificates",
        "_commands",
        "_firmware",
        "_happenings",
        "_inventory",
        "_logs",
        "_meters",
        "_model",
        "_monitoring_reports",
        "_network",
        "_registration",
        "_reset",
        "_security",
        "_sessions",
        "_smart",
        "_watch",
        "ctx",
    )

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        availability = Availability(ctx)
        self._model = model = DeviceModel(availability)
        self._security = security = SecurityEvents(ctx)
        self._registration = registration = Registration(ctx, model, availability, security)
        self._inventory = Inventory(ctx, model)
        variables = Variables(ctx, model)
        variables.on_change = self._variable_changed
        authorization = Authorization(ctx, model)
        self._sessions = sessions = Sessions()
        costs = Costs(ctx, model, sessions)
        events = TransactionEvents(ctx, availability, sessions, costs)
        self._meters = meters = MeterReadings(ctx, model, sessions, events)
        reservations = Reservations(ctx, model, availability, sessions)
        self._smart = smart = self.smart_charging(ctx, model, availability, sessions)
        places = Places(ctx, availability, registration, sessions, reservations)
        transactions = Transactions(
            ctx,
            model,
            availability,
            registration,
            places,
            authorization,
            sessions,
            events,
            meters,
            reservations,
            smart,
        )
        self._happenings = HardwareEvents(ctx, model, availability, sessions, events, transactions)
        remote = RemoteControl(ctx, model, sessions, authorization, transactions, places, smart)
        self._reset = Reset(
            ctx, sessions, availability, registration, transactions, places, security
        )
        local_list = LocalAuthList(ctx, model, authorization)
        operator = OperatorCommands(ctx, model, variables, authorization, local_list)
        self._commands = UserCommands(
            ctx, sessions, authorization, transactions, places, remote, operator
        )
        installed = InstalledMonitors(ctx.spec)
        self._watch = Watch(ctx, model, sessions, Events(ctx, model), installed)
        self._monitoring_reports = MonitoringReports(ctx, installed)
        self._certificates = certificates = Certificates(ctx, model, security)
        self._firmware = firmware = FirmwareUpdates(
            ctx, model, availability, registration, sessions, certificates, security
        )
        self._logs = logs = Logs(ctx, model, availability, security)
        self._network = network = NetworkProfiles(ctx, model, certificates, security)
        variables.why_not = network.why_not
        network.on_other_csms = registration.start_over
        ctx.on_dial_failed = network.dial_failed
        registration.on_resume = self._resumed
        self._blocks = (
            availability,
            variables,
            self._inventory,
            authorization,
            events,
            remote,
            Trigger(
                ctx, sessions, availability, registration, meters, firmware, logs, certificates
            ),
            self._reset,
            DataTransfer(ctx),
            local_list,
            reservations,
            smart,
            Customers(ctx, authorization),
            Display(ctx, model, sessions),
            costs,
            Monitoring(ctx, model, installed, self._watch),
            self._monitoring_reports,
            firmware,
            logs,
            certificates,
            network,
        )
        ctx.hardware.listener = self._hardware
        ctx.on_power_up = self._power_up
        self._extend(
            Parts(
                model,
                availability,
                authorization,
                sessions,
                events,
                transactions,
                smart,
                self._reset,
            )
        )

    def _extend(self, parts: Parts) -> None:
        """Build more on it."""

    def connected(self) -> None:
        """The socket is open."""
        self._network.connected()
        self._registration.connected()

    def disconnected(self) -> None:
        """The socket is gone."""
        self._registration.disconnected()

    def answer(self, action: str, payload: msgspec.Raw) -> msgspec.Struct:
        """Handle a CALL. While rejected, every one is a SecurityError (B03.FR.07)."""
        return self._handle(_TABLE, self._blocks, action, payload)

    def _handle(
        self,
        table: Mapping[str, Handler],
        blocks: Sequence[Block],
        action: str,
        payload: msgspec.Raw,
    ) -> msgspec.Struct:
        if self._registration.standing is Standing.REJECTED:
            raise RpcError(
                RpcErrorCode.SECURITY_ERROR, "the CSMS has rejected this charging station"
            )
        check_size(action, payload)
        if action in table:
            schemas.check(self.ctx.version, schemas.Kind.REQUEST, action, payload)
        return dispatch(self.ctx.version, table, blocks, action, payload)

    def received(self, action: str, payload: msgspec.Raw) -> None:
        """2.0.1 knows no SEND."""

    def lose_power(self) -> None:
        """The mains fail."""
        self._reset.lose_power()

    def memory(self) -> Memory2:
        """What the blocks keep."""
        find = self._find
        authorization = find(Authorization)
        listed = authorization.local_list or LocalList[IdTokenInfo]()
        return Memory2(
            of_transactions(self._sessions),
            self.ctx.outbox.memos(),
            find(Availability).memory(),
            self._model.changed,
            authorization.cache.entries or {},
            listed.version,
            dict(listed.entries),
            find(Reservations).memory(),
            self._smart.memory(),
            find(Display).memory(),
            self._watch.memory(),
            self._certificates.memory(),
            self._network.memory(),
        )

    def recall(self, memory: msgspec.Raw) -> None:
        """Give the blocks what they kept."""
        kept, find, hardware = _MEMORY.decode(memory), self._find, self.ctx.hardware
        self._model.recall(kept.variables)
        self._copy_settings()
        find(Authorization).recall(kept.cache, kept.list_version, kept.listed)
        for evse in hardware.evses:
            if evse.active is not None:
                session = self._sessions.at(evse)
                session.points = session.current_points()
        for transaction in kept.transactions:
            put_back(self._sessions.at(hardware.evses[transaction.evse_id - 1]), transaction)
        busy = (transaction.evse_id for transaction in kept.transactions)
        find(Availability).recall(kept.inoperative, busy)
        find(Reservations).recall(kept.reservations)
        self._smart.recall(kept.profiles)
        find(Display).recall(kept.messages)
        self._watch.recall(kept.monitoring)
        self._certificates.recall(kept.certificates)
        self._network.recall(kept.slots)
        for event in kept.events:
            find(TransactionEvents).tell_again(event)

    def user_redialled(self) -> None:
        """What the CSMS said of network profiles is void."""
        self._network.forget()

    def _find(self, kind: type[AnyBlock]) -> AnyBlock:
        return next(block for block in self._blocks if isinstance(block, kind))

    def command(self, kind: CommandKind, payload: Payload, command: Command) -> None:
        """Do what a user wants."""
        self._commands.perform(kind, payload, command)

    def going_on(self, connector: Connector) -> GoingOn:
        """The session's, at the connector with the car; before it comes, at the EVSE's first."""
        evse = self.ctx.hardware.evse_of(connector)
        session = self._sessions.get(evse.id)
        if session is None or connector is not (evse.active or evse.connectors[0]):
            return NOTHING_GOES_ON
        transaction, permit = session.transaction, session.permit
        token = None if permit is None else permit.id_token.id_token or None
        if transaction is None:
            return GoingOn(token)
        return GoingOn(token, transaction.id, session.charging_state(), transaction.meter_start_wh)

    def _hardware(self, event: HardwareEvent, evse: Evse, connector: Connector) -> None:
        if event in _FAULTS:
            self._watch.fault_changed()
        self.ctx.remember()
        self._happenings.heard(event, evse, connector)
        if event is HardwareEvent.OFFER_CHANGED:
            self._smart.offer_changed(evse)
        else:
            self._smart.look_later()

    def _power_up(self) -> None:
        self._reset.power_up()
        self._inventory.power_up()
        self._monitoring_reports.power_up()
        self._watch.power_up()
        self._firmware.power_up()
        self._logs.power_up()
        self._registration.power_up()
        self._certificates.power_up()
        self._network.power_up()
        self._meters.schedule_all()

    def _resumed(self) -> None:
        """Online: what could not be told is told now."""
        self._firmware.resumed()
        self._logs.resumed()

    def _variable_changed(self, definition: Definition) -> None:
        """What was scheduled by a setting takes effect now, not after the old wait."""
        if definition is catalog.HEARTBEAT_INTERVAL:
            self._registration.schedule_heartbeat()
        elif definition in catalog.CLOCKS:
            self._meters.schedule_all()
        elif definition is BASIC_AUTH_PASSWORD:
            self._network.password_changed()
        else:
            self._copy_settings()

    def _copy_settings(self) -> None:
        """Those that are kept elsewhere too."""
        outbox, whole = self.ctx.outbox, self._model.whole
        self.ctx.ping_seconds = whole(catalog.WEB_SOCKET_PING_INTERVAL)
        outbox.attempts = whole(catalog.MESSAGE_ATTEMPTS)
        outbox.retry_seconds = whole(catalog.MESSAGE_ATTEMPT_INTERVAL)
