import pytest

from voltfleet.domain.errors import BadRequest
from voltfleet.host.endpoint import BadEndpoint, Endpoint, endpoint


@pytest.mark.parametrize(
    ("ws_url", "identity", "resource"),
    [
        ("ws://csms.example/ocpp", "CP1", "/ocpp/CP1"),
        ("ws://csms.example/ocpp/", "CP1", "/ocpp/CP1"),
        ("ws://csms.example/ocpp//", "CP1", "/ocpp/CP1"),
        ("ws://csms.example", "CP1", "/CP1"),
        ("ws://csms.example/", "CP1", "/CP1"),
        ("ws://csms.example/ocpp?tenant=a%20b&x=1", "CP1", "/ocpp/CP1?tenant=a%20b&x=1"),
        ("ws://csms.example?tenant=a", "CP1", "/CP1?tenant=a"),
        ("ws://csms.example/ocpp", "A B/C?#%", "/ocpp/A%20B%2FC%3F%23%25"),
        ("ws://csms.example/ocpp", "*-_=:+@.", "/ocpp/*-_=:+@."),
        ("ws://csms.example/ocpp", "a|b", "/ocpp/a%7Cb"),
        ("ws://csms.example/ocpp", "Säule", "/ocpp/S%C3%A4ule"),
    ],
)
def test_the_identity_is_the_last_segment_of_the_path(
    ws_url: str, identity: str, resource: str
) -> None:
    assert Endpoint(ws_url, "ocpp1.6").uri(identity).resource_name == resource


@pytest.mark.parametrize(
    ("ws_url", "address"),
    [
        ("ws://Csms.Example/x", (False, "csms.example", 80)),
        ("wss://csms.example/x", (True, "csms.example", 443)),
        ("ws://[::1]:9000/x", (False, "::1", 9000)),
    ],
)
def test_the_address_is_what_is_dialled(ws_url: str, address: tuple[bool, str, int]) -> None:
    assert Endpoint(ws_url, "ocpp1.6").address == address


def test_user_and_password_stay() -> None:
    uri = Endpoint("ws://u:p%40ss@csms.example/ocpp", "ocpp1.6").uri("CP1")
    assert uri.user_info == ("u", "p@ss")


@pytest.mark.parametrize(
    "ws_url", ["http://csms.example", "ws://", "ws://csms.example:port/", "ws://x/#frag", ""]
)
def test_what_cannot_be_dialled_is_refused_in_words(ws_url: str) -> None:
    with pytest.raises(BadEndpoint, match="the ws_url cannot be dialled"):
        Endpoint(ws_url, "ocpp1.6")
    assert issubclass(BadEndpoint, BadRequest)


def test_chargers_share_an_endpoint() -> None:
    assert endpoint("ws://csms.example/a", "ocpp1.6") is endpoint("ws://csms.example/a", "ocpp1.6")
