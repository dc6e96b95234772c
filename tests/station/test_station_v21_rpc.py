"""What OCPP 2.1 added to the wire: CALLRESULTERROR and SEND."""

import pytest
from bench2 import Bench21, booted

BROKEN = {"currentTime": "2030-03-17T17:46:40Z", "interval": "soon", "status": "Accepted"}


@pytest.mark.parametrize(
    ("answer", "code", "field"),
    [
        ({"currentTime": 5}, "TypeConstraintViolation", "currentTime"),
        ({}, "OccurrenceConstraintViolation", "currentTime"),
        ({"currentTime": "x" * 30}, "TypeConstraintViolation", "currentTime"),
        (
            {"currentTime": "2030-03-17T17:46:40Z", "more": 1},
            "FormatViolation",
            "more",
        ),
    ],
)
def test_an_answer_that_does_not_fit_is_objected_to(answer, code, field):
    bench = booted(bench_type=Bench21)
    bench.policies["Heartbeat"] = lambda _: answer
    bench.ask("TriggerMessage", requestedMessage="Heartbeat")
    assert bench.objections == [("Heartbeat", code, field)]


def test_an_answer_that_does_not_fit_answers_nothing():
    bench = Bench21()
    bench.policies["BootNotification"] = lambda _: BROKEN
    bench.connect()
    bench.accepted = False
    assert [o[:2] for o in bench.objections] == [("BootNotification", "TypeConstraintViolation")]
    assert bench.registrations[-1].state != "ONLINE"
    bench.policies.clear()
    bench.run(600)
    assert bench.calls("BootNotification")[1:]
    assert bench.get("OCPPCommCtrlr", "HeartbeatInterval") == "3600"


def test_an_answer_that_cannot_be_read():
    bench = booted(bench_type=Bench21)
    bench.policies["Heartbeat"] = lambda _: None
    bench.ask("TriggerMessage", requestedMessage="Heartbeat")
    pending = bench.station._ctx.outbox._peer.pending
    assert pending is not None
    bench.raw(f'[3,"{pending.unique_id}",[]]')
    assert bench.objections == [("Heartbeat", "FormatViolation", None)]
    assert bench.station._ctx.outbox._peer.pending is None
    bench.raw('[3,"nobody asked",[]]')
    bench.raw('[3,"nobody asked",{}]')
    assert len(bench.objections) == 1
    assert bench.errors == []


def test_before_21_nobody_objects():
    bench = booted()
    bench.policies["Heartbeat"] = lambda _: {}
    bench.ask("TriggerMessage", requestedMessage="Heartbeat")
    pending = bench.station._ctx.outbox._peer.pending
    assert pending is None
    assert bench.objections == bench.errors == []


@pytest.mark.parametrize("text", ['[5,"x","InternalError","",{}]', '[6,"x","Anything",{}]'])
def test_the_new_message_types_are_of_21_only(text):
    old = booted()
    old.raw(text)
    assert old.errors == [("MessageTypeNotSupported", "the message type number is unknown", {})]
    new = booted(bench_type=Bench21)
    new.raw(text)
    assert new.errors == []


def test_an_objection_to_an_answer_of_the_station_changes_nothing():
    bench = booted(bench_type=Bench21)
    assert bench.ask("ClearCache") == {"status": "Accepted"}
    before = len(bench.log)
    assert bench.raw('[5,"csms-1","FormatViolation","no",{}]') == ""
    assert bench.raw('[5,"never","FormatViolation"]') == ""
    assert (bench.log[before:], bench.errors) == ([], [])
    assert bench.ask("ClearCache") == {"status": "Accepted"}


def test_a_message_of_the_user_is_held_against_the_standard_too():
    bench = booted(bench_type=Bench21)
    told = {"action": "data_transfer", "ocpp_version": "ocpp2.1", "payload": {"vendorId": "Acme"}}
    bench.policies["DataTransfer"] = lambda _: {"status": "Maybe"}
    outcome = bench.command("proxy-message", **told)
    assert outcome is not None
    assert bench.objections == [("DataTransfer", "PropertyConstraintViolation", "status")]
