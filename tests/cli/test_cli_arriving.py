"""A gateway lets hosts in before it has loaded the API; who asks for more waits for that."""

import asyncio
import subprocess
import sys

import httpx2
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from voltfleet.api.host_link import PATH
from voltfleet.cli.arriving import Arriving


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    await WebSocket(scope, receive, send).accept()


async def rest(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PlainTextResponse(f"the rest has {scope['path']}")(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1000})


async def dialled(app: Arriving, path: str) -> list[str]:
    """What a WebSocket to there is told first."""
    told: list[str] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        told.append(message["type"])

    await app({"type": "websocket", "path": path, "headers": []}, receive, send)
    return told


async def test_hosts_are_let_in_at_once_and_requests_wait_for_the_rest() -> None:
    app = Arriving(door)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        asking = asyncio.create_task(client.get("/health"))
        link = asyncio.create_task(client.get(PATH))  # a plain request is not for the door
        other = asyncio.create_task(dialled(app, "/elsewhere"))
        assert await dialled(app, PATH) == ["websocket.accept"]
        assert not any(task.done() for task in (asking, link, other))
        app.arrived(rest, None)  # type: ignore[arg-type]  # no stream is asked for
        assert (await asking).text == "the rest has /health"
        assert (await link).text == f"the rest has {PATH}"
        assert await other == ["websocket.close"]
        assert (await client.get("/later")).text == "the rest has /later"
    assert await dialled(app, PATH) == ["websocket.accept"]


async def test_one_that_gives_up_waiting_takes_nothing_from_the_others() -> None:
    app = Arriving(door)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        first = asyncio.create_task(client.get("/first"))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        app.arrived(rest, None)  # type: ignore[arg-type]
        assert (await client.get("/second")).text == "the rest has /second"


def test_what_a_gateway_loads_first_has_nothing_of_the_api() -> None:
    look = "import sys, voltfleet.cli.gateway_process; print('fastapi' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
