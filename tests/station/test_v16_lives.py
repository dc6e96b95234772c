"""Random lives of a 1.6 station: whatever happens to it, what it says stays true."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from bench16 import Bench, Doom, ac_station, lives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voltfleet.domain.specs import EvseSpec, StationSpec
from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.connector import Fault
from voltfleet.station.v16.status import TRANSITIONS
from voltfleet.station.v16.types import Status

SOCKET = ac_station().evses[0].connectors[0]
SPECS = [
    ac_station(),
    ac_station(2),
    StationSpec("Acme", "Twin", "1", (EvseSpec((SOCKET, SOCKET)), EvseSpec((SOCKET,)))),
]
CONFIGURATION = [
    ("AuthorizeRemoteTxRequests", "true"),
    ("ClockAlignedDataInterval", "300"),
    ("ConnectionTimeOut", "2"),
    ("HeartbeatInterval", "20"),
    ("LocalPreAuthorize", "true"),
    ("AllowOfflineTxForUnknownId", "true"),
    ("MeterValueSampleInterval", "15"),
    ("MeterValuesSampledData", "Energy.Active.Import.Register,Energy.Active.Import.Interval,SoC"),
    ("MinimumStatusDuration", "2"),
    ("StopTransactionOnEVSideDisconnect", "false"),
    ("StopTransactionOnInvalidId", "false"),
    ("StopTxnSampledData", "Energy.Active.Import.Register,Voltage"),
    ("TransactionMessageRetryInterval", "1"),
]
MISBEHAVIOURS = ["InternalError", None, {}, {"status": 5}]


class Life:
    """A bench with a memory of what must never be."""

    def __init__(self, spec: StationSpec, seed: int) -> None:
        self.bench = Bench(spec, seed)
        self.commands = 0

    def ask(self, action: str, **payload: Any) -> None:
        if self.bench.connected:
            self.bench.ask(action, **payload)

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
        bench.tag_status = "Accepted"
        bench.boot = {"status": "Accepted", "interval": 3600}
        bench.run(1000)
        if not bench.connected:
            bench.connect()
        for number in range(1, 4):
            self.fault(number, None)
        bench.run(1000)
        self.command("stop-session")
        bench.run(2000)


def hurry(life: Life) -> None:
    """A token that waits for its driver."""
    life.command("start-session", id_tag="TAG", duration_seconds=20)
    life.bench.run(0.5)


def charging_profile(life: Life, purpose: str, kind: str, connector: int, limit: float) -> None:
    schedule = {
        "chargingRateUnit": "A" if limit < 64 else "W",
        "startSchedule": rfc3339(life.bench.now - 100),
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": limit},
            {"startPeriod": 130, "limit": 0},
            {"startPeriod": 160, "limit": limit, "numberPhases": 1},
        ],
        "duration": 1000,
    }
    given = {
        "chargingProfileId": connector * 10 + len(purpose),
        "stackLevel": connector % 3,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
        **({"recurrencyKind": "Daily"} if kind == "Recurring" else {}),
    }
    life.ask("SetChargingProfile", connectorId=connector, csChargingProfiles=given)


def reserve(life: Life, tag: str, connector: int, seconds: float) -> None:
    life.ask(
        "ReserveNow",
        connectorId=connector,
        expiryDate=rfc3339(life.bench.now + seconds),
        idTag=tag,
        reservationId=connector,
    )


def transferred(life: Life, failure: str | None) -> None:
    """A file that the station wanted has come, or has not."""
    if life.bench.transfers:
        life.bench.transferred(failure, b"firmware")


def local_list(life: Life, version: int, status: str, kind: str) -> None:
    line = {"idTag": "TAG", "idTagInfo": {"status": status}}
    life.ask(
        "SendLocalList",
        listVersion=version,
        updateType=kind,
        localAuthorizationList=[line],
    )


def update_firmware(life: Life) -> None:
    when = rfc3339(life.bench.now)
    life.ask("UpdateFirmware", location="http://f.example/2.0.bin", retrieveDate=when, retries=1)


def cut_off(action: str) -> "Step":
    """The CSMS falls silent on a message, and then the link is lost."""

    def step(life: Life) -> None:
        life.bench.policies[action] = lambda _: None
        life.command(
            "stop-session" if action == "StopTransaction" else "start-session",
            **({} if action == "StopTransaction" else {"id_tag": "TAG"}),
        )
        life.bench.run(4)
        if life.bench.connected:
            life.bench.disconnect()
        life.bench.policies.clear()

    return step


Step = Callable[[Life], None]
connectors = st.integers(0, 4)
tags = st.sampled_from(["TAG", "tag", "OTHER"])
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
    st.sampled_from(["StartTransaction", "StopTransaction"]).map(cut_off),
    st.builds(
        lambda tag, n: (
            lambda life: life.ask(
                "RemoteStartTransaction", idTag=tag, **({"connectorId": n} if n < 4 else {})
            )
        ),
        tags,
        connectors,
    ),
    st.integers(-1, 1).map(
        lambda k: (
            lambda life: life.ask(
                "RemoteStopTransaction", transactionId=life.bench.transaction_id + k
            )
        )
    ),
    st.sampled_from(["Soft", "Hard"]).map(lambda t: lambda life: life.ask("Reset", type=t)),
    st.builds(
        lambda n, t: lambda life: life.ask("ChangeAvailability", connectorId=n, type=t),
        connectors,
        st.sampled_from(["Operative", "Inoperative"]),
    ),
    connectors.map(lambda n: lambda life: life.ask("UnlockConnector", connectorId=n)),
    st.sampled_from(["BootNotification", "Heartbeat", "StatusNotification", "MeterValues"]).map(
        lambda m: lambda life: life.ask("TriggerMessage", requestedMessage=m)
    ),
    st.sampled_from(CONFIGURATION).map(
        lambda kv: lambda life: life.ask("ChangeConfiguration", key=kv[0], value=kv[1])
    ),
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
        connectors,
    ),
    st.builds(
        lambda tag, s, e: (
            lambda life: life.command(
                "start-session", id_tag=tag, duration_seconds=s, target_energy_kwh=e
            )
        ),
        tags,
        st.none() | st.integers(1, 500),
        st.none() | st.floats(0.001, 5),
    ),
    tags.map(lambda tag: lambda life: life.command("start-transaction", id_tag=tag)),
    tags.map(lambda tag: lambda life: life.command("authorize-id-tag", id_tag=tag)),
    st.just(lambda life: life.command("stop-session")),
    st.just(lambda life: life.command("stop-transaction")),
    st.integers(0, 30_000).map(lambda w: lambda life: life.command("power-update", power_w=w)),
    st.builds(
        lambda n, f: lambda life: life.fault(n, f),
        connectors,
        st.sampled_from([None, Fault.GROUND_FAILURE, Fault.CONNECTOR_LOCK_FAILURE]),
    ),
    st.builds(
        lambda a, answer: lambda life: life.bench.policies.__setitem__(a, lambda _: answer),
        st.sampled_from(["StartTransaction", "StopTransaction", "Authorize", "MeterValues"]),
        st.sampled_from(MISBEHAVIOURS),
    ),
    st.just(lambda life: life.bench.policies.clear()),
    st.builds(
        lambda *given: lambda life: charging_profile(life, *given),
        st.sampled_from(["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]),
        st.sampled_from(["Absolute", "Recurring", "Relative"]),
        connectors,
        st.sampled_from([0, 10, 32, 5000, 30_000]),
    ),
    connectors.map(
        lambda n: (
            lambda life: life.ask("ClearChargingProfile", **({"connectorId": n} if n < 4 else {}))
        )
    ),
    connectors.map(
        lambda n: lambda life: life.ask("GetCompositeSchedule", connectorId=n, duration=500)
    ),
    st.builds(
        lambda *given: lambda life: reserve(life, *given),
        tags,
        connectors,
        st.sampled_from([5, 500, 50_000]),
    ),
    connectors.map(lambda n: lambda life: life.ask("CancelReservation", reservationId=n)),
    st.builds(
        lambda *given: lambda life: local_list(life, *given),
        st.integers(1, 5),
        st.sampled_from(["Accepted", "Blocked"]),
        st.sampled_from(["Full", "Differential"]),
    ),
    st.just(update_firmware),
    st.just(lambda life: life.ask("GetDiagnostics", location="http://f.example/", retries=1)),
    st.sampled_from([None, "no route"]).map(lambda f: lambda life: transferred(life, f)),
    st.sampled_from(["Accepted", "Invalid", "Blocked"]).map(
        lambda s: lambda life: setattr(life.bench, "tag_status", s)
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
    st.sampled_from(SPECS),
    st.integers(0, 1000),
    st.sampled_from(["Accepted"] * 4 + ["Pending", "Rejected"]),
    st.lists(steps, min_size=5, max_size=40),
)
def test_a_station_never_lies(spec, seed, boot, script):
    """Every frame is checked as it comes out: against the schema, and whether it may be sent."""
    life = Life(spec, seed)
    life.bench.boot = {"status": boot, "interval": 50}
    life.bench.connect()
    for step in script:
        step(life)
        life.bench.assert_flow_is_told()
    life.finish()
    assert_statuses_follow_the_table(life)
    assert_energy_never_runs_backwards(life)
    assert_every_transaction_is_told_to_its_end(life)
    assert_every_command_has_one_outcome(life)


def assert_statuses_follow_the_table(life: Life) -> None:
    last: dict[int, Status] = {}
    for place, report in enumerate(life.bench.statuses):
        if place in life.bench.cuts:
            last.clear()
        status = Status(report.status)
        before = last.get(report.connector_id)
        assert before is None or status in TRANSITIONS[before], (before, status)
        last[report.connector_id] = status
    busy = {Status.CHARGING, Status.SUSPENDED_EV, Status.SUSPENDED_EVSE}
    assert not busy & set(last.values())


def readings(message: dict[str, Any]) -> list[tuple[str, int]]:
    return [
        (meter_value["timestamp"], int(value["value"]))
        for meter_value in message.get("meterValue", message.get("transactionData", []))
        for value in meter_value["sampledValue"]
        if value["measurand"] == "Energy.Active.Import.Register"
    ]


def assert_energy_never_runs_backwards(life: Life) -> None:
    evse_of = [c.evse_id for c in life.bench.station._ctx.hardware.connectors]
    seen: dict[int, list[tuple[str, int]]] = {evse: [] for evse in evse_of}
    for _, action, payload in life.bench.log:
        if action in {"MeterValues", "StopTransaction"}:
            start = life.bench.started.get(payload.get("transactionId", 0), payload)
            seen[evse_of[start["connectorId"] - 1]] += readings(payload)
    for values in seen.values():
        registers = [register for _, register in sorted(values)]
        assert registers == sorted(registers)
    for stop in life.bench.calls("StopTransaction"):
        assert stop["meterStop"] >= life.bench.started[stop["transactionId"]]["meterStart"]


def assert_every_transaction_is_told_to_its_end(life: Life) -> None:
    """What the CSMS gave a number to, it is told the end of; nothing else."""
    told = {payload["transactionId"] for payload in life.bench.calls("StopTransaction")}
    assert told == set(range(1, life.bench.transaction_id + 1))
    assert not life.bench.station._ctx.outbox.transactions_waiting


def assert_every_command_has_one_outcome(life: Life) -> None:
    """Or none, if the host died: it is the gateway then that says so."""
    outcomes = Counter(outcome.id for outcome in life.bench.outcomes)
    assert len(outcomes) == life.commands or life.bench.cuts
    assert set(outcomes.values()) <= {1}
