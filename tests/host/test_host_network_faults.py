"""A network that a user has broken on purpose."""

from host_doubles import Bench, FakeCsms, assignment

from voltfleet.domain.hosting import ConnectionState
from voltfleet.station.reports import LinkCondition, LinkFault

ONLINE = ConnectionState.ONLINE
WAITING = ConnectionState.WAITING
CP1 = "/ocpp/CP1"


def disturb(bench: Bench, condition: LinkCondition, until: float = 0.0) -> None:
    """The station tells its host what has become of the network."""
    bench.stations["CP1"]._reports.append(LinkFault(condition, until))
    bench.command("CP1", f"{condition}-{until}")


async def online(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url))
    await bench.state("CP1", ONLINE)


async def test_a_cut_network_has_no_close_frame_and_no_dial_until_it_is_back(
    bench: Bench, csms: FakeCsms
) -> None:
    await online(bench, csms)
    disturb(bench, LinkCondition.CUT, bench.clock() + 300)
    await bench.state("CP1", WAITING)
    assert "injected fault" in await bench.error("CP1")
    await csms.changes.until(lambda: csms.closed)
    assert [code for _, code, _ in csms.closed] == [1006]
    bench.clock.advance(290)
    await bench.tick()
    await bench.tick()
    assert bench.stations["CP1"].connections == 1
    bench.clock.advance(11)
    await bench.state("CP1", ONLINE)
    assert bench.stations["CP1"].connections == 2


async def test_a_network_that_is_mended_is_used_at_once(bench: Bench, csms: FakeCsms) -> None:
    await online(bench, csms)
    disturb(bench, LinkCondition.CUT, bench.clock() + 300)
    await bench.state("CP1", WAITING)
    disturb(bench, LinkCondition.WELL)
    await bench.state("CP1", ONLINE)


async def test_through_a_half_open_socket_nothing_passes(bench: Bench, csms: FakeCsms) -> None:
    await online(bench, csms)
    station = bench.stations["CP1"]
    disturb(bench, LinkCondition.SILENT)
    await csms.sockets[CP1].send('[2,"1","Reset",{}]')
    bench.command("CP1", "shout", times=1)
    heard = len(csms.received)
    for _ in range(3):
        await bench.tick()
    assert '[2,"1","Reset",{}]' not in station.received
    disturb(bench, LinkCondition.WELL)
    await bench.until(lambda: '[2,"1","Reset",{}]' in station.received)
    await csms.changes.until(lambda: len(csms.received) > heard)
    assert [text for _, text in csms.received[heard:]] == ['[3,"1",{}]']
    assert csms.live[CP1] == 1


async def test_a_half_open_socket_is_found_out_by_a_ping(bench: Bench, csms: FakeCsms) -> None:
    await online(bench, csms)
    disturb(bench, LinkCondition.SILENT)
    bench.clock.advance(61)
    await bench.tick()
    bench.clock.advance(30)
    await bench.state("CP1", WAITING)
    assert "ping" in await bench.error("CP1")
