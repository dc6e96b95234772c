"""What a user may ask for of security profiles (OCPP 2.0.1 part 2 §A; the 1.6 whitepaper): checks
that name the field and the remedy, before anything is kept."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from voltfleet.domain.errors import Problem
from voltfleet.domain.hosting import DialSecurity

KEY, AUTHORITY = "authorization_key", "ca_certificate"
CERTIFICATE, PRIVATE_KEY = "client_certificate", "client_key"
PROFILE = "security_profile"
SECRETS = frozenset({KEY, PRIVATE_KEY})
"""Fields that are never shown again, not even in the error about them."""
FIELDS = (PROFILE, KEY, AUTHORITY, CERTIFICATE, PRIVATE_KEY)
FITTING: Mapping[int, frozenset[str]] = {
    0: frozenset(),
    1: frozenset({KEY}),
    2: frozenset({KEY, AUTHORITY}),
    3: frozenset({AUTHORITY, CERTIFICATE, PRIVATE_KEY}),
}
"""What each profile uses."""
_NEEDED: Mapping[int, tuple[str, ...]] = {
    0: (),
    1: (KEY,),
    2: (KEY,),
    3: (CERTIFICATE, PRIVATE_KEY),
}
_SHORTEST_KEY, _LONGEST_KEY = 16, 40
_HEX = re.compile(r"hex:((?:[0-9A-Fa-f]{2})+)")

Loc = tuple[str | int, ...]
Refuse = Callable[[str, str], None]


def read(
    asked: Mapping[str, Any], ws_url: str, loc: Loc, where: str = ""
) -> tuple[DialSecurity | None, list[Problem]]:
    """How to dial, out of the fields of a request (`FIELDS`), and every problem with them.

    ``authorization_key`` may be bytes, if it was read before. None: no profile at all.
    """
    problems: list[Problem] = []

    def refuse(field: str, message: str) -> None:
        problems.append(Problem((*loc, field), f"{where}{message}", f"invalid_{field}"))

    profile = asked.get(PROFILE) or 0
    if profile not in FITTING:
        refuse(PROFILE, "The security profile must be 0, 1, 2 or 3.")
        return None, problems
    given = {field: asked[field] for field in FIELDS[1:] if asked.get(field) is not None}
    _check_scheme(profile, ws_url, refuse)
    for field in given.keys() - FITTING[profile]:
        refuse(field, _misplaced(field, profile))
    for field in _NEEDED[profile]:
        if field not in given:
            refuse(field, f"Security profile {profile} needs {field}.")
    key = _read_key(given[KEY], refuse) if KEY in given else None
    if AUTHORITY in given:
        _certificates(given[AUTHORITY], AUTHORITY, refuse)
    if CERTIFICATE in given and PRIVATE_KEY in given:
        _check_pair(given[CERTIFICATE], given[PRIVATE_KEY], refuse)
    if problems or not profile:
        return None, problems
    security = DialSecurity(
        profile, key, given.get(AUTHORITY), given.get(CERTIFICATE), given.get(PRIVATE_KEY)
    )
    return security, []


def _check_scheme(profile: int, ws_url: str, refuse: Refuse) -> None:
    secure = ws_url[:6].lower() == "wss://"
    if profile == 1 and secure:
        refuse(PROFILE, "Security profile 1 is without TLS; use 2 with a wss:// address.")
    if profile > 1 and not secure:
        refuse(
            PROFILE,
            f"Security profile {profile} is over TLS; give a ws_url that starts with wss://",
        )


def _misplaced(field: str, profile: int) -> str:
    *others, last = [str(n) for n, fields in FITTING.items() if field in fields]
    fitting = f"{', '.join(others)} or {last}" if others else last
    return (
        f"Security profile {profile} uses no {field}; leave it out, or set security_profile to "
        f"{fitting}."
    )


def _read_key(text: str | bytes, refuse: Refuse) -> bytes | None:
    if isinstance(text, bytes):
        return text
    binary = _HEX.fullmatch(text)
    key = bytes.fromhex(binary[1]) if binary else text.encode("utf-8", "replace")
    if text.startswith("hex:") and binary is None:
        refuse(KEY, "After hex: there must be pairs of hexadecimal digits.")
    elif not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
        refuse(
            KEY,
            f"The authorization key must have {_SHORTEST_KEY} to {_LONGEST_KEY} bytes; it has "
            f"{len(key)}.",
        )
    return key


def _certificates(pem: str, field: str, refuse: Refuse) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem.encode("ascii", "replace"))
    except ValueError:
        refuse(field, f"{field} must be PEM: -----BEGIN CERTIFICATE----- and what follows it.")
        return []


def _check_pair(certificate: str, key: str, refuse: Refuse) -> None:
    chain = _certificates(certificate, CERTIFICATE, refuse)
    try:
        private = serialization.load_pem_private_key(key.encode("ascii", "replace"), None)
    except TypeError:
        refuse(PRIVATE_KEY, "client_key is encrypted; give it without a password.")
    except Exception:  # noqa: BLE001 - the library raises several kinds for what is no key
        refuse(PRIVATE_KEY, "client_key must be a private key as PEM.")
    else:
        if chain and _spelled(chain[0].public_key()) != _spelled(private.public_key()):
            refuse(
                PRIVATE_KEY,
                "client_key does not fit client_certificate; the charger's own certificate must be "
                "the first one in it.",
            )


def _spelled(key: Any) -> bytes:
    spelled: bytes = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return spelled
