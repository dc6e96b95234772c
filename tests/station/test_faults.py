"""Every fault type has an effect that the CSMS can see, and goes away when it is cleared."""

from datetime import datetime

import msgspec
import pytest
from bench2 import Bench2
from bench16 import Bench, ac_station

from voltfleet.domain import faults
from voltfleet.domain.faults import FAULTS, FaultType
from voltfleet.domain.hosting import Command
from voltfleet.station.reports import LinkCondition, LinkFault


class Wire(Bench):
    """A bench that sees the frames as they are on the wire, and what the network is told."""

    def listen(self, action: str = "", **payload: object) -> list[str]:
        """The texts that the station sends, after a call of the CSMS if one is named."""
        if action:
            frame = msgspec.json.encode([2, f"x-{action}", action, payload]).decode()
            self.station.receive(frame, self.now)
        return [text for _, text in self.station.outgoing()]

    def disturb(self, **payload: object) -> list[LinkFault]:
        """What the network is told after an injection."""
        self.station.command(Command("f", "charger", "inject-fault", payload), self.now)
        return [r for r in self.station.reports() if isinstance(r, LinkFault)]

    def later(self, seconds: float) -> list[str]:
        """What is sent after so much time."""
        self.now += seconds
        self.station.tick(self.now)
        return self.listen()


def wire() -> Wire:
    return Wire(ac_station(2)).connect()  # type: ignore[return-value]


def both() -> list[Bench]:
    return [Bench().connect(), Bench2(ac_station()).connect()]


def inject(bench: Bench, fault: str, **more: object) -> str:
    outcome = bench.command("inject-fault", fault_type=fault, **more)
    assert outcome is not None
    return outcome.state


def clear(bench: Bench, **place: object) -> str:
    outcome = bench.command("clear-fault", **place)
    assert outcome is not None
    assert outcome.state == "applied"
    return outcome.reason or ""


def test_there_are_more_than_twenty_and_each_is_told_of():
    assert len(FAULTS) == len(FaultType) >= 20
    assert all(info.summary for info in FAULTS.values())


@pytest.mark.parametrize("name", ["OverCurrent", "over_current_failure", "OVERCURRENT"])
def test_a_fault_is_found_however_it_is_written(name: str):
    assert faults.find(name) is FaultType.OVER_CURRENT_FAILURE
    assert faults.find("Gremlins") is None


@pytest.mark.parametrize("code", sorted(faults.ERROR_CODES))
def test_an_error_code_reaches_the_csms_and_goes_away(code: str):
    bench = Bench(ac_station(2)).connect()
    assert inject(bench, code, connector_id=2) == "applied"
    told = bench.calls("StatusNotification")[-1]
    assert (told["connectorId"], told["status"], told["errorCode"]) == (2, "Faulted", code)
    assert clear(bench, connector_id=1) == "nothing was broken there"
    assert clear(bench, connector_id=2) == f"mended: {code} at connector 2"
    told = bench.calls("StatusNotification")[-1]
    assert (told["status"], told["errorCode"]) == ("Available", "NoError")


@pytest.mark.parametrize("code", sorted(faults.ERROR_CODES))
def test_2x_tells_the_code_by_an_event(code: str):
    """StatusNotification of 2.x has no room for it."""
    bench = Bench2(ac_station(2)).connect()
    assert inject(bench, code, connector_id=2) == "applied"
    assert bench.calls("StatusNotification")[-1]["connectorStatus"] == "Faulted"
    [told] = bench.calls("NotifyEvent")
    event = told["eventData"][0]
    assert (event["techCode"], event["actualValue"]) == (code, "true")
    assert event["component"]["evse"] == {"id": 2, "connectorId": 1}
    clear(bench, connector_id=2)
    assert bench.calls("StatusNotification")[-1]["connectorStatus"] == "Available"
    event = bench.calls("NotifyEvent")[-1]["eventData"][0]
    assert (event["techCode"], event["actualValue"], event["cleared"]) == (code, "false", True)


def test_a_fault_ends_the_transaction_in_both_versions():
    old, new = both()
    for bench in (old, new):
        bench.charge()
        assert inject(bench, "GroundFailure") == "applied"
        bench.run(1)
    assert old.calls("StopTransaction")
    assert new.calls("TransactionEvent")[-1]["transactionInfo"]["stoppedReason"] == "GroundFault"


def test_a_place_that_is_not_there_and_a_number_that_does_not_fit():
    for bench in both():
        assert inject(bench, "OverVoltage", connector_id=9) == "rejected"
        assert inject(bench, "Gremlins") == "rejected"
        assert inject(bench, "OverVoltage", value=1) == "rejected"
        assert inject(bench, "NetworkDrop", value=0) == "rejected"


def test_a_stuck_plug_stays_until_it_is_freed():
    for bench in both():
        bench.command("start-session", id_tag="T")
        bench.run(20)
        assert inject(bench, "StuckConnector") == "applied"
        bench.command("stop-session")
        bench.run(60)
        connector = bench.station._ctx.hardware.connectors[0]
        assert connector.plugged
        assert bench.command("unplug-connector").state == "rejected"
        assert bench.command("unlock-connector").state == "rejected"
        assert clear(bench) == "mended: StuckConnector at connector 1"
        bench.run(60)
        assert not connector.plugged


def test_a_stuck_meter_shows_the_same_for_ever():
    bench = Bench().connect()
    bench.charge()
    bench.run(600)
    inject(bench, "MeterStuck")
    meter = bench.station._ctx.hardware.evses[0].meter
    shown, real = meter.energy_wh, meter.register_wh
    bench.run(1200)
    values = [
        float(sample["value"])
        for call in bench.calls("MeterValues")[-5:]
        for sample in call["meterValue"][0]["sampledValue"]
        if sample.get("measurand") == "Energy.Active.Import.Register"
    ]
    assert values == [shown] * 5
    assert meter.register_wh > real
    clear(bench)
    assert meter.energy_wh > shown


def test_a_wrong_clock_does_not_listen_to_the_csms():
    for bench in both():
        bench.run(4000)
        for seconds in (3600, -86_400):
            inject(bench, "ClockWrong", value=seconds)
            bench.command("plug-connector")
            bench.ask("TriggerMessage", requestedMessage="Heartbeat")
            bench.command("unplug-connector")
            told = bench.calls("StatusNotification")[-1]["timestamp"]
            assert datetime.fromisoformat(told).timestamp() == pytest.approx(bench.now + seconds)
        clear(bench)
        bench.command("plug-connector")
        told = bench.calls("StatusNotification")[-1]["timestamp"]
        assert datetime.fromisoformat(told).timestamp() == pytest.approx(bench.now)


def test_power_loss_ends_transactions_and_is_told_after_the_boot():
    old, new = both()
    for bench in (old, new):
        bench.charge()
        boots = len(bench.calls("BootNotification"))
        before = len(bench.log)
        assert inject(bench, "PowerLoss", value=40) == "applied"
        assert not bench.connected
        assert len(bench.log) == before
        bench.run(39)
        assert len(bench.calls("BootNotification")) == boots
        bench.run(5)
        assert len(bench.calls("BootNotification")) == boots + 1
    assert old.calls("StopTransaction")[-1]["reason"] == "PowerLoss"
    ended = new.calls("TransactionEvent")[-1]
    assert ended["transactionInfo"]["stoppedReason"] == "PowerLoss"
    assert ended["triggerReason"] == "AbnormalCondition"
    assert new.calls("BootNotification")[-1]["reason"] == "PowerUp"


def test_the_network_is_told_to_fail_and_to_heal():
    bench = wire()
    [cut] = bench.disturb(fault_type="NetworkDrop", value=90)
    assert (cut.condition, cut.until) == (LinkCondition.CUT, bench.now + 90)
    [silent] = bench.disturb(fault_type="HalfOpenSocket", value=60)
    assert silent.condition is LinkCondition.SILENT
    bench.later(59)
    assert not [r for r in bench.station.reports() if isinstance(r, LinkFault)]
    bench.later(1)
    [well] = [r for r in bench.station.reports() if isinstance(r, LinkFault)]
    assert well.condition is LinkCondition.WELL


def test_slow_answers_come_late_and_not_after_a_new_connection():
    bench = wire()
    bench.disturb(fault_type="SlowAnswers", value=20)
    assert bench.listen("GetConfiguration") == []
    assert bench.later(19) == []
    assert len(bench.later(1)) == 1
    bench.listen("GetConfiguration")
    bench.station.disconnected(bench.now)
    bench.station.connected(bench.now)
    bench.listen()
    assert not [text for text in bench.later(25) if text.startswith("[3")]


def test_messages_are_doubled():
    bench = wire()
    bench.disturb(fault_type="DuplicatedMessages")
    first, second = bench.listen("GetConfiguration")
    assert first == second


def test_answers_change_places():
    bench = wire()
    bench.disturb(fault_type="OutOfOrderAnswers")
    assert bench.listen("ClearCache") == []
    texts = bench.listen("GetConfiguration", key=["HeartbeatInterval"])
    order = [msgspec.json.decode(text)[1] for text in texts]
    assert order == ["x-GetConfiguration", "x-ClearCache"]
    assert bench.listen("ClearCache") == []
    assert len(bench.later(5)) == 1


def test_so_many_frames_are_cut_off():
    bench = wire()
    bench.disturb(fault_type="MalformedFrames", value=2)
    for broken in (True, True, False):
        [text] = bench.listen("ClearCache")
        try:
            msgspec.json.decode(text)
        except msgspec.DecodeError:
            assert broken
        else:
            assert not broken


def test_so_many_calls_are_refused():
    for bench in both():
        inject(bench, "RefuseCalls", value=2)
        assert bench.ask("ClearCache") == {}
        assert bench.ask("ClearCache") == {}
        assert [code for code, _, _ in bench.errors] == ["InternalError"] * 2
        assert bench.ask("ClearCache") == {"status": "Accepted"}


def test_clearing_mends_all_of_the_station():
    bench = wire()
    for fault in ("ClockWrong", "SlowAnswers", "DuplicatedMessages", "HighTemperature"):
        bench.disturb(fault_type=fault)
    bench.listen()
    bench.station.command(Command("c", "charger", "clear-fault", {}), bench.now)
    bench.listen()
    assert bench.station._ctx.faults is None
    assert bench.station._ctx.clock_error == 0
    assert len(bench.listen("ClearCache")) == 1
