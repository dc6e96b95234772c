"""Clients that mean harm, each over a socket of its own: what they get, and that nobody else is
kept waiting, nothing is changed, and the log stays one line per event."""

import asyncio
import contextlib
import json
import re
import socket
import struct
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import psutil
import pytest
import structlog
import uvicorn
import uvloop
from fastapi import FastAPI
from sqlalchemy import delete, select

from support.callers import Api
from voltfleet.api import connections
from voltfleet.api.deps import Services
from voltfleet.cli.gateway_process import server_config
from voltfleet.settings import Settings
from voltfleet.storage.engine import Database
from voltfleet.storage.tables import jobs, locations

DEADLINE = 0.3
"""For heads, bodies, and answers that nobody takes; the product's are 10 and 20 s."""
PROMPT_SECONDS = 2.0
MOST_CONNECTIONS = 40
HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
LOCATION = {
    "name": "Depot",
    "address": "1 Main Street",
    "city": "Utrecht",
    "country": "NL",
    "coordinates": {"latitude": 52.1, "longitude": 5.1},
}


@pytest.fixture(scope="module")
def event_loop_policy() -> asyncio.AbstractEventLoopPolicy:
    """The product's event loop."""
    return uvloop.EventLoopPolicy()


@pytest.fixture
async def services(services: Services) -> Services:
    settings = Settings(
        max_body_bytes=2 << 20,
        max_batch=1_000,
        head_deadline_seconds=DEADLINE,
        body_deadline_seconds=DEADLINE,
        max_connections=MOST_CONNECTIONS,
    )
    return replace(services, settings=settings)


@dataclass
class Gateway:
    """A server on loopback that guards its connections as the product does."""

    port: int
    token: str
    server: uvicorn.Server
    opened: list[asyncio.StreamWriter] = field(default_factory=list)

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 26)
        self.opened.append(writer)
        return reader, writer

    async def send(self, data: bytes) -> bytes:
        """All that comes back until the gateway closes; data that it no longer takes is lost."""
        reader, writer = await self.open()
        with contextlib.suppress(ConnectionError):
            writer.write(data)
            await writer.drain()
        return await until_closed(reader)

    def request(self, method: str, path: str, body: bytes = b"", *headers: str) -> bytes:
        """A whole request with a good token."""
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {self.token}",
            *headers,
        ]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body

    async def is_prompt(self) -> None:
        """Somebody else is answered."""
        async with asyncio.timeout(PROMPT_SECONDS):
            answer = await self.send(HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert status(answer) == 200, answer

    async def is_empty(self) -> None:
        """Every connection has ended."""
        await until(lambda: not self.server.server_state.connections)


@pytest.fixture
async def gateway(app: FastAPI, api: Api, services: Services) -> AsyncIterator[Gateway]:
    config = server_config(app, services.settings)
    config.lifespan, config.timeout_keep_alive, config.timeout_graceful_shutdown = "off", 1, 1
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=1_000) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        running = Gateway(listener.getsockname()[1], api.token("user"), server)
        await running.is_prompt()
        yield running
        for writer in running.opened:
            writer.transport.abort()
        server.should_exit = True
        await serving


@pytest.fixture(autouse=True)
def nothing_changes(database: Database) -> Any:
    """Whatever was tried: no row of what the API can make."""
    yield
    with database.reading() as connection:
        for table in (jobs, locations):
            assert connection.execute(select(table)).all() == []


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 it changes inside the server
            await asyncio.sleep(0.02)


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """Fails if the gateway does not close."""
    received = b""
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(1 << 16):
                received += part
    return received


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def told(answer: bytes) -> Any:
    """An error in the API's shape."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head, answer
    said = json.loads(body)
    assert set(said) == {"detail", "code"}
    return said["code"]


async def trickle(gateway: Gateway, start: bytes, part: bytes) -> bytes:
    """A byte now and then, for as long as the gateway takes it."""
    reader, writer = await gateway.open()
    writer.write(start)
    closing = asyncio.create_task(until_closed(reader))
    while not closing.done():
        writer.write(part)
        await asyncio.wait([closing], timeout=DEADLINE / 10)
    return await closing


async def test_heads_that_trickle_are_cut(gateway: Gateway) -> None:
    heads = {
        "silence": (b"", b""),
        "method": (b"G", b""),
        "header": (b"GET /health HTTP/1.1\r\nHost: x\r\n", b"x"),
        "headers": (b"GET /health HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n"),
        "path": (b"GET /", b"a"),
        "blank lines": (b"", b"\r\n"),
    }
    answers = await asyncio.gather(*(trickle(gateway, *head) for head in heads.values()))
    await gateway.is_prompt()
    for name, answer in zip(heads, answers, strict=True):
        assert (status(answer), told(answer)) == (408, "head_timeout"), name


async def test_blank_lines_do_not_keep_a_connection_after_its_answer(gateway: Gateway) -> None:
    answer = await trickle(gateway, HEALTH, b"\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answer


async def test_a_body_that_trickles_is_cut_whether_it_is_read_or_not(gateway: Gateway) -> None:
    length = b"Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"
    read = gateway.request("POST", "/ocpp/locations").replace(b"Connection: close\r\n\r\n", length)
    chunked = b"GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    answers = await asyncio.gather(
        trickle(gateway, read, b" "),
        trickle(gateway, b"POST /ocpp/locations HTTP/1.1\r\nHost: x\r\n" + length, b" "),
        trickle(gateway, chunked, b"1\r\nx\r\n"),
        trickle(gateway, chunked + b"1;", b"e"),  # an endless extension
        trickle(gateway, chunked + b"0\r\n", b"X-Trailer: x\r\n"),
        gateway.is_prompt(),
    )
    assert [status(answer) for answer in answers[:-1] if answer] == [408, 401, 200, 200, 200]


async def test_five_hundred_slow_heads_keep_nobody_out(gateway: Gateway) -> None:
    slow = [await gateway.open() for _ in range(500)]
    for _, writer in slow:
        with contextlib.suppress(ConnectionError):
            writer.write(b"GET /health HTTP/1.1\r\nX: ")
    await gateway.is_prompt()
    answers = await asyncio.gather(*(until_closed(reader) for reader, _ in slow))
    assert {status(answer) for answer in answers} <= {0, 408}
    await gateway.is_empty()


async def test_when_every_connection_is_at_work_one_more_is_told_so(
    gateway: Gateway, services: Services
) -> None:
    asked, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def wait() -> dict[str, str]:
        asked.release()
        await go_on.wait()
        return {}

    object.__setattr__(services, "readiness", wait)
    busy = [await gateway.open() for _ in range(MOST_CONNECTIONS)]
    for _, writer in busy:
        writer.write(b"GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    for _ in busy:
        await asked.acquire()
    answer = await gateway.send(b"")
    assert (status(answer), told(answer)) == (503, "too_many_connections")
    assert b"retry-after: 1\r\n" in answer
    go_on.set()
    answers = await asyncio.gather(*(until_closed(reader) for reader, _ in busy))
    assert {status(answer) for answer in answers} == {200}
    await gateway.is_prompt()


async def test_an_answer_that_is_never_read_is_given_up(gateway: Gateway) -> None:
    large = b"GET /static-offline-docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", gateway.port))
        client.sendall(large * 8)
        await gateway.is_prompt()
        await gateway.is_empty()
        # What the system has taken already it goes on sending; the gateway has let go of it.
        ours = client.getsockname()
        await until(lambda: ours not in {c.raddr for c in psutil.Process().net_connections("tcp")})


HEAD = b"HTTP/1.1\r\nHost: x\r\n"
BAD_HEADS: dict[str, tuple[bytes, int]] = {
    "no http": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "http/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "http/9.9": (b"GET /health HTTP/9.9\r\nHost: x\r\n\r\n", 400),
    "unknown method": (b"HACK /health " + HEAD + b"\r\n", 400),
    "lower-case method": (b"get /health " + HEAD + b"\r\n", 400),
    "connect": (b"CONNECT example.org:443 " + HEAD + b"\r\n", 400),
    "options *": (b"OPTIONS * " + HEAD + b"Connection: close\r\n\r\n", 404),
    "no path": (b"GET  " + HEAD + b"\r\n", 400),
    "nul in path": (b"GET /\x00 " + HEAD + b"\r\n", 400),
    "nul in header": (b"GET /health " + HEAD + b"X: \x00\r\n\r\n", 400),
    "bare lf in header": (b"GET /health " + HEAD + b"X: a\nY: b\r\n\r\n", 400),
    "folded header": (b"GET /health " + HEAD + b"X: a\r\n b\r\n\r\n", 400),
    "space before colon": (b"GET /health " + HEAD + b"Content-Length : 5\r\n\r\nhello", 400),
    "no colon": (b"GET /health " + HEAD + b"nonsense\r\n\r\n", 400),
    "two lengths": (b"POST /x " + HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
    "equal lengths": (b"POST /x " + HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400),
    "length list": (b"POST /x " + HEAD + b"Content-Length: 5, 5\r\n\r\n", 400),
    "negative length": (b"POST /x " + HEAD + b"Content-Length: -1\r\n\r\n", 400),
    "endless length": (b"POST /x " + HEAD + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n", 400),
    "length and chunks": (
        b"POST /x " + HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "chunks not last": (
        b"POST /x " + HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        400,
    ),
    "two hosts": (b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "two keys": (b"GET /x " + HEAD + b"Idempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n", 400),
    "two organizations": (
        b"GET /x " + HEAD + b"X-Organization-Id: a\r\nx-organization-id: b\r\n\r\n",
        400,
    ),
    "long path": (b"GET /" + b"a" * 70_000 + b" " + HEAD + b"\r\n", 400),
    "longer path": (b"GET /" + b"a" * 3_000_000, 431),
    "long header": (b"GET /health " + HEAD + b"X: " + b"a" * 3_000_000, 431),
    "long header name": (b"GET /health " + HEAD + b"X" * 3_000_000, 431),
    "whole long head": (b"GET /health " + HEAD + b"X: " + b"a" * 140_000 + b"\r\n\r\n", 431),
    "many headers": (b"GET /health " + HEAD + b"a:b\r\n" * 500_000, 431),
    "two hundred and one headers": (b"GET /health " + HEAD + b"a:b\r\n" * 201 + b"\r\n", 431),
}


async def test_bad_heads_are_refused_and_closed(gateway: Gateway) -> None:
    for name, (data, wanted) in BAD_HEADS.items():
        answer = await gateway.send(data)
        # What is too long may be reset before its sender has read why.
        assert status(answer) == wanted or (not answer and wanted == 431), (name, answer)
        if answer:
            assert b"connection: close\r\n" in answer, name
            told(answer)
    await gateway.is_prompt()
    await gateway.is_empty()


async def test_a_second_request_smuggled_behind_a_refused_one_is_not_carried_out(
    gateway: Gateway,
) -> None:
    inner = gateway.request("POST", "/ocpp/locations", json.dumps(LOCATION).encode())
    for headers in (
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0\r\nContent-Length: 4\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    ):
        answer = await gateway.send(b"POST /ocpp/locations " + HEAD + headers + inner)
        assert answer.count(b"HTTP/1.1 ") == 1
        assert status(answer) == 400


async def test_an_absolute_uri_is_its_path(gateway: Gateway) -> None:
    request = gateway.request("GET", "http://elsewhere.example/health")
    assert status(await gateway.send(request)) == 200


async def test_a_compressed_body_is_refused_unpacked(gateway: Gateway) -> None:
    bomb = zlib.compress(b" " * 20_000_000)
    for encoding in ("gzip", "deflate", "br", "zstd", "gzip, gzip", "x" * 5_000):
        for path in ("/ocpp/locations", "/ocpp/locations/loc/chargers"):
            request = gateway.request("POST", path, bomb, f"Content-Encoding: {encoding}")
            answer = await gateway.send(request)
            assert (status(answer), told(answer)) == (415, "body_compressed"), encoding
    await gateway.is_prompt()


def deep(text: bytes) -> bytes:
    return text * ((2 << 20) // len(text) - 10)


BODIES: dict[str, tuple[Callable[[], bytes], int]] = {
    "deep lists": (lambda: deep(b"["), 413),
    "deep objects": (lambda: deep(b'{"a":'), 413),
    "deep enough": (lambda: b"[" * 100_000, 422),
    "many lists": (lambda: b"[" + deep(b"[],") + b"[]]", 413),
    "many numbers": (lambda: b"[" + deep(b"1,") + b"1]", 413),
    "as many as may be": (lambda: b"[" + b"1," * 210_000 + b"1]", 422),
    "a long number": (lambda: deep(b"1"), 422),
    "a long string": (lambda: b'"' + deep(b"a") + b'"', 422),
    "too long": (lambda: b" " * ((2 << 20) + 1), 413),
    "no utf-8": (lambda: b'"\xff\xfe"', 422),
}


@pytest.mark.parametrize("path", ["/ocpp/locations", "/ocpp/locations/loc/chargers"])
async def test_a_bomb_of_json_is_refused_at_once(gateway: Gateway, path: str) -> None:
    for name, (body, wanted) in BODIES.items():
        answer, _ = await asyncio.gather(
            gateway.send(gateway.request("POST", path, body())), gateway.is_prompt()
        )
        assert status(answer) == wanted, (name, answer[:500])


async def test_more_body_than_was_declared_is_cut(gateway: Gateway) -> None:
    request = gateway.request("POST", "/ocpp/locations", b"{}") + b"x" * 3_000_000
    assert status(await gateway.send(request)) in (422, 0)
    chunk = b"%x\r\n%b\r\n" % (1 << 20, b" " * (1 << 20))
    head = gateway.request("POST", "/ocpp/locations", b"", "Transfer-Encoding: chunked")
    assert status(await gateway.send(head + chunk * 8)) in (413, 0)
    assert status(await gateway.send(head + b"1\r\n \r\n" * 1_500_000)) in (413, 408, 0)
    await gateway.is_prompt()


QUERIES = {
    "long": "a=" + "b" * 60_000,
    "many": "&".join(f"a{n}=1" for n in range(6_000)),
    "many equal": "charger_ids=x&" * 4_000,
    "digits": "page=" + "9" * 5_000,
    "twice": "page=1&page=x",
    "percents": "%" * 5_000,
    "nul": "page=%00",
    "ampersands": "&" * 60_000,
}


async def test_a_huge_query_is_answered_at_once(gateway: Gateway) -> None:
    for name, query in QUERIES.items():
        for path in ("/ocpp/locations", "/ocpp/locations/loc/chargers", "/health"):
            answer, _ = await asyncio.gather(
                gateway.send(gateway.request("GET", f"{path}?{query}")), gateway.is_prompt()
            )
            assert status(answer) in (200, 404, 422), (name, answer[:300])


async def test_pipelined_requests_are_answered_in_order_and_too_many_cut(gateway: Gateway) -> None:
    some = b"".join(gateway.request("GET", f"/{n}").replace(b"Connection: close\r\n", b"")
                    for n in range(20))  # fmt: skip
    answer = await gateway.send(some + gateway.request("GET", "/health"))
    assert answer.count(b"HTTP/1.1 404 ") == 20
    assert answer.count(b"HTTP/1.1 200 ") == 1
    assert answer.rindex(b"HTTP/1.1 404 ") < answer.index(b"HTTP/1.1 200 ")
    assert (await gateway.send(HEALTH * 5_000)).count(b"HTTP/1.1 200 ") < 100
    await gateway.is_prompt()


async def test_half_closed_and_reset_connections_leave_nothing(gateway: Gateway) -> None:
    for start in (b"", b"GET", HEALTH, b"POST /x HTTP/1.1\r\nContent-Length: 10\r\n\r\nab"):
        reader, writer = await gateway.open()
        writer.write(start)
        writer.write_eof()
        await until_closed(reader)
        _, writer = await gateway.open()
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        writer.write(start)
        writer.transport.abort()
    await gateway.is_prompt()
    await gateway.is_empty()


UPGRADE = (
    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)  # fmt: skip


def upgrading(gateway: Gateway, path: str, *headers: str) -> bytes:
    return gateway.request("GET", path, b"", *headers).replace(b"Connection: close\r\n", b"")


async def test_websockets_where_there_are_none_and_http_where_there_are(gateway: Gateway) -> None:
    for path in ("/health", "/ocpp/locations", "/nowhere", "/docs"):
        assert status(await gateway.send(upgrading(gateway, path, *UPGRADE))) == 403
    assert status(await gateway.send(upgrading(gateway, "/host-link", *UPGRADE))) == 403
    bad_key = upgrading(gateway, "/host-link", *UPGRADE[:3], "Sec-WebSocket-Key: x")
    assert status(await gateway.send(bad_key)) == 400
    old = upgrading(gateway, "/host-link", *UPGRADE[:2], "Sec-WebSocket-Version: 7", UPGRADE[3])
    assert status(await gateway.send(old)) in (400, 426)
    for method in ("GET", "POST", "PUT"):
        assert status(await gateway.send(gateway.request(method, "/host-link"))) == 404
    await gateway.is_prompt()


async def test_an_upgrade_to_something_else_is_not_one(gateway: Gateway) -> None:
    h2c = gateway.request("GET", "/health", b"", "Upgrade: h2c", "Connection: Upgrade, close")
    answer = await gateway.send(h2c.replace(b"Connection: close\r\n", b""))
    assert status(answer) == 200
    post = gateway.request("POST", "/ocpp/locations", b"{}", "Upgrade: h2c", "Connection: Upgrade")
    answer = await gateway.send(post.replace(b"Connection: close\r\n", b""))
    assert status(answer) in (408, 422)


async def test_a_body_behind_a_websocket_upgrade_is_not_taken_for_a_request(
    gateway: Gateway,
) -> None:
    inner = gateway.request("POST", "/ocpp/locations", json.dumps(LOCATION).encode())
    for path in ("/health", "/host-link"):
        answer = await gateway.send(upgrading(gateway, path, *UPGRADE) + inner)
        assert answer.count(b"HTTP/1.1 ") == 1


async def test_a_flood_of_bad_requests_is_one_line_of_the_log(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connections, "TELL_SECONDS", 0.05)
    with structlog.testing.capture_logs() as logs:
        for _ in range(30):
            await gateway.send(b"\x1b[31mGET\r\nX: \x1b]0;pwned\x07\r\n\r\n")
        await until(lambda: sum(line.get("malformed_request", 0) for line in logs) == 30)
    assert {line["event"] for line in logs} == {"http.refused"}
    assert len(logs) < 30
    assert not caplog.records


HTML = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"


async def test_html_in_any_string_comes_back_as_json_or_not_at_all(
    gateway: Gateway, database: Database
) -> None:
    marked = quote(HTML, safe="")
    answers = [
        await gateway.send(request)
        for request in (
            gateway.request(
                "POST", "/ocpp/locations", json.dumps(LOCATION | {"name": HTML}).encode()
            ),
            gateway.request("GET", "/ocpp/locations"),
            gateway.request("GET", f"/{marked}"),
            gateway.request("GET", f"/ocpp/locations/{marked}"),
            gateway.request("GET", f"/ocpp/locations?page={marked}"),
            gateway.request("POST", "/ocpp/locations", json.dumps({"country": HTML}).encode()),
            gateway.request("GET", "/ocpp/locations", b"", f"X-Organization-Id: {HTML}"),
            gateway.request("GET", "/docs?url=//x", b"", f"User-Agent: {HTML}", f"Referer: {HTML}"),
            gateway.request("GET", f"/?{marked}", b"", f"X-Forwarded-Prefix: {HTML}"),
            gateway.request("GET", f"/docs/{marked}"),
        )
    ]
    with database.writing() as connection:
        connection.execute(delete(locations))
    assert [status(answer) for answer in answers] == [
        201, 200, 404, 404, 422, 422, 403, 200, 200, 404,
    ]  # fmt: skip
    for answer in answers:
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"x-content-type-options: nosniff" in head.lower()
        assert b"content-type: application/json\r\n" in head + b"\r\n" or b"alert" not in body


@pytest.mark.parametrize("as_json", [True, False])
def test_what_a_stranger_chose_is_shown_in_one_line_of_the_log(as_json: bool) -> None:
    """A path, an identity, a user agent: whatever is logged."""
    script = (
        "import structlog; from voltfleet.observability.logging import configure;"
        f"configure(as_json={as_json});"
        "structlog.get_logger().warning('api.unavailable', path='/a\\r\\n2026 [info] forged"
        "\\x1b[31m\\x1b]0;title\\x07\\x9b2J\\u2028\\u202e', agent='\\x85\\0')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    line = done.stderr
    assert line.splitlines() == [line.rstrip("\n")]
    said = re.sub(r"\x1b\[[0-9;]*m", "", line)  # the console's own colours
    assert said.rstrip("\n").isprintable()
    assert "\x1b[31m" not in line
    assert "forged" in said
