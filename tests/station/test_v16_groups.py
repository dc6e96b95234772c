"""OCPP 1.6 §3.5, §4.8: which tokens stop a transaction."""

import pytest
from bench16 import Bench, booted


def started(**info: str) -> Bench:
    bench = booted()
    said = {"idTagInfo": {"status": "Accepted", **info}}
    bench.policies["Authorize"] = lambda _: said
    bench.policies["StartTransaction"] = lambda _: {"transactionId": 7, **said}
    bench.command("plug-connector")
    assert bench.command("start-transaction", id_tag="A").state == "applied"
    return bench


def test_the_token_that_started_it_needs_no_question():
    bench = started()
    assert bench.command("stop-transaction", id_tag="a").state == "applied"
    assert len(bench.calls("Authorize")) == 1
    assert bench.calls("StopTransaction")[0]["idTag"] == "a"


def test_another_token_of_the_group():
    bench = started(parentIdTag="FAMILY")
    assert bench.command("stop-transaction", id_tag="B").state == "applied"
    [stop] = bench.calls("StopTransaction")
    assert (stop["idTag"], stop.get("reason", "Local")) == ("B", "Local")


@pytest.mark.parametrize("info", [{}, {"parentIdTag": "OTHERS"}, {"status": "Blocked"}])
def test_a_token_of_another_group_stops_nothing(info):
    bench = started(parentIdTag="FAMILY")
    bench.policies["Authorize"] = lambda _: {"idTagInfo": {"status": "Accepted", **info}}
    assert bench.command("stop-transaction", id_tag="B").state == "rejected"
    assert bench.calls("StopTransaction") == []
