"""Random lives of a 2.x station: whatever happens to it, what it says stays true."""

from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from bench2 import Bench2, Bench21
from bench16 import Doom, ac_station, dc_station, lives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voltfleet.domain.specs import EvseSpec, StationSpec
from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.connector import Fault

SOCKET = ac_station().evses[0].connectors[0]
SPECS = [
    ac_station(),
    dc_station(),
    ac_station(2),
    StationSpec("Acme", "Twin", "1", (EvseSpec((SOCKET, SOCKET)), EvseSpec((SOCKET,)))),
]
POINTS = ["EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer"]
VARIABLES = [
    ("AlignedDataCtrlr", "Interval", "300"),
    ("AlignedDataCtrlr", "SendDuringIdle", "true"),
    ("AlignedDataCtrlr", "TxEndedInterval", "120"),
    ("AuthCacheCtrlr", "LifeTime", "100"),
    ("AuthCtrlr", "AuthorizeRemoteStart", "true"),
    ("AuthCtrlr", "LocalPreAuthorize", "true"),
    ("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "true"),
    ("OCPPCommCtrlr", "HeartbeatInterval", "20"),
    ("OCPPCommCtrlr", "OfflineThreshold", "5"),
    ("SampledDataCtrlr", "TxEndedInterval", "30"),
    ("SampledDataCtrlr", "TxUpdatedInterval", "15"),
    ("SampledDataCtrlr", "TxUpdatedMeasurands", "SoC,Power.Offered,Frequency,Current.Offered"),
    ("TxCtrlr", "EVConnectionTimeOut", "2"),
    ("TxCtrlr", "StopTxOnEVSideDisconnect", "false"),
    ("TxCtrlr", "StopTxOnInvalidId", "false"),
]
MISBEHAVIOURS = ["InternalError", None, {}, {"idTokenInfo": 5}]


class Life:
    """A bench with a memory of what must never be."""

    def __init__(self, bench: Bench2) -> None:
        self.bench = bench
        self.commands = 0

    def ask(self, action: str, **payload: Any) -> None:
        if self.bench.connected:
            self.bench.ask(action, **payload)

    def start(self, token: str, evse_id: int) -> None:
        if self.bench.connected:
            self.bench.start(token, **({"evseId": evse_id} if evse_id else {}))

    def set(self, component: str, variable: str, value: str) -> None:
        if self.bench.connected:
            item = {
                "component": {"name": component},
                "variable": {"name": variable},
                "attributeValue": value,
            }
            self.bench.ask("SetVariables", setVariableData=[item])

    def profile(self, id_: int, purpose: str, level: int, evse: int, watts: int, at: int) -> None:
        relative = purpose != "ChargingStationMaxProfile"
        periods = [{"startPeriod": 0, "limit": watts}, {"startPeriod": at + 1, "limit": 5000}]
        schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": periods}
        profile = {
            "id": id_,
            "stackLevel": level,
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Relative" if relative else "Absolute",
            "chargingSchedule": [schedule],
        }
        if not relative:
            schedule["startSchedule"] = rfc3339(self.bench.now - 60)
        if purpose == "TxProfile" and self.bench.events():
            profile["transactionId"] = self.bench.transaction
        self.ask("SetChargingProfile", evseId=evse if relative else 0, chargingProfile=profile)

    def stop_last(self) -> None:
        if self.bench.connected and self.bench.events():
            self.bench.ask("RequestStopTransaction", transactionId=self.bench.transaction)

    def command(self, kind: str, **payload: Any) -> None:
        self.commands += 1
        self.bench.command(kind, **payload)

    def toggle_link(self) -> None:
        if self.bench.connected:
            self.bench.disconnect()
        elif self.bench.station.link_wanted:
            self.bench.connect()

    def fault(self, number: int, fault: Fault | None) -> None:
        hardware = self.bench.station._ctx.hardware
        connector = hardware.find(number)
        if connector is not None:
            hardware.set_fault(connector, fault)
            self.bench.station.tick(self.bench.now)
            self.bench.settle()

    def finish(self) -> None:
        """Everything is well again, and everybody goes home."""
        bench = self.bench
        bench.doom = None
        bench.policies.clear()
        bench.token_info = {"status": "Accepted"}
        bench.boot = {"status": "Accepted", "interval": 3600}
        bench.run(1000)
        if not bench.connected:
            bench.connect()
        for number in range(1, 4):
            self.fault(number, None)
        bench.run(1000)
        self.command("stop-session")
        bench.run(2000)
        for number in range(1, len(bench.station._ctx.hardware.connectors) + 1):
            self.command("unplug-connector", connector_id=number)
        bench.run(2000)


def hurry(life: Life) -> None:
    """A token that waits for its driver."""
    life.command("start-session", id_tag="TAG", duration_seconds=20)
    life.bench.run(0.5)


def cut_off(life: Life) -> None:
    """The CSMS falls silent on a message, and then the link is lost."""
    life.bench.policies["TransactionEvent"] = lambda _: None
    life.command("start-session", id_tag="TAG")
    life.bench.run(4)
    if life.bench.connected:
        life.bench.disconnect()
    life.bench.policies.clear()


Step = Callable[[Life], None]
places = st.sampled_from([1, 1, 1, 1, 2, 3, 0])
tokens = st.sampled_from(["TAG", "tag", "OTHER"])
points = st.lists(st.sampled_from(POINTS), min_size=1, max_size=4, unique=True).map(",".join)
evses = st.fixed_dictionaries({"id": places}, optional={"connectorId": places})
variables = st.sampled_from(VARIABLES) | st.tuples(
    st.just("TxCtrlr"), st.sampled_from(["TxStartPoint", "TxStopPoint"]), points
)
steps: st.SearchStrategy[Step] = st.one_of(
    st.floats(0.01, 5000).map(lambda s: lambda life: life.bench.run(s)),
    st.floats(0.01, 6).map(lambda s: lambda life: life.bench.run(s)),
    st.just(Life.toggle_link),
    st.builds(
        lambda s, k: lambda life: life.bench.kill(s, keep=k),
        st.sampled_from([0.0, 0.3, 4.0, 200.0]),
        st.booleans(),
    ),
    st.sampled_from(Doom).map(lambda d: lambda life: setattr(life.bench, "doom", d)),
    st.just(hurry),
    st.just(hurry),
    st.just(cut_off),
    st.builds(lambda t, n: lambda life: life.start(t, n), tokens, places),
    st.builds(lambda t, n: lambda life: life.start(t, n), tokens, st.integers(0, 1)),
    st.just(Life.stop_last),
    st.builds(
        lambda t, e: lambda life: life.ask("Reset", type=t, **e),
        st.sampled_from(["Immediate", "OnIdle"]),
        st.just({}) | places.map(lambda n: {"evseId": n}),
    ),
    st.builds(
        lambda e, s: lambda life: life.ask("ChangeAvailability", operationalStatus=s, **e),
        st.just({}) | evses.map(lambda e: {"evse": e}),
        st.sampled_from(["Operative", "Inoperative"]),
    ),
    st.builds(
        lambda e, c: lambda life: life.ask("UnlockConnector", evseId=e, connectorId=c),
        places,
        places,
    ),
    st.builds(
        lambda m, e: lambda life: life.ask("TriggerMessage", requestedMessage=m, **e),
        st.sampled_from(
            [
                "BootNotification",
                "Heartbeat",
                "StatusNotification",
                "MeterValues",
                "TransactionEvent",
                "LogStatusNotification",
            ]
        ),
        st.just({}) | evses.map(lambda e: {"evse": e}),
    ),
    variables.map(lambda v: lambda life: life.set(*v)),
    st.sampled_from(["FullInventory", "ConfigurationInventory", "SummaryInventory"]).map(
        lambda b: lambda life: life.ask("GetBaseReport", requestId=1, reportBase=b)
    ),
    st.just(lambda life: life.ask("GetTransactionStatus")),
    st.just(lambda life: life.ask("ClearCache")),
    st.builds(
        lambda n, t, e, s: (
            lambda life: life.ask(
                "ReserveNow",
                id=n,
                idToken={"idToken": t, "type": "ISO14443"},
                expiryDateTime=rfc3339(life.bench.now + s),
                **e,
            )
        ),
        places,
        tokens,
        st.just({}) | places.map(lambda n: {"evseId": n}),
        st.integers(1, 500),
    ),
    places.map(lambda n: lambda life: life.ask("CancelReservation", reservationId=n)),
    st.builds(
        lambda n, v, k: (
            lambda life: life.ask(
                "SendLocalList",
                versionNumber=v,
                updateType=k,
                localAuthorizationList=[
                    {
                        "idToken": {"idToken": n, "type": "ISO14443"},
                        "idTokenInfo": {"status": "Accepted"},
                    }
                ],
            )
        ),
        tokens,
        st.integers(1, 9),
        st.sampled_from(["Full", "Differential"]),
    ),
    st.builds(
        lambda n, p, level, e, w, s: lambda life: life.profile(n, p, level, e, w, s),
        st.integers(1, 4),
        st.sampled_from(["ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile"]),
        st.integers(0, 2),
        places,
        st.integers(0, 12_000),
        st.integers(0, 300),
    ),
    st.just(lambda life: life.ask("ClearChargingProfile")),
    st.sampled_from(["Active", "Problem"]).map(
        lambda c: lambda life: life.ask("GetReport", requestId=2, componentCriteria=[c])
    ),
    st.builds(
        lambda t, r, c: (
            lambda life: life.ask(
                "CustomerInformation",
                requestId=3,
                report=r,
                clear=c,
                idToken={"idToken": t, "type": "ISO14443"},
            )
        ),
        tokens,
        st.booleans(),
        st.booleans(),
    ),
    places.map(
        lambda n: (
            lambda life: life.ask(
                "SetDisplayMessage",
                message={
                    "id": n,
                    "priority": "AlwaysFront",
                    "message": {"format": "ASCII", "content": "x"},
                },
            )
        )
    ),
    st.just(lambda life: life.ask("GetDisplayMessages", requestId=1)),
    places.map(lambda n: lambda life: life.ask("ClearDisplayMessage", id=n)),
    st.just(
        lambda life: life.ask("GetChargingProfiles", requestId=1, chargingProfile={"stackLevel": 0})
    ),
    places.map(lambda n: lambda life: life.ask("GetCompositeSchedule", duration=900, evseId=n)),
    st.builds(
        lambda kind, n: lambda life: life.command(kind, connector_id=n),
        st.sampled_from(
            [
                "plug-connector",
                "unplug-connector",
                "unlock-connector",
                "ev-stops-energy",
                "ev-requests-energy",
            ]
        ),
        places,
    ),
    st.builds(
        lambda tag, s, e: (
            lambda life: life.command(
                "start-session", id_tag=tag, duration_seconds=s, target_energy_kwh=e
            )
        ),
        tokens,
        st.none() | st.integers(1, 500),
        st.none() | st.floats(0.001, 5),
    ),
    tokens.map(lambda tag: lambda life: life.command("start-transaction", id_tag=tag)),
    tokens.map(lambda tag: lambda life: life.command("authorize-id-tag", id_tag=tag)),
    st.just(lambda life: life.command("stop-session")),
    st.just(lambda life: life.command("stop-transaction")),
    st.integers(0, 30_000).map(lambda w: lambda life: life.command("power-update", power_w=w)),
    st.builds(
        lambda n, f: lambda life: life.fault(n, f),
        places,
        st.sampled_from([None, Fault.GROUND_FAILURE, Fault.CONNECTOR_LOCK_FAILURE]),
    ),
    st.builds(
        lambda a, answer: lambda life: life.bench.policies.__setitem__(a, lambda _: answer),
        st.sampled_from(["TransactionEvent", "Authorize", "MeterValues", "NotifyReport"]),
        st.sampled_from(MISBEHAVIOURS),
    ),
    st.just(lambda life: life.bench.policies.clear()),
    st.sampled_from(["Accepted", "Invalid", "Blocked"]).map(
        lambda s: lambda life: setattr(life.bench, "token_info", {"status": s})
    ),
    st.builds(
        lambda s, i: lambda life: setattr(life.bench, "boot", {"status": s, "interval": i}),
        st.sampled_from(["Accepted", "Pending", "Rejected"]),
        st.integers(0, 100),
    ),
)


@settings(
    max_examples=lives(120),
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    st.sampled_from([Bench2, Bench21]),
    st.sampled_from(SPECS),
    st.integers(0, 1000),
    st.sampled_from(["Accepted"] * 4 + ["Pending", "Rejected"]),
    st.lists(variables, max_size=4),
    st.lists(steps, min_size=5, max_size=40),
)
def test_a_station_never_lies(bench_type, spec, seed, boot, factory, script):
    """Every frame is checked as it comes out: against the schema, and whether it may be sent."""
    life = Life(bench_type(spec, seed))
    life.bench.connect()
    for variable in factory:
        life.set(*variable)
    life.bench.boot = {"status": boot, "interval": 50}
    if boot != "Accepted":
        life.ask("Reset", type="Immediate")
    for step in script:
        step(life)
        life.bench.assert_flow_is_told()
    life.finish()
    transactions = by_transaction(life.bench)
    for events in transactions.values():
        assert_a_transaction_is_told_whole(events)
    assert_one_transaction_at_a_time(transactions)
    assert_energy_never_runs_backwards(life.bench, transactions)
    assert_all_is_over(life.bench)
    outcomes = Counter(outcome.id for outcome in life.bench.outcomes)
    assert len(outcomes) == life.commands or life.bench.cuts
    assert set(outcomes.values()) <= {1}


Events = list[dict[str, Any]]


def by_transaction(bench: Bench2) -> dict[str, Events]:
    """The events of each transaction, once each: an event that was not answered, as far as the
    station remembers, is repeated."""
    found: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for event in bench.events():
        known = found[event["transactionInfo"]["transactionId"]]
        assert bench.cuts or max(known, default=0) <= event["seqNo"], "events must come in order"
        assert event["seqNo"] in known or max(known, default=-1) < event["seqNo"]
        assert known.setdefault(event["seqNo"], event) == event, "a repetition must be the same"
    return {id_: list(events.values()) for id_, events in found.items()}


def assert_a_transaction_is_told_whole(events: Events) -> None:
    assert [event["seqNo"] for event in events] == list(range(len(events)))
    types = [event["eventType"] for event in events]
    assert types == ["Started"] + ["Updated"] * (len(events) - 2) + ["Ended"]
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    assert "evse" in events[0]
    tokens = [event for event in events if event.get("idToken")]
    assert len({event["seqNo"] for event in tokens}) == len(tokens)
    last = events[-1]["transactionInfo"]
    assert last["chargingState"] in {"EVConnected", "Idle"}
    assert last["stoppedReason"]
    assert last["timeSpentCharging"] >= 0
    charging = [e["transactionInfo"]["chargingState"] for e in events].count("Charging")
    assert charging or last["timeSpentCharging"] == 0


def assert_one_transaction_at_a_time(transactions: dict[str, Events]) -> None:
    spans = defaultdict(list)
    for events in transactions.values():
        span = (events[0]["timestamp"], events[-1]["timestamp"])
        spans[events[0]["evse"]["id"]].append(span)
    for of_evse in spans.values():
        of_evse.sort()
        for (_, end), (begin, _) in pairwise(of_evse):
            assert end <= begin


def readings(message: dict[str, Any]) -> list[tuple[str, float]]:
    return [
        (meter_value["timestamp"], value["value"])
        for meter_value in message.get("meterValue", [])
        for value in meter_value["sampledValue"]
        if value["measurand"] == "Energy.Active.Import.Register"
    ]


def assert_energy_never_runs_backwards(bench: Bench2, transactions: dict[str, Events]) -> None:
    seen: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for message in bench.calls("MeterValues"):
        seen[message["evseId"]] += readings(message)
    for events in transactions.values():
        for event in events:
            seen[events[0]["evse"]["id"]] += readings(event)
    for values in seen.values():
        registers = [register for _, register in sorted(values)]
        assert registers == sorted(registers)


def assert_all_is_over(bench: Bench2) -> None:
    station = bench.station
    assert not station._ctx.outbox.transactions_waiting
    assert station._engine._reset._sessions == {}
    assert {s.status for s in bench.statuses[-1:]} <= {"Available", "Unavailable"}
    told = {c.number: bench.told(c.number)[-1] for c in station._ctx.hardware.connectors}
    port = station._engine._blocks[0].ports
    assert told == {p.connector.number: p.status for p in port}
