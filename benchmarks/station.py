"""The bare station, without a socket: memory while idle, boots, heartbeats, calls, transactions.

    python -m benchmarks --only station [--quick]

Every frame is encoded, decoded and validated as in production; the CSMS here only picks the message
id out of the text, so that what is measured is the station.
"""

import gc
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.figures import Figures
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
OK = '{"status":"Accepted"}'
ANSWERS = {
    "BootNotification": f'{{"status":"Accepted","currentTime":"{TIME}","interval":60}}',
    "Heartbeat": f'{{"currentTime":"{TIME}"}}',
    "StartTransaction": f'{{"transactionId":1,"idTagInfo":{OK}}}',
}
CALLS = {
    OcppVersion.V16: '[2,"g","ChangeAvailability",{"connectorId":1,"type":"Operative"}]',
    OcppVersion.V201: '[2,"g","ChangeAvailability",{"operationalStatus":"Operative"}]',
    OcppVersion.V21: '[2,"g","ChangeAvailability",{"operationalStatus":"Operative"}]',
}
START = {
    OcppVersion.V16: '[2,"s","RemoteStartTransaction",{"idTag":"TAG"}]',
    OcppVersion.V201: '[2,"s","RequestStartTransaction",{"remoteStartId":1,"evseId":1,'
    '"idToken":{"idToken":"TAG","type":"Central"}}]',
}
START[OcppVersion.V21] = START[OcppVersion.V201]
HOUR = 3600.0


def run(_directory: Path, figures: Figures, _options: list[str], *, quick: bool) -> None:
    """Every figure, for every version."""
    count = 1_000 if quick else 10_000
    for version in OcppVersion:
        boot(new(version, 0))  # compile what is compiled once per process
        stations = memory(figures, version, count)
        measure(figures, f"{version}: boot", count, partial(boots, version, count), 300)
        measure(figures, f"{version}: heartbeat", count, partial(heartbeats, stations), 30)
        call = partial(calls, stations, CALLS[version])
        measure(figures, f"{version}: CALL answered", count, call, 100)
        few = stations[: max(1, count // 20)]
        hour = partial(transactions, few, START[version])
        measure(figures, f"{version}: session of an hour", len(few), hour, None)


def new(version: OcppVersion, number: int) -> ChargingStation:
    """A station that was never powered up before."""
    return ChargingStation(SPEC, version, identity=f"CP{number}", seed=number, now=NOW)


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


def boot(station: ChargingStation) -> int:
    """Connect it, and let it say all it has to say."""
    station.connected(NOW)
    return 2 * settle(station, NOW)


def measure(
    figures: Figures, name: str, count: int, work: Callable[[], int], bound_us: float | None
) -> None:
    """Notes how long each thing took, and how many messages per second that is."""
    gc.collect()
    begun = perf_counter()
    messages = work()
    seconds = perf_counter() - begun
    figures.add(name, seconds / count * 1e6, "µs", bound_us)
    figures.add(f"{name}, messages per second of a core", messages / seconds, "/s")


def memory(figures: Figures, version: OcppVersion, count: int) -> list[ChargingStation]:
    """Stations booted and idle, and what each of them holds."""
    gc.collect()
    tracemalloc.start()
    stations = [new(version, n) for n in range(count)]
    for station in stations:
        boot(station)
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    figures.add(f"{version}: an idle station", held / count / 1024, "KiB", 8)
    return stations


def boots(version: OcppVersion, count: int) -> int:
    """Construct, boot, tell the statuses."""
    return sum(boot(new(version, number)) for number in range(count))


def heartbeats(stations: list[ChargingStation]) -> int:
    """One heartbeat of each."""
    messages = 0
    for station in stations:
        due = station.next_deadline()
        assert due is not None
        station.tick(due)
        messages += 2 * settle(station, due)
    return messages


def calls(stations: list[ChargingStation], text: str) -> int:
    """One CALL of the CSMS to each, answered."""
    for station in stations:
        station.receive(text, NOW + 60)
        assert len(station.outgoing()) == 1
    return 2 * len(stations)


def transactions(stations: list[ChargingStation], start: str) -> int:
    """Remote start, a driver, an hour of meter values, and the driver leaves."""
    messages = 0
    for station in stations:
        now = NOW + 100
        station.receive(start, now)
        messages += 2 + 2 * settle(station, now)
        messages += pass_time(station, now + HOUR)
    return messages


def pass_time(station: ChargingStation, until: float) -> int:
    """Tick until then."""
    messages = 0
    while (due := station.next_deadline()) is not None and due <= until:
        station.tick(due)
        messages += 2 * settle(station, due)
    return messages
