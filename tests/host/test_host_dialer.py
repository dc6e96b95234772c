"""How many dials a CSMS gets at once, and that a dead one holds up no other."""

import asyncio

from host_doubles import Bench, Changes, FakeCsms, MovableClock, assignment

from voltfleet.domain.hosting import ConnectionState
from voltfleet.host.connection import Connection
from voltfleet.host.dialer import Address, Dialer, DialLimits


async def mute_server() -> tuple[asyncio.Server, list[asyncio.StreamWriter]]:
    """A server that takes connections and says nothing; and those connections."""
    taken: list[asyncio.StreamWriter] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)

    return await asyncio.start_server(take, "127.0.0.1", 0), taken


async def test_a_csms_that_does_not_answer_gets_few_handshakes_and_holds_up_no_other(
    bench: Bench, csms: FakeCsms
) -> None:
    server, taken = await mute_server()
    port = server.sockets[0].getsockname()[1]
    at_once = DialLimits().handshakes
    for number in range(at_once + 20):
        bench.host.assign(assignment(f"ws://127.0.0.1:{port}/ocpp", f"MUTE{number}"))
    for number in range(20):
        bench.host.assign(assignment(csms.ws_url, f"CP{number}"))
    await bench.seen.changes.until(lambda: bench.host.online == 20)
    await bench.tick()
    assert len(taken) == at_once
    bench.clock.advance(10.5)
    await bench.seen.changes.until(
        lambda: (
            sum("no answer" in (bench.seen.error(f"MUTE{n}") or "") for n in range(at_once + 20))
            >= at_once
        )
    )
    await bench.until(lambda: len(taken) >= at_once + 20)
    server.close()
    for writer in taken:
        writer.close()


async def test_a_name_is_looked_up_once_for_all_that_wait(
    csms: FakeCsms,
) -> None:
    looked_up: list[str] = []

    async def look_up(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.9", "127.0.0.1"]  # nobody listens at the first

    bench = Bench(resolve=look_up)
    bench.host.start()
    url = csms.ws_url.replace("127.0.0.1", "csms.example")
    for number in range(30):
        bench.host.assign(assignment(url, f"CP{number}"))
    await bench.seen.changes.until(lambda: bench.host.online == 30)
    assert looked_up == ["csms.example"]
    assert csms.headers is not None
    assert csms.headers["Host"] == f"csms.example:{csms.port}"
    bench.host.fence()
    bench.host.stop()


async def test_the_rate_is_kept() -> None:
    clock = MovableClock()
    limits = DialLimits(per_second=10.0, burst=5.0, handshakes=100)
    dialer = Dialer(clock, limits)
    address: Address = (False, "127.0.0.1", 9)
    turns: list[float] = []
    changes = Changes()

    class Waiting:
        def dial(self, now: float) -> Connection | None:
            turns.append(now)
            changes.happened()
            return None

    for _ in range(8):
        dialer.request(Waiting(), address)
    assert turns == []
    await changes.until(lambda: len(turns) == 8)
    # Five at once, and the others a tenth of a second apart.
    assert turns[7] - turns[0] >= 0.28
    assert turns[4] - turns[0] < 0.05


async def test_a_closed_dialer_starts_nothing(bench: Bench, csms: FakeCsms) -> None:
    bench.host.stop()
    bench.host.assign(assignment(csms.ws_url))
    for _ in range(5):
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)
    assert csms.paths == []
    assert bench.host._runners["id-CP1"].standing.state is ConnectionState.WAITING
