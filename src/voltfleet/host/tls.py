"""TLS for dialling, one context for all chargers with the same certificates."""

import ssl
import tempfile
from functools import lru_cache

from voltfleet.domain.errors import BadRequest
from voltfleet.domain.hosting import DialSecurity

_CONTEXTS = 1024
"""Distinct sets of certificates kept ready; a context takes about 100 KiB with the system's roots
and about 10 KiB with one authority."""


class BadCertificate(BadRequest):
    """A certificate or key cannot be used; the message says which."""


class TlsContexts:
    """The contexts of one host. ``default`` holds the authorities that are trusted unless a
    charger has one of its own. Every context checks chain and host name, and speaks TLS 1.2 or
    above (A00.FR.307, 308, 312)."""

    def __init__(self, default: ssl.SSLContext) -> None:
        self._default = default
        self._made = lru_cache(maxsize=_CONTEXTS)(self._make)

    def of(self, security: DialSecurity | None) -> ssl.SSLContext:
        """The context to dial with. Raises `BadCertificate`."""
        if security is None:
            return self._default
        certificate = security.client_certificate if security.profile == _MUTUAL else None
        if security.ca_certificate is None and certificate is None:
            return self._default
        key = security.client_key if certificate is not None else None
        return self._made(security.ca_certificate, certificate, key)

    def _make(
        self, ca_certificate: str | None, certificate: str | None, key: str | None
    ) -> ssl.SSLContext:
        context = self._trusting(ca_certificate)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if certificate is not None:
            _present(context, certificate, key or "")
        return context

    def _trusting(self, ca_certificate: str | None) -> ssl.SSLContext:
        if ca_certificate is None:
            context = ssl.create_default_context()
            added = b"".join(self._default.get_ca_certs(binary_form=True))
            if added:
                context.load_verify_locations(cadata=added)
            return context
        try:
            return ssl.create_default_context(cadata=ca_certificate)
        except (ssl.SSLError, ValueError) as exc:
            raise BadCertificate(f"ca_certificate cannot be used: {_why(exc)}") from exc


_MUTUAL = 3


def _present(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """OpenSSL reads these from a file only: one that nobody else may open, and gone at once."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(f"{certificate.rstrip()}\n{key.rstrip()}\n")
        file.flush()
        try:
            # A password is given so that an encrypted key fails instead of asking the terminal.
            context.load_cert_chain(file.name, password="")
        except (ssl.SSLError, ValueError, OSError) as exc:
            raise BadCertificate(
                f"client_certificate and client_key cannot be used: {_why(exc)}"
            ) from exc


def _why(exc: Exception) -> str:
    return str(getattr(exc, "reason", None) or exc)
