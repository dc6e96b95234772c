"""The keys of an external issuer, fetched from its JWKS URL and kept for a while."""

import asyncio
import json
import time
from collections.abc import Callable

import httpx2
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

from voltfleet.domain.errors import Unavailable

FRESH_SECONDS = 600.0
"""A key that the issuer has withdrawn is accepted for at most this long."""
STALE_SECONDS = 24 * 3600.0
"""How long the keys last while the issuer cannot be reached."""
PAUSE_SECONDS = 10.0
"""Between two fetches, whoever asks: a flood of unknown key ids must not become a flood there."""
DEADLINE_SECONDS = 5.0
MAX_BYTES = 1 << 20
_FETCH_ERRORS = (httpx2.HTTPError, TimeoutError, ValueError, TypeError, RecursionError)

logger = structlog.get_logger(__name__)


class RemoteKeys:
    """The issuer's public keys. `find` fetches when it must; `close` it in the end."""

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url
        self._clock = clock
        self._client = httpx2.AsyncClient(timeout=DEADLINE_SECONDS, transport=transport)
        self._keys: list[Key] = []
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def find(self, kid: str | None) -> Key | None:
        """The key of that id; the only key, if there is but one and the token names none.

        Raises `Unavailable` while the issuer has never been reached, or not for a day.
        """
        key = self._pick(kid)
        if key is None or self._age() > FRESH_SECONDS:
            await self._refresh()
            key = self._pick(kid)
        if self._age() > STALE_SECONDS:
            raise Unavailable(
                "The token issuer's keys cannot be fetched.",
                code="issuer_unavailable",
                retry_after_seconds=int(PAUSE_SECONDS),
            )
        return key

    async def close(self) -> None:
        """Closes the connections to the issuer."""
        await self._client.aclose()

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _pick(self, kid: str | None) -> Key | None:
        if kid is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.kid == kid), None)

    async def _refresh(self) -> None:
        async with self._fetching:
            if self._clock() - self._tried_at < PAUSE_SECONDS:
                return
            self._tried_at = self._clock()
            try:
                async with asyncio.timeout(DEADLINE_SECONDS):
                    self._keys = _read(await self._fetch())
            except _FETCH_ERRORS as error:
                logger.warning("jwks.fetch_failed", url=self._url, error=repr(error))
                return
            self._fetched_at = self._clock()

    async def _fetch(self) -> bytes:
        body = b""
        async with self._client.stream("GET", self._url) as response:
            response.raise_for_status()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError("the key set is too large")
        return body


def _read(body: bytes) -> list[Key]:
    """The public signing keys of a JWK set. Keys of unknown kinds are passed over; shared secrets
    have no place in one."""
    data = json.loads(body)
    entries = data.get("keys") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        raise TypeError("not a JWK set")
    keys = [key for entry in entries if (key := _read_key(entry)) is not None]
    if not keys:
        raise ValueError("no usable key in the set")
    return keys


def _read_key(entry: object) -> Key | None:
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
        return None
    try:
        key = JWKRegistry.import_key(entry)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, RSAKey | ECKey | OKPKey) else None
