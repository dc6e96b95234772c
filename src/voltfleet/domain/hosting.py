"""The host link: every message between gateway and host, and the words of a station's reports.

The two halves share only this module. A host dials the gateway's ``/host-link`` WebSocket and both
sides send binary messages, each one `GatewayMessage` or `HostMessage` in MessagePack (`encode`,
`decode_gateway_message`, `decode_host_message`).

The link is level-triggered: nothing on it is a delta that may not be repeated. The host says in its
`Hello` what it holds; the gateway answers with what it should hold; reports carry whole states. So
either side may die at any moment and the next conversation sets things right.
"""

import struct
from enum import StrEnum
from typing import Any

import msgspec

# The messages are trees, so the garbage collector need not look through them (gc=False): a fleet's
# batches hold hundreds of thousands of objects.

PROTOCOL_VERSION = 1
"""Raised when a message changes in a way that an older half cannot read."""

CLOSE_UNSUPPORTED_PROTOCOL = 4001
"""The WebSocket close code of a gateway that does not speak the `Hello`'s protocol. The host then
exits: it has to be replaced by one of the gateway's release."""

CLOSE_HOST_ID_TAKEN = 4002
"""The WebSocket close code for a host whose id another place's host has, whose lease still runs."""

CLOSE_GATEWAY_STOPS = 1012
"""The WebSocket close code of a gateway that is stopped in good order: another takes over."""

PULSE = struct.Struct("<d")
"""What a host writes on the pipe to whoever started it, with every renewal of its lease: how many
seconds it may go on; 0 once it has stopped all its stations. A host that neither renews its lease
nor says 0 is frozen and must be killed: only so do its sockets close."""


class ConnectionState(StrEnum):
    """How far a charging station has got on its way to the CSMS."""

    STOPPED = "stopped"
    """Its runtime is stopped; it will not dial."""
    WAITING = "waiting"
    """Not connected; the next dial is due (first dial, back-off after a failure, or reboot)."""
    CONNECTING = "connecting"
    """Dialling: TCP, TLS or WebSocket handshake under way."""
    CONNECTED = "connected"
    """WebSocket open; the CSMS has not answered BootNotification yet."""
    PENDING = "pending"
    """The CSMS answered BootNotification with Pending."""
    REJECTED = "rejected"
    """The CSMS answered BootNotification with Rejected."""
    ONLINE = "online"
    """The CSMS accepted it."""


class DialSecurity(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How a charger dials under an OCPP security profile (1 to 3), or under none (0) but with an
    authority of its own. Certificates and keys are PEM; ``ca_certificate`` None: the system's.

    It holds secrets: its text shows none of them.
    """

    profile: int
    authorization_key: bytes | None = None
    ca_certificate: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    revision: str = ""
    """New whenever the user writes any of it, also if it is what it was."""

    def __repr__(self) -> str:
        return f"DialSecurity(profile={self.profile}, ...)"


class Assignment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One charger that a host is to run.

    ``generation`` grows with every change that the live station must take up (specification,
    address, start, stop, reset, move to another host). A host that receives a newer generation
    replaces the station; it never runs an older one again.
    """

    charger_id: str
    generation: int
    identity: str
    ws_url: str
    ocpp_version: str
    brand_slug: str
    model_slug: str
    connector_type: str
    running: bool
    seed: int
    memory: bytes | None = None
    """What its station would find after a power cut, as far as the gateway has been told."""
    memory_generation: int = 0
    """The generation whose station remembered that."""
    security: DialSecurity | None = None
    """None: no credentials, and the system's authorities for a ``wss://`` address."""
    organization_id: str = ""
    """Whose charger it is: `TargetLists` says whom it may dial."""


class ConnectionReport(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where a charger's connection stands. ``since`` is epoch seconds; ``last_error`` is a sentence
    that tells a user what to do; ``attempts`` counts the dials since it was last online."""

    state: ConnectionState
    since: float
    last_error: str | None
    attempts: int


class ConnectorReport(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One connector's status, spelled as the charger's OCPP version spells it, since when.

    Whether a transaction gets energy there is told beside it, for OCPP 2.x has one status for every
    car on a cable: ``charging``: it does; ``suspended``: the EV does not want any, or the EVSE does
    not give any.
    """

    evse_id: int
    connector_id: int
    status: str
    error_code: str | None
    since: float
    # Older halves do not have these: they read past them, and leave them out.
    charging: bool = False
    suspended: bool = False


class ChargerReport(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a host knows of one charger; fields that did not change since the last report are null.

    ``generation`` is the one applied: the host holds the charger in that generation.
    """

    charger_id: str
    generation: int
    connection: ConnectionReport | None
    connectors: list[ConnectorReport] | None


class ConnectorDetails(msgspec.Struct, frozen=True, gc=False):
    """What the hardware of one connector does, and for whom.

    ``offered_w`` is what the EVSE offers the car, 0 with the contactor open, null without a car;
    ``soc_percent`` is the car's. ``energy_wh`` is what the open transaction has drawn, 0 without
    one; ``meter_wh`` is where the EVSE's register stands. ``id_token`` pays for the transaction, or
    was accepted and waits for a car. ``transaction_id`` is null until it has one;
    ``charging_state`` is the transaction's, as OCPP 2.x spells it, whatever the charger speaks.
    """

    plugged: bool
    power_w: float
    offered_w: float | None
    energy_wh: float
    meter_wh: int
    soc_percent: float | None
    transaction_id: str | None
    id_token: str | None
    charging_state: str | None


class ChargerDetails(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a charger's hardware does at this moment, for somebody who looks at it: EVSE, connector
    (as in its reports) and details of each; nothing while it does not run."""

    charger_id: str
    connectors: list[tuple[int, int, ConnectorDetails]]


class FrameLog(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One OCPP-J frame as it crossed the wire. ``at`` is epoch seconds."""

    charger_id: str
    at: float
    from_station: bool
    action: str
    message: str


class Command(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One thing a user wants a charging station to do; ``kind`` is a `domain.commands` kind."""

    id: str
    charger_id: str
    kind: str
    payload: dict[str, Any]


class CommandOutcome(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What became of a command; ``state`` is a `domain.commands` state."""

    id: str
    charger_id: str
    state: str
    reason: str | None
    detail: dict[str, Any] | None


# --- host to gateway -----------------------------------------------------------------------------


class Hello(msgspec.Struct, frozen=True, gc=False, tag="hello"):
    """The first message of a host. ``boot_id`` is new with every process, and begins with the place
    that no two living processes share (`place_of`); ``holding`` maps the charger ids that it runs
    to their generations; ``capacity`` is the most chargers it can run. One of a release that knows
    no `TargetLists` does not say that it ``obeys_lists``, and is given no charger that has one;
    one that does not say that it ``tells_details`` is sent no `Watch`."""

    protocol: int
    host_id: str
    boot_id: str
    capacity: int
    holding: dict[str, int]
    obeys_lists: bool = False
    tells_details: bool = False


class Beat(msgspec.Struct, frozen=True, gc=False, tag="beat"):
    """Renews the lease. Sent every third of the lease. ``stations`` is how many it runs,
    ``online`` how many of them are accepted by their CSMS, ``lag_ms`` the worst delay of its event
    loop since the last beat."""

    stations: int
    online: int
    lag_ms: float


class Reports(msgspec.Struct, frozen=True, gc=False, tag="reports"):
    """A batch of states: charger states and the ids of charger that the host no longer runs."""

    chargers: list[ChargerReport]
    dropped: list[str]


class Frames(msgspec.Struct, frozen=True, gc=False, tag="frames"):
    """A batch of the frame log. The host keeps it until `FramesAck` of the same ``seq``."""

    seq: int
    frames: list[FrameLog]


class CommandOutcomes(msgspec.Struct, frozen=True, gc=False, tag="outcomes"):
    """Outcomes of commands. The host keeps each until `OutcomesAck` names it."""

    outcomes: list[CommandOutcome]


class ChargerMemory(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one station would find after a power cut: ``content`` is its own and opaque. ``seq``
    grows with every memory of the host process: of two, the higher one is the newer."""

    charger_id: str
    generation: int
    seq: int
    content: bytes


class Memories(msgspec.Struct, frozen=True, gc=False, tag="memories"):
    """A batch of memories, one per charger. The host keeps each until `MemoriesAck` names it or a
    newer one; what is not acknowledged when the link ends comes again on the next."""

    memories: list[ChargerMemory]


class Details(msgspec.Struct, frozen=True, gc=False, tag="details"):
    """What the watched chargers that it runs do now, about once a second. Nothing is kept of it:
    the next one says it again."""

    chargers: list[ChargerDetails]


HostMessage = Hello | Beat | Reports | Frames | CommandOutcomes | Memories | Details

# --- gateway to host -----------------------------------------------------------------------------


class Welcome(msgspec.Struct, frozen=True, gc=False, tag="welcome"):
    """The answer to `Hello`. After it the host reports the state of everything it holds. It counts
    as a `BeatAck` to a beat sent with the `Hello`. A host that has not had a `BeatAck` for
    ``lease_seconds`` stops all its stations and forgets them: by then the gateway may have given
    them to another host. It says `Hello` anew after that."""

    lease_seconds: float


class BeatAck(msgspec.Struct, frozen=True, gc=False, tag="beat_ack"):
    """The lease is renewed, counted from when the host sent the `Beat` that this answers."""


class Assign(msgspec.Struct, frozen=True, gc=False, tag="assign"):
    """Run these; a charger already held in the same or a newer generation is left alone."""

    assignments: list[Assignment]


class TargetLists(msgspec.Struct, frozen=True, gc=False, tag="target_lists"):
    """Of every organization that has one, its list of targets (`domain.allow_list`): its chargers
    dial, and stay connected to, nothing else. Said before the first `Assign`, and whole whenever
    any list has changed; an organization that is not in it has none."""

    lists: dict[str, list[str]]


class Drop(msgspec.Struct, frozen=True, gc=False, tag="drop"):
    """Stop running these; answered by ``Reports.dropped`` once their sockets are closed."""

    charger_ids: list[str]


class FramesAck(msgspec.Struct, frozen=True, gc=False, tag="frames_ack"):
    """The batch of that ``seq`` is kept; the host may forget it."""

    seq: int


class Commands(msgspec.Struct, frozen=True, gc=False, tag="commands"):
    """Do these. A host that has seen a command id already ignores the repetition."""

    commands: list[Command]


class OutcomesAck(msgspec.Struct, frozen=True, gc=False, tag="outcomes_ack"):
    """These outcomes are kept."""

    ids: list[str]


class MemoriesAck(msgspec.Struct, frozen=True, gc=False, tag="memories_ack"):
    """These memories are kept, or not wanted any more (the charger is gone): ``seqs`` maps charger
    ids to the newest ``seq`` that was seen to."""

    seqs: dict[str, int]


class Watch(msgspec.Struct, frozen=True, gc=False, tag="watch"):
    """Somebody looks at these chargers, and at no others: tell their `Details` for ``seconds``,
    unless there is another word before."""

    charger_ids: list[str]
    seconds: float


GatewayMessage = (
    Welcome
    | BeatAck
    | Assign
    | TargetLists
    | Drop
    | FramesAck
    | Commands
    | OutcomesAck
    | MemoriesAck
    | Watch
)


def boot_id(place: str, process: str) -> str:
    """The boot id of a host process that holds the lock of that place."""
    return f"{place}.{process}"


def place_of(boot_id: str) -> str:
    """Where a host process runs: two of one place never live at the same time."""
    return boot_id.rpartition(".")[0]


_encoder = msgspec.msgpack.Encoder()
_gateway_decoder: msgspec.msgpack.Decoder[GatewayMessage] = msgspec.msgpack.Decoder(GatewayMessage)
_host_decoder: msgspec.msgpack.Decoder[HostMessage] = msgspec.msgpack.Decoder(HostMessage)


def encode(message: GatewayMessage | HostMessage) -> bytes:
    """The message as one binary WebSocket message."""
    return _encoder.encode(message)


def decode_gateway_message(data: bytes) -> GatewayMessage:
    """What the gateway said. Raises `msgspec.MsgspecError` if it is not one of its messages."""
    return _gateway_decoder.decode(data)


def decode_host_message(data: bytes) -> HostMessage:
    """What a host said. Raises `msgspec.MsgspecError` if it is not one of its messages."""
    return _host_decoder.decode(data)
