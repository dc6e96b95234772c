"""Settings, caches, lists and messages of the user's making, in both generations of OCPP."""

import pytest
from bench2 import Bench2, Bench21
from bench16 import Bench, ac_station

from voltfleet.domain import proxy_actions
from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import schemas


def both() -> list[Bench]:
    return [Bench().connect(), Bench2(ac_station()).connect()]


def proxy(bench: Bench, action: str, payload: object, **more: object):
    version = more.pop("version", bench.version.subprotocol)
    return bench.command(
        "proxy-message", action=action, ocpp_version=version, payload=payload, **more
    )


@pytest.mark.parametrize("version", OcppVersion)
def test_every_proxy_action_is_one_of_the_standard(version: OcppVersion):
    known = set(proxy_actions._ACTIONS[version].values())
    assert known <= schemas.actions(version)


def test_a_proxy_message_brings_the_answer():
    for bench in both():
        bench.policies["DataTransfer"] = lambda _: {"status": "Accepted", "data": "42"}
        outcome = proxy(bench, "data_transfer", {"vendor_id": "x", "message_id": "m"})
        assert outcome.state == "applied"
        assert outcome.detail == {"response": {"status": "Accepted", "data": "42"}}
        assert bench.calls("DataTransfer") == [{"vendorId": "x", "messageId": "m"}]


def test_keys_in_snake_case_are_spelled_as_the_standard_does_at_any_depth():
    bench = Bench2(ac_station()).connect()
    payload = {
        "timestamp": "2026-11-22T18:00:00Z",
        "event_type": "Updated",
        "trigger_reason": "MeterValuePeriodic",
        "seq_no": 7,
        "transaction_info": {"transaction_id": "t"},
        "meter_value": [{"timestamp": "2026-11-22T18:00:00Z", "sampled_value": [{"value": 1}]}],
    }
    assert proxy(bench, "transaction_event", payload).state == "applied"
    told = bench.calls("TransactionEvent")[-1]
    assert told["seqNo"] == 7
    assert told["meterValue"][0]["sampledValue"] == [{"value": 1}]


def test_what_the_csms_refuses_is_rejected():
    for bench in both():
        bench.policies["DataTransfer"] = lambda _: "NotSupported"
        outcome = proxy(bench, "data_transfer", {"vendorId": "x"})
        assert (outcome.state, outcome.detail) == ("rejected", {"error_code": "NotSupported"})


def test_a_proxy_message_that_the_standard_does_not_allow():
    for bench in both():
        wrong = proxy(bench, "data_transfer", {"vendorId": 5})
        assert wrong.state == "rejected"
        assert "vendorId" in (wrong.reason or "")
        assert proxy(bench, "open_the_door", {}).state == "rejected"
        assert proxy(bench, "heartbeat", {}, version="ocpp3").state == "rejected"
        assert not bench.calls("DataTransfer")


def test_without_strict_anything_goes_out():
    bench = Bench().connect()
    with pytest.raises(Exception, match="OpenTheDoor"):  # the bench's own check of it
        proxy(bench, "open_the_door", {"now": True}, strict=False)


def test_an_offline_station_cannot_pass_a_message_on():
    for bench in both():
        bench.disconnect()
        assert proxy(bench, "heartbeat", {}).state == "failed"


def test_settings_of_a_16_station():
    bench = Bench().connect()
    wanted = {"heartbeatinterval": "7", "NumberOfConnectors": "3", "Nonsense": "1"}
    outcome = bench.command("configuration", configuration=wanted)
    assert outcome.state == "applied"
    assert outcome.detail == {
        "results": {
            "heartbeatinterval": "Accepted",
            "NumberOfConnectors": "Rejected",
            "Nonsense": "NotSupported",
        }
    }
    bench.run(8)
    assert bench.calls("Heartbeat")
    assert bench.command("configuration", configuration={"Nonsense": "1"}).state == "rejected"


@pytest.mark.parametrize("bench_type", [Bench2, Bench21])
def test_settings_of_a_2x_station(bench_type: type[Bench2]):
    bench = bench_type(ac_station())
    bench.connect()
    wanted = {
        "OCPPCommCtrlr.HeartbeatInterval": "7",
        "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "4",
        "OCPPCommCtrlr.Nonsense": "1",
        "Nonsense": "1",
    }
    outcome = bench.command("configuration", configuration=wanted)
    assert list(outcome.detail["results"].values()) == [
        "Accepted",
        "Accepted",
        "UnknownVariable",
        "UnknownVariable",
    ]
    assert bench.get("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent") == "4"
    bench.run(8)
    assert bench.calls("Heartbeat")


def test_the_cache_is_emptied_and_counted():
    for bench in both():
        for tag in ("A", "B"):
            bench.command("authorize-id-tag", id_tag=tag)
        assert bench.command("cache-reset").detail == {"cleared_entries": 2}
        assert bench.command("cache-reset").detail == {"cleared_entries": 0}
        bench.disconnect()
        assert bench.command("start-session", id_tag="A").state == "rejected"


def test_a_token_of_the_list_charges_offline_until_the_list_is_cleared():
    for bench in both():
        entries = [{"id_tag": "KNOWN", "expiry_date": None}, {"id_tag": "ALSO"}]
        sent = bench.command("local-auth-list", list_version=3, entries=entries)
        assert sent.detail == {"status": "Accepted", "list_version": 3}
        stale = bench.command("local-auth-list", list_version=3, entries=entries)
        assert (stale.state, stale.detail["status"]) == ("rejected", "VersionMismatch")
        twice = bench.command("local-auth-list", list_version=4, entries=entries * 2)
        assert (twice.state, twice.detail["status"]) == ("rejected", "Failed")
        assert bench.ask("GetLocalListVersion") in ({"listVersion": 3}, {"versionNumber": 3})
        bench.disconnect()
        bench.command("start-session", id_tag="KNOWN")
        bench.run(10)
        bench.command("stop-session")
        bench.run(30)
        assert [o.state for o in bench.outcomes[-2:]] == ["applied", "applied"]
        assert bench.command("clear-local-auth-list").detail == {"entries_deleted": 2}
        assert bench.command("start-session", id_tag="ALSO").state == "rejected"
        bench.connect()
        assert bench.ask("GetLocalListVersion") in ({"listVersion": 0}, {"versionNumber": 0})
