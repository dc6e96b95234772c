"""OCPP 1.6 §5.3, §5.8, §9.1: the keys, and that they have an effect."""

import pytest
from bench16 import START, Bench, ac_station, booted, dc_station

from voltfleet.station.v16.configuration import KEYS, PROFILES, Name

REQUIRED = {
    "AuthorizeRemoteTxRequests",
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "ConnectorPhaseRotation",
    "GetConfigurationMaxKeys",
    "HeartbeatInterval",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "NumberOfConnectors",
    "ResetRetries",
    "StopTransactionOnEVSideDisconnect",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnSampledData",
    "SupportedFeatureProfiles",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
}
"""§9.1: the keys of the Core profile that are "required"."""


def test_all_keys_without_naming_any():
    keys = booted(ac_station(2)).ask("GetConfiguration")["configurationKey"]
    values = {key["key"]: key["value"] for key in keys}
    assert set(values) >= REQUIRED
    assert set(values) == set(Name)
    assert values["NumberOfConnectors"] == "2"
    assert values["SupportedFeatureProfiles"] == ",".join(PROFILES)
    assert {key["key"] for key in keys if key["readonly"]} == {
        name for name, key in KEYS.items() if key.check is None
    } - {Name.SECURITY_PROFILE}


def test_an_empty_list_means_all():
    assert len(booted().ask("GetConfiguration", key=[])["configurationKey"]) == len(KEYS)


def test_unknown_keys_are_named_apart_and_case_does_not_matter():
    answer = booted().ask("GetConfiguration", key=["heartbeatinterval", "Colour"])
    assert answer["configurationKey"][0]["key"] == "HeartbeatInterval"
    assert answer["unknownKey"] == ["Colour"]


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("Colour", "red", "NotSupported"),
        ("NumberOfConnectors", "3", "Rejected"),
        ("SupportedFeatureProfiles", "Core", "Rejected"),
        ("HeartbeatInterval", "0", "Rejected"),
        ("HeartbeatInterval", "-5", "Rejected"),
        ("HeartbeatInterval", "ten", "Rejected"),
        ("HeartbeatInterval", "1.5", "Rejected"),
        ("HeartbeatInterval", "²", "Rejected"),
        ("HeartbeatInterval", "9" * 400, "Rejected"),
        ("HeartbeatInterval", " 30 ", "Accepted"),
        ("LocalPreAuthorize", "TRUE", "Accepted"),
        ("LocalPreAuthorize", "1", "Rejected"),
        ("MeterValuesSampledData", "", "Accepted"),
        ("MeterValuesSampledData", "SoC, Voltage.L1-N,Current.Import.L2", "Accepted"),
        ("MeterValuesSampledData", "Voltage.L1", "Rejected"),
        ("MeterValuesSampledData", "SoC.L1", "Rejected"),
        ("MeterValuesSampledData", "Temperature", "Rejected"),
        ("ConnectorPhaseRotation", "0.RST,1.RTS", "Accepted"),
        ("ConnectorPhaseRotation", "7.RST", "Rejected"),
        ("ConnectorPhaseRotation", "1.XYZ", "Rejected"),
        ("TransactionMessageAttempts", "0", "Rejected"),
        ("WebSocketPingInterval", "20", "Accepted"),
    ],
)
def test_change_configuration(key, value, status):
    bench = booted()
    assert bench.ask("ChangeConfiguration", key=key, value=value) == {"status": status}


def test_a_change_is_told_by_get_configuration():
    bench = booted()
    bench.configure(ConnectionTimeOut=17)
    answer = bench.ask("GetConfiguration", key=["ConnectionTimeOut"])
    key = {"key": "ConnectionTimeOut", "readonly": False, "value": "17"}
    assert answer == {"configurationKey": [key]}


def test_changes_survive_a_reset():
    bench = booted()
    bench.configure(ConnectionTimeOut=17)
    bench.ask("Reset", type="Hard")
    bench.run(10)
    answer = bench.ask("GetConfiguration", key=["ConnectionTimeOut"])
    assert answer["configurationKey"][0]["value"] == "17"


def test_one_stations_settings_are_not_anothers():
    booted().configure(ConnectionTimeOut=17)
    answer = booted().ask("GetConfiguration", key=["ConnectionTimeOut"])
    assert answer["configurationKey"][0]["value"] == "60"


def test_only_a_dc_station_samples_the_state_of_charge_unasked():
    for spec, has in ((ac_station(), False), (dc_station(), True)):
        answer = booted(spec).ask("GetConfiguration", key=["MeterValuesSampledData"])
        assert answer["configurationKey"][0]["value"].endswith(",SoC") is has


# --- effects -------------------------------------------------------------------------------------


def test_heartbeat_interval_takes_effect_at_once():
    bench = booted()
    bench.configure(HeartbeatInterval=10)
    bench.run(31)
    assert bench.actions().count("Heartbeat") == 3


def test_the_host_learns_the_ping_interval():
    bench = booted()
    assert bench.station.ping_seconds == 60
    bench.configure(WebSocketPingInterval=25)
    assert bench.station.ping_seconds == 25


def test_connection_time_out_ends_the_wait_for_a_car():
    bench = booted()
    bench.configure(ConnectionTimeOut=1)
    bench.station._ctx.rng._state = 3  # a driver who takes longer than a second
    bench.ask("RemoteStartTransaction", idTag="T")
    bench.run(0.99)
    assert bench.told()[-1] == "Preparing"
    bench.run(60)
    assert bench.told()[-1] == "Available"
    assert "StartTransaction" not in bench.actions()


def test_minimum_status_duration_leaves_out_what_does_not_last():
    bench = booted()
    bench.configure(MinimumStatusDuration=10)
    bench.command("plug-connector")
    bench.run(5)
    bench.command("unplug-connector")
    bench.run(60)
    assert bench.told() == ["Available"]
    bench.command("plug-connector")
    bench.run(60)
    assert bench.told() == ["Available", "Preparing"]
    assert bench.log[-1][0] - START == 75


def test_sampled_data_and_its_interval():
    bench = booted()
    bench.configure(MeterValueSampleInterval=10, MeterValuesSampledData="SoC,Power.Offered")
    bench.charge()
    bench.run(30)
    values = bench.calls("MeterValues")
    assert len(values) == 3
    sampled = values[0]["meterValue"][0]["sampledValue"]
    assert [v["measurand"] for v in sampled] == ["SoC", "Power.Offered"]


def test_sample_interval_zero_means_no_samples_and_takes_effect_at_once():
    bench = booted()
    bench.configure(MeterValueSampleInterval=10)
    bench.charge()
    bench.configure(MeterValueSampleInterval=0)
    bench.run(100)
    assert bench.calls("MeterValues") == []
    bench.configure(MeterValueSampleInterval=20)
    bench.run(50)
    assert len(bench.calls("MeterValues")) == 2


def test_aligned_data_comes_with_the_clock():
    bench = booted(ac_station(2))
    bench.configure(ClockAlignedDataInterval=900, MeterValuesAlignedData="Voltage")
    bench.run(1800)
    values = bench.calls("MeterValues")
    stamps = sorted({v["meterValue"][0]["timestamp"] for v in values})
    assert stamps == ["2030-03-17T18:00:00.000Z", "2030-03-17T18:15:00.000Z"]
    assert [v["connectorId"] for v in values] == [1, 2, 1, 2]
    contexts = {s["context"] for v in values for s in v["meterValue"][0]["sampledValue"]}
    assert contexts == {"Sample.Clock"}
    bench.configure(ClockAlignedDataInterval=0)
    bench.run(5000)
    assert len(bench.calls("MeterValues")) == 4


def test_aligned_data_of_a_transaction_name_it():
    bench = booted()
    bench.configure(ClockAlignedDataInterval=900, MeterValueSampleInterval=0)
    number = bench.charge()
    bench.run(900)
    assert [v["transactionId"] for v in bench.calls("MeterValues")] == [number]


def test_authorize_remote_tx_requests():
    bench = booted()
    bench.configure(AuthorizeRemoteTxRequests=True)
    bench.charge("TAG-1")
    assert bench.calls("Authorize") == [{"idTag": "TAG-1"}]


def test_local_pre_authorize_starts_from_the_cache():
    bench = booted()
    bench.configure(AuthorizeRemoteTxRequests=True, LocalPreAuthorize=True)
    bench.charge("TAG-1")
    bench.ask("RemoteStopTransaction", transactionId=bench.transaction_id)
    bench.run(10)
    bench.charge("tag-1")
    assert len(bench.calls("Authorize")) == 1
    bench.ask("RemoteStopTransaction", transactionId=bench.transaction_id)
    bench.run(10)
    assert bench.ask("ClearCache") == {"status": "Accepted"}
    bench.charge("TAG-1")
    assert len(bench.calls("Authorize")) == 2


def test_without_a_cache_there_is_nothing_to_clear():
    bench = booted()
    bench.configure(AuthorizationCacheEnabled=False)
    assert bench.ask("ClearCache") == {"status": "Rejected"}


@pytest.mark.parametrize(
    ("settings", "known", "starts"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"LocalAuthorizeOffline": False}, True, False),
        ({"AuthorizationCacheEnabled": False}, True, False),
        ({"AllowOfflineTxForUnknownId": True}, False, True),
    ],
)
def test_who_may_start_offline(settings, known, starts):
    bench = booted()
    if known:
        bench.command("authorize-id-tag", id_tag="TAG")
    bench.configure(**settings)
    bench.disconnect()
    outcome = bench.command("start-session", id_tag="TAG")
    bench.run(10)
    assert (bench.statuses[-1].status == "Charging") is starts
    if not starts:
        assert outcome is not None
        assert outcome.state == "rejected"
        assert "offline" in (outcome.reason or "")


def test_an_expired_token_of_the_cache_may_not_start():
    bench = Bench()
    info = {"status": "Accepted", "expiryDate": "2030-03-17T18:00:00Z"}
    bench.policies["Authorize"] = lambda _: {"idTagInfo": info}
    bench.connect()
    bench.command("authorize-id-tag", id_tag="TAG")
    bench.run(3600)
    bench.disconnect()
    outcome = bench.command("start-session", id_tag="TAG")
    assert outcome is not None
    assert outcome.state == "rejected"


def test_transaction_message_attempts_and_interval():
    bench = booted()
    bench.configure(TransactionMessageAttempts=3, TransactionMessageRetryInterval=10)
    bench.policies["StartTransaction"] = lambda _: "InternalError"
    bench.ask("RemoteStartTransaction", idTag="T")
    bench.run(100)
    at = [when for when, action, _ in bench.log if action == "StartTransaction"]
    assert [round(t - at[0]) for t in at] == [0, 10, 30]
