"""Who is asking: what a verified token says about its bearer."""

import math
import re
from dataclasses import dataclass, field
from enum import StrEnum

_ORGANIZATION_ID = re.compile(r"[\x21-\x7e]{1,128}")
_HOST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Role(StrEnum):
    """What a token may do."""

    USER = "user"
    """Everything within its one organization."""
    ADMIN = "admin"
    """Everything within any organization; each request names one."""
    HOST = "host"
    """Dial the host link as the one host that it names, and nothing else."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The bearer of a good token. A user always has an organization and a host a host id; nobody
    else has one."""

    subject: str
    role: Role
    organization_id: str | None = None
    host_id: str | None = None
    expires_at: float = field(default=math.inf, compare=False)
    """From when on the token is refused, in epoch seconds."""


def is_organization_id(text: str) -> bool:
    """Whether it can be an organization's id: 1 to 128 printable ASCII characters, no spaces."""
    return _ORGANIZATION_ID.fullmatch(text) is not None


def is_host_id(text: str) -> bool:
    """Whether it can be a host's id: 1 to 64 letters, digits, dots, dashes and underscores, of
    which the first is a letter or a digit."""
    return _HOST_ID.fullmatch(text) is not None
