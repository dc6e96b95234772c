"""How a station of OCPP 1.6 proves who it is: a new AuthorizationKey, a higher SecurityProfile
(security whitepaper A01, A05)."""

from voltfleet.station.blocks import Block
from voltfleet.station.context import Context
from voltfleet.station.reports import DialFailure, DialSettings
from voltfleet.station.v16.certificate_store import CertificateStore
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.security_events import SecurityEvents
from voltfleet.station.v16.types import ConfigurationStatus

ATTEMPTS = 3
"""Dials by a new profile before the old one is taken up again (A05.FR.08)."""
_WITH_KEY = (1, 2)
_WITH_TLS = (2, 3)
_WITH_CERTIFICATE = 3


class SecurityProfile(Block):
    """The profile only ever rises, and falls back only to where it came from, as long as the new
    one has never worked."""

    __slots__ = ("_configuration", "_events", "_failed", "_proven", "_store")

    def __init__(
        self,
        ctx: Context,
        configuration: Configuration,
        store: CertificateStore,
        events: SecurityEvents,
    ) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._store = store
        self._events = events
        self._proven: int | None = None
        self._failed = 0
        configuration.on_security_profile = self.raise_to
        ctx.on_dial_failed = self._dial_failed

    @property
    def current(self) -> int:
        """The profile in use."""
        return self.ctx.dial.security_profile or 0

    def raise_to(self, value: str) -> ConfigurationStatus:
        """A05: Rejected unless it is higher and everything that it needs is there."""
        if value not in ("1", "2", "3"):
            return ConfigurationStatus.REJECTED
        wanted, dial = int(value), self.ctx.dial
        authorities = self._store.authorities()
        lacks_key = wanted in _WITH_KEY and not dial.authorization_key
        lacks_root = wanted in _WITH_TLS and not authorities
        lacks_certificate = wanted == _WITH_CERTIFICATE and not dial.client_certificate
        if wanted <= self.current or lacks_key or lacks_root or lacks_certificate:
            return ConfigurationStatus.REJECTED
        if self._proven is None:
            self._proven = self.current
        self._failed = 0
        trusted = authorities if wanted in _WITH_TLS else None
        self.ctx.redial(DialSettings(security_profile=wanted, ca_certificates=trusted))
        return ConfigurationStatus.ACCEPTED

    def key_changed(self) -> None:
        """A01: reconnect with the new password, if there is one in use."""
        change = DialSettings(authorization_key=self._key())
        if self.current in _WITH_KEY:
            self.ctx.redial(change)
        else:
            self.ctx.dial_next(change)

    def connected(self) -> None:
        """The profile in use works: there is no way back (A05.FR.09)."""
        self._proven = None
        self._events.connected()

    def _dial_failed(self, failure: DialFailure, why: str) -> None:
        # Without a profile the Central System need not know the whitepaper.
        self._events.dial_failed(failure, why, told=self.current > 0)
        if self._proven is None:
            return
        self._failed += 1
        if self._failed >= ATTEMPTS:
            self.ctx.dial_next(DialSettings(security_profile=self._proven))
            self._proven = None

    def _key(self) -> bytes:
        """The octets of which the setting holds the hexadecimal digits (A00.FR.205)."""
        return bytes.fromhex(self._configuration.text(Name.AUTHORIZATION_KEY))
