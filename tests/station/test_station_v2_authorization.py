"""OCPP 2.x C01, C10 to C15: who may charge, online and offline."""

import pytest
from bench2 import Bench2, booted

from voltfleet.station.v2.authorization import MAX_CACHED
from voltfleet.station.v2.messages.types import AuthorizationStatus, IdToken, IdTokenInfo

TAG = {"idToken": "TAG", "type": "ISO14443"}


def present(bench: Bench2, tag: str = "TAG") -> str:
    """The driver of a car that is there presents a token; what comes of it."""
    if bench.station._ctx.hardware.evses[0].active is None:
        bench.command("plug-connector")
    outcome = bench.command("start-transaction", id_tag=tag)
    assert outcome is not None
    return str(outcome.state)


def again(bench: Bench2) -> None:
    """The driver ends it, and goes."""
    bench.command("stop-transaction")
    bench.command("unplug-connector")


def test_the_csms_is_asked():
    bench = booted()
    assert present(bench) == "applied"
    assert bench.calls("Authorize") == [{"idToken": TAG}]
    again(bench)
    assert present(bench) == "applied"
    assert len(bench.calls("Authorize")) == 2


def test_the_csms_says_no():
    bench = booted()
    bench.token_info = {"status": "Blocked"}
    assert present(bench) == "rejected"
    assert bench.outcomes[-1].reason == "the CSMS answered Authorize with Blocked"
    assert bench.outcomes[-1].detail == {"status": "Blocked"}


@pytest.mark.parametrize("answer", ["InternalError", {"idTokenInfo": {"status": "Perhaps"}}])
def test_an_answer_of_no_use_is_a_no(answer):
    bench = booted()
    bench.policies["Authorize"] = lambda _: answer
    assert present(bench) == "rejected"


def test_the_cache_decides_if_it_may():
    bench = booted()
    bench.configure(AuthCtrlr_LocalPreAuthorize=True)
    present(bench)
    again(bench)
    assert present(bench, "tag") == "applied"  # id tokens are case insensitive
    assert len(bench.calls("Authorize")) == 1


def test_what_the_cache_does_not_accept_is_asked_about():
    bench = booted()
    bench.configure(AuthCtrlr_LocalPreAuthorize=True)
    bench.token_info = {"status": "Expired"}
    assert present(bench) == "rejected"
    bench.token_info = {"status": "Accepted"}
    assert present(bench) == "applied"
    assert len(bench.calls("Authorize")) == 2


@pytest.mark.parametrize(
    ("info", "wait"),
    [
        ({"status": "Accepted"}, 101),
        ({"status": "Accepted", "cacheExpiryDateTime": "2030-03-17T17:50:00Z"}, 250),
    ],
)
def test_the_cache_forgets(info, wait):
    bench = booted()
    bench.configure(AuthCtrlr_LocalPreAuthorize=True, AuthCacheCtrlr_LifeTime=100)
    bench.token_info = info
    present(bench)
    again(bench)
    bench.run(wait)
    present(bench)
    assert len(bench.calls("Authorize")) == 2


def test_clear_cache():
    bench = booted()
    bench.configure(AuthCtrlr_LocalPreAuthorize=True)
    present(bench)
    again(bench)
    assert bench.ask("ClearCache") == {"status": "Accepted"}
    present(bench)
    assert len(bench.calls("Authorize")) == 2
    bench.configure(AuthCacheCtrlr_Enabled=False)
    assert bench.ask("ClearCache") == {"status": "Rejected"}
    again(bench)
    present(bench)
    assert len(bench.calls("Authorize")) == 3


def test_the_cache_survives_a_reset_and_has_an_end():
    bench = booted()
    authorization = bench.station._engine._commands._authorization
    info = IdTokenInfo(AuthorizationStatus.ACCEPTED)
    for n in range(MAX_CACHED + 10):
        authorization.learn(IdToken(f"T{n}", "ISO14443"), info)
    bench.ask("Reset", type="Immediate")
    bench.run(20)
    assert len(authorization._cache) == MAX_CACHED
    assert ("ISO14443", "t9") not in authorization._cache
    authorization.learn(IdToken("C", "Central"), info)
    assert ("Central", "c") not in authorization._cache


@pytest.mark.parametrize(
    ("known", "setting", "state"),
    [
        (True, {}, "applied"),
        (True, {"AuthCtrlr_LocalAuthorizeOffline": False}, "rejected"),
        (False, {}, "rejected"),
        (False, {"AuthCtrlr_OfflineTxForUnknownIdEnabled": True}, "applied"),
    ],
)
def test_offline(known, setting, state):
    bench = booted()
    if known:
        present(bench)
        again(bench)
    bench.configure(**setting)
    bench.disconnect()
    assert present(bench) == state
    bench.connect()
    assert (bench.events()[-1]["transactionInfo"]["chargingState"] == "Charging") == (
        state == "applied"
    )


def test_the_link_is_lost_while_the_csms_thinks():
    bench = booted()
    bench.configure(AuthCtrlr_OfflineTxForUnknownIdEnabled=True)
    bench.command("plug-connector")
    bench.policies["Authorize"] = lambda _: None
    assert bench.command("start-transaction", id_tag="TAG") is None
    bench.disconnect()
    assert bench.outcomes[-1].state == "applied"


def test_the_link_is_lost_while_the_csms_thinks_about_a_token_it_knew():
    bench = booted()
    present(bench)
    again(bench)
    bench.command("plug-connector")
    bench.policies["Authorize"] = lambda _: None
    assert bench.command("start-transaction", id_tag="TAG") is None
    bench.disconnect()
    assert bench.outcomes[-1].reason == "started; the CSMS is told once it is reached"


def test_known_but_not_allowed_offline():
    bench = booted()
    bench.configure(AuthCtrlr_OfflineTxForUnknownIdEnabled=True)
    bench.token_info = {"status": "Blocked"}
    present(bench)
    bench.disconnect()
    assert present(bench) == "rejected"


def test_remote_authorization_can_be_switched_off():
    bench = booted()
    bench.configure(AuthCtrlr_DisableRemoteAuthorization=True)
    assert present(bench) == "rejected"
    assert bench.calls("Authorize") == []


def test_no_authorization_needs_none():
    bench = booted()
    bench.configure(AuthCtrlr_AuthorizeRemoteStart=True)
    bench.ask(
        "RequestStartTransaction",
        idToken={"idToken": "", "type": "NoAuthorization"},
        remoteStartId=1,
    )
    assert bench.calls("Authorize") == []
    assert len(bench.events()) == 1


def test_a_user_is_told_the_group_of_a_token():
    bench = booted()
    bench.token_info = {"status": "Accepted", "groupIdToken": {"idToken": "G", "type": "Central"}}
    outcome = bench.command("authorize-id-tag", id_tag="TAG")
    assert outcome.detail == {"status": "Accepted", "groupIdToken": "G"}
