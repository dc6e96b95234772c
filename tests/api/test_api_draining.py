"""A gateway that stops sends its clients elsewhere, and loses none of their requests."""

import asyncio
import socket

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.types import Message

from voltfleet.api.deps import Services
from voltfleet.api.draining import Draining
from voltfleet.api.links import HostLinks
from voltfleet.cli.arriving import Arriving
from voltfleet.cli.draining import DrainingServer


async def test_every_answer_of_a_stopping_gateway_ends_its_connection(app: FastAPI) -> None:
    draining = Draining(app)
    transport = httpx2.ASGITransport(app=draining)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        assert "connection" not in (await client.get("/health")).headers
        draining.begin()
        answer = await client.get("/health")
    assert (answer.status_code, answer.headers["connection"]) == (200, "close")


async def test_what_is_no_request_is_passed_on() -> None:
    heard: list[str] = []

    async def app(scope: object, receive: object, send: object) -> None:
        heard.append("lifespan")

    async def nothing() -> Message:
        raise AssertionError

    async def swallow(message: Message) -> None:
        raise AssertionError

    await Draining(app)({"type": "lifespan"}, nothing, swallow)
    assert heard == ["lifespan"]


class NoLinks(HostLinks):
    """Nobody is linked."""

    def __init__(self) -> None:
        self.closed = False

    async def close(self) -> None:
        self.closed = True


@pytest.mark.timeout(60)
async def test_a_request_under_way_is_answered_and_the_next_is_refused(
    services: Services,
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    api = FastAPI()

    @api.get("/slow")
    async def slow() -> str:
        begun.set()
        await go_on.wait()
        return "done"

    arriving, links = Arriving(api), NoLinks()
    arriving.arrived(api, services.live)
    app = Draining(arriving)
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    shared = listener.dup()  # as the one who supervises it holds it
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=5)
    server = DrainingServer(config, app, links, notice_seconds=0.0, arriving=arriving)
    serving = asyncio.create_task(server._serve([listener]))
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        asking = asyncio.create_task(client.get("/slow"))
        await begun.wait()
        server.should_exit = True
        async with asyncio.timeout(20):
            while not links.closed:  # noqa: ASYNC110 - set by the server
                await asyncio.sleep(0.01)
        with pytest.raises(httpx2.ConnectError):
            await httpx2.AsyncClient(trust_env=False).get(f"{url}/slow")
        go_on.set()
        answer = await asking
    assert answer.json() == "done"
    assert answer.headers["connection"] == "close"
    await asyncio.wait_for(serving, 20)
    shared.close()
