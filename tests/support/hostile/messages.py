"""WebSocket in order, and OCPP broken, or too much of it."""

import asyncio
import itertools
import json

from support.hostile.peer import (
    BEAT_SECONDS,
    NOW,
    TEXT,
    Peer,
    answer_to,
    call,
    does,
    flood,
    frame,
    text,
)


def floods(name: str, action: str, payload: object, *, reads: bool = True) -> None:
    """Boots the charger, then calls it 10,000 times a second."""

    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.boot()
        await flood(peer, lambda number: call(number, action, payload), reads=reads)

    script.__name__ = name
    does("sends more than this charger reads", online=True)(script)


_NOWHERE = "http://127.0.0.1:1/file"
floods("floods_calls", "ClearCache", {})
floods("floods_calls_and_never_reads", "GetConfiguration", {}, reads=False)
floods("floods_triggers", "TriggerMessage", {"requestedMessage": "StatusNotification"})
floods(
    "floods_triggers_and_never_answers",
    "TriggerMessage",
    {"requestedMessage": "MeterValues"},
    reads=False,
)
floods("floods_settings", "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "1"})
floods("floods_diagnostics", "GetDiagnostics", {"location": _NOWHERE, "retries": 9})
floods("floods_firmware", "UpdateFirmware", {"location": _NOWHERE, "retrieveDate": NOW})
floods("floods_remote_starts", "RemoteStartTransaction", {"idTag": "FLOOD"})
floods("floods_unknown_actions", "NoSuchThing", {"x": "y"})


@does("sends more than this charger reads", online=True)
async def floods_answers_to_nothing(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    await flood(peer, lambda number: text([3, f"never-{number}", {}]))


@does("sends more than this charger reads", online=True)
async def floods_garbage(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    await flood(peer, lambda _: frame(TEXT, b"}{ garbage"))


@does("sends more than this charger reads", online=True)
async def floods_megabytes(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    payload = {"vendorId": "x", "data": "x" * 1_000_000}
    message = call(1, "DataTransfer", payload)
    reading = asyncio.get_running_loop().create_task(peer.oblige())
    try:
        while True:
            await peer.say(message)
    finally:
        reading.cancel()


@does()
async def answers_twice(peer: Peer) -> None:
    await peer.open()
    while True:
        unique_id, action = await peer.hear_call()
        await peer.say(2 * text([3, unique_id, answer_to(action, BEAT_SECONDS)]))


@does("CSMS did not answer in time", after=40, online=False)
async def answers_with_anothers_id(peer: Peer) -> None:
    await peer.open()
    while True:
        unique_id, action = await peer.hear_call()
        other = f"{int(unique_id[:8], 16) ^ 1:08x}{unique_id[8:]}"
        await peer.say(text([3, other, answer_to(action, BEAT_SECONDS)]))


@does("CSMS did not answer in time", after=40)
async def never_answers_the_boot(peer: Peer) -> None:
    await peer.open()
    while True:
        await peer.hear()


@does("answered BootNotification with Pending")
async def pending_for_ever(peer: Peer) -> None:
    await peer.open()
    while True:
        await peer.boot(1, "Pending")


@does("answered BootNotification with Rejected; .* in 60 s")
async def rejects_with_interval_0(peer: Peer) -> None:
    await peer.open()
    while True:
        await peer.boot(0, "Rejected")


@does("answered BootNotification with Rejected; .* in 31536000 s")
async def rejects_for_68_years(peer: Peer) -> None:
    await peer.open()
    while True:
        await peer.boot(2**31, "Rejected")


@does("answered BootNotification with a payload that is not valid", after=1)
async def answers_the_boot_with_a_word_of_its_own(peer: Peer) -> None:
    await peer.open()
    while True:
        await peer.boot(1, "Maybe")


@does("answered BootNotification with the error")
async def answers_the_boot_with_an_error(peer: Peer) -> None:
    await peer.open()
    while True:
        unique_id, _ = await peer.hear_call()
        await peer.say(text([4, unique_id, "InternalError", "no", {}]))


@does("answered BootNotification with a payload that is not valid")
async def answers_the_boot_with_numbers_too_large(peer: Peer) -> None:
    await peer.open()
    while True:
        unique_id, _ = await peer.hear_call()
        huge = b'{"status":"Accepted","interval":' + b"9" * 5000 + b',"currentTime":"x"}'
        await peer.say(frame(TEXT, b'[3,"%b",%b]' % (unique_id.encode(), huge)))


async def tells_times(peer: Peer, times: list[str]) -> None:
    """Every answer names the next of these times."""
    await peer.open()
    for time_told in itertools.cycle(times):
        unique_id, action = await peer.hear_call()
        answer = answer_to(action, BEAT_SECONDS)
        if "currentTime" in answer:
            answer["currentTime"] = time_told
        await peer.say(text([3, unique_id, answer]))


@does()
async def time_that_jumps(peer: Peer) -> None:
    await tells_times(peer, ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", NOW])


@does()
async def time_that_is_nonsense(peer: Peer) -> None:
    await tells_times(peer, ["yesterday", "", "2026-13-45T99:99:99Z", "9" * 1000])


@does(online=False)
async def resets_for_ever(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    await peer.say(call(1, "Reset", {"type": "Hard"}))
    await peer.oblige()


def bomb(name: str, data: bytes) -> None:
    """Boots the charger, sends this, and goes on as if nothing had been."""

    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.boot()
        await peer.say(frame(TEXT, data))
        await peer.oblige()

    script.__name__ = name
    does()(script)


_DEEP = 200_000
bomb("json_too_deep", b'[2,"1","DataTransfer",{"data":' + b"[" * _DEEP + b"]" * _DEEP + b"}]")
bomb("json_that_is_only_open", b"[" * 2 * _DEEP)
bomb("json_with_a_huge_number", b'[2,"1","DataTransfer",{"data":' + b"9" * 500_000 + b"}]")
bomb("json_with_a_huge_exponent", b'[2,"1","ReserveNow",{"connectorId":1e999999999}]')
bomb(
    "json_with_doubled_keys",
    b'[2,"1","Reset",{"type":"Soft",' + b'"type":"x",' * 50_000 + b'"a":1}]',
)
bomb(
    "json_with_many_keys",
    json.dumps([2, "1", "Reset", {f"k{n}": n for n in range(60_000)}]).encode(),
)
bomb("a_call_with_an_endless_id", json.dumps([2, "x" * 900_000, "Reset", {}]).encode())
bomb("a_call_with_an_endless_action", json.dumps([2, "1", "x" * 900_000, {}]).encode())
bomb("a_call_with_control_characters", b'[2,"1\\u0000\\r\\n","Reset\\u001b[2J",{}]')
