"""What is read out of the CSMS's log."""

import json
from typing import Any

from voltfleet.chaos.csms_log import CsmsLog
from voltfleet.chaos.history import Kind


def line(
    action: str,
    payload: dict[str, Any],
    unique_id: str = "1",
    identity: str = "A",
    at: float = 0.0,
) -> str:
    message = json.dumps([2, unique_id, action, payload])
    entry = {"at": at, "identity": identity, "from": "station", "action": action}
    return json.dumps({**entry, "message": message})


def start(moment: str, tag: str = "TAG") -> dict[str, Any]:
    return {"connectorId": 1, "idTag": tag, "meterStart": 0, "timestamp": moment}


def event(kind: str, number: int, transaction: str = "T") -> dict[str, Any]:
    return {
        "eventType": kind,
        "seqNo": number,
        "timestamp": "1970-01-01T00:00:00Z",
        "idToken": {"idToken": "TAG", "type": "ISO14443"},
        "transactionInfo": {"transactionId": transaction},
    }


def test_a_transaction_that_is_told_again_is_one() -> None:
    log = CsmsLog()
    log.feed([line("StartTransaction", start("10:00"), n) for n in ("1", "2")])
    assert log.begun("TAG") == 1
    log.feed([line("StartTransaction", start("10:01"), "3")])
    assert log.begun("TAG") == 2
    assert log.sent["A"] == ["1", "2", "3"]


def test_transactions_of_2x_are_told_apart_by_their_ids() -> None:
    log = CsmsLog()
    told = [event("Started", 0), event("Started", 0), event("Updated", 1), event("Ended", 2)]
    log.feed([line("TransactionEvent", each) for each in told])
    assert (log.begun("TAG"), log.findings) == (1, [])
    log.feed([line("TransactionEvent", event("Started", 0, "U"))])
    assert log.begun("TAG") == 2


def test_a_sequence_number_that_goes_back_is_found() -> None:
    log = CsmsLog()
    told = [event("Started", 0), event("Updated", 2), event("Updated", 1)]
    log.feed([line("TransactionEvent", each) for each in told])
    assert [finding.kind for finding in log.findings] == [Kind.REORDERED]


def test_events_that_are_told_again_in_their_order_are_no_others() -> None:
    log = CsmsLog()
    told = [event("Started", 0), event("Updated", 1), event("Updated", 2)]
    told += [event("Updated", 1), event("Updated", 2), event("Ended", 3)]
    log.feed([line("TransactionEvent", each) for each in told])
    assert log.findings == []


def test_two_events_of_one_number_are_found() -> None:
    log = CsmsLog()
    told = [event("Started", 0), event("Updated", 1), event("Ended", 1)]
    log.feed([line("TransactionEvent", each) for each in told])
    assert [finding.kind for finding in log.findings] == [Kind.DOUBLED]


def test_an_event_that_no_gateway_could_keep_in_time_may_be_told_otherwise() -> None:
    log = CsmsLog()
    log.feed([line("TransactionEvent", event("Updated", 1), at=2.1)])
    log.feed([line("TransactionEvent", event("Ended", 1), at=9.0)])
    assert log.findings == []


def test_answers_and_the_csmss_own_calls_are_passed_over() -> None:
    log = CsmsLog()
    answer = json.dumps([3, "1", {}])
    entry = {"at": 0, "identity": "A", "action": "", "message": answer}
    log.feed([json.dumps({**entry, "from": sender}) for sender in ("station", "csms")])
    assert log.sent == {}
