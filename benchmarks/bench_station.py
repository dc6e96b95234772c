"""The bare station, without a socket: memory while idle, boots, heartbeats, calls, transactions.

    python benchmarks/bench_station.py [--stations 10000]

Every frame is encoded and decoded as in production; the CSMS here only picks the message id out of
the text, so that what is measured is the station.
"""

import argparse
import gc
import tracemalloc
from collections.abc import Callable
from time import perf_counter

from voltfleet.domain.specs import (
    ConnectorSpec,
    ConnectorType,
    CurrentType,
    EvseSpec,
    OcppVersion,
    StationSpec,
)
from voltfleet.station.station import ChargingStation

NOW = 1_900_000_000.0
SOCKET = ConnectorSpec(ConnectorType.TYPE2, CurrentType.AC, 22_000, 32.0, 3)
SPEC = StationSpec("Acme", "AC 22", "1.0", (EvseSpec((SOCKET,)),))
TIME = "2030-03-17T17:46:40Z"
ANSWERS = {
    "BootNotification": f'{{"status":"Accepted","currentTime":"{TIME}","interval":60}}',
    "Heartbeat": f'{{"currentTime":"{TIME}"}}',
    "StartTransaction": '{"transactionId":1,"idTagInfo":{"status":"Accepted"}}',
}


def new(number: int) -> ChargingStation:
    """A station that was never powered up before."""
    return ChargingStation(SPEC, OcppVersion.V16, identity=f"CP{number}", seed=number, now=NOW)


def settle(station: ChargingStation, now: float) -> int:
    """Answer everything the station says; returns how many CALLs there were."""
    calls = 0
    while out := station.outgoing():
        for action, text in out:
            if text[1] == "2":
                calls += 1
                unique_id = text[4 : text.index('"', 4)]
                station.receive(f'[3,"{unique_id}",{ANSWERS.get(action, "{}")}]', now)
    station.reports()
    return calls


def boot(station: ChargingStation) -> None:
    """Connect it, and let it say all it has to say."""
    station.connected(NOW)
    settle(station, NOW)


def measure(name: str, count: int, work: Callable[[], int]) -> None:
    """Print how fast the work went, per thing and per message."""
    gc.collect()
    begun = perf_counter()
    messages = work()
    seconds = perf_counter() - begun
    each = seconds / count * 1e6
    print(
        f"{name:<34} {count / seconds:>10,.0f}/s {each:>8.1f} µs each"
        f"  {messages / seconds:>10,.0f} messages/s"
    )


def memory(count: int) -> list[ChargingStation]:
    """Stations booted and idle, and what each of them holds."""
    gc.collect()
    tracemalloc.start()
    stations = [new(n) for n in range(count)]
    for station in stations:
        boot(station)
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(f"idle and booted: {held / count / 1024:.2f} KiB per station ({count:,} stations)")
    return stations


def boots(count: int) -> int:
    """Construct, boot, tell the statuses. Three CALLs and their answers each."""
    for number in range(count):
        boot(new(number))
    return 6 * count


def heartbeats(stations: list[ChargingStation]) -> int:
    """One heartbeat of each."""
    messages = 0
    for station in stations:
        due = station.next_deadline()
        assert due is not None
        station.tick(due)
        messages += 2 * settle(station, due)
    return messages


def inbound(stations: list[ChargingStation], text: str) -> int:
    """One CALL of the CSMS to each, answered."""
    for station in stations:
        station.receive(text, NOW + 60)
        station.outgoing()
    return 2 * len(stations)


def transactions(stations: list[ChargingStation]) -> int:
    """Remote start, a driver, an hour of meter values, remote stop, the driver leaves."""
    messages = 0
    for station in stations:
        now = NOW + 100
        start = '[2,"s","RemoteStartTransaction",{"idTag":"TAG"}]'
        station.receive(start, now)
        messages += 2 + 2 * settle(station, now)
        messages += run(station, now + 3600)
        station.receive('[2,"e","RemoteStopTransaction",{"transactionId":1}]', now + 3600)
        messages += 2 + 2 * settle(station, now + 3600)
        messages += run(station, now + 3610)
    return messages


def run(station: ChargingStation, until: float) -> int:
    """Tick until then."""
    messages = 0
    while (due := station.next_deadline()) is not None and due <= until:
        station.tick(due)
        messages += 2 * settle(station, due)
    return messages


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stations", type=int, default=10_000)
    count = parser.parse_args().stations
    boot(new(0))  # compile what is compiled once per process
    memory(count)
    measure("boot (construct, 3 calls)", count, lambda: boots(count))
    stations = [new(n) for n in range(count)]
    for station in stations:
        boot(station)
    measure("heartbeat round trip", count, lambda: heartbeats(stations))
    good = '[2,"g","ChangeAvailability",{"connectorId":1,"type":"Operative"}]'
    measure("CALL, answered", count, lambda: inbound(stations, good))
    bad = '[2,"b","ChangeAvailability",{"connectorId":"1","type":"Operative"}]'
    measure("CALL, wrong field, CALLERROR", count, lambda: inbound(stations, bad))
    few = stations[: max(1, count // 20)]
    measure("transaction of an hour", len(few), lambda: transactions(few))


if __name__ == "__main__":
    main()
