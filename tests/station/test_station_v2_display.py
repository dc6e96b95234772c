"""OCPP 2.x block O: display messages."""

import pytest
from bench2 import Bench2, booted

COUNT = ("DisplayMessageCtrlr", "DisplayMessages")


def message(id_: int = 1, **more: object) -> dict[str, object]:
    content = {"format": "UTF8", "content": "Grüezi"}
    return {"id": id_, "priority": "NormalCycle", "message": content} | more


def put(bench: Bench2, given: dict[str, object]) -> str:
    return str(bench.ask("SetDisplayMessage", message=given)["status"])


def shown(bench: Bench2, **criteria: object) -> list[int]:
    before = len(bench.calls("NotifyDisplayMessages"))
    answer = bench.ask("GetDisplayMessages", requestId=9, **criteria)
    told = [i for n in bench.calls("NotifyDisplayMessages")[before:] for i in n["messageInfo"]]
    assert answer["status"] == ("Accepted" if told else "Unknown")
    return [info["id"] for info in told]


def test_set_get_clear():
    bench = booted()
    assert shown(bench) == []
    assert put(bench, message(1)) == put(bench, message(2, state="Idle")) == "Accepted"
    assert put(bench, message(1, priority="InFront")) == "Accepted"
    assert (shown(bench), bench.get(*COUNT)) == ([2, 1], "2")
    assert bench.calls("NotifyDisplayMessages")[-1]["messageInfo"][0] == message(2, state="Idle")
    assert shown(bench, id=[1, 7]) == [1]
    assert shown(bench, priority="NormalCycle") == [2]
    assert shown(bench, state="Charging") == []
    assert bench.ask("ClearDisplayMessage", id=7) == {"status": "Unknown"}
    assert bench.ask("ClearDisplayMessage", id=1) == {"status": "Accepted"}
    assert (shown(bench), bench.get(*COUNT)) == ([2], "1")


def test_one_is_always_in_front():
    bench = booted()
    put(bench, message(1, priority="AlwaysFront"))
    put(bench, message(2, priority="AlwaysFront"))
    assert shown(bench) == [2]


def test_its_end_comes():
    bench = booted()
    put(bench, message(1, endDateTime="2030-03-17T17:50:00Z"))
    assert shown(bench) == [1]
    bench.run(200)
    assert shown(bench) == []


def test_it_ends_with_its_transaction():
    bench = booted()
    bench.charge()
    assert put(bench, message(1, transactionId=bench.transaction)) == "Accepted"
    assert shown(bench) == [1]
    bench.ask("RequestStopTransaction", transactionId=bench.transaction)
    assert shown(bench) == []


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (message(message={"format": "HTML", "content": "x"}), "NotSupportedMessageFormat"),
        (message(transactionId="x"), "UnknownTransaction"),
        (message(display={"name": "Nonsense"}), "Rejected"),
        (message(endDateTime="2030-03-17T17:00:00Z"), "Rejected"),
    ],
)
def test_what_cannot_be_shown(given, status):
    bench = booted()
    assert put(bench, given) == status
    assert shown(bench) == []


def test_no_more_than_the_device_model_says():
    bench = booted()
    assert [put(bench, message(n)) for n in range(20)] == ["Accepted"] * 20
    assert put(bench, message(20)) == "Rejected"
    assert put(bench, message(19)) == "Accepted"


def test_no_time_is_an_error():
    bench = booted()
    bench.ask("SetDisplayMessage", message=message(startDateTime="soon"))
    assert bench.errors[-1][2]["field"] == "message.startDateTime"
