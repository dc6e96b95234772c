"""Whom the CSMS lets in: TLS, client certificates, and HTTP Basic with a key per charger (OCPP
security profiles 1 to 3)."""

import base64
import binascii
import hmac
import ssl
from pathlib import Path
from typing import Any

from voltfleet.csms.calls import Done, Outcome

_BASIC = "Basic "
_BINARY = "hex:"
_ACCEPTED = "Accepted"


class BadEntry(Exception):
    """An option about TLS or keys cannot be used; the text says which."""


def tls(
    certificate: Path | None, key: Path | None, client_ca: Path | None
) -> ssl.SSLContext | None:
    """The context to listen with; None: without TLS. ``client_ca`` makes a client certificate of
    that authority the condition of every connection. Raises `BadEntry`."""
    if certificate is None or key is None:
        if certificate or key or client_ca:
            raise BadEntry("--tls-cert and --tls-key go together, and --client-ca needs them both")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # A password is given so that an encrypted key fails instead of asking the terminal.
        context.load_cert_chain(certificate, key, password="")
        if client_ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_ca)
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise BadEntry(f"--tls-cert, --tls-key or --client-ca cannot be used: {why}") from error
    return context


def read_key(text: str) -> bytes:
    """An authorization key as the gateway's API takes it: as written, or ``hex:`` and its digits.
    Raises `BadEntry`."""
    if not text.startswith(_BINARY):
        return text.encode()
    try:
        return bytes.fromhex(text.removeprefix(_BINARY))
    except ValueError as error:
        raise BadEntry(
            "after hex: the authorization key has pairs of hexadecimal digits"
        ) from error


class Keys:
    """The key of every charger: the same for all at first, then what a charger accepted by
    ChangeConfiguration or SetVariables (A01). With none at first, everybody is let in."""

    def __init__(self, first: bytes | None) -> None:
        self._first = first
        self._changed: dict[str, bytes] = {}

    def admits(self, identity: str, authorization: str | None) -> bool:
        """Whether these are the credentials of that charger: its identity and its key."""
        if self._first is None:
            return True
        wanted = identity.encode() + b":" + self._changed.get(identity, self._first)
        try:
            given = base64.b64decode((authorization or "").removeprefix(_BASIC), validate=True)
        except (binascii.Error, ValueError):
            return False
        return (authorization or "").startswith(_BASIC) and hmac.compare_digest(given, wanted)

    def watched(self, identity: str, action: str, payload: dict[str, Any], done: Done) -> Done:
        """``done``, after the key that this call gives the charger counts, if it accepts it."""
        key = _key_given(action, payload)
        if key is None:
            return done

        def answered(outcome: Outcome) -> None:
            if isinstance(outcome, dict) and _is_accepted(action, outcome):
                self._changed[identity] = key
            done(outcome)

        return answered


def _key_given(action: str, payload: dict[str, Any]) -> bytes | None:
    try:
        if action == "ChangeConfiguration" and payload["key"] == "AuthorizationKey":
            return bytes.fromhex(payload["value"])
        if action == "SetVariables":
            (wanted,) = payload["setVariableData"]
            if wanted["variable"]["name"] == "BasicAuthPassword":
                return str(wanted["attributeValue"]).encode()
    except (KeyError, TypeError, ValueError):
        return None  # calls go out unchecked; what this one means is for the charger to say
    return None


def _is_accepted(action: str, answer: dict[str, Any]) -> bool:
    if action == "ChangeConfiguration":
        return answer.get("status") == _ACCEPTED
    results = answer.get("setVariableResult")
    return isinstance(results, list) and all(
        isinstance(r, dict) and r.get("attributeStatus") == _ACCEPTED for r in results
    )
