"""What a station tells its host, beside the frames it sends."""

from enum import Enum, auto

import msgspec

from voltfleet.domain.hosting import CommandOutcome, ConnectionState


class Registration(msgspec.Struct, frozen=True, gc=False):
    """How far the station has got with its CSMS; ``note`` is a sentence for the user, if any."""

    state: ConnectionState
    note: str | None


class ConnectorState(msgspec.Struct, frozen=True, gc=False):
    """A connector's status as the station's OCPP version spells it, reached at ``since`` (epoch
    seconds), and whether a transaction there gets energy or is kept from it, whatever the status
    is called (`hosting.ConnectorReport`)."""

    evse_id: int
    connector_id: int
    status: str
    error_code: str | None
    since: float
    charging: bool
    suspended: bool


class LinkCondition(Enum):
    """What an injected fault does to the network between station and CSMS."""

    WELL = auto()
    CUT = auto()
    """The socket is cut without a close frame."""
    SILENT = auto()
    """The socket stays, but nothing passes through it."""


class LinkFault(msgspec.Struct, frozen=True, gc=False):
    """The network is in that condition from now on. After a `LinkCondition.CUT` no dial succeeds
    before ``until`` (epoch seconds)."""

    condition: LinkCondition
    until: float = 0.0


class TransferKind(Enum):
    """Which way a file goes, as the station sees it."""

    DOWNLOAD = auto()
    UPLOAD = auto()


class Transfer(msgspec.Struct, frozen=True, gc=False):
    """Fetch, or deliver, a file for the station, and tell `ChargingStation.transferred` of it in
    bounded time. ``content`` is what to deliver."""

    id: int
    kind: TransferKind
    url: str
    content: bytes = b""


class TransferResult(msgspec.Struct, frozen=True, gc=False):
    """How it went: ``failure`` is a sentence, None if all is well; ``sha256`` is of what was
    fetched; ``http_status`` is the server's, if it refused."""

    failure: str | None
    size: int = 0
    sha256: bytes = b""
    http_status: int = 0


class Memory(msgspec.Struct, frozen=True, gc=False):
    """What the station would find after a power cut, as of now: keep it, and give it to the next
    `ChargingStation` that runs this charger. At most once per stimulus, and only when something
    changed. ``urgent``: the frames that go out from now on must not overtake it."""

    content: bytes
    urgent: bool


class MemoryLost(msgspec.Struct, frozen=True, gc=False):
    """The station could not use the memory it was given, and started fresh; ``why`` is a sentence
    for the user."""

    why: str


class DialFailure(Enum):
    """What kept a dial from becoming a connection, as far as security is concerned."""

    OTHER = auto()
    CSMS_CERTIFICATE = auto()
    """It was not valid, or could not be verified."""
    TLS_VERSION = auto()
    """The CSMS speaks TLS below 1.2 only."""
    CIPHER_SUITE = auto()
    """The CSMS allows only cipher suites that are not allowed."""
    CREDENTIALS = auto()
    """The CSMS turned the station's key or certificate down."""


class DialSettings(msgspec.Struct, frozen=True, gc=False):
    """What the CSMS changed about how to dial. None: as before. The host keeps it, over what the
    charger was created with, and uses it from the next dial on; it does not hang up because of it.

    ``authorization_key`` is the password as it goes over the wire. ``ca_certificates`` (PEM) are
    all that are trusted from then on. A certificate comes with the key that it fits.

    It holds secrets: its text shows none of them.
    """

    authorization_key: bytes | None = None
    security_profile: int | None = None
    csms_url: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    ca_certificates: tuple[str, ...] | None = None
    revision: str | None = None
    """Of what the user wrote (`hosting.DialSecurity`); a CSMS changes none."""

    def __repr__(self) -> str:
        named = [name for name in self.__struct_fields__ if getattr(self, name) is not None]
        return f"DialSettings({', '.join(named)})"


StationReport = (
    Registration
    | ConnectorState
    | CommandOutcome
    | DialSettings
    | LinkFault
    | Transfer
    | Memory
    | MemoryLost
)
