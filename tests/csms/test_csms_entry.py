"""Whom the CSMS lets in: HTTP Basic, TLS, client certificates."""

import asyncio
import base64
import ssl
from pathlib import Path
from typing import Any

import pytest
import typer
from csms_peer import Station, get, running, station
from typer.testing import CliRunner
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage, InvalidStatus

from support.authorities import Authority
from voltfleet.csms.command import csms as command
from voltfleet.csms.entry import BadEntry, Keys, read_key, tls
from voltfleet.csms.options import CsmsOptions
from voltfleet.csms.server import Csms

KEY, BINARY = b"0123456789abcdef", bytes(range(240, 256))
AUTHORITY, STRANGER = Authority(), Authority("a stranger")


def basic(key: bytes, identity: str = "CP-1") -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(identity.encode() + b':' + key).decode()}"}


def dial(port: int, headers: dict[str, str], tls: ssl.SSLContext | None = None) -> Any:
    return connect(
        f"ws{'s' if tls else ''}://127.0.0.1:{port}/ocpp/CP-1",
        subprotocols=["ocpp1.6"],  # type: ignore[list-item]
        additional_headers=headers,
        ssl=tls,
    )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        (basic(BINARY), 401),
        (basic(KEY, "CP-2"), 401),
        ({"Authorization": "Basic !!!"}, 401),
        ({"Authorization": basic(KEY)["Authorization"].removeprefix("Basic ")}, 401),
        ({"Authorization": basic(KEY)["Authorization"].replace("Basic", "Bearer")}, 401),
        (basic(KEY), 101),
    ],
)
async def test_basic_credentials(headers: dict[str, str], status: int) -> None:
    async with running(Csms(CsmsOptions(authorization_key=KEY))) as port:
        if status == 101:
            async with dial(port, headers) as socket:
                assert (await Station(socket, "ocpp1.6").boot())["status"] == "Accepted"
            return
        with pytest.raises(InvalidStatus) as refused:
            await dial(port, headers)
        assert refused.value.response.status_code == status
        assert refused.value.response.headers["WWW-Authenticate"] == 'Basic realm="OCPP"'
        assert (await get(port, "/api/stats"))["connections_total"] == 0


async def test_without_a_key_everybody_is_let_in() -> None:
    async with running(Csms()) as port:
        async with dial(port, basic(KEY)) as socket:
            assert await Station(socket, "ocpp1.6").boot()
        async with station(port) as cp:
            assert await cp.boot()


@pytest.mark.parametrize(
    ("action", "payload", "accepted", "refused"),
    [
        (
            "ChangeConfiguration",
            {"key": "AuthorizationKey", "value": BINARY.hex()},
            {"status": "Accepted"},
            {"status": "Rejected"},
        ),
        (
            "SetVariables",
            {
                "setVariableData": [
                    {
                        "attributeValue": BINARY.decode("latin-1"),
                        "component": {"name": "SecurityCtrlr"},
                        "variable": {"name": "BasicAuthPassword"},
                    }
                ]
            },
            {"setVariableResult": [{"attributeStatus": "Accepted"}]},
            {"setVariableResult": [{"attributeStatus": "Rejected"}]},
        ),
    ],
)
def test_a_key_counts_once_its_charger_has_accepted_it(
    action: str, payload: dict[str, Any], accepted: dict[str, Any], refused: dict[str, Any]
) -> None:
    new = BINARY if action == "ChangeConfiguration" else BINARY.decode("latin-1").encode()
    told: list[Any] = []
    keys = Keys(KEY)
    done = keys.watched("CP-1", action, payload, told.append)
    done(refused)
    assert not keys.admits("CP-1", basic(new)["Authorization"])
    done(accepted)
    assert keys.admits("CP-1", basic(new)["Authorization"])
    assert not keys.admits("CP-1", basic(KEY)["Authorization"])
    assert keys.admits("CP-2", basic(KEY, "CP-2")["Authorization"])
    assert told == [refused, accepted]


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "no hex"}),
        ("ChangeConfiguration", {}),
        ("SetVariables", {"setVariableData": []}),
        ("SetVariables", {"setVariableData": [7]}),
        ("Reset", {"type": "Soft"}),
    ],
)
def test_other_calls_change_no_key(action: str, payload: dict[str, Any]) -> None:
    told: list[Any] = []
    assert Keys(KEY).watched("CP-1", action, payload, told.append) == told.append


async def test_tls_and_the_page_over_it(tmp_path: Path) -> None:
    async with running(Csms(CsmsOptions(tls=_listening(tmp_path)))) as port:
        trusting = ssl.create_default_context(cadata=AUTHORITY.pem)
        async with dial(port, {}, trusting) as socket:
            assert await Station(socket, "ocpp1.6").boot()
            assert await _stats(port, trusting) == 1
        with pytest.raises(ssl.SSLCertVerificationError):
            await dial(port, {}, ssl.create_default_context(cadata=STRANGER.pem))


async def test_client_certificates(tmp_path: Path) -> None:
    async with running(Csms(CsmsOptions(tls=_listening(tmp_path, clients=True)))) as port:
        for authority, welcome in ((AUTHORITY, True), (STRANGER, False), (None, False)):
            trusting = ssl.create_default_context(cadata=AUTHORITY.pem)
            if authority is not None:
                file = tmp_path / "client.pem"
                file.write_text("".join(authority.issue("CP-1")))
                trusting.load_cert_chain(file)
            if welcome:
                async with dial(port, {}, trusting) as socket:
                    assert await Station(socket, "ocpp1.6").boot()
            else:
                with pytest.raises((OSError, InvalidMessage)):
                    await dial(port, {}, trusting)


def _listening(directory: Path, *, clients: bool = False) -> ssl.SSLContext:
    certificate, key = AUTHORITY.issue("csms.example", "127.0.0.1")
    files = {"cert": certificate, "key": key, "ca": AUTHORITY.pem}
    for name, text in files.items():
        (directory / name).write_text(text)
    context = tls(directory / "cert", directory / "key", (directory / "ca") if clients else None)
    assert context is not None
    return context


async def _stats(port: int, trusting: ssl.SSLContext) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    writer.write(b"GET /api/stats HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert b" 200 OK\r\n" in answer
    return answer.count(b'"connected":1')


def test_keys_are_read_as_the_gateway_reads_them() -> None:
    assert read_key("correct-horse") == b"correct-horse"
    assert read_key("hex:00ff") == b"\x00\xff"
    with pytest.raises(BadEntry):
        read_key("hex:0")


@pytest.mark.parametrize(
    "options",
    [
        ["--tls-cert", "x.pem"],
        ["--tls-key", "x.pem"],
        ["--client-ca", "x.pem"],
        ["--tls-cert", "x.pem", "--tls-key", "x.pem"],
        ["--authorization-key", "hex:xyz"],
    ],
)
def test_an_option_that_cannot_be_used_is_an_error_in_words(options: list[str]) -> None:
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 1
    assert "cannot run the CSMS" in result.output
