"""WebSocket, broken."""

import asyncio
import itertools
import json
import struct

from support.hostile.peer import (
    BINARY,
    CLOSE,
    LAST,
    MORE,
    OPEN_TEXT,
    PING,
    PONG,
    TEXT,
    Peer,
    answer_to,
    does,
    flood,
    frame,
    stand_still,
    text,
)


def breaks(name: str, says: str, *data: bytes) -> None:
    """Boots the charger, then sends this."""

    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.boot()
        await peer.say(b"".join(data))
        await peer.oblige()
        await stand_still()  # it does not close the socket either

    script.__name__ = name
    does(says, after=11)(script)


breaks("masked_frames", "masking", frame(TEXT, b'[2,"1","Reset",{}]', mask=True))
breaks("compressed_frames", "reserved bits", frame(0xC1, b"\xaaV*"))
breaks("reserved_bits", "reserved bits", frame(0xB1, b"x"))
breaks("reserved_opcode", "invalid opcode", frame(0x83, b"x"))
breaks("reserved_control_opcode", "invalid opcode", frame(0x8B, b"x"))
breaks("binary_messages", "OCPP-J messages are text", frame(BINARY, b"\x00\x01"))
breaks("invalid_utf8", "invalid UTF-8", frame(TEXT, b"\xff\xfe"))
breaks("fragmented_ping", "fragmented control frame", frame(0x09, b"x"))
breaks("long_ping", "control frame too long", frame(PING, b"x" * 126))
breaks("continues_nothing", "unexpected continuation", frame(LAST, b"x"))
breaks("new_message_amid_fragments", "expected a continuation", frame(OPEN_TEXT) + text([1]))
breaks("a_message_of_100_mb", "exceeds limit", bytes([TEXT, 127]) + struct.pack("!Q", 10**8))
breaks("a_length_of_2_to_the_63", "exceeds limit|broke", bytes([TEXT, 127]) + b"\xff" * 8)
breaks("close_code_0", "broke the WebSocket protocol", frame(CLOSE, b"\0\0"))
breaks("close_code_1005", "broke the WebSocket protocol", frame(CLOSE, struct.pack("!H", 1005)))
breaks("close_code_65535", "broke the WebSocket protocol", frame(CLOSE, b"\xff\xff"))
breaks("close_of_one_byte", "broke the WebSocket protocol", frame(CLOSE, b"\x03"))
breaks("close_with_bad_utf8", "broke the WebSocket protocol", frame(CLOSE, b"\x03\xe8\xff"))
breaks(
    "close_without_hanging_up", "closed the connection: 1000", frame(CLOSE, struct.pack("!H", 1000))
)

_close_codes = itertools.cycle([*range(1000, 1004), *range(1007, 1012), 3000, 3999, 4000, 4999])


@does("closed the connection: ")
async def closes_with_every_code(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    await peer.say(frame(CLOSE, struct.pack("!H", next(_close_codes)) + b"because"))


@does("lost")
async def half_closes(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    peer.writer.write_eof()
    await stand_still()


@does("lost")
async def resets_after_the_boot(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    peer.reset()


@does("lost")
async def resets_in_mid_frame(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    await peer.say(text([2, "1", "Reset", {"type": "Soft"}])[:9])
    await asyncio.sleep(0.05)
    peer.reset()


@does("exceeds limit|in fragments that was not complete", after=11)
async def endless_fragments(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    await peer.say(frame(OPEN_TEXT, b'[2,"'))
    while True:
        await peer.say(frame(MORE, b"x" * 8192))


@does("in fragments that was not complete within 30 s|sends more than", after=40)
async def endless_empty_fragments(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    await peer.say(frame(OPEN_TEXT))
    await flood(peer, lambda _: frame(MORE))


@does("in fragments that was not complete within 30 s", after=40)
async def fragments_now_and_then(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    await peer.say(frame(OPEN_TEXT))
    while True:
        await peer.say(frame(MORE))
        await asyncio.sleep(0.05)


@does()
async def fragments_of_one_byte(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    message = b'[2,"one","TriggerMessage",{"requestedMessage":"Heartbeat"}]'
    await peer.say(frame(OPEN_TEXT))
    for byte in message:
        await peer.say(frame(MORE, bytes([byte])))
    await peer.say(frame(LAST))
    await peer.oblige()


@does("did not answer a ping", after=170)
async def never_pongs(peer: Peer) -> None:
    await peer.open()
    await peer.boot(interval=100_000)
    while True:
        opcode, data = await peer.hear()
        if opcode == 1 and data.startswith(b"[2"):
            _, unique_id, action, _ = json.loads(data)
            await peer.say(text([3, unique_id, answer_to(action, 100_000)]))


@does("sends more than this charger reads", online=True)
async def floods_pings(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    await flood(peer, lambda _: frame(PING))


@does("sends more than this charger reads|has read nothing", online=True)
async def floods_pings_and_never_reads(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    await flood(peer, lambda _: frame(PING, b"x" * 125), reads=False)


@does("sends more than this charger reads", online=True)
async def floods_pongs(peer: Peer) -> None:
    await peer.open()
    await peer.boot()
    await flood(peer, lambda _: frame(PONG, b"x"))
