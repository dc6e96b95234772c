"""Functional block C: authorization."""

from voltfleet.station.v2.messages.tariffs import Tariff
from voltfleet.station.v2.messages.types import (
    Answered,
    GenericStatus,
    IdToken,
    IdTokenInfo,
    Incoming,
    Outgoing,
    StatusInfo,
)


class Authorize(Outgoing, frozen=True):
    """C01"""

    id_token: IdToken


class AuthorizeResponse(Answered, frozen=True):
    """C01; a tariff is of OCPP 2.1."""

    id_token_info: IdTokenInfo
    tariff: Tariff | None = None


class ClearCache(Incoming, frozen=True):
    """C11"""


class ClearCacheResponse(Outgoing, frozen=True):
    """C11"""

    status: GenericStatus
    status_info: StatusInfo | None = None
