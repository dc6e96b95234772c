"""The host link between halves of different releases: what one adds, the other reads past."""

import msgspec

from voltfleet.domain import hosting
from voltfleet.domain.hosting import (
    Assignment,
    ChargerDetails,
    ConnectorDetails,
    ConnectorReport,
    Details,
    DialSecurity,
    Hello,
    Watch,
)


class OlderConnectorReport(msgspec.Struct, array_like=True):
    """As it was before it told whether a transaction gets energy."""

    evse_id: int
    connector_id: int
    status: str
    error_code: str | None
    since: float


def test_a_connector_report_is_read_by_halves_of_before_and_theirs_by_us():
    new = ConnectorReport(1, 2, "Occupied", None, 5.0, charging=True)
    old = OlderConnectorReport(1, 2, "Occupied", None, 5.0)
    for codec in (msgspec.msgpack, msgspec.json):
        assert codec.decode(codec.encode(new), type=OlderConnectorReport) == old
        found = codec.decode(codec.encode(old), type=ConnectorReport)
        assert found == ConnectorReport(1, 2, "Occupied", None, 5.0, charging=False)


class OlderHello(msgspec.Struct, tag="hello"):
    """As it was when no host knew `Watch`."""

    protocol: int
    host_id: str
    boot_id: str
    capacity: int
    holding: dict[str, int]


def test_a_host_says_whether_it_tells_details():
    new = Hello(1, "h", "b", 5, {"c": 1}, tells_details=True)
    old = OlderHello(1, "h", "b", 5, {"c": 1})
    assert msgspec.msgpack.decode(hosting.encode(new), type=OlderHello) == old
    heard = hosting.decode_host_message(msgspec.msgpack.encode(old))
    assert heard == Hello(1, "h", "b", 5, {"c": 1}, tells_details=False)


def test_details_and_the_wish_for_them_cross_the_link():
    about = ConnectorDetails(
        plugged=True,
        power_w=7360.0,
        offered_w=7360.0,
        energy_wh=12.5,
        meter_wh=4_000,
        soc_percent=41.25,
        transaction_id="7",
        id_token="TAG",
        charging_state="Charging",
    )
    told = Details([ChargerDetails("c", [(1, 1, about)])])
    assert hosting.decode_host_message(hosting.encode(told)) == told
    asked = Watch(["c"], 5.0)
    assert hosting.decode_gateway_message(hosting.encode(asked)) == asked


class OlderAssignment(msgspec.Struct, array_like=True):
    """As it was before it told whose charger it is."""

    charger_id: str
    generation: int
    identity: str
    ws_url: str
    ocpp_version: str
    brand_slug: str
    model_slug: str
    connector_type: str
    running: bool
    seed: int
    memory: bytes | None = None
    memory_generation: int = 0
    security: DialSecurity | None = None


class HelloWithoutLists(msgspec.Struct, tag="hello"):
    """As it was before it told whether the host obeys lists of targets."""

    protocol: int
    host_id: str
    boot_id: str
    capacity: int
    holding: dict[str, int]


def test_whose_charger_it_is_is_read_past_and_nobodys_is_without_a_list():
    words = ("CP1", "ws://a/b", "OCPP1.6", "wallbox", "wallbox-pulsar-plus", "Type2")
    old = OlderAssignment("id", 3, *words, running=True, seed=1, memory=b"m")
    new = Assignment("id", 3, *words, running=True, seed=1, memory=b"m", organization_id="acme")
    pack, unpack = msgspec.msgpack.encode, msgspec.msgpack.decode
    assert unpack(pack(new), type=OlderAssignment) == old
    assert unpack(pack(old), type=Assignment).organization_id == ""


def test_an_older_host_does_not_say_that_it_obeys_lists():
    new = Hello(1, "h", "b", 9, {"id": 3}, obeys_lists=True)
    old = HelloWithoutLists(1, "h", "b", 9, {"id": 3})
    assert msgspec.msgpack.decode(hosting.encode(new), type=HelloWithoutLists) == old
    heard = hosting.decode_host_message(msgspec.msgpack.encode(old))
    assert isinstance(heard, Hello)
    assert not heard.obeys_lists
