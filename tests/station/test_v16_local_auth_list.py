"""OCPP 1.6 §3.5.2, §3.5.3, §5.10, §5.15: the Local Authorization List and what it is good for."""

from typing import Any

import pytest
from bench16 import Bench, booted


def line(tag: str, status: str | None = "Accepted", **info: str) -> dict[str, Any]:
    return {"idTag": tag} | ({} if status is None else {"idTagInfo": {"status": status, **info}})


def send(bench: Bench, version: int, *lines: dict[str, Any], kind: str = "Full") -> str:
    answer = bench.ask(
        "SendLocalList",
        listVersion=version,
        updateType=kind,
        localAuthorizationList=list(lines),
    )
    return str(answer.get("status"))


def version(bench: Bench) -> int:
    return int(bench.ask("GetLocalListVersion")["listVersion"])


def starts(bench: Bench, tag: str) -> bool:
    bench.command("start-session", id_tag=tag)
    bench.run(10)
    return bench.told()[-1] == "Charging"


def starts_offline(bench: Bench, tag: str) -> bool:
    bench.disconnect()
    bench.command("start-session", id_tag=tag)
    bench.run(10)
    return bench.statuses[-1].status == "Charging"


def test_versions():
    bench = booted()
    assert version(bench) == 0
    assert send(bench, 3, line("A")) == "Accepted"
    assert version(bench) == 3
    assert send(bench, 3, line("B"), kind="Differential") == "VersionMismatch"
    assert send(bench, 4, line("B"), kind="Differential") == "Accepted"
    assert version(bench) == 4
    assert send(bench, 2, line("C")) == "Accepted"  # full: any version
    assert version(bench) == 2
    assert send(bench, 9) == "Accepted"
    assert version(bench) == 0


def test_a_list_can_be_left_out():
    bench = booted()
    send(bench, 1, line("A"))
    answer = bench.ask("SendLocalList", listVersion=2, updateType="Differential")
    assert (answer, version(bench)) == ({"status": "Accepted"}, 2)


@pytest.mark.parametrize(
    "lines",
    [
        [line("A"), line("a")],
        [line("A", None)],
        [line(f"T{n}") for n in range(101)],
    ],
)
def test_a_full_list_that_cannot_be(lines):
    bench = booted()
    send(bench, 1, line("KEPT"))
    assert send(bench, 2, *lines) == "Failed"
    assert version(bench) == 1


def test_a_list_that_grows_too_long():
    bench = booted()
    for part in range(10):
        lines = [line(f"{part}-{n}") for n in range(100)]
        assert send(bench, part + 1, *lines, kind="Differential") == "Accepted"
    assert send(bench, 99, line("one more"), kind="Differential") == "Failed"


def test_an_expiry_that_is_no_time():
    bench = booted()
    bench.send(
        "SendLocalList",
        {
            "listVersion": 1,
            "updateType": "Full",
            "localAuthorizationList": [line("A", expiryDate="tomorrow")],
        },
    )
    assert bench.errors[-1][0] == "TypeConstraintViolation"


def test_switched_off():
    bench = booted()
    send(bench, 1, line("A"))
    bench.configure(LocalAuthListEnabled=False)
    assert send(bench, 2, line("A")) == "NotSupported"
    assert version(bench) == -1
    assert not starts_offline(bench, "A")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (line("TAG"), True),
        (line("tag"), True),
        (line("TAG", "ConcurrentTx"), True),
        (line("TAG", "Blocked"), False),
        (line("TAG", expiryDate="2030-03-17T17:00:00Z"), False),
        (line("TAG", expiryDate="2031-03-17T17:00:00Z"), True),
        (line("OTHER"), False),
    ],
)
def test_who_may_start_offline_by_the_list(entry, expected):
    bench = booted()
    send(bench, 1, entry)
    assert starts_offline(bench, "TAG") is expected


def test_a_token_barred_by_the_list_is_not_unknown():
    bench = booted()
    bench.configure(AllowOfflineTxForUnknownId=True)
    send(bench, 1, line("TAG", "Invalid"))
    assert not starts_offline(bench, "TAG")


def test_the_list_goes_before_the_cache():
    bench = booted()
    bench.command("authorize-id-tag", id_tag="TAG")
    send(bench, 1, line("TAG", "Blocked"))
    assert not starts_offline(bench, "TAG")


def test_a_listed_token_leaves_the_cache_and_does_not_come_back_into_it():
    bench = booted()
    bench.command("authorize-id-tag", id_tag="TAG")
    send(bench, 1, line("TAG"))
    bench.command("authorize-id-tag", id_tag="TAG")
    send(bench, 2, line("TAG", None), kind="Differential")
    assert not starts_offline(bench, "TAG")


def test_pre_authorized_by_the_list():
    bench = booted()
    bench.configure(LocalPreAuthorize=True)
    send(bench, 1, line("TAG"), line("BAD", "Blocked"))
    assert starts(bench, "TAG")
    assert bench.calls("Authorize") == []
    bench.command("stop-session")
    bench.run(10)
    bench.command("start-session", id_tag="BAD")
    assert bench.calls("Authorize") == [{"idTag": "BAD"}]


def test_the_list_survives_a_reset():
    bench = booted()
    send(bench, 7, line("TAG"))
    bench.ask("Reset", type="Hard")
    bench.run(10)
    assert version(bench) == 7
