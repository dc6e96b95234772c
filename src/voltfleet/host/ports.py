"""What the host needs of a station, so that tests can run the host with a station of their own."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from voltfleet.domain.hosting import Assignment, Command, ConnectionState
from voltfleet.station.details import ConnectorDetail
from voltfleet.station.reports import DialFailure, StationReport, TransferResult


class Station(Protocol):
    """`voltfleet.station.station.ChargingStation`, as far as the host uses it."""

    @property
    def ping_seconds(self) -> int:
        """How often to send a WebSocket ping; 0: never."""

    @property
    def link_wanted(self) -> bool:
        """Whether it wants to be connected; False while it reboots."""

    @property
    def close_code(self) -> int | None:
        """Set when the station wants this socket closed for protocol reasons."""

    def retire(self) -> None:
        """The end: nothing is asked of it any more."""

    def connected(self, now: float) -> None:
        """The WebSocket is open."""

    def disconnected(self, now: float) -> None:
        """The socket is gone, whoever closed it."""

    def dial_failed(self, now: float, failure: DialFailure, why: str) -> None:
        """A dial came to nothing; there will be another. ``why`` holds no secret."""

    def receive(self, text: str, now: float) -> str:
        """One text frame; returns the action it belongs to, "" when that cannot be told."""

    def command(self, command: Command, now: float) -> None:
        """A user's wish."""

    def transferred(self, transfer_id: int, result: TransferResult, now: float) -> None:
        """A file that it wanted fetched or delivered was, or could not be."""

    def tick(self, now: float) -> None:
        """The time of `next_deadline` has come."""

    def outgoing(self) -> list[tuple[str, str]]:
        """Action and text of what to send, in order; drained."""

    def reports(self) -> list[StationReport]:
        """What changed; drained."""

    def details(self, now: float) -> list[ConnectorDetail]:
        """What somebody who stands before it would see."""

    def next_deadline(self) -> float | None:
        """When it needs its next tick."""


class ConnectionOwner(Protocol):
    """Whom a connection tells what happens to it."""

    def may_speak(self) -> bool:
        """Whether this identity is still this host's; asked before anything is written."""

    def connection_opened(self, now: float) -> None:
        """The handshake is done and the subprotocol is the one offered."""

    def connection_text(self, text: str, now: float) -> None:
        """A text message arrived."""

    def connection_writable(self, now: float) -> None:
        """The other side reads again: `Connection.send` is allowed."""

    def connection_flooded(self, note: str) -> None:
        """The other side sends more than is read; called once at most."""

    def connection_deadline(self, at: float) -> None:
        """`Connection.deadline` is now this, earlier than before."""

    def connection_closed(self, reason: str | None, now: float) -> None:
        """The last call. The socket is gone; reason is null when this side meant it."""


StationFactory = Callable[[Assignment, float], Station]
"""Builds the station of an assignment, powered up at that time. Raises
`voltfleet.domain.errors.VoltfleetError` when the assignment asks for something that is not."""

Running_contra = TypeVar("Running_contra", contravariant=True)


class RunnerOwner(Protocol[Running_contra]):
    """The host, as a runner sees it."""

    def runner_moved(self, before: ConnectionState, after: ConnectionState) -> None:
        """A runner's connection state changed."""

    def may_dial(self, runner: Running_contra) -> bool:
        """Whether no socket of the same identity is still on its way out."""

    def runner_gone(self, runner: Running_contra) -> None:
        """A stopped runner has no socket any more. The last call."""
