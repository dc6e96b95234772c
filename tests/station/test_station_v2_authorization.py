"""OCPP 2.x C01, C10 to C15: who may charge, online and offline."""

import pytest
from bench2 import Bench2, booted
from bench16 import ac_station

from voltfleet.station.v2.messages.types import AuthorizationStatus, IdToken, IdTokenInfo
from voltfleet.station.v2.token_cache import MAX_CACHED

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
    kept = authorization.cache.entries
    assert len(kept) == MAX_CACHED
    assert ("ISO14443 t9" in kept, "ISO14443 t10" in kept) == (False, True)
    authorization.learn(IdToken("C", "Central"), info)
    assert "Central c" not in kept


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
    learned(bench, "TAG")
    assert present(bench) == "applied"
    assert bench.calls("Authorize") == []


def test_without_remote_authorization_the_rules_of_offline_still_hold():
    bench = booted()
    bench.configure(
        AuthCtrlr_DisableRemoteAuthorization=True, AuthCtrlr_OfflineTxForUnknownIdEnabled=True
    )
    bench.disconnect()
    assert present(bench) == "applied"


def test_a_token_may_be_valid_at_some_evses_only():
    """C01.FR.22"""
    bench = booted(ac_station(2))
    bench.token_info = {"status": "Accepted", "evseId": [2]}
    bench.command("plug-connector", connector_id=1)
    bench.command("plug-connector", connector_id=2)
    start = lambda n: bench.command("start-transaction", id_tag="TAG", connector_id=n)  # noqa: E731
    assert (start(1).state, start(2).state) == ("rejected", "applied")


@pytest.mark.parametrize("type_", ["Central", "KeyCode", "eMAID", "MacAddress", "Local"])
def test_a_remote_start_keeps_the_type_of_its_token(type_):
    bench = booted()
    bench.configure(AuthCtrlr_AuthorizeRemoteStart=True)
    token = {"idToken": "1234", "type": type_}
    bench.ask("RequestStartTransaction", idToken=token, remoteStartId=1)
    assert bench.calls("Authorize") == [{"idToken": token}]
    assert bench.events()[0]["idToken"] == token


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


def learned(bench: Bench2, *tags: str, **info: str) -> list[str]:
    """The CSMS said of these tokens that they may; what the cache knows then, the next to go
    first."""
    authorization = bench.station._engine._commands._authorization
    for tag in tags:
        said = IdTokenInfo(AuthorizationStatus.ACCEPTED, **info)
        authorization.learn(IdToken(tag, "ISO14443"), said)
    return [key.removeprefix("ISO14443 ") for key in authorization.cache.entries or ()]


def test_storage_tells_how_big_the_cache_is():
    bench = booted()
    storage = lambda: int(bench.get("AuthCacheCtrlr", "Storage"))  # noqa: E731
    assert storage() == 0
    learned(bench, "A")
    one = storage()
    learned(bench, "A", "B")
    assert storage() == 2 * one > 0
    learned(bench, "B", cache_expiry_date_time="2020-01-01T00:00:00Z")
    assert storage() == one
    bench.ask("ClearCache")
    assert storage() == 0


@pytest.mark.parametrize(("policy", "gone"), [("FIFO", "old"), ("LRU", "t0")])
def test_which_token_makes_room_for_another(policy, gone):
    bench = booted()
    bench.configure(AuthCacheCtrlr_Policy=policy, AuthCtrlr_LocalPreAuthorize=True)
    bench.policies["TransactionEvent"] = lambda _: {}
    learned(bench, "OLD", *(f"T{n}" for n in range(MAX_CACHED - 1)))
    assert present(bench, "OLD") == "applied"
    assert bench.calls("Authorize") == []
    kept = learned(bench, "NEW")
    assert (gone in kept, len(kept)) == (False, MAX_CACHED)
    assert {"old", "t0"} - {gone} <= set(kept)


@pytest.mark.parametrize("policy", ["FIFO,LRU", "LFU", ""])
def test_one_policy_at_a_time(policy):
    assert booted().set("AuthCacheCtrlr", "Policy", policy) == "Rejected"


def test_a_cache_too_big_for_its_storage_forgets_the_oldest():
    bench = booted()
    tags = [f"{n:036}" for n in range(MAX_CACHED)]
    kept = learned(bench, *tags, cache_expiry_date_time="2031-01-01T00:00:00Z")
    assert 65_000 < int(bench.get("AuthCacheCtrlr", "Storage")) <= 65_536
    assert (kept[-1], tags[0] in kept) == (tags[-1], False)


def test_an_expiry_in_the_past_takes_a_token_out_of_the_cache():
    """C10.FR.10: so a prepaid card is asked about each time."""
    bench = booted()
    bench.configure(AuthCtrlr_LocalPreAuthorize=True)
    learned(bench, "TAG")
    bench.token_info = {"status": "Accepted", "cacheExpiryDateTime": "2020-01-01T00:00:00Z"}
    present(bench)
    assert bench.calls("Authorize") == []
    again(bench)
    present(bench)
    assert len(bench.calls("Authorize")) == 1
