"""What a user may choose about the demo CSMS."""

import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class BootStatus(StrEnum):
    """The answer to BootNotification, spelled alike in every OCPP version."""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


@dataclass(frozen=True, slots=True)
class CsmsOptions:
    """How the CSMS behaves.

    ``boot_interval`` is what a Pending or Rejected charger is told to wait before it asks again.
    ``charge`` chargers are remote-started once they are booted; each is stopped
    ``charge_seconds`` after its transaction began, or never if that is 0. With an
    ``authorization_key`` chargers are let in by HTTP Basic only; with ``tls`` they dial wss://.
    """

    heartbeat_interval: int = 60
    boot_status: BootStatus = BootStatus.ACCEPTED
    boot_interval: int = 10
    charge: int = 0
    charge_seconds: float = 0.0
    log_path: Path | None = None
    authorization_key: bytes | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None
