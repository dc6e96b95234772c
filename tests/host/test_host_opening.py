"""The answer that is read here, and never differently from how the library reads it."""

import pytest
from websockets.protocol import OPEN
from websockets.utils import accept_key

from support.heads import head
from voltfleet.host.endpoint import Endpoint
from voltfleet.host.opening import Opening

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = accept_key(KEY)
USUAL = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    f"Sec-WebSocket-Accept: {ACCEPT}",
    "Sec-WebSocket-Protocol: ocpp1.6",
]
MORE = b"\x81\x02{}\x81\x02[]"


@pytest.fixture
def opening(monkeypatch: pytest.MonkeyPatch) -> Opening:
    monkeypatch.setattr("voltfleet.host.opening.generate_key", lambda: KEY)
    return Opening(Endpoint("ws://127.0.0.1:9000/ocpp", "ocpp1.6"), "CP 1", 2**20)


@pytest.mark.parametrize(
    "lines",
    [
        USUAL,
        [USUAL[0], "Date: Tue, 01 Dec 2026 10:00:00 GMT", "Server: x/1 (y; z)", *USUAL[1:]],
        [USUAL[0], *reversed(USUAL[1:])],
        [line.replace(": ", ":") for line in USUAL],
        [USUAL[0], *(line.lower() if "Accept" not in line else line for line in USUAL[1:])],
        ["HTTP/1.1 101 ", *USUAL[1:]],
    ],
    ids=["usual", "more headers", "another order", "no spaces", "lower case", "no phrase"],
)
def test_what_servers_usually_answer_is_read_here(opening: Opening, lines: list[str]) -> None:
    answer = head(lines)
    assert opening.plain_answer(answer + MORE) == len(answer)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        head(USUAL)[:-1],
        head(USUAL).replace(b"\r\n", b"\n"),
        head(["HTTP/1.0 101 Switching Protocols", *USUAL[1:]]),
        head(["HTTP/1.1 200 OK", *USUAL[1:]]),
        head(["HTTP/1.1 1010 Switching Protocols", *USUAL[1:]]),
        head(USUAL[:1]),
        *(head([line for line in USUAL if line is not left_out]) for left_out in USUAL),
        *(head([*USUAL, twice]) for twice in USUAL[1:]),
        head([*USUAL, "Sec-WebSocket-Extensions: permessage-deflate"]),
        head([*USUAL, " folded"]),
        head([*USUAL, "No colon"]),
        head([*USUAL, "Space : before"]),
        head([*USUAL, "Control: \x00"]),
        head([line.replace("websocket", "h2c") for line in USUAL]),
        head([line.replace(": Upgrade", ": keep-alive, Upgrade") for line in USUAL]),
        head([line.replace(ACCEPT, ACCEPT.lower()) for line in USUAL]),
        head([line.replace("ocpp1.6", "ocpp2.0.1") for line in USUAL]),
        head([line.replace("ocpp1.6", "ocpp1.6, ocpp2.0.1") for line in USUAL]),
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    ],
)
def test_everything_else_is_left_to_the_library(opening: Opening, answer: bytes) -> None:
    assert opening.plain_answer(answer) == 0


LOUDER = [USUAL[0], "UPGRADE: WebSocket", "CONNECTION:upgrade", *USUAL[3:]]


@pytest.mark.parametrize("lines", [USUAL, LOUDER])
def test_the_library_asks_and_reads_the_same(opening: Opening, lines: list[str]) -> None:
    """The request is the library's but for the order of its headers; and what is read here, the
    library takes for the same."""
    library = opening.asked()
    library.send_request(library.connect())
    [request] = library.data_to_send()
    assert sorted(opening.request(None).split(b"\r\n")) == sorted(request.split(b"\r\n"))
    answer = head(lines)
    library.receive_data(answer + MORE)
    assert library.state is OPEN
    here = opening.opened()
    here.receive_data((answer + MORE)[opening.plain_answer(answer) :])
    assert here.events_received() == library.events_received()[1:]
    assert (here.state, here.subprotocol) == (library.state, library.subprotocol)
    assert (here.side, here.max_message_size) == (library.side, library.max_message_size)


def test_credentials_go_with_the_request(opening: Opening) -> None:
    [line, *headers] = opening.request("Basic Q1A6c2VjcmV0").split(b"\r\n")
    assert line == b"GET /ocpp/CP%201 HTTP/1.1"
    assert b"Authorization: Basic Q1A6c2VjcmV0" in headers
    assert headers[-2:] == [b"", b""]
