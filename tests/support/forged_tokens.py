"""Tokens that must not be taken, each wrong in one way alone."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from voltfleet.auth import jwt, keys
from voltfleet.auth.principal import Role

HOUR = 3600.0


def forged(signing: keys.LocalKeys, directory: Path, role: Role, now: float) -> dict[str, str]:
    """By what is wrong with them. But for that each is a good token of the role."""
    stranger = keys.load_or_create(directory / "stranger")
    good = _issue(signing, role, now)
    head, claims, signature = good.split(".")
    key: Any = signing.signing_key
    kid, public = key.kid, key.as_dict(private=False)
    raw = base64.urlsafe_b64decode(public["x"] + "==")
    pem = key.as_pem(private=False)
    longer = _unpacked(claims) | {"exp": 10**11}
    return {
        "expired": _issue(signing, role, now - 2 * HOUR),
        "wrong_key": _issue(stranger, role, now),
        "wrong_key_right_id": _signed({"alg": "Ed25519", "kid": kid}, claims, _of(stranger)),
        "alg_none": _signed({"alg": "none", "kid": kid}, claims, lambda _: b""),
        "alg_none_signed": f"{_packed({'alg': 'none', 'kid': kid})}.{claims}.{signature}",
        "alg_None": _signed({"alg": "None"}, claims, lambda _: b""),
        "hs256_public_key": _signed({"alg": "HS256", "kid": kid}, claims, _hmac(raw)),
        "hs256_public_text": _signed(
            {"alg": "HS256", "kid": kid}, claims, _hmac(str(public["x"]).encode())
        ),
        "hs256_public_pem": _signed({"alg": "HS256", "kid": kid}, claims, _hmac(pem)),
        "hs256_no_key": _signed({"alg": "HS256", "kid": kid}, claims, _hmac(b"")),
        "own_key_in_header": _signed(
            {"alg": "Ed25519", "jwk": stranger.signing_key.as_dict(private=False)},
            claims,
            _of(stranger),
        ),
        "changed_claims": f"{head}.{_packed(longer)}.{signature}",
        "no_signature": f"{head}.{claims}.",
    }


def _issue(signing: keys.LocalKeys, role: Role, now: float) -> str:
    return jwt.issue(
        signing,
        role=role,
        organization_id="acme" if role is Role.USER else None,
        ttl_seconds=HOUR,
        now=now,
        host_id="local-0" if role is Role.HOST else None,
    )


def _packed(part: dict[str, Any]) -> str:
    return _base64(json.dumps(part).encode())


def _unpacked(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return found


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signed(header: dict[str, Any], claims: str, sign: Callable[[bytes], bytes]) -> str:
    said = f"{_packed(header)}.{claims}"
    return f"{said}.{_base64(sign(said.encode()))}"


def _hmac(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda said: hmac.new(secret, said, hashlib.sha256).digest()


def _of(signing: keys.LocalKeys) -> Callable[[bytes], bytes]:
    key: Any = signing.signing_key.private_key
    return lambda said: bytes(key.sign(said))
