"""Functional blocks A and B: how the station dials (A01 passwords, A05 a higher security profile,
B09 network profiles, B10 another CSMS).

The charger was created with configuration slot 1. Another slot is used when it is the first of
NetworkConfigurationPriority after a reboot, or when the dials of the slot before it have failed
NetworkProfileConnectionAttempts times.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from voltfleet.domain.specs import OcppVersion
from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context, changed
from voltfleet.station.reports import DialFailure, DialSettings
from voltfleet.station.v2.certificates import CSMS_ROOT, Certificates
from voltfleet.station.v2.device_model import security
from voltfleet.station.v2.device_model.definition import Definition
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages import network as m
from voltfleet.station.v2.messages.types import StatusInfo
from voltfleet.station.v2.security_events import SecurityEvent, SecurityEvents

_VERSIONS = {OcppVersion.V201: {"OCPP20", "OCPP201"}, OcppVersion.V21: {"OCPP21"}}
"""2.0.1 had no name of its own in its first schemas."""
_PROFILES = range(4)
_BASIC_AUTH = (1, 2)
_TLS = 2
_MUTUAL_TLS = 3


class Profile(NamedTuple):
    """What is in a slot; no password: that of SecurityCtrlr."""

    url: str
    security_profile: int
    password: bytes | None = None


class NetworkProfiles(Block):
    """``_slots`` is None until a network profile was set; ``_failed`` counts the dials that came to
    nothing. ``on_other_csms`` is called before a connection that may be to another CSMS."""

    __slots__ = (
        "_certificates",
        "_events",
        "_failed",
        "_model",
        "_slots",
        "_told",
        "on_other_csms",
    )

    def __init__(
        self, ctx: Context, model: DeviceModel, certificates: Certificates, events: SecurityEvents
    ) -> None:
        super().__init__(ctx)
        self._model = model
        self._certificates = certificates
        self._events = events
        self._slots: Mapping[int, Profile] | None = None
        self._failed = 0
        self._told = 1
        self.on_other_csms: Callable[[], None] = _nobody

    @property
    def active(self) -> int:
        """The slot that is dialled."""
        return self._model.whole(security.ACTIVE_NETWORK_PROFILE)

    @property
    def slots(self) -> Mapping[int, Profile]:
        """The slots that are filled."""
        if self._slots is not None:
            return self._slots
        dial = self.ctx.dial
        profile = dial.security_profile or 0
        return {1: Profile(dial.csms_url or "", profile, dial.authorization_key)}

    # --- B09 ------------------------------------------------------------------------------------

    @handles(m.SetNetworkProfile)
    def set_network_profile(self, request: m.SetNetworkProfile) -> m.SetNetworkProfileResponse:
        """B09.FR.01; it is used after a reboot (B10.FR.04)."""
        slot, wanted = request.configuration_slot, request.connection_data
        why = self._why_not_keep(slot, wanted)
        if why is not None:
            return m.SetNetworkProfileResponse("Rejected", why)
        password = wanted.basic_auth_password
        self._slots = {
            **self.slots,
            slot: Profile(
                wanted.ocpp_csms_url,
                wanted.security_profile,
                None if password is None else password.encode(),
            ),
        }
        self.ctx.dials_as_told()
        self.ctx.remember()
        return m.SetNetworkProfileResponse("Accepted")

    def why_not(self, definition: Definition, value: str) -> str | None:
        """Whether a setting cannot be changed so as things stand: a reason code, or None."""
        if definition is not security.NETWORK_CONFIGURATION_PRIORITY:
            return None
        check = definition.check
        kept = None if check is None else check(value)
        for slot in map(int, kept.split(",") if kept else ()):
            why = self._why_not_use(self.slots.get(slot))
            if why is not None:
                return why
        return None

    def memory(self) -> Mapping[int, Profile] | None:
        """What outlives a power cut."""
        return self._slots

    def recall(self, slots: Mapping[int, Profile] | None) -> None:
        """As it was; the first of the priority is used from the power-up on."""
        self._slots = slots

    def forget(self) -> None:
        """The user has said anew how to dial: that is slot 1, and the only one."""
        self._slots = None
        for variable in (security.NETWORK_CONFIGURATION_PRIORITY, security.ACTIVE_NETWORK_PROFILE):
            self._model.note(variable, variable.value)

    # --- A01 ------------------------------------------------------------------------------------

    def password_changed(self) -> None:
        """A01: connect anew with the new password; A01.FR.11: the log says so, but not which."""
        password = self._model.text(security.BASIC_AUTH_PASSWORD)
        change = DialSettings(authorization_key=password.encode())
        if self.ctx.dial.security_profile in _BASIC_AUTH:
            self.ctx.redial(change)
        else:
            self.ctx.dial_next(change)
        profile = (self._slots or {}).get(self.active)
        if self._slots is not None and profile is not None:
            # B09.FR.27 (2.1): that of SecurityCtrlr goes before.
            self._slots = {**self._slots, self.active: profile._replace(password=None)}
        event = SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS
        self._events.happened(event, "BasicAuthPassword")

    # --- A05, B10 -------------------------------------------------------------------------------

    def power_up(self) -> None:
        """B10.FR.04, A05.FR.05: the first of the priority."""
        self._failed = 0
        self._use(self._priority()[0])

    def dial_failed(self, failure: DialFailure, why: str) -> None:
        """B10.FR.03: so many attempts per slot, then the next, round and round."""
        self._events.dial_failed(failure, why)
        self._failed += 1
        priority = self._priority()
        if self._failed < self._model.whole(security.NETWORK_PROFILE_CONNECTION_ATTEMPTS):
            return
        self._failed = 0
        at = priority.index(self.active) if self.active in priority else -1
        self._use(priority[(at + 1) % len(priority)])

    def connected(self) -> None:
        """A05.FR.06: there is no way back below the security profile that works."""
        self._failed = 0
        self._events.connected()
        active = self.active
        if active != self._told:
            # B10.FR.10: it may be another CSMS, and knows nothing of an earlier boot.
            self._told = active
            self.on_other_csms()
        if self._slots is not None:
            self._drop_below(self.ctx.dial.security_profile or 0, self._slots)

    # --- inside ---------------------------------------------------------------------------------

    def _drop_below(self, reached: int, slots: Mapping[int, Profile]) -> None:
        lower = {s for s, profile in slots.items() if profile.security_profile < reached}
        if lower:
            self._slots = {s: profile for s, profile in slots.items() if s not in lower}
            left = [str(s) for s in self._priority() if s not in lower]
            self._model.note(security.NETWORK_CONFIGURATION_PRIORITY, ",".join(left))
            self.ctx.remember()

    def _use(self, slot: int) -> None:
        profile = None if self._slots is None else self._slots.get(slot)
        if profile is None:
            return
        dial = self.ctx.dial
        before = dial.security_profile or 0
        change = DialSettings(
            profile.password,
            profile.security_profile,
            profile.url or None,
            ca_certificates=self._authorities(profile),
        )
        self._model.note(security.ACTIVE_NETWORK_PROFILE, str(slot))
        if changed(dial, change) != dial:
            self.ctx.dial_next(change)
        if profile.security_profile != before:
            event = SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS
            self._events.happened(event, f"SecurityProfile {profile.security_profile}")

    def _authorities(self, profile: Profile) -> tuple[str, ...] | None:
        """Nothing is trusted beside what is installed, if something is."""
        secured = profile.security_profile >= _TLS
        return (self._certificates.authorities() or None) if secured else None

    def _priority(self) -> list[int]:
        return list(map(int, self._model.members(security.NETWORK_CONFIGURATION_PRIORITY)))

    def _why_not_keep(self, slot: int, wanted: m.NetworkConnectionProfile) -> StatusInfo | None:
        if slot not in security.SLOTS:
            return StatusInfo("InvalidConfSlot")
        invalid = self._what_is_invalid(wanted)
        if invalid is not None:
            return StatusInfo("InvalidNetworkConf", invalid)
        if wanted.security_profile < (self.ctx.dial.security_profile or 0):
            # B09.FR.04
            return StatusInfo("NoSecurityDowngrade")
        return None

    def _what_is_invalid(self, wanted: m.NetworkConnectionProfile) -> str | None:
        """B09.FR.02"""
        password, version = wanted.basic_auth_password, self.ctx.version
        for bad, what in (
            (wanted.ocpp_transport != "JSON", "the station speaks JSON only"),
            (
                wanted.ocpp_version not in {None, *_VERSIONS[version]},
                f"the station speaks OCPP {version.value} only",
            ),
            (wanted.security_profile not in _PROFILES, "there is no such securityProfile"),
            (not _fits(wanted.ocpp_csms_url, wanted.security_profile), "ocppCsmsUrl does not fit"),
            (bool(wanted.apn or wanted.vpn), "the station has neither APN nor VPN"),
            (wanted.identity not in {None, self.ctx.identity}, "identity cannot be changed"),
            (
                password is not None and security.good_password(password) is None,
                "basicAuthPassword is too short or too long",
            ),
        ):
            if bad:
                return what
        return None

    def _why_not_use(self, profile: Profile | None) -> str | None:
        """A05.FR.02, FR.03, FR.10; B09.FR.34"""
        dial = self.ctx.dial
        now = dial.security_profile or 0
        if profile is None:
            return "InvalidNetworkConf"
        if profile.security_profile < now:
            return "NoSecurityDowngrade"
        if profile.security_profile == now:
            return None
        password = profile.password or dial.authorization_key
        root = self._certificates.of_use(CSMS_ROOT) or dial.ca_certificates
        shown = self._certificates.own or dial.client_certificate
        missing = (
            (profile.security_profile in _BASIC_AUTH and not password)
            or (profile.security_profile >= _TLS and not root)
            or (profile.security_profile == _MUTUAL_TLS and not shown)
        )
        return "InvalidNetworkConf" if missing else None


def _fits(url: str, security_profile: int) -> bool:
    """Whether it is an address of a WebSocket, with TLS where the security profile wants it."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    secured = parts.scheme == "wss"
    return named and (secured or (parts.scheme == "ws" and security_profile < _TLS))


def _nobody() -> None:
    """Stands in until the engine listens."""
