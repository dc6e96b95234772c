"""Hostile URLs, judged by the sockets that are really opened: an audit hook of the interpreter sees
every connect of this process, below asyncio and every library."""

import asyncio
import ipaddress
import ssl
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from host_doubles import Bench, assignment
from hostile_urls import (
    NAMES,
    PRIVATE_NAMES,
    PUBLIC_NAMES,
    legitimate,
    legitimate_private,
    never,
    not_public,
)

from support.long import LONG
from voltfleet.domain.allow_list import TargetPolicy, read_kept
from voltfleet.domain.target_policy import Targets, check_ws_url
from voltfleet.host.targets import Gate, look_up
from voltfleet.host.transfers import Transfers
from voltfleet.station.reports import Transfer, TransferKind, TransferResult

PYTHON_SOCKETS = True
"""uvloop's are opened by libuv, where no hook of the interpreter sees them."""
RESOLVED = NAMES | PRIVATE_NAMES | PUBLIC_NAMES
CASES = {Targets.ANY: never(), Targets.PUBLIC: never() + not_public()}
LISTS: dict[str, list[str] | None] = {
    "no list": None,
    # All that there is: a list never widens.
    "everything": ["0.0.0.0/0", "::/0", *NAMES, *PRIVATE_NAMES, "*.local", "*.internal"],
    "one name": ["csms.example"],
}
lists = pytest.mark.parametrize(
    "allowed",
    [
        pytest.param(allowed, id=name, marks=[LONG] if name == "everything" else [])
        for name, allowed in LISTS.items()
    ],
)


def policy(targets: Targets, allowed: list[str] | None) -> TargetPolicy:
    """What a host makes of both."""
    return TargetPolicy(targets, None if allowed is None else read_kept(tuple(allowed)))


class Watch:
    """The addresses that were connected to; none is reached."""

    def __init__(self) -> None:
        self.on = False
        self.connected: list[str] = []

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
        if self.on and event == "socket.connect" and isinstance(args[1], tuple):
            self.connected.append(str(args[1][0]))
            raise ConnectionRefusedError("not in a test")


WATCH = Watch()
sys.addaudithook(WATCH.hook)


@pytest.fixture
def connected() -> Iterator[list[str]]:
    """Whom this process tried to connect to."""
    WATCH.connected, WATCH.on = [], True
    yield WATCH.connected
    WATCH.on = False


async def resolve(host: str, port: int) -> list[str]:
    """Our names, and for every number the machine's own resolver."""
    name = host.rstrip(".").lower()
    if name in RESOLVED:
        return RESOLVED[name]
    if name.rpartition(".")[2] in ("localhost", "local", "internal") and "data" not in name:
        return ["127.0.0.1"]
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if any("g" <= letter <= "z" and letter != "x" for letter in name):
            return ["169.254.169.254"]  # a name of a stranger's, who answers what he likes
    return await look_up(host, port)


def test_there_are_enough_of_them() -> None:
    assert len(never()) >= 200
    assert len(legitimate()) >= 50
    assert len({hostile.url for hostile in CASES[Targets.PUBLIC]}) == len(CASES[Targets.PUBLIC])


@pytest.mark.parametrize("targets", Targets)
def test_what_a_url_itself_shows_is_refused_at_creation(targets: Targets) -> None:
    let = [h.url for h in CASES[targets] if h.at_creation and not check_ws_url(h.url, targets)]
    assert let == []


@lists
@pytest.mark.parametrize("targets", Targets)
async def test_no_socket_is_opened_to_dial(
    targets: Targets, allowed: list[str] | None, connected: list[str]
) -> None:
    """As if none had been refused at creation."""
    bench = Bench(targets=targets, resolve=resolve)
    bench.host.start()
    bench.limit(**({} if allowed is None else {"acme": allowed}))
    names = {f"CP{number}": hostile.url for number, hostile in enumerate(CASES[targets])}
    for name, url in names.items():
        bench.host.assign(assignment(url, name, organization_id="acme"))
    await bench.seen.changes.until(lambda: all(bench.seen.error(name) for name in names))
    # A refusal is none that waits for time to pass.
    bench.clock.advance(100.0)
    await bench.tick()
    await bench.tick()
    bench.host.fence()
    bench.host.stop()
    assert connected == []


@lists
@pytest.mark.parametrize("targets", Targets)
async def test_no_socket_is_opened_for_a_file(
    targets: Targets, allowed: list[str] | None, connected: list[str]
) -> None:
    transfers, gate = Transfers(_no_tls(), resolve=resolve), Gate(policy(targets, allowed))
    cases = [hostile.url for hostile in CASES[targets]]
    schemes = (("ws", "http"), ("ws", "https"))
    urls = [url.replace(ws, http, 1) for url in cases for ws, http in schemes]
    results = await asyncio.gather(*(_transfer(transfers, url, gate=gate) for url in urls))
    assert connected == []
    assert [url for url, result in zip(urls, results, strict=True) if result.failure is None] == []


@pytest.mark.parametrize(
    "allowed", [None, ["0.0.0.0/0", "::/0"], ["0.0.0.0/0", "::/0", "*.example"]]
)
@pytest.mark.parametrize("targets", Targets)
async def test_legitimate_ones_are_dialled(
    targets: Targets, allowed: list[str] | None, connected: list[str]
) -> None:
    urls = legitimate() + (legitimate_private() if targets is Targets.ANY else [])
    assert [url for url in urls if check_ws_url(url, targets)] == []
    bench = Bench(targets=targets, resolve=resolve)
    bench.host.start()
    bench.limit(**({} if allowed is None else {"acme": allowed}))
    for number, url in enumerate(urls):
        bench.host.assign(assignment(url, f"CP{number}", organization_id="acme"))
    names = [f"CP{number}" for number in range(len(urls))]
    await bench.seen.changes.until(lambda: all(bench.seen.error(name) for name in names))
    bench.host.fence()
    bench.host.stop()
    refused = [bench.seen.error(n) for n in names if "not dialled" in str(bench.seen.error(n))]
    assert refused == []
    assert len(connected) >= len(urls)
    literal = {urlsplit(url).hostname for url in urls} - PUBLIC_NAMES.keys() - {"0x7f.1"}
    assert literal <= set(connected)


@pytest.mark.parametrize("targets", Targets)
async def test_of_legitimate_ones_only_those_on_a_list_are_dialled(
    targets: Targets, connected: list[str]
) -> None:
    asked: list[str] = []

    async def asking(host: str, port: int) -> list[str]:
        asked.append(host)
        return await resolve(host, port)

    bench = Bench(targets=targets, resolve=asking)
    bench.host.start()
    bench.limit(acme=["csms.example:9000", "six-csms.example", "9.9.9.9"])
    urls = legitimate()
    names = [f"CP{number}" for number in range(len(urls))]
    for name, url in zip(names, urls, strict=True):
        bench.host.assign(assignment(url, name, organization_id="acme"))
    await bench.seen.changes.until(lambda: all(bench.seen.error(name) for name in names))
    bench.host.fence()
    bench.host.stop()
    # 93.184.216.34 is csms.example's.
    assert set(connected) == {"93.184.216.34", "2606:2800:220:1::1", "9.9.9.9"}
    assert len(connected) == 5
    dialled = [
        u for u, n in zip(urls, names, strict=True) if "not dialled" not in str(bench.seen.error(n))
    ]
    assert len(dialled) == 5
    # 9.9.9.9 may be at the end of any name, so the others are looked up and then refused.
    assert asked
    everyone = Gate(policy(targets, ["csms.example"]))
    asked.clear()
    transfers = Transfers(_no_tls(), resolve=asking)
    await asyncio.gather(
        *(_transfer(transfers, url.replace("ws", "http", 1), gate=everyone) for url in urls)
    )
    assert set(asked) == {"csms.example"}


@pytest.mark.parametrize("kind", TransferKind)
async def test_a_redirect_of_a_file_server_is_checked_like_an_address(kind: TransferKind) -> None:
    """Over a real socket: the server is on loopback, and allowed."""
    reached: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        number = request.removeprefix("/")
        # A relative one comes back here.
        where = f"302 Found\r\nLocation: {targets[int(number)]}" if number.isdigit() else "404 No"
        reached.append(request)
        head = f"HTTP/1.1 {where}\r\n"
        writer.write(f"{head}Content-Length: 0\r\n\r\n".encode("utf-8", "replace"))
        await writer.drain()
        writer.close()

    hostile = [h.url.replace("ws", "http", 1) for h in never()]
    targets = [url for url in hostile if url.startswith("http://") and url.isprintable()]
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transfers = Transfers(_no_tls(), resolve=resolve)
    opened: list[str] = []
    WATCH.connected = opened

    def count(event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.connect" and isinstance(args[1], tuple) and counting:
            opened.append(str(args[1][0]))

    counting = True
    sys.addaudithook(count)
    here = f"http://127.0.0.1:{port}"
    results = await asyncio.gather(
        *(_transfer(transfers, f"{here}/{n}", kind) for n in range(len(targets)))
    )
    counting = False
    server.close()
    assert len(targets) >= 200
    assert len(reached) >= len(targets)
    assert all(result.failure is not None for result in results)
    assert set(opened) == {"127.0.0.1"}
    assert len(opened) == len(reached)


async def test_a_name_that_leads_elsewhere_the_second_time(connected: list[str]) -> None:
    """Rebinding: what is checked is what is dialled, for a charger and for a file."""
    answers = iter([["93.184.216.34"], *[["169.254.169.254"]] * 1000])

    async def rebinding(host: str, port: int) -> list[str]:
        return next(answers)

    transfers = Transfers(_no_tls(), resolve=rebinding)
    await _transfer(transfers, "http://rebinds.example/a")
    assert connected == ["93.184.216.34"]
    result = await _transfer(transfers, "http://rebinds.example/a")
    assert "rebinds.example leads to 169.254.169.254" in str(result.failure)
    bench = Bench(resolve=rebinding)
    bench.host.start()
    bench.host.assign(assignment("ws://rebinds.example/ocpp"))
    assert "rebinds.example leads to 169.254.169.254" in await bench.error("CP1")
    bench.host.fence()
    bench.host.stop()
    assert connected == ["93.184.216.34"]


async def _transfer(
    transfers: Transfers,
    url: str,
    kind: TransferKind = TransferKind.DOWNLOAD,
    gate: Gate | None = None,
) -> TransferResult:
    gate = gate or Gate(TargetPolicy())
    over: asyncio.Future[TransferResult] = asyncio.get_running_loop().create_future()
    transfers.start(Transfer(1, kind, url, b"content"), over.set_result, url, gate)
    return await over


def _no_tls() -> Any:

    return ssl.create_default_context()
