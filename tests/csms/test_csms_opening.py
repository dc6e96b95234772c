"""The request that is read here, and never answered differently from how the library would."""

import pytest
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from support.heads import head
from voltfleet.csms.opening import read_request

USUAL = [
    "GET /ocpp/CP%201?site=7 HTTP/1.1",
    "Host: 127.0.0.1:9000",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: ocpp2.0.1, ocpp1.6",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
]
BASIC = "Authorization: Basic Q1A6c2VjcmV0"
NOW = 1_796_000_000.5


@pytest.mark.parametrize(
    "lines",
    [
        USUAL,
        [USUAL[0], *reversed(USUAL[1:]), BASIC, "User-Agent: charger/1 (x)"],
        [line.replace(": ", ":") for line in USUAL],
        [
            line.replace("websocket", "WebSocket").replace(": Upgrade", ": upgrade")
            for line in USUAL
        ],
        [line.replace("2.0.1, ", "2.0.1,") for line in USUAL],
    ],
)
def test_the_usual_request_is_answered_as_the_library_would(lines: list[str]) -> None:
    data = head(lines)
    request = read_request(data + b"\x81")
    assert request is not None
    assert (request.path, request.length) == ("/ocpp/CP%201?site=7", len(data))
    assert request.authorization == (BASIC.partition(": ")[2] if BASIC in lines else None)
    library = ServerProtocol(subprotocols=[Subprotocol(offer) for offer in request.offers])
    library.receive_data(data)
    [event] = library.events_received()
    assert isinstance(event, Request)
    answer = library.accept(event)
    del answer.headers["Date"]  # by a clock of its own
    chosen = answer.headers["Sec-WebSocket-Protocol"]
    assert chosen == request.offers[0] == "ocpp2.0.1"
    date = b"Date: Mon, 30 Nov 2026 00:53:20 GMT\r\n"
    assert request.granted(chosen, NOW).replace(date, b"") == answer.serialize()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        head(USUAL)[:-1],
        head(USUAL).replace(b"\r\n", b"\n"),
        head(["POST / HTTP/1.1", *USUAL[1:]]),
        head(["GET / HTTP/1.0", *USUAL[1:]]),
        head(["GET /a b HTTP/1.1", *USUAL[1:]]),
        head(["GET / HTTP/1.1", "Host: 127.0.0.1:9000"]),
        *(head([line for line in USUAL if line is not left_out]) for left_out in USUAL[2:]),
        *(head([*USUAL, twice]) for twice in USUAL[1:]),
        head([*USUAL, "Sec-WebSocket-Extensions: permessage-deflate"]),
        head([*USUAL, "Content-Length: 2"]),
        head([*USUAL, "Transfer-Encoding: chunked"]),
        head([*USUAL, " folded"]),
        head([*USUAL, "Control: \x00"]),
        head([line.replace(": 13", ": 8") for line in USUAL]),
        head([line.replace("ZQ==", "") for line in USUAL]),
        head([line.replace("1.6", "1.6,") for line in USUAL]),
        head([line.replace(": Upgrade", ": keep-alive, Upgrade") for line in USUAL]),
    ],
)
def test_everything_else_is_left_to_the_library(data: bytes) -> None:
    assert read_request(data) is None
