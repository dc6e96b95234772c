"""How one charger dials: where to, with which credentials, trusting whom."""

import base64
from collections.abc import Callable

import msgspec

from voltfleet.domain.errors import BadRequest
from voltfleet.domain.hosting import Assignment, DialSecurity
from voltfleet.host.connection import Connection, Timeouts
from voltfleet.host.endpoint import Endpoint
from voltfleet.host.opening import Opening
from voltfleet.host.ports import ConnectionOwner
from voltfleet.host.targets import Gate
from voltfleet.host.tls import TlsContexts
from voltfleet.host.turns import Turns
from voltfleet.host.wheel import Clock
from voltfleet.station.context import changed
from voltfleet.station.reports import DialSettings

_BASIC = frozenset({1, 2})
_TLS = frozenset({2, 3})
_MUTUAL = 3
_AUTHORITIES_JOINED_BY = "\n"


class Unsafe(BadRequest):
    """The dial would fall short of the charger's security profile, so there is none."""


class Route:
    """Of one charger. What its CSMS changes (`change`) holds from the next dial on (`take_up`)."""

    __slots__ = ("_assignment", "_endpoint_of", "_pending", "_url", "endpoint", "gate", "security")

    def __init__(
        self, assignment: Assignment, endpoint_of: Callable[[Assignment], Endpoint], gate: Gate
    ) -> None:
        """Raises `VoltfleetError` for an address that cannot be dialled."""
        self._assignment = assignment
        self.gate = gate
        self._endpoint_of = endpoint_of
        self._pending: DialSettings | None = None
        self._url = assignment.ws_url
        self.security = assignment.security
        self.endpoint = endpoint_of(assignment)

    def change(self, settings: DialSettings) -> None:
        """Keep what the CSMS changed; call `take_up` while there is no connection."""
        if self._pending is None:
            self._pending = settings
        else:
            self._pending = changed(self._pending, settings)

    def take_up(self) -> None:
        """Dial by the changed settings from now on. Raises `VoltfleetError`, once, for an address
        that cannot be dialled; the old one stays then."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        self.security = _overlaid(self.security, pending)
        self._url = pending.csms_url or self._url
        secured = _secured(self._url, self.security)
        if secured != self._assignment.ws_url:
            moved = msgspec.structs.replace(self._assignment, ws_url=secured)
            self.endpoint = self._endpoint_of(moved)
            self._assignment = moved

    def connection(
        self,
        owner: ConnectionOwner,
        contexts: TlsContexts,
        timeouts: Timeouts,
        clock: Clock,
        turns: Turns,
    ) -> Connection:
        """A dial, for the dialler to bring up. Raises `VoltfleetError` where it cannot be made as
        safe as the profile wants it: it is never made any other way."""
        secure = self.endpoint.address[0]
        profile = 0 if self.security is None else self.security.profile
        if profile in _TLS and not secure:
            raise Unsafe(f"security profile {profile} needs a wss:// address")
        return Connection(
            owner,
            Opening(self.endpoint, self._assignment.identity, timeouts.max_message_bytes),
            timeouts=timeouts,
            clock=clock,
            turns=turns,
            gate=self.gate,
            tls=contexts.of(self.security) if secure else None,
            authorization=_authorization(self._assignment.identity, self.security),
            shows_certificate=profile == _MUTUAL,
        )


def _authorization(identity: str, security: DialSecurity | None) -> str | None:
    """A00.FR.203, 204: the user is the identity as it stands in the connection URL."""
    if security is None or security.profile not in _BASIC:
        return None
    if security.authorization_key is None:
        raise Unsafe(f"security profile {security.profile} needs an authorization_key")
    pair = identity.encode() + b":" + security.authorization_key
    return f"Basic {base64.b64encode(pair).decode()}"


def _overlaid(before: DialSecurity | None, settings: DialSettings) -> DialSecurity:
    base = before or DialSecurity(0)
    profile, key = settings.security_profile, settings.authorization_key
    authorities = settings.ca_certificates
    certificate = settings.client_certificate
    return DialSecurity(
        profile=base.profile if profile is None else profile,
        authorization_key=base.authorization_key if key is None else key,
        ca_certificate=base.ca_certificate
        if authorities is None
        else _AUTHORITIES_JOINED_BY.join(authorities),
        client_certificate=base.client_certificate if certificate is None else certificate,
        client_key=base.client_key if certificate is None else settings.client_key,
    )


def _secured(url: str, security: DialSecurity | None) -> str:
    """1.6 knows no address per profile: the same one, over TLS."""
    if security is not None and security.profile in _TLS and url.startswith("ws://"):
        return f"wss://{url.removeprefix('ws://')}"
    return url
