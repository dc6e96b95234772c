"""The API as a careful client uses it: whatever has no clear answer is asked again."""

import asyncio
import random
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import httpx2

from voltfleet.chaos.history import Finding, History, Kind

TIMEOUT_SECONDS = 5.0
PAUSE_SECONDS = 0.1
PATIENCE_SECONDS = 60.0
"""How long the same request is sent again."""
PAGE = 100

_COME_BACK = frozenset({429, 503})
_SERVER_ERROR = 500


class NoAnswer(Exception):
    """It was asked for `PATIENCE_SECONDS` and nothing clear was answered."""


class Api:
    """A gateway, or several that are one: each request goes to any of them."""

    def __init__(
        self, urls: Sequence[str], token: str, history: History, rng: random.Random
    ) -> None:
        self._urls = urls
        self._history = history
        self._rng = rng
        self._client = httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_SECONDS, trust_env=False
        )

    async def close(self) -> None:
        """Closes every connection."""
        await self._client.aclose()

    async def attempt(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx2.Response | None:
        """One request. None if it is not known what became of it, or if it was refused for now."""
        url = self._rng.choice(self._urls)
        try:
            answer = await self._client.request(method, url + path, json=body, headers=headers)
        except httpx2.HTTPError:
            self._history.unanswered += 1
            return None
        if answer.status_code in _COME_BACK:
            self._note_refusal(answer)
            return None
        if answer.status_code >= _SERVER_ERROR:
            self._unclear(method, path, answer)
            return None
        return answer

    async def insist(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        *,
        also: Collection[int] = (),
    ) -> httpx2.Response:
        """The request, again and again until it is answered with success or one of ``also``.

        Raises `NoAnswer`.
        """
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            answer = await self.attempt(method, path, body, headers)
            if answer is not None and (answer.is_success or answer.status_code in also):
                return answer
            if answer is not None:
                self._unclear(method, path, answer)
                raise NoAnswer(f"{method} {path}")
            await asyncio.sleep(PAUSE_SECONDS)
        self._history.findings.append(
            Finding(Kind.LOST, f"{method} {path} had no answer for {PATIENCE_SECONDS:g} s")
        )
        raise NoAnswer(f"{method} {path}")

    async def everything(self, path: str) -> list[Any]:
        """Every item of a list, page by page; empty if what it belongs to is not there."""
        items: list[Any] = []
        for page in self._pages():
            answer = await self.insist("GET", f"{path}?limit={PAGE}&page={page}", also={404})
            found = answer.json()["data"] if answer.is_success else []
            items += found
            if len(found) < PAGE:
                break
        return items

    async def watch(self, charger_ids: Sequence[str], seconds: float) -> None:
        """Reads the live stream about these chargers for so long, or until it breaks."""
        url, named = self._rng.choice(self._urls), {"frames": list(charger_ids)}
        with suppress(httpx2.HTTPError, TimeoutError):
            async with (
                asyncio.timeout(seconds),
                self._client.stream("GET", f"{url}/live", params=named) as answer,
            ):
                async for _ in answer.aiter_bytes():
                    pass

    @staticmethod
    def _pages() -> Iterator[int]:
        yield from range(1, 1_000_000)

    def _note_refusal(self, answer: httpx2.Response) -> None:
        with self._readable(answer):
            said = answer.json()
            if not said["detail"] or "Retry-After" not in answer.headers:
                raise KeyError("Retry-After")
            self._history.refused[said["code"]] += 1

    @contextmanager
    def _readable(self, answer: httpx2.Response) -> Iterator[None]:
        try:
            yield
        except (ValueError, KeyError) as error:
            told = f"a {answer.status_code} without {error}: {answer.text[:200]}"
            self._history.findings.append(Finding(Kind.UNCLEAR, told))

    def _unclear(self, method: str, path: str, answer: httpx2.Response) -> None:
        told = f"{method} {path} was answered {answer.status_code}: {answer.text[:200]}"
        self._history.findings.append(Finding(Kind.UNCLEAR, told))
