"""Files that stations fetch and deliver, over HTTP(S): bounded in time, size and number, and never
to an address that the target policy refuses, whatever a name resolves to, or a redirect."""

import asyncio
import base64
import hashlib
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urljoin, urlsplit

import httpx2

from voltfleet.host.targets import Gate, Resolve, TargetRefusedError, look_up
from voltfleet.station.reports import Transfer, TransferKind, TransferResult

OnDone = Callable[[TransferResult], None]
_MAX_REDIRECTS = 3
_OK = range(200, 300)


@dataclass(frozen=True, slots=True)
class TransferLimits:
    """Bounds of one transfer, and how many go on at once."""

    deadline_seconds: float = 300.0
    max_bytes: int = 256 * 1024 * 1024
    at_once: int = 32
    per_charger: int = 2


class Transfers:
    """Carries them out, each in a task of its own; `stop` cancels what is left."""

    def __init__(
        self,
        tls: ssl.SSLContext,
        limits: TransferLimits | None = None,
        resolve: Resolve = look_up,
    ) -> None:
        self._tls = tls
        self._look_up = resolve
        self._limits = limits or TransferLimits()
        self._slots = asyncio.Semaphore(self._limits.at_once)
        self._tasks: dict[asyncio.Task[None], _Errand] = {}
        self._of: Counter[str] = Counter()

    def start(self, transfer: Transfer, on_done: OnDone, charger_id: str, gate: Gate) -> None:
        """Begin, to where ``gate`` lets it; ``on_done`` is called once, in the event loop, unless
        `stop` comes before. A charger whose CSMS asks for one after the other holds up no other's.
        """
        loop = asyncio.get_running_loop()
        if self._of[charger_id] >= self._limits.per_charger:
            loop.call_soon(on_done, _failed("too many files are on their way already"))
            return
        self._of[charger_id] += 1
        errand = _Errand(gate)
        task = loop.create_task(self._carry_out(transfer, on_done, errand))
        self._tasks[task] = errand
        task.add_done_callback(partial(self._ended, charger_id))

    def _ended(self, charger_id: str, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._of[charger_id] -= 1
        if not self._of[charger_id]:
            del self._of[charger_id]

    def stop(self) -> None:
        """Nobody waits for them any more."""
        for task in self._tasks:
            task.cancel()

    def check_targets(self) -> None:
        """The target policy is another one: end what goes on with a server that is not allowed any
        more."""
        for task, errand in self._tasks.items():
            if errand.is_barred():
                task.cancel()

    async def _carry_out(self, transfer: Transfer, on_done: OnDone, errand: "_Errand") -> None:
        try:
            async with asyncio.timeout(self._limits.deadline_seconds), self._slots:
                result = await self._run(transfer, errand)
        except TimeoutError:
            result = _failed(f"it took longer than {self._limits.deadline_seconds:.0f} s")
        except asyncio.CancelledError:
            if errand.refusal is None:
                raise
            result = _failed(errand.refusal)
        except TargetRefusedError as refusal:
            result = _failed(str(refusal))
        except (OSError, ValueError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            result = _failed(f"{type(error).__name__}: {error}")
        on_done(result)

    async def _run(self, transfer: Transfer, errand: "_Errand") -> TransferResult:
        url = transfer.url
        for _ in range(_MAX_REDIRECTS + 1):
            scheme = urlsplit(url).scheme.lower()
            if scheme not in {"http", "https"}:
                return _failed(f"{scheme or 'no'} URLs are not supported: use http or https")
            request = await self._request(transfer, url, errand)
            if isinstance(request, str):
                return _failed(request)
            async with httpx2.AsyncHTTPTransport(verify=self._tls) as transport:
                response = await transport.handle_async_request(request)
                try:
                    if response.has_redirect_location:
                        url = urljoin(url, response.headers["location"])
                        continue
                    return await self._read(transfer, response)
                finally:
                    await response.aclose()
        return _failed(f"more than {_MAX_REDIRECTS} redirects")

    async def _request(
        self, transfer: Transfer, url: str, errand: "_Errand"
    ) -> httpx2.Request | str:
        """Addressed to the very IP address that was checked; or why it must not be sent."""
        parsed = httpx2.URL(url)
        if not parsed.host:
            return "the URL names no host"
        # As the name server is asked for it: `host` would be in the letters of its script again.
        host = parsed.raw_host.decode("ascii")
        port = parsed.port or _default_port(parsed.scheme)
        errand.gate.check_name(host, port)
        found = await self._look_up(host, port)
        address = errand.goes_to(host, port, found)
        headers = {"host": parsed.netloc.decode("ascii")}
        if parsed.userinfo:
            # N01.FR.17: how a CSMS names the password of its file store.
            headers["authorization"] = _basic(parsed.username, parsed.password)
        download = transfer.kind is TransferKind.DOWNLOAD
        if not download:
            headers["content-type"] = "application/octet-stream"
        limits = self._limits
        return httpx2.Request(
            "GET" if download else "PUT",
            parsed.copy_with(host=address, userinfo=b""),
            headers=headers,
            content=None if download else transfer.content,
            extensions={
                "sni_hostname": host,
                "timeout": httpx2.Timeout(limits.deadline_seconds).as_dict(),
            },
        )

    async def _read(self, transfer: Transfer, response: httpx2.Response) -> TransferResult:
        if response.status_code not in _OK:
            status = response.status_code
            return TransferResult(f"the server answered {status}", http_status=status)
        if transfer.kind is TransferKind.UPLOAD:
            return TransferResult(None, len(transfer.content))
        size, digest = 0, hashlib.sha256()
        async for chunk in _bytes(response):
            size += len(chunk)
            if size > self._limits.max_bytes:
                return _failed(f"the file is larger than {self._limits.max_bytes} bytes")
            digest.update(chunk)
        return TransferResult(None, size, digest.digest())


class _Errand:
    """Where one transfer has got to."""

    __slots__ = ("_server", "gate", "refusal")

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.refusal: str | None = None
        self._server: tuple[str, int, str] | None = None

    def goes_to(self, host: str, port: int, found: list[str]) -> str:
        """The address to send to. Raises `TargetRefusedError`."""
        address = self.gate.check(host, port, found)[0]
        self._server = (host, port, address)
        return address

    def is_barred(self) -> bool:
        """Whether the server that it is at may not be dialled any more; ``refusal`` says why."""
        if self._server is not None:
            self.refusal = self.gate.refusal(*self._server)
        return self.refusal is not None


async def _bytes(response: httpx2.Response) -> AsyncIterator[bytes]:
    async for chunk in response.aiter_raw():
        yield chunk


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _failed(why: str) -> TransferResult:
    return TransferResult(why)
