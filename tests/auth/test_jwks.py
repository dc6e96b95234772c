"""An external issuer's keys: fetched, kept, fetched again, never too often."""

import asyncio
import json

import httpx2
import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from support.clock import FakeClock
from voltfleet.auth import jwks
from voltfleet.domain.errors import Unavailable

FIRST = ECKey.generate_key("P-256", parameters={"kid": "first"})
SECOND = RSAKey.generate_key(2048, parameters={"kid": "second"})
SHARED = OctKey.generate_key(256, parameters={"kid": "shared"})


class FakeIssuer:
    """Answers like an identity provider; ``answer`` may be a response or an exception."""

    def __init__(self, *keys: ECKey | RSAKey | OctKey) -> None:
        self.calls = 0
        self.answer: httpx2.Response | Exception = serve(*keys)

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.calls += 1
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return httpx2.Response(self.answer.status_code, content=self.answer.content)


def serve(*keys: ECKey | RSAKey | OctKey) -> httpx2.Response:
    entries = [k.as_dict(private=isinstance(k, OctKey)) for k in keys]
    return httpx2.Response(200, content=json.dumps({"keys": entries}))


def remote(issuer: FakeIssuer, clock: FakeClock) -> jwks.RemoteKeys:
    transport = httpx2.MockTransport(issuer)
    return jwks.RemoteKeys("https://id.example/jwks", clock=clock, transport=transport)


async def kid_of(keys: jwks.RemoteKeys, kid: str | None) -> str | None:
    key = await keys.find(kid)
    return key.kid if key else None


async def test_a_key_is_fetched_once_and_kept(clock: FakeClock) -> None:
    issuer = FakeIssuer(FIRST, SECOND)
    keys = remote(issuer, clock)
    assert await kid_of(keys, "first") == "first"
    assert await kid_of(keys, "second") == "second"
    clock.advance(jwks.FRESH_SECONDS)
    assert await kid_of(keys, "first") == "first"
    assert issuer.calls == 1
    clock.advance(1)
    assert await kid_of(keys, "first") == "first"
    assert issuer.calls == 2
    await keys.close()


async def test_a_new_key_is_found_but_a_flood_of_unknown_ones_is_no_flood(clock: FakeClock) -> None:
    issuer = FakeIssuer(FIRST)
    keys = remote(issuer, clock)
    assert await kid_of(keys, "second") is None
    issuer.answer = serve(FIRST, SECOND)
    await asyncio.gather(*(keys.find(f"unknown-{n}") for n in range(100)))
    assert issuer.calls == 1
    clock.advance(jwks.PAUSE_SECONDS)
    found = await asyncio.gather(*(kid_of(keys, "second") for _ in range(100)))
    assert set(found) == {"second"}
    assert issuer.calls == 2


async def test_a_withdrawn_key_is_forgotten(clock: FakeClock) -> None:
    issuer = FakeIssuer(FIRST, SECOND)
    keys = remote(issuer, clock)
    assert await kid_of(keys, "first") == "first"
    issuer.answer = serve(SECOND)
    clock.advance(jwks.FRESH_SECONDS + 1)
    assert await kid_of(keys, "first") is None


async def test_a_token_without_key_id_fits_only_a_single_key(clock: FakeClock) -> None:
    assert await kid_of(remote(FakeIssuer(FIRST), clock), None) == "first"
    assert await kid_of(remote(FakeIssuer(FIRST, SECOND), clock), None) is None


async def test_shared_secrets_and_unknown_kinds_are_passed_over(clock: FakeClock) -> None:
    entries = [
        SHARED.as_dict(private=True),
        {"kty": "AKP", "kid": "future"},
        {"kty": "RSA", "kid": "broken"},
        {**SECOND.as_dict(), "use": "enc", "kid": "enc"},
        "nonsense",
        FIRST.as_dict(),
    ]
    issuer = FakeIssuer()
    issuer.answer = httpx2.Response(200, content=json.dumps({"keys": entries}))
    keys = remote(issuer, clock)
    assert await kid_of(keys, "first") == "first"
    for kid in ("shared", "future", "broken", "enc"):
        assert await kid_of(keys, kid) is None


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(500),
        httpx2.Response(302, headers={"location": "http://169.254.169.254/"}),
        httpx2.Response(200, content=b"not json"),
        httpx2.Response(200, content=b"[]"),
        httpx2.Response(200, content=b'{"keys": 1}'),
        httpx2.Response(200, content=b'{"keys": []}'),
        httpx2.Response(200, content=b"[" * (jwks.MAX_BYTES + 1)),
        httpx2.Response(200, content=b"[" * 100_000),
        httpx2.ConnectError("refused"),
        httpx2.ReadTimeout("slow"),
    ],
    ids=repr,
)
async def test_an_outage_is_503_at_first_and_bridged_later(
    answer: httpx2.Response | Exception, clock: FakeClock
) -> None:
    issuer = FakeIssuer()
    issuer.answer = answer
    keys = remote(issuer, clock)
    with pytest.raises(Unavailable) as refused:
        await keys.find("first")
    assert refused.value.error_code == "issuer_unavailable"
    issuer.answer = serve(FIRST)
    clock.advance(jwks.PAUSE_SECONDS)
    assert await kid_of(keys, "first") == "first"
    issuer.answer = answer
    clock.advance(jwks.STALE_SECONDS)
    assert await kid_of(keys, "first") == "first"
    clock.advance(1)
    with pytest.raises(Unavailable):
        await keys.find("first")
