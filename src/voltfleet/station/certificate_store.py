"""What a station keeps of certificates, as far as OCPP 1.6's security whitepaper and 2.x agree
(A02, A03, M03 to M05): roots that the CSMS installs, its own certificate, and the key of the next.

A signing request that brings no certificate is repeated, each time with a new key, after a wait
that doubles (A02.FR.17 to FR.19). A certificate of the station is renewed a month before it expires
(A03.FR.02), a short-lived one half-way.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple

import msgspec

from voltfleet.station import certificates
from voltfleet.station.blocks import Block
from voltfleet.station.certificates import Certificate, Key
from voltfleet.station.context import Context
from voltfleet.station.outbox import Failure, FailureKind, Lane
from voltfleet.station.reports import DialSettings

RENEWED_BEFORE_SECONDS = 30 * 86_400
_LONGEST_WAIT_SECONDS = 30 * 86_400
_MUTUAL_TLS = 3
_SIGNING = "sign-certificate"
_EXPIRY = "certificate-expiry"


class Root(NamedTuple):
    """A root certificate, and what it is for, as the version spells it."""

    use: str
    certificate: Certificate


class Own(NamedTuple):
    """A certificate of the station: the chain, leaf first, as it came, and its key."""

    chain: tuple[Certificate, ...]
    pem: str
    key: Key


class CertificatesMemory(NamedTuple):
    """The roots by use; the own chain and its key. In PEM."""

    roots: tuple[tuple[str, str], ...] = ()
    own: tuple[str, str] | None = None


class CertificateStoreBlock(Block, ABC):
    """``own`` is the certificate that the station shows to its CSMS; ``csms_root`` is what the
    version calls the roots that the CSMS's is checked against."""

    __slots__ = ("_key", "_repeated", "own", "roots")
    csms_root: ClassVar[str]

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self.roots: tuple[Root, ...] = ()
        self.own: Own | None = None
        self._key: Key | None = None
        self._repeated = 0

    # --- what a version says --------------------------------------------------------------------

    @abstractmethod
    def _signing_request(self, key: Key) -> tuple[msgspec.Struct, type[Any]]:
        """SignCertificate, and the type of its answer."""

    @abstractmethod
    def _signing_wait(self) -> tuple[int, int]:
        """CertSigningWaitMinimum and CertSigningRepeatTimes."""

    # --- root certificates ----------------------------------------------------------------------

    def of_use(self, use: str) -> list[Certificate]:
        """The roots for that."""
        return [root.certificate for root in self.roots if root.use == use]

    def readable_root(self, pem: str) -> Certificate | None:
        """The root certificate in a PEM text; None if it is no root, or not valid now."""
        chain = certificates.read_chain(pem)
        good = (
            len(chain) == 1
            and certificates.hashable(chain[0])
            and certificates.issued_by(chain[0], chain[0])
            and certificates.valid_at(chain[0], self.clock)
        )
        return chain[0] if good else None

    def add_root(self, use: str, certificate: Certificate, most: int) -> bool:
        """Keep it; false if there is no room. One that is there already needs none."""
        root = Root(use, certificate)
        if root not in self.roots:
            if len(self.roots) >= most:
                return False
            self.roots = (*self.roots, root)
            self.ctx.remember()
            self._trust(root)
        return True

    def named(self, algorithm: str, told: tuple[str, str, str]) -> list[Root]:
        """The roots with these issuerNameHash, issuerKeyHash and serialNumber."""
        lowered = tuple(text.lower() for text in told)
        return [
            r for r in self.roots if certificates.hash_data(r.certificate, algorithm) == lowered
        ]

    def remove(self, gone: list[Root]) -> None:
        """Keep them no longer."""
        self.roots = tuple(root for root in self.roots if root not in gone)
        self.ctx.remember()
        left = [pem for pem in self.ctx.dial.ca_certificates or () if pem not in _pems(gone)]
        if left and len(left) < len(self.ctx.dial.ca_certificates or ()):
            self.ctx.dial_next(DialSettings(ca_certificates=tuple(left)))

    def needed(self, gone: list[Root]) -> bool:
        """Whether without these the station could not check its CSMS any more."""
        secured = (self.ctx.dial.security_profile or 0) > 1
        left = [pem for pem in self.ctx.dial.ca_certificates or () if pem not in _pems(gone)]
        return secured and self.ctx.dial.ca_certificates is not None and not left

    def authorities(self) -> tuple[str, ...]:
        """The roots that its CSMS is checked against, in PEM; none if it has none of its own."""
        installed = map(certificates.to_pem, self.of_use(self.csms_root))
        return tuple(dict.fromkeys((*(self.ctx.dial.ca_certificates or ()), *installed)))

    def signer_of_firmware(self, pem: str, use: str) -> Certificate | None:
        """The certificate that firmware is signed with; None if it must not be trusted. Without a
        manufacturer's root certificate there is nothing to hold it against but its validity."""
        chain = certificates.read_chain(pem)
        if not chain or not certificates.valid_at(chain[0], self.clock):
            return None
        roots = self.of_use(use)
        return chain[0] if not roots or certificates.anchored(chain, roots) else None

    # --- the station's own ----------------------------------------------------------------------

    def request_certificate(self) -> None:
        """A02, A03: a new key pair, and SignCertificate for it."""
        self._repeated = 0
        self._request(Lane.TRIGGERED)

    def take_signed(self, pem: str) -> str | None:
        """A certificate has come. Returns what is wrong with it; if nothing, it is in use."""
        # A02.FR.20: whatever came ends the repetition.
        self.ctx.timers.stop((_SIGNING, 0))
        chain, key = certificates.read_chain(pem), self._key
        wrong = self._what_is_wrong(chain, key)
        if wrong is not None or key is None:
            return wrong
        self.own, self._key = Own(tuple(chain), pem, key), None
        self.ctx.remember()
        self._renew_in_time()
        self._switch(self.own)
        return None

    def memory(self) -> CertificatesMemory:
        """What outlives a power cut."""
        roots = tuple((root.use, certificates.to_pem(root.certificate)) for root in self.roots)
        own = self.own
        key = None if own is None else (own.pem, certificates.key_to_pem(own.key))
        return CertificatesMemory(roots, key)

    def recall(self, memory: CertificatesMemory) -> None:
        """As it was."""
        self.roots = tuple(Root(use, certificates.read_chain(pem)[0]) for use, pem in memory.roots)
        if memory.own is not None and memory.own[0] == self.ctx.dial.client_certificate:
            # Otherwise its user has given it another one since.
            pem, key = memory.own
            chain = tuple(certificates.read_chain(pem))
            self.own = Own(chain, pem, certificates.key_from_pem(key))
        for root in self.roots:
            self._trust(root)

    def power_up(self) -> None:
        """A request that was under way is forgotten; the expiry of the certificate is not."""
        self._key = None
        self._renew_in_time()

    @property
    def clock(self) -> float:
        """Now, as the station knows it."""
        return self.ctx.now + self.ctx.clock_offset

    def _trust(self, root: Root) -> None:
        """With authorities of its own, a station has one more; the world's are not listed."""
        if root.use == self.csms_root and self.ctx.dial.ca_certificates is not None:
            self.ctx.dial_next(DialSettings(ca_certificates=self.authorities()))

    def _switch(self, own: Own) -> None:
        """A02.FR.08: at once, if it is shown to the CSMS at all."""
        key = certificates.key_to_pem(own.key)
        change = DialSettings(client_certificate=own.pem, client_key=key)
        if self.ctx.dial.security_profile == _MUTUAL_TLS:
            self.ctx.redial(change)
        else:
            self.ctx.dial_next(change)

    def _request(self, lane: Lane) -> None:
        self._key = certificates.new_key()
        request, answer = self._signing_request(self._key)
        self.ctx.call(request, answer, self._requested, self._unanswered, lane)

    def _requested(self, answer: Any) -> None:
        if answer.status == "Accepted":
            self._repeat_later()
        else:
            self._key = None

    def _unanswered(self, failure: Failure) -> None:
        if failure.kind in {FailureKind.OFFLINE, FailureKind.TIMED_OUT}:
            self._repeat_later()
        else:
            self._key = None

    def _repeat_later(self) -> None:
        wait_seconds, times = self._signing_wait()
        if self._key is not None and self._repeated < times:
            wait = min(wait_seconds * 2**self._repeated, _LONGEST_WAIT_SECONDS)
            self._repeated += 1
            self.ctx.after(_SIGNING, 0, wait, self._repeat)

    def _repeat(self) -> None:
        self._request(Lane.NORMAL)

    def _renew_in_time(self) -> None:
        if self.own is None:
            return
        leaf = self.own.chain[0]
        since = leaf.not_valid_before_utc.timestamp()
        until = leaf.not_valid_after_utc.timestamp()
        at = max(until - RENEWED_BEFORE_SECONDS, (since + until) / 2, self.clock)
        if self.clock < until:
            self.ctx.after(_EXPIRY, 0, at - self.clock, self._renew)

    def _renew(self) -> None:
        self._repeated = 0
        self._request(Lane.NORMAL)

    def _what_is_wrong(self, chain: list[Certificate], key: Key | None) -> str | None:
        if not chain:
            return "the certificate cannot be read"
        if key is None:
            return "no certificate was asked for"
        if chain[0].public_key() != key.public_key():
            return "it is not for the key that was to be signed"
        if not certificates.valid_at(chain[0], self.clock):
            return "it is not valid now"
        roots = self.of_use(self.csms_root)
        if roots and not certificates.anchored(chain, roots):
            return "it is not issued under an installed root certificate"
        return None


def _pems(roots: list[Root]) -> set[str]:
    return {certificates.to_pem(root.certificate) for root in roots}
