"""OCPP 2.x block D, C13 and C14: the Local Authorization List."""

import pytest
from bench2 import Bench2, booted

TAG = {"idToken": "TAG", "type": "ISO14443"}


def send(bench: Bench2, version: int, *tokens: str, kind: str = "Full", **info: object) -> str:
    lines = [
        {
            "idToken": {"idToken": t, "type": "ISO14443"},
            "idTokenInfo": {"status": "Accepted"} | info,
        }
        for t in tokens
    ]
    request = {"versionNumber": version, "updateType": kind}
    if lines:
        request["localAuthorizationList"] = lines
    return str(bench.ask("SendLocalList", **request)["status"])


def version(bench: Bench2) -> int:
    return int(bench.ask("GetLocalListVersion")["versionNumber"])


def present(bench: Bench2, tag: str = "TAG") -> str:
    if bench.station._ctx.hardware.evses[0].active is None:
        bench.command("plug-connector")
    outcome = bench.command("start-transaction", id_tag=tag)
    assert outcome is not None
    return f"{outcome.state}: {outcome.reason}"


ENTRIES = ("LocalAuthListCtrlr", "Entries")


def test_full_and_differential():
    bench = booted()
    assert version(bench) == 0
    assert send(bench, 3, "A", "B") == "Accepted"
    assert (version(bench), bench.get(*ENTRIES)) == (3, "2")
    assert send(bench, 3, "C", kind="Differential") == "VersionMismatch"
    assert send(bench, 4, "C", kind="Differential") == "Accepted"
    assert (version(bench), bench.get(*ENTRIES)) == (4, "3")
    removed = [{"idToken": {"idToken": "a", "type": "ISO14443"}}]
    request = {"versionNumber": 5, "updateType": "Differential"}
    bench.ask("SendLocalList", localAuthorizationList=removed, **request)
    assert bench.get(*ENTRIES) == "2"
    assert send(bench, 2) == "Accepted"
    assert (version(bench), bench.get(*ENTRIES)) == (0, "0")


def test_a_wrong_update_changes_nothing():
    bench = booted()
    send(bench, 3, "A")
    assert send(bench, 4, "B", "b") == "Failed"
    assert send(bench, 0, "B") == "Failed"
    nameless = [{"idToken": TAG}]
    request = {"versionNumber": 5, "updateType": "Full", "localAuthorizationList": nameless}
    assert bench.ask("SendLocalList", **request)["status"] == "Failed"
    assert (version(bench), bench.get(*ENTRIES)) == (3, "1")


def test_not_more_than_a_message_takes_nor_than_the_list_does():
    bench = booted()
    tokens = [f"T{n}" for n in range(101)]
    assert bench.get("LocalAuthListCtrlr", "ItemsPerMessage") == "100"
    lines = [{"idToken": {"idToken": t, "type": "ISO14443"}} for t in tokens]
    request = {"versionNumber": 1, "updateType": "Differential"}
    bench.ask("SendLocalList", localAuthorizationList=lines, **request)
    assert bench.errors[-1][0] == "OccurrenceConstraintViolation"
    for n in range(1, 11):
        many = [f"{n}-{i}" for i in range(100)]
        assert send(bench, n, *many, kind="Differential") == "Accepted"
    assert send(bench, 11, "ONE MORE", kind="Differential") == "Failed"


def test_switched_off():
    bench = booted()
    bench.configure(AuthCtrlr_LocalPreAuthorize=True)
    send(bench, 3, "TAG")
    bench.configure(LocalAuthListCtrlr_Enabled=False)
    assert version(bench) == 0
    assert send(bench, 4, "TAG") == "Failed"
    present(bench)
    assert len(bench.calls("Authorize")) == 1


def test_online_it_decides_only_if_it_may():
    bench = booted()
    send(bench, 1, "TAG")
    assert present(bench).startswith("applied")
    assert len(bench.calls("Authorize")) == 1


def test_online_it_decides_before_the_csms():
    bench = booted()
    bench.configure(AuthCtrlr_LocalPreAuthorize=True)
    send(bench, 1, "TAG")
    assert present(bench, "tag").startswith("applied")
    assert bench.calls("Authorize") == []


@pytest.mark.parametrize("final", [True, False])
def test_what_it_refuses_the_csms_is_asked_about(final):
    """C14.FR.03, and DisablePostAuthorize."""
    bench = booted()
    bench.configure(AuthCtrlr_LocalPreAuthorize=True, LocalAuthListCtrlr_DisablePostAuthorize=final)
    send(bench, 1, "TAG", status="Blocked")
    told = present(bench)
    assert told.startswith("rejected: refused by the local" if final else "applied")
    assert len(bench.calls("Authorize")) == (0 if final else 1)


def test_the_cache_may_be_final_too():
    bench = booted()
    bench.configure(AuthCtrlr_LocalPreAuthorize=True, AuthCacheCtrlr_DisablePostAuthorize=True)
    bench.token_info = {"status": "Invalid"}
    present(bench)
    bench.token_info = {"status": "Accepted"}
    assert present(bench) == "rejected: refused by the authorization cache"
    assert len(bench.calls("Authorize")) == 1


def test_offline_and_before_the_cache():
    bench = booted()
    bench.token_info = {"status": "Blocked"}
    present(bench)
    send(bench, 1, "TAG")
    bench.disconnect()
    assert present(bench).startswith("applied")


@pytest.mark.parametrize("unknown", [True, False])
def test_offline_the_barred_stay_out(unknown):
    bench = booted()
    bench.configure(AuthCtrlr_OfflineTxForUnknownIdEnabled=unknown)
    send(bench, 1, "TAG", status="Blocked")
    bench.disconnect()
    assert present(bench) == "rejected: refused by the local authorization list"
    assert present(bench, "OTHER").startswith("applied" if unknown else "rejected")


def test_offline_it_may_be_forbidden_to_decide():
    bench = booted()
    bench.configure(AuthCtrlr_LocalAuthorizeOffline=False)
    send(bench, 1, "TAG")
    bench.disconnect()
    assert present(bench) == "rejected: the station is offline and cannot ask its CSMS"


def test_an_entry_expires():
    bench = booted()
    send(bench, 1, "TAG", cacheExpiryDateTime="2030-03-17T17:50:00Z")
    bench.disconnect()
    assert present(bench).startswith("applied")
    bench.command("stop-session")
    bench.run(300)
    assert present(bench) == "rejected: refused by the local authorization list"


def test_it_survives_a_reset():
    bench = booted()
    send(bench, 7, "TAG")
    bench.ask("Reset", type="Immediate")
    bench.run(20)
    assert version(bench) == 7
