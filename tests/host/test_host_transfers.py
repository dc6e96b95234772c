"""Files fetched and delivered for stations; never to where a CSMS must not send us."""

import asyncio
import hashlib
import ssl

import pytest
from file_server import http, serving

from voltfleet.domain.allow_list import TargetPolicy
from voltfleet.host.targets import Gate
from voltfleet.host.transfers import TransferLimits, Transfers
from voltfleet.station.reports import Transfer, TransferKind, TransferResult

CONTENT = b"firmware" * 1000
ANYWHERE = Gate(TargetPolicy())


async def run(
    url: str,
    kind: TransferKind = TransferKind.DOWNLOAD,
    content: bytes = b"",
    limits: TransferLimits | None = None,
) -> TransferResult:
    transfers = Transfers(ssl.create_default_context(), limits)
    done: asyncio.Future[TransferResult] = asyncio.get_running_loop().create_future()
    transfers.start(Transfer(1, kind, url, content), done.set_result, "CP1", ANYWHERE)
    async with asyncio.timeout(10):
        return await done


async def test_a_file_is_fetched():
    async with serving(http("200 OK", CONTENT)) as server:
        result = await run(f"http://localhost:{server.port}/fw.bin?a=b")
    assert result == TransferResult(None, len(CONTENT), hashlib.sha256(CONTENT).digest())
    assert server.requests[0].startswith(b"GET /fw.bin?a=b HTTP/1.1\r\n")
    assert f"localhost:{server.port}".encode() in server.requests[0]


async def test_a_file_is_delivered():
    async with serving(http("201 Created")) as server:
        url = f"http://127.0.0.1:{server.port}/logs/x.txt"
        result = await run(url, TransferKind.UPLOAD, b"the log")
    assert result == TransferResult(None, 7)
    assert server.requests[0].startswith(b"PUT /logs/x.txt")
    assert server.requests[0].endswith(b"\r\n\r\nthe log")


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
        "http://100.100.100.200/x",
        "https://[fe80::1]/x",
    ],
)
async def test_metadata_and_link_local_addresses_are_refused(url):
    result = await run(url)
    assert "must not dial" in (result.failure or "")


async def test_a_redirect_is_followed_but_not_to_metadata():
    async with serving(http("200 OK", CONTENT)) as end:
        location = f"location: http://127.0.0.1:{end.port}/there"
        async with serving(http("302 Found", b"", location)) as begin:
            result = await run(f"http://127.0.0.1:{begin.port}/")
    assert result.size == len(CONTENT)
    async with serving(http("302 Found", b"", "location: http://169.254.169.254/")) as begin:
        result = await run(f"http://127.0.0.1:{begin.port}/")
    assert "must not dial" in (result.failure or "")


async def test_redirects_come_to_an_end():
    async with serving(http("302 Found", b"", "location: /again")) as server:
        result = await run(f"http://127.0.0.1:{server.port}/")
    assert result.failure == "more than 3 redirects"
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://127.0.0.1/x", "ftp URLs are not supported"),
        ("nonsense", "no URLs are not supported"),
        ("http:///x", "names no host"),
        ("http://127.0.0.1:1/x", "ConnectError"),
        ("http://[oops/x", "ValueError"),
    ],
)
async def test_what_cannot_be_is_a_failure(url, why):
    assert why in ((await run(url)).failure or "")


@pytest.mark.parametrize("kind", TransferKind)
async def test_an_error_of_the_server(kind):
    async with serving(http("404 Not Found")) as server:
        result = await run(f"http://127.0.0.1:{server.port}/", kind)
    assert (result.failure, result.http_status) == ("the server answered 404", 404)


async def test_a_password_in_the_url_is_shown_to_that_server_only():
    async with serving(http("200 OK", CONTENT)) as end:
        location = f"location: http://localhost:{end.port}/there"
        async with serving(http("302 Found", b"", location)) as begin:
            await run(f"http://u%40:p%3A@127.0.0.1:{begin.port}/x")
    assert b"\r\nauthorization: Basic dUA6cDo=\r\n" in begin.requests[0]
    assert begin.requests[0].startswith(b"GET /x HTTP/1.1\r\n")
    assert f"host: 127.0.0.1:{begin.port}\r\n".encode() in begin.requests[0]
    assert b"authorization" not in end.requests[0].lower()


async def test_a_file_that_is_too_large():
    async with serving(http("200 OK", CONTENT)) as server:
        limits = TransferLimits(max_bytes=100)
        result = await run(f"http://127.0.0.1:{server.port}/", limits=limits)
    assert "larger than 100 bytes" in (result.failure or "")


async def test_a_server_that_never_answers():
    async with serving(None) as server:
        limits = TransferLimits(deadline_seconds=0.1)
        result = await run(f"http://127.0.0.1:{server.port}/", limits=limits)
    assert result.failure is not None


async def test_a_charger_has_few_transfers_at_once_and_others_are_not_held_up() -> None:
    silent = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/file"
    transfers = Transfers(ssl.create_default_context(), TransferLimits(at_once=3, per_charger=2))
    over: asyncio.Queue[TransferResult] = asyncio.Queue()
    for number in range(50):
        transfer = Transfer(number, TransferKind.UPLOAD, url, b"x")
        transfers.start(transfer, over.put_nowait, "FLOODED", ANYWHERE)
    for _ in range(48):
        async with asyncio.timeout(5):
            assert (await over.get()).failure == "too many files are on their way already"
    nobody = Transfer(1, TransferKind.UPLOAD, "http://127.0.0.1:1/file", b"x")
    transfers.start(nobody, over.put_nowait, "OTHER", ANYWHERE)
    async with asyncio.timeout(5):
        assert "ConnectError" in ((await over.get()).failure or "")
    transfers.stop()
    silent.close()
