"""One charger in one generation: its station, its connection, and when it dials again."""

from functools import partial

import msgspec
import structlog

from voltfleet.domain.errors import VoltfleetError
from voltfleet.domain.hosting import (
    Assignment,
    ChargerDetails,
    Command,
    CommandOutcome,
    ConnectionState,
    FrameLog,
)
from voltfleet.host.connection import Connection
from voltfleet.host.endpoint import Endpoint
from voltfleet.host.isolation import isolated
from voltfleet.host.line import Line
from voltfleet.host.memories import CarriedMemory
from voltfleet.host.open_commands import OpenCommands
from voltfleet.host.ports import RunnerOwner, Station
from voltfleet.host.redaction import shown
from voltfleet.host.standing import Standing
from voltfleet.host.surroundings import Surroundings
from voltfleet.station.reports import (
    ConnectorState,
    DialFailure,
    DialSettings,
    LinkFault,
    Memory,
    MemoryLost,
    Registration,
    StationReport,
    Transfer,
    TransferResult,
)

_FROM_STATION = True
_FROM_CSMS = False
_FOREVER = float("inf")
# The calls by which a CSMS changes WebSocketPingInterval.
_SETTING_ACTIONS = frozenset({"ChangeConfiguration", "SetVariables"})

CLOSE_NORMAL = 1000
CLOSE_GOING_AWAY = 1001

log = structlog.get_logger()


class Runner:
    """Runs one generation of a charger until `stop`; a newer generation is another runner.

    Everything happens in the event loop's thread, on a stimulus: a message, a deadline, a command.
    After each one the station is asked what to send, what to report and when to be woken.
    """

    __slots__ = (
        "_commands",
        "_line",
        "_memory",
        "_owner",
        "_shared",
        "_station",
        "_stopping",
        "assignment",
        "charger_id",
        "standing",
        "wheel_slot",
    )

    def __init__(
        self,
        assignment: Assignment,
        shared: Surroundings,
        owner: RunnerOwner["Runner"],
        memory: bytes | None = None,
    ) -> None:
        self.assignment = assignment
        self.charger_id = assignment.charger_id
        state = ConnectionState.WAITING if assignment.running else ConnectionState.STOPPED
        self.standing = Standing(assignment, state, shared.outbox, shared.clock())
        self.wheel_slot = 0
        self._shared = shared
        self._owner = owner
        self._station: Station | None = None
        self._line = Line(shared)
        self._commands = OpenCommands(self.charger_id, shared.outbox)
        self._memory = None if memory is None else CarriedMemory(shared.outbox.memories, memory)
        self._stopping = False

    @property
    def memory(self) -> bytes | None:
        """What a station of this charger remembers."""
        return None if self._memory is None else self._memory.content

    @property
    def endpoint(self) -> Endpoint | None:
        """Where it dials, or is connected to."""
        return None if self._line.route is None else self._line.route.endpoint

    @property
    def has_socket(self) -> bool:
        """Whether a connection is open, or may be."""
        return self._line.connection is not None

    @property
    def _running_station(self) -> Station | None:
        return None if self._stopping else self._station

    # --- life --------------------------------------------------------------------------------

    def start(self) -> None:
        """Power the station up and queue its first dial."""
        self.standing.connection_changed()
        if self.assignment.running:
            now = self.standing.since
            self._line.dial_from(now)
            self._power_up(now)
            self._settle(now)

    def stop(self, code: int, reason: str) -> None:
        """Close the connection properly and report `RunnerOwner.runner_gone` when it is gone."""
        self._stop_all()
        if self._line.connection is None:
            self._leave()
        else:
            self._line.connection.close(code, reason)

    def abort(self) -> None:
        """Cut the connection; `RunnerOwner.runner_gone` follows."""
        self._stop_all()
        if self._line.connection is None:
            self._leave()
        else:
            self._line.connection.abort()

    def _stop_all(self) -> None:
        self._stopping = self.standing.told_no_more = True
        self._commands.refuse_all("the charger was stopped before this was done")

    def _power_up(self, now: float) -> None:
        try:
            self._line.lay(self.assignment)
            assignment = msgspec.structs.replace(self.assignment, memory=self.memory)
            self._station = self._shared.station_factory(assignment, now)
        except VoltfleetError as exc:
            self.standing.error = f"cannot run: {exc}"

    def _leave(self) -> None:
        self._shared.wheel.cancel(self)
        self._line.leave(self)
        if self._station is not None:
            self._station.retire()
        self._station = None
        self._owner.runner_gone(self)

    def crashed(self, exc: Exception) -> None:
        """The station's code failed. It is powered up anew, with back-off; the others go on."""
        log.error("station_crashed", charger_id=self.charger_id, exc_info=exc)
        reason = f"the simulated station failed ({exc!r}): a bug in Voltfleet, please report it"
        self._commands.refuse_all(reason)
        self._station = None
        if self._line.connection is not None:
            self._line.connection.abort(reason)
        elif not self._stopping:
            now = self._shared.clock()
            self._back_off(reason, now)
            self.standing.connection_changed()
            self._power_up(now)
            self._schedule(now)

    # --- stimuli -----------------------------------------------------------------------------

    @isolated
    def wake(self, now: float) -> None:
        """A deadline of the station, the connection or the back-off has come."""
        if self._line.connection is not None:
            self._line.connection.tick(now)
        station = self._running_station
        if station is not None:
            deadline = station.next_deadline()
            if deadline is not None and deadline <= now:
                station.tick(now)
        self._settle(now)

    @isolated
    def command(self, command: Command) -> None:
        """Pass a user's wish to the station."""
        station = self._running_station
        if station is None:
            self._commands.refuse(command.id, "the charger is not running; start it first")
            return
        self._commands.opened(command)
        now = self._shared.clock()
        station.command(command, now)
        self._settle(now)

    @isolated
    def tell_details(self, told: list[ChargerDetails]) -> None:
        """Add what its hardware does now; nothing of it if it does not run."""
        station = self._running_station
        connectors = [] if station is None else station.details(self._shared.clock())
        told.append(ChargerDetails(self.charger_id, connectors))

    @isolated
    def memory_kept(self, seq: int) -> None:
        """The gateway has the memory of that number: the frames that waited for it may go."""
        if self._memory is not None and self._memory.hold_until:
            now = self._shared.clock()
            self._memory.kept(seq, now)
            self._settle(now)

    def may_speak(self) -> bool:
        """`connection.Owner`: not when this process was frozen past its lease. It is woken by its
        sockets as well as by the tick that would cut them."""
        return not self._shared.lease.expired(self._shared.clock())

    @isolated
    def connection_opened(self, now: float) -> None:
        """`connection.Owner`."""
        self._line.opened(now)
        station = self._running_station
        if station is not None:
            self._move(ConnectionState.CONNECTED, now)
            station.connected(now)
            self._take_ping_interval(station)
            self._settle(now)

    @isolated
    def connection_text(self, text: str, now: float) -> None:
        """`connection.Owner`."""
        station = self._running_station
        if station is not None:
            action = station.receive(text, now)
            logged = shown(action, text)
            self._shared.log_frame(FrameLog(self.charger_id, now, _FROM_CSMS, action, logged))
            if action in _SETTING_ACTIONS:
                self._take_ping_interval(station)
            self._settle(now)

    @isolated
    def connection_writable(self, now: float) -> None:
        """`connection.Owner`."""
        self._settle(now)

    @isolated
    def connection_flooded(self, note: str) -> None:
        """`connection.Owner`."""
        log.warning("csms_floods", charger_id=self.charger_id)
        self.standing.error = note
        self.standing.connection_changed()

    def connection_deadline(self, at: float) -> None:
        """`connection.Owner`."""
        self._shared.wheel.schedule(self, at)

    @isolated
    def connection_closed(self, reason: str | None, now: float) -> None:
        """`connection.Owner`: the socket is gone; dial again later, or be gone too."""
        connection, was_open = self._line.connection, self._line.closed(self, now)
        if self._stopping:
            self._leave()
            return
        self._back_off(reason, now)
        self._move(ConnectionState.WAITING, now)
        if self._station is None:
            self._power_up(now)
        elif was_open:
            self._station.disconnected(now)
        elif reason is not None and connection is not None:
            self._station.dial_failed(now, connection.failure, reason)
        self._settle(now)

    def _take_ping_interval(self, station: Station) -> None:
        if self._line.connection is not None:
            self._line.connection.set_ping_interval(station.ping_seconds)

    # --- dialling ----------------------------------------------------------------------------

    def dial(self, now: float) -> Connection | None:
        """`dialer.Dialled`: this runner's turn has come."""
        station = self._running_station
        may_dial = self._owner.may_dial(self)
        if not self._line.is_due(now, may_dial=may_dial) or station is None:
            self._settle(now)
            return None
        if not station.link_wanted:
            return None
        self.standing.attempts += 1
        try:
            connection = self._line.connect(self)
        except VoltfleetError as exc:
            self._cannot_dial(station, exc, now)
            self._schedule(now)
            return None
        self._move(ConnectionState.CONNECTING, now)
        self._schedule(now)
        return connection

    @isolated
    def csms_back(self, at: float) -> None:
        """`outage.Waiting`."""
        self._line.csms_back(at)
        self._settle(self._shared.clock())

    @isolated
    def targets_changed(self, dial_at: float) -> None:
        """Whom its organization's chargers may dial has changed; it dials then if it has to."""
        if not self._stopping:
            self._line.targets_changed(dial_at)
            self._settle(self._shared.clock())

    def _cannot_dial(self, station: Station, exc: VoltfleetError, now: float) -> None:
        reason = f"not dialled: {exc}"
        self._back_off(reason, now)
        self.standing.connection_changed()
        station.dial_failed(now, DialFailure.OTHER, reason)

    def _back_off(self, reason: str | None, now: float) -> None:
        self._line.back_off(now, failed=reason is not None)
        if reason is not None:
            self.standing.error = reason

    # --- after each stimulus -----------------------------------------------------------------

    def _settle(self, now: float) -> None:
        station = self._running_station
        if station is not None:
            for report in station.reports():
                self._apply(report, now)
            connection = self._line.connection
            held = self._memory is not None and self._memory.holds(now)
            if connection is not None and connection.sendable and not held:
                self._send(station, connection, now)
            self._dial_if_due(station, now)
        self._schedule(now)

    def _send(self, station: Station, connection: Connection, now: float) -> None:
        for action, text in station.outgoing():
            connection.send(text)
            self._shared.log_frame(FrameLog(self.charger_id, now, _FROM_STATION, action, text))
        code = station.close_code
        if code is not None:
            connection.close(code, because=f"the station closed the connection with code {code}")
        elif not station.link_wanted:
            connection.close(CLOSE_GOING_AWAY, "rebooting")

    def _apply(self, report: StationReport, now: float) -> None:
        match report:
            case Registration():
                if self._line.connection is not None:
                    self.standing.error = report.note
                    self.standing.connection_changed()
                    self._move(report.state, now)
            case ConnectorState():
                self.standing.replace_connector(report)
            case DialSettings():
                self._line.change(report)
            case LinkFault():
                self._line.disturb(report, now)
            case Memory():
                self._remember(report, now)
            case MemoryLost():
                log.warning("memory_lost", charger_id=self.charger_id, why=report.why)
            case Transfer():
                on_done = partial(self._transferred, self._station, report.id)
                gate = self._shared.gates.of(self.assignment.organization_id)
                self._shared.transfers.start(report, on_done, self.charger_id, gate)
            case CommandOutcome():
                self._commands.ended(report)

    @isolated
    def _transferred(
        self, station: Station | None, transfer_id: int, result: TransferResult
    ) -> None:
        """A file has come or gone; the station that wanted it may be another by now."""
        if station is not None and station is self._running_station:
            now = self._shared.clock()
            station.transferred(transfer_id, result, now)
            self._settle(now)

    def _remember(self, report: Memory, now: float) -> None:
        if self._memory is None:
            self._memory = CarriedMemory(self._shared.outbox.memories)
        self._memory.remember(report, self.charger_id, self.assignment.generation, now)

    def _dial_if_due(self, station: Station, now: float) -> None:
        try:
            self._line.request(self, now, wanted=station.link_wanted)
        except VoltfleetError as exc:
            self._cannot_dial(station, exc, now)

    def _schedule(self, now: float) -> None:
        at = self._line.wake_at(now)
        station = self._running_station
        if station is not None:
            deadline = station.next_deadline()
            if deadline is not None and deadline < at:
                at = deadline
            if self._memory is not None and now < self._memory.hold_until < at:
                at = self._memory.hold_until
        if at != _FOREVER:
            self._shared.wheel.schedule(self, at)

    # --- what the gateway is told ------------------------------------------------------------

    def _move(self, state: ConnectionState, now: float) -> None:
        before = self.standing.state
        self.standing.move(state, now)
        if state is not before:
            self._owner.runner_moved(before, state)
