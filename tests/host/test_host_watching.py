"""Chargers that somebody looks at: their details are told as long as it lasts."""

from host_doubles import Bench, FakeCsms, FakeGateway, assignment, booted

from voltfleet.domain import hosting
from voltfleet.domain.hosting import Watch


def told(gateway: FakeGateway) -> list[list[str]]:
    return [[c.charger_id for c in message.chargers] for message in gateway.seen.details]


async def test_watched_chargers_are_told_again_and_again(
    linked: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    await booted(gateway, csms, "A", "B", "C")
    assert gateway.hellos[0].tells_details
    assert told(gateway) == []
    await gateway.send(Watch(["id-A", "id-C", "id-elsewhere"], 60.0))
    await gateway.seen.changes.until(lambda: len(told(gateway)) >= 3)
    assert told(gateway)[:3] == [["id-A", "id-C"]] * 3
    [[evse_id, connector_id, about]] = gateway.seen.details[0].chargers[0].connectors
    assert (evse_id, connector_id, about.plugged) == (1, 1, True)


async def test_each_word_takes_the_place_of_the_one_before(
    linked: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    await booted(gateway, csms, "A", "B")
    await gateway.send(Watch(["id-A"], 60.0))
    await gateway.seen.changes.until(lambda: told(gateway))
    await gateway.send(Watch(["id-B"], 60.0))
    await gateway.seen.changes.until(lambda: ["id-B"] in told(gateway))
    first = told(gateway).index(["id-B"])
    assert set(map(tuple, told(gateway)[first:])) == {("id-B",)}


async def test_it_ends_by_itself(linked: Bench, gateway: FakeGateway, csms: FakeCsms) -> None:
    await booted(gateway, csms, "A")
    await gateway.send(Watch(["id-A"], 5.0))
    await gateway.seen.changes.until(lambda: told(gateway))
    linked.clock.advance(6.0)
    await silence(linked, gateway, csms)


async def test_it_ends_when_the_gateway_says_so(
    linked: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    await booted(gateway, csms, "A")
    await gateway.send(Watch(["id-A"], 60.0))
    await gateway.seen.changes.until(lambda: told(gateway))
    await gateway.send(Watch([], 60.0))
    await silence(linked, gateway, csms)


async def silence(bench: Bench, gateway: FakeGateway, csms: FakeCsms) -> None:
    """Once the host is past what it was doing, much else goes by and no details."""
    await frames(gateway, csms, 3)
    before = len(told(gateway))
    await frames(gateway, csms, 5)
    assert len(told(gateway)) == before


async def frames(gateway: FakeGateway, csms: FakeCsms, times: int) -> None:
    """So many flushes of the link, one after the other; each as long as details take."""
    for _ in range(times):
        before = len(gateway.seen.frames)
        await csms.sockets["/ocpp/A"].send('[2,"x","Reset",{}]')
        await gateway.seen.changes.until(lambda n=before: len(gateway.seen.frames) >= n + 2)


async def test_what_was_asked_on_a_link_ends_with_it(
    linked: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    await booted(gateway, csms, "A")
    await gateway.send(Watch(["id-A"], 60.0))
    await gateway.seen.changes.until(lambda: told(gateway))
    await gateway.kill()
    gateway.seen.details.clear()
    await gateway.start()
    await gateway.changes.until(lambda: gateway.beats)
    await frames(gateway, csms, 5)
    assert told(gateway) == []


async def test_a_charger_that_is_stopped_has_no_details(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url, running=False))
    assert bench.host.details(["id-CP1"]) == [hosting.ChargerDetails("id-CP1", [])]


async def test_a_station_that_fails_keeps_nobody_from_the_others(
    bench: Bench, csms: FakeCsms
) -> None:
    for name in ("BROKEN", "B"):
        bench.host.assign(assignment(csms.ws_url, name))
    assert [c.charger_id for c in bench.host.details(["id-BROKEN", "id-B"])] == ["id-B"]
    assert "a bug" in await bench.error("BROKEN")
