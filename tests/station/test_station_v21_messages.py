"""OCPP 2.1: the messages for which this station has no hardware, and the shared ones with new
fields."""

import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import dc_station
from test_station_v2_smart_charging import offered, profile

from voltfleet.ocppj import schemas
from voltfleet.station.v2.engine import _TABLE
from voltfleet.station.v2.v21.engine import _ADDED

HASH = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "a",
    "issuerKeyHash": "b",
    "serialNumber": "c",
}
NOW = "2030-03-17T17:46:40Z"
BATTERY = {"evseId": 1, "serialNumber": "S", "soC": 50.0, "soH": 90.0}
TOKEN = {"idToken": "x" * 255, "type": "Anything at all"}


def station() -> Bench2:
    return booted(dc_station(), bench_type=Bench21)


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        (
            "vat_number_validation",
            {"vatNumber": "DE1"},
            {"status": "Accepted", "vatNumber": "DE1"},
        ),
        (
            "notify_settlement",
            {"pspRef": "r", "status": "Settled", "settlementAmount": 1.5, "settlementTime": NOW},
            {},
        ),
        ("notify_priority_charging", {"transactionId": "t", "activated": True}, {}),
        ("notify_der_alarm", {"controlType": "FreqDroop", "timestamp": NOW}, {}),
        (
            "battery_swap",
            {
                "batteryData": [BATTERY],
                "eventType": "BatteryIn",
                "idToken": TOKEN,
                "requestId": 1,
            },
            {},
        ),
        (
            "get_certificate_chain_status",
            {
                "certificateStatusRequests": [
                    {"certificateHashData": HASH, "source": "OCSP", "urls": ["http://x"]}
                ]
            },
            {
                "certificateStatus": [
                    {
                        "certificateHashData": HASH,
                        "source": "OCSP",
                        "status": "Good",
                        "nextUpdate": NOW,
                    }
                ]
            },
        ),
        (
            "get_15118_ev_certificate",
            {"iso15118SchemaVersion": "urn", "action": "Install", "exiRequest": "e"},
            {"status": "Accepted", "exiResponse": "r"},
        ),
    ],
)
def test_what_only_a_user_makes_it_say(action, payload, answer):
    bench = station()
    for spelled in schemas.actions(bench.version):
        bench.policies[spelled] = lambda _: answer
    told = {"action": action, "ocpp_version": "ocpp2.1", "payload": payload}
    outcome = bench.command("proxy-message", **told)
    assert outcome is not None
    assert (outcome.state, outcome.detail) == ("applied", {"response": answer})
    assert bench.log[-1][2] == payload


def test_a_battery_swap():
    answer = station().ask("RequestBatterySwap", idToken=TOKEN, requestId=1)
    assert answer["status"] == "Rejected"
    assert "battery swap" in answer["statusInfo"]["additionalInfo"]


def test_a_frequency_signal():
    bench = station()
    assert bench.ask("AFRRSignal", timestamp=NOW, signal=5)["status"] == "Rejected"
    bench.ask("AFRRSignal", timestamp="soon", signal=5)
    assert bench.errors[-1][2]["field"] == "timestamp"


def test_a_web_payment():
    bench = station()
    assert bench.ask("NotifyWebPaymentStarted", evseId=1, timeout=60) == {}
    assert bench.errors == []
    bench.ask("NotifyWebPaymentStarted", evseId=9, timeout=60)
    assert bench.errors[-1][2]["field"] == "evseId"


def test_an_energy_transfer_that_no_car_could_change():
    bench = station()
    bench.charge()
    for id_, code in ((bench.transaction, "UnsupportedRequest"), ("none", "TxNotFound")):
        answer = bench.ask(
            "NotifyAllowedEnergyTransfer", transactionId=id_, allowedEnergyTransfer=["DC_BPT"]
        )
        assert answer["status"] == "Rejected"
        assert answer["statusInfo"]["reasonCode"] == code


def test_a_start_with_a_profile_of_21():
    bench = station()
    mode = {"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": 4000.0}
    own = profile(3, "TxProfile", chargingSchedulePeriod=[mode])
    assert bench.start(chargingProfile=own)["status"] == "Accepted"
    bench.run(5)
    assert offered(bench) == 4000


def test_an_id_token_of_any_type():
    bench = station()
    answer = bench.ask("RequestStartTransaction", idToken=TOKEN, remoteStartId=1)
    assert answer["status"] == "Accepted"
    bench.run(5)
    assert bench.events()[0]["idToken"] == TOKEN


def test_every_request_of_the_csms_has_a_handler():
    """Whatever 2.1 lets a CSMS ask: nothing is left that only NotSupported would answer, but what
    the status page explains."""
    from_csms_or_both = _TABLE.keys() | _ADDED.keys()
    only_21 = schemas.actions(Bench21.version) - schemas.actions(Bench2.version)
    from_station = {
        "BatterySwap",
        "ClosePeriodicEventStream",
        "GetCertificateChainStatus",
        "NotifyDERAlarm",
        "NotifyDERStartStop",
        "NotifyPeriodicEventStream",
        "NotifyPriorityCharging",
        "NotifySettlement",
        "OpenPeriodicEventStream",
        "PullDynamicScheduleUpdate",
        "ReportDERControl",
        "VatNumberValidation",
    }
    assert only_21 - from_station <= from_csms_or_both
