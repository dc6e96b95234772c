"""Tokens: whose are accepted, and what they say."""

import base64
import json
import time
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc import jwt as jose
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from support.clock import FakeClock
from voltfleet.auth import jwt, keys
from voltfleet.auth.principal import Principal, Role, is_organization_id
from voltfleet.domain.errors import Forbidden, Unauthenticated

EC = ECKey.generate_key("P-256", parameters={"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", parameters={"kid": "ed"})
RSA = RSAKey.generate_key(2048, parameters={"kid": "rsa"})


class FixedKeys:
    """An issuer's keys without the network."""

    def __init__(self, *all_keys: Key) -> None:
        self._keys = {key.kid: key for key in all_keys}
        self.asked = 0

    async def find(self, kid: str | None) -> Key | None:
        self.asked += 1
        return self._keys.get(kid)


@pytest.fixture
def local(tmp_path: Path) -> keys.LocalKeys:
    return keys.load_or_create(tmp_path)


@pytest.fixture
def authenticator(local: keys.LocalKeys, clock: FakeClock) -> jwt.Authenticator:
    return jwt.Authenticator(local, clock=clock)


@pytest.fixture
def provider() -> FixedKeys:
    return FixedKeys(EC, RSA, ED)


@pytest.fixture
def with_provider(
    local: keys.LocalKeys, provider: FixedKeys, clock: FakeClock
) -> jwt.Authenticator:
    external = jwt.external_issuer(
        provider,
        issuer="https://id.example/",
        audience="gateway",
        role_claim="https://volt/roles",
        organization_claim="org",
    )
    return jwt.Authenticator(local, external, clock=clock)


def user_token(local: keys.LocalKeys, clock: FakeClock, ttl_seconds: float = 60) -> str:
    return jwt.issue(
        local, role=Role.USER, organization_id="org-a", ttl_seconds=ttl_seconds, now=clock()
    )


def host_token(local: keys.LocalKeys, clock: FakeClock, host_id: str = "rack-1") -> str:
    return jwt.issue(
        local,
        role=Role.HOST,
        organization_id=None,
        ttl_seconds=9,
        now=clock(),
        host_id=host_id,
    )


def claims_of(clock: FakeClock, **changes: Any) -> dict[str, Any]:
    claims = {
        "iss": "https://id.example/",
        "aud": ["other", "gateway"],
        "sub": "someone",
        "exp": int(clock()) + 60,
        "https://volt/roles": ["editor", "user"],
        "org": "org-a",
        **changes,
    }
    return {key: value for key, value in claims.items() if value is not None}


def external_token(clock: FakeClock, key: Key = EC, alg: str = "ES256", **changes: Any) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = {"alg": alg, "kid": key.kid}
        return jose.encode(header, claims_of(clock, **changes), key, algorithms=[alg])


@pytest.mark.parametrize(
    ("role", "organization_id", "host_id"),
    [(Role.USER, "org-a", None), (Role.ADMIN, None, None), (Role.HOST, None, "rack-1")],
)
async def test_an_issued_token_is_good_until_it_expires(
    local: keys.LocalKeys,
    authenticator: jwt.Authenticator,
    clock: FakeClock,
    role: Role,
    organization_id: str | None,
    host_id: str | None,
) -> None:
    token = jwt.issue(
        local,
        role=role,
        organization_id=organization_id,
        host_id=host_id,
        ttl_seconds=1000,
        now=clock(),
        subject="me",
    )
    expected = Principal("me", role, organization_id, host_id)
    assert await authenticator.verify(token) == expected
    clock.advance(999)
    assert await authenticator.verify(token) == expected
    clock.advance(1)
    with pytest.raises(Unauthenticated, match="expired"):
        await authenticator.verify(token)


@pytest.mark.parametrize(
    ("role", "organization_id"),
    [
        (Role.USER, None),
        (Role.ADMIN, "org-a"),
        (Role.HOST, "org-a"),
        (Role.USER, ""),
        (Role.USER, "a b"),
    ],
)
def test_a_token_that_makes_no_sense_is_not_issued(
    local: keys.LocalKeys, role: Role, organization_id: str | None
) -> None:
    with pytest.raises(ValueError, match="organization"):
        jwt.issue(local, role=role, organization_id=organization_id, ttl_seconds=1, now=0)


@pytest.mark.parametrize(
    ("role", "host_id"),
    [
        *((Role.HOST, host_id) for host_id in (None, "", "a/b", "x" * 65)),
        *((role, "rack-1") for role in (Role.USER, Role.ADMIN)),
    ],
)
def test_a_host_token_names_a_host_and_no_other_does(
    local: keys.LocalKeys, role: Role, host_id: str | None
) -> None:
    organization_id = "org-a" if role is Role.USER else None
    with pytest.raises(ValueError, match="host"):
        jwt.issue(
            local,
            role=role,
            organization_id=organization_id,
            ttl_seconds=1,
            now=0,
            host_id=host_id,
        )


@pytest.mark.parametrize("claim", [None, 7, "", "a b", ["rack-1"]])
async def test_a_host_token_without_a_host_is_forbidden(
    local: keys.LocalKeys, authenticator: jwt.Authenticator, clock: FakeClock, claim: object
) -> None:
    claims = {"iss": "voltfleet", "aud": "voltfleet", "sub": "h", "role": "host", "exp": 10**11}
    header = {"alg": "Ed25519", "kid": local.signing_key.kid}
    token = jose.encode(
        header, claims | {"host_id": claim}, local.signing_key, algorithms=["Ed25519"]
    )
    with pytest.raises(Forbidden, match="host_id"):
        await authenticator.verify(token)


async def test_a_repeated_token_costs_no_second_signature_check_for_a_while(
    with_provider: jwt.Authenticator, provider: FixedKeys, clock: FakeClock
) -> None:
    token = external_token(clock, exp=int(clock()) + 10_000)
    for _ in range(100):
        await with_provider.verify(token)
    assert provider.asked == 1
    clock.advance(jwt.REMEMBERED_SECONDS)
    await with_provider.verify(token)
    assert provider.asked == 2


async def test_a_remembered_token_still_expires(
    local: keys.LocalKeys, authenticator: jwt.Authenticator, clock: FakeClock
) -> None:
    token = user_token(local, clock, ttl_seconds=5)
    await authenticator.verify(token)
    clock.advance(5)
    with pytest.raises(Unauthenticated, match="expired"):
        await authenticator.verify(token)


async def test_what_is_remembered_is_bounded(
    local: keys.LocalKeys, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwt, "REMEMBERED_TOKENS", 3)
    authenticator = jwt.Authenticator(local, clock=clock)
    for _ in range(10):
        await authenticator.verify(user_token(local, clock))
    assert len(authenticator._remembered) == 3


async def test_no_token_is_kept_as_it_is(
    local: keys.LocalKeys, authenticator: jwt.Authenticator, clock: FakeClock
) -> None:
    token = user_token(local, clock)
    await authenticator.verify(token)
    assert token not in repr(vars(authenticator))


async def test_another_gateways_token_is_refused(
    authenticator: jwt.Authenticator, clock: FakeClock, tmp_path: Path
) -> None:
    other = keys.load_or_create(tmp_path / "other")
    with pytest.raises(Unauthenticated, match="unknown key"):
        await authenticator.verify(user_token(other, clock))


def forge(header: dict[str, Any], claims: Any, signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts)


async def test_forgeries_are_refused(
    local: keys.LocalKeys, authenticator: jwt.Authenticator, clock: FakeClock
) -> None:
    kid = local.signing_key.kid
    good = user_token(local, clock)
    claims = json.loads(base64.urlsafe_b64decode(good.split(".")[1] + "=="))
    admin = {**claims, "role": "admin"}
    public = OctKey.import_key(json.dumps(local.signing_key.as_dict(private=False)))
    forgeries = [
        good[:-8] + "AAAAAAAA",
        ".".join([good.split(".")[0], forge({}, admin).split(".")[1], good.split(".")[2]]),
        forge({"alg": "none", "kid": kid}, admin),
        forge({"alg": "None", "kid": kid}, admin),
        forge({"alg": "Ed25519", "kid": kid}, admin),
        forge({"alg": "RS256", "kid": kid}, admin, b"x"),
        jose.encode({"alg": "HS256", "kid": kid}, admin, public, algorithms=["HS256"]),
        forge({"alg": "Ed25519", "kid": kid, "crit": ["b64"], "b64": False}, admin, b"x"),
        forge({"alg": ["Ed25519"], "kid": {"a": 1}}, admin, b"x"),
        forge({"alg": "Ed25519", "kid": kid}, [1], b"x"),
    ]
    for forgery in forgeries:
        with pytest.raises(Unauthenticated):
            await authenticator.verify(forgery)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "é.é.é",
        "\ud800",
        "x" * 20_000,
        "e30.e30.e30",
        "W10.e30.",
        "bnVsbA.e30.",
    ],
)
async def test_garbage_is_refused(authenticator: jwt.Authenticator, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await authenticator.verify(token)


@given(token=st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]*"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_any_text_is_refused(authenticator: jwt.Authenticator, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await authenticator.verify(token)


@pytest.mark.parametrize(
    ("key", "alg"), [(EC, "ES256"), (RSA, "RS256"), (RSA, "PS512"), (ED, "EdDSA"), (ED, "Ed25519")]
)
async def test_a_providers_token_is_accepted(
    with_provider: jwt.Authenticator, clock: FakeClock, key: Key, alg: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        principal = await with_provider.verify(external_token(clock, key, alg))
    assert principal == Principal("someone", Role.USER, "org-a")


async def test_a_provider_may_send_header_fields_of_its_own(
    with_provider: jwt.Authenticator, clock: FakeClock
) -> None:
    header = {"alg": "ES256", "kid": "ec", "x-tenant": "1", "pi.atm": "z" * 600}
    registry = jwt._Algorithms(jwt.EXTERNAL_ALGORITHMS)
    token = jose.encode(header, claims_of(clock), EC, registry=registry)
    assert (await with_provider.verify(token)).subject == "someone"


async def test_our_own_tokens_stay_good_beside_a_providers(
    local: keys.LocalKeys, with_provider: jwt.Authenticator, clock: FakeClock
) -> None:
    token = host_token(local, clock)
    assert (await with_provider.verify(token)).role is Role.HOST


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"iss": None}, "iss"),
        ({"iss": "https://evil.example/"}, "iss"),
        ({"aud": None}, "aud"),
        ({"aud": "other"}, "aud"),
        ({"aud": []}, "aud"),
        ({"exp": None}, "exp"),
        ({"exp": 1_799_999_000}, "exp"),
        ({"exp": "2099-01-01"}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": float("nan")}, "exp"),
        ({"nbf": 1_800_000_100}, "nbf"),
        ({"iat": 1_800_000_100}, "iat"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": 7}, "sub"),
    ],
)
async def test_a_providers_token_with_a_wrong_claim_is_refused(
    with_provider: jwt.Authenticator, clock: FakeClock, changes: dict[str, Any], subject: str
) -> None:
    with pytest.raises(Unauthenticated):
        await with_provider.verify(external_token(clock, **changes))


async def test_half_a_minute_of_clock_difference_is_forgiven_a_provider(
    with_provider: jwt.Authenticator, clock: FakeClock
) -> None:
    now = int(clock())
    token = external_token(clock, exp=now - 20, nbf=now + 20, iat=now + 20)
    assert (await with_provider.verify(token)).subject == "someone"
    clock.advance(10)
    with pytest.raises(Unauthenticated):
        await with_provider.verify(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"https://volt/roles": None},
        {"https://volt/roles": "owner"},
        {"https://volt/roles": []},
        {"https://volt/roles": {"admin": 1}},
        {"https://volt/roles": "host"},
        {"https://volt/roles": [["admin"]]},
        {"org": None},
        {"org": ""},
        {"org": 7},
        {"org": "a\x00b"},
        {"org": "x" * 129},
    ],
)
async def test_a_good_token_without_what_voltfleet_needs_is_forbidden(
    with_provider: jwt.Authenticator, clock: FakeClock, changes: dict[str, Any]
) -> None:
    with pytest.raises(Forbidden):
        await with_provider.verify(external_token(clock, **changes))


async def test_an_admin_has_no_organization_whatever_the_token_says(
    with_provider: jwt.Authenticator, clock: FakeClock
) -> None:
    token = external_token(clock, **{"https://volt/roles": ["user", "admin"]})
    assert await with_provider.verify(token) == Principal("someone", Role.ADMIN)


async def test_a_provider_without_issuer_and_audience_is_taken_by_its_key(
    local: keys.LocalKeys, provider: FixedKeys, clock: FakeClock
) -> None:
    external = jwt.external_issuer(
        provider, issuer=None, audience=None, role_claim="role", organization_claim="org"
    )
    authenticator = jwt.Authenticator(local, external, clock=clock)
    token = external_token(clock, iss=None, aud=None, role="user")
    assert (await authenticator.verify(token)).organization_id == "org-a"


def test_organization_ids() -> None:
    assert all(map(is_organization_id, ["a", "org_1|x", "x" * 128]))
    assert not any(map(is_organization_id, ["", "a b", "x" * 129, "a\n", "é", "a\x00"]))


async def test_a_thousand_verifications_of_one_token_take_no_time(local: keys.LocalKeys) -> None:
    authenticator = jwt.Authenticator(local)
    token = jwt.issue(local, role=Role.ADMIN, organization_id=None, ttl_seconds=60, now=time.time())
    await authenticator.verify(token)
    start = time.perf_counter()
    for _ in range(1000):
        await authenticator.verify(token)
    assert time.perf_counter() - start < 0.1  # 2 ms measured


def _sign(header: dict[str, Any], payload: bytes, key: Key) -> str:
    """Any bytes as the payload, well signed."""
    return jws.serialize_compact(header, payload, key, algorithms=[header["alg"]])


async def test_well_signed_garbage_is_refused(with_provider: jwt.Authenticator) -> None:
    header = {"alg": "ES256", "kid": "ec"}
    for payload in (b"", b"null", b"[]", b"7", b"\xff", b"[" * 90_000, b'{"a":' * 20_000):
        with pytest.raises(Unauthenticated):
            await with_provider.verify(_sign(header, payload, EC))


@pytest.mark.parametrize("alg", ["RS256", "Ed25519", "PS256", "ES384"])
async def test_an_algorithm_of_another_kind_of_key_is_refused(
    with_provider: jwt.Authenticator, clock: FakeClock, alg: str
) -> None:
    token = forge({"alg": alg, "kid": "ec"}, claims_of(clock), b"x" * 64)
    with pytest.raises(Unauthenticated):
        await with_provider.verify(token)
