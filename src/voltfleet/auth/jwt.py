"""Tokens: issued with Voltfleet's own key, verified against it or against an external issuer's.

A verified token is remembered for a while, so that a client polling thousands of times a second
costs one signature check every few minutes.
"""

import hashlib
import math
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from voltfleet.auth.keys import LocalKeys
from voltfleet.auth.principal import Principal, Role, is_host_id, is_organization_id
from voltfleet.domain.errors import Forbidden, Unauthenticated

LOCAL_ISSUER = LOCAL_AUDIENCE = "voltfleet"
LOCAL_ALGORITHM = "Ed25519"
HOST_CLAIM = "host_id"
EXTERNAL_ALGORITHMS = frozenset(
    {
        *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
        *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
    }
)
REMEMBERED_TOKENS = 10_000
REMEMBERED_SECONDS = 300.0
"""The longest that a token is taken without looking at its key again."""
MAX_TOKEN_LENGTH = 16_384

Clock = Callable[[], float]


class KeySource(Protocol):
    """Where an issuer's public keys come from."""

    async def find(self, kid: str | None) -> Key | None:
        """The key of that id."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are accepted, and how to read them. ``issuer`` and ``audience`` are checked
    where they are given."""

    keys: KeySource
    algorithms: frozenset[str]
    issuer: str | None
    audience: str | None
    roles: frozenset[Role]
    role_claim: str = "role"
    organization_claim: str = "organization_id"
    leeway_seconds: int = 0


def local_issuer(keys: LocalKeys) -> Issuer:
    """Voltfleet itself. The only one whose tokens may be a host's."""
    return Issuer(keys, frozenset({LOCAL_ALGORITHM}), LOCAL_ISSUER, LOCAL_AUDIENCE, frozenset(Role))


def external_issuer(
    keys: KeySource,
    *,
    issuer: str | None,
    audience: str | None,
    role_claim: str,
    organization_claim: str,
) -> Issuer:
    """An identity provider: asymmetric algorithms only, half a minute of clock difference."""
    roles = frozenset({Role.USER, Role.ADMIN})
    return Issuer(
        keys, EXTERNAL_ALGORITHMS, issuer, audience, roles, role_claim, organization_claim, 30
    )


def issue(
    keys: LocalKeys,
    *,
    role: Role,
    organization_id: str | None,
    ttl_seconds: float,
    now: float,
    subject: str | None = None,
    host_id: str | None = None,
) -> str:
    """A token signed with Voltfleet's own key. A user's needs an organization and a host's a host
    id; no other has one."""
    if (role is Role.USER) != (organization_id is not None):
        raise ValueError("a user token needs an organization id; no other token may have one")
    if organization_id is not None and not is_organization_id(organization_id):
        raise ValueError("an organization id is 1 to 128 printable ASCII characters")
    if (role is Role.HOST) != (host_id is not None and is_host_id(host_id)):
        raise ValueError("a host token needs a host id; no other token may have one")
    claims: dict[str, Any] = {
        "iss": LOCAL_ISSUER,
        "aud": LOCAL_AUDIENCE,
        "sub": subject or f"{role}-{host_id or uuid.uuid4().hex[:12]}",
        "role": role.value,
        "iat": int(now),
        "exp": int(now + ttl_seconds),
        "jti": str(uuid.uuid4()),
    }
    if organization_id is not None:
        claims["organization_id"] = organization_id
    if host_id is not None:
        claims[HOST_CLAIM] = host_id
    header = {"alg": LOCAL_ALGORITHM, "kid": keys.signing_key.kid}
    return jwt.encode(header, claims, keys.signing_key, algorithms=[LOCAL_ALGORITHM])


class Authenticator:
    """Turns tokens into principals. One for the whole process."""

    def __init__(
        self, local: LocalKeys, external: Issuer | None = None, *, clock: Clock = time.time
    ) -> None:
        self._local_keys = local
        self._local = local_issuer(local)
        self._external = external
        self._clock = clock
        self._remembered: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()

    @property
    def public_keys(self) -> list[dict[str, Any]]:
        """Voltfleet's own, as JWKs, for others to verify its tokens with."""
        return self._local_keys.public

    async def verify(self, token: str) -> Principal:
        """Who bears the token.

        Raises `Unauthenticated` if it is not a good one, `Forbidden` if it is and lacks a claim
        that Voltfleet needs, `Unavailable` if the external issuer's keys cannot be had.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._remembered.get(digest)
        if known is not None and self._clock() < known[1]:
            self._remembered.move_to_end(digest)
            return known[0]
        self._remembered.pop(digest, None)
        principal, expires_at = await self._verify(token)
        self._remembered[digest] = (principal, expires_at)
        if len(self._remembered) > REMEMBERED_TOKENS:
            self._remembered.popitem(last=False)
        return principal

    async def _verify(self, token: str) -> tuple[Principal, float]:
        if len(token) > MAX_TOKEN_LENGTH:
            raise Unauthenticated("The bearer token is too long.")
        kid = _key_id(token)
        issuer = self._issuer_of(kid)
        key = await issuer.keys.find(kid)
        if key is None:
            raise Unauthenticated("The bearer token was signed with an unknown key.")
        claims = self._check(token, key, issuer)
        expires_at = min(claims["exp"] + issuer.leeway_seconds, math.inf)
        principal = replace(_principal(claims, issuer), expires_at=expires_at)
        return principal, min(self._clock() + REMEMBERED_SECONDS, expires_at)

    def _issuer_of(self, kid: str | None) -> Issuer:
        if self._external is None or kid in self._local_keys:
            return self._local
        return self._external

    def _check(self, token: str, key: Key, issuer: Issuer) -> Mapping[str, Any]:
        required: dict[str, Any] = {"exp": {"essential": True}, "sub": {"essential": True}}
        if issuer.issuer is not None:
            required["iss"] = {"essential": True, "value": issuer.issuer}
        if issuer.audience is not None:
            required["aud"] = {"essential": True, "value": issuer.audience}
        rules = jwt.JWTClaimsRegistry(int(self._clock()), issuer.leeway_seconds, **required)
        try:
            claims = jwt.decode(token, key, registry=_Algorithms(issuer.algorithms)).claims
            rules.validate(claims)
        except JoseError as error:
            raise Unauthenticated(f"The bearer token is not valid: {error.error}.") from error
        except (ValueError, TypeError, RecursionError) as error:
            # joserfc hands on what json, base64 and the key classes raise for garbage.
            raise Unauthenticated("The bearer token is not valid.") from error
        return claims


class _Algorithms(JWSRegistry):
    """An allow-list. Takes header fields that joserfc does not know, as providers send them, and
    EdDSA without the warning that it is now spelled Ed25519."""

    max_header_length = 4096

    def __init__(self, allowed: frozenset[str]) -> None:
        super().__init__(algorithms=allowed, strict_check_header=False)
        self._names = allowed

    def get_alg(self, name: str) -> Any:
        """The algorithm, if it is on the list."""
        if name in self._names:
            return self.algorithms[name]
        return super().get_alg(name)


def _key_id(token: str) -> str | None:
    try:
        registry = _Algorithms(EXTERNAL_ALGORITHMS)
        kid = jws.extract_compact(token.encode(), registry=registry).headers().get("kid")
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise Unauthenticated("The bearer token is not a JSON Web Token.") from error
    return kid if isinstance(kid, str) else None


def _principal(claims: Mapping[str, Any], issuer: Issuer) -> Principal:
    role = _role(claims.get(issuer.role_claim), issuer.roles)
    if role is None:
        raise Forbidden(
            f"The token's claim {issuer.role_claim!r} names none of the roles "
            f"{', '.join(sorted(issuer.roles))}.",
            code="missing_claim",
        )
    if role is Role.ADMIN:
        return Principal(claims["sub"], role)
    if role is Role.HOST:
        return Principal(claims["sub"], role, host_id=_host_id(claims.get(HOST_CLAIM)))
    organization_id = claims.get(issuer.organization_claim)
    if not isinstance(organization_id, str) or not is_organization_id(organization_id):
        raise Forbidden(
            f"The token's claim {issuer.organization_claim!r} names no organization.",
            code="missing_claim",
        )
    return Principal(claims["sub"], role, organization_id)


def _host_id(claim: object) -> str:
    if not isinstance(claim, str) or not is_host_id(claim):
        raise Forbidden(f"The token's claim {HOST_CLAIM!r} names no host.", code="missing_claim")
    return claim


def _role(claim: object, allowed: frozenset[Role]) -> Role | None:
    """The strongest role that the claim, a string or a list of them, names."""
    names = claim if isinstance(claim, list) else [claim]
    return next(
        (r for r in (Role.ADMIN, Role.USER, Role.HOST) if r in allowed and r in names), None
    )
