"""Our stations in our host, over real sockets, against a CSMS made by others: booting and obeying.

It finds nothing to object to, neither by the schemas nor by the rules of the conversation.
"""

from collections.abc import Callable

import pytest
from ocpp_csms import OcppCsms

VERSIONS = ["OCPP1.6", "OCPP2.0.1", "OCPP2.1"]
VERSIONS_2 = VERSIONS[1:]
TWO_EVSES = ("alfen", "alfen-eve-double-pro-line", "Type2")

PlugIn = Callable[..., None]

pytestmark = pytest.mark.usefixtures("nothing_to_object_to")


# --- booting --------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
async def test_boots_and_reports_every_connector(
    csms: OcppCsms, plug_in: PlugIn, version: str
) -> None:
    plug_in("CP-1", version, TWO_EVSES)
    peer = await csms.booted("CP-1")
    await peer.hear("StatusNotification", 3 if version == "OCPP1.6" else 2)
    assert peer.statuses(1) == peer.statuses(2) == ["Available"]
    assert peer.said("BootNotification")[0].get("reason", "PowerUp") == "PowerUp"


@pytest.mark.parametrize("version", VERSIONS)
async def test_beats_at_the_interval_of_the_csms(
    plug_in: PlugIn, csms: OcppCsms, version: str
) -> None:
    csms.interval = 20
    plug_in("CP-1", version)
    peer = await csms.booted("CP-1")
    await peer.hear("Heartbeat", 3)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("status", ["Pending", "Rejected"])
async def test_boots_again_until_it_is_accepted(
    plug_in: PlugIn, csms: OcppCsms, version: str, status: str
) -> None:
    csms.boot_status, csms.interval = status, 10
    plug_in("CP-1", version)
    await csms.recorder.until(lambda: csms.recorder.answered("CP-1", "BootNotification") == 2)
    assert not csms.recorder.said("CP-1", "StatusNotification")
    csms.boot_status = "Accepted"
    peer = await csms.booted("CP-1", 3)
    await peer.hear("StatusNotification")


@pytest.mark.parametrize("version", VERSIONS)
async def test_while_pending_it_sends_what_it_is_asked_for(
    plug_in: PlugIn, csms: OcppCsms, version: str
) -> None:
    csms.boot_status, csms.interval = "Pending", 3600
    plug_in("CP-1", version)
    peer = await csms.connected("CP-1")
    await peer.hear("BootNotification")
    assert await peer.trigger("Heartbeat") == "Accepted"
    await peer.hear("Heartbeat")


# --- being told -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("OCPP1.6", "Soft"),
        ("OCPP1.6", "Hard"),
        ("OCPP2.0.1", "Immediate"),
        ("OCPP2.0.1", "OnIdle"),
        ("OCPP2.1", "Immediate"),
    ],
)
async def test_resets(plug_in: PlugIn, csms: OcppCsms, version: str, kind: str) -> None:
    plug_in("CP-1", version)
    peer = await csms.booted("CP-1")
    await peer.hear("StatusNotification", 2 if version == "OCPP1.6" else 1)
    assert await peer.reset(kind) == "Accepted"
    again = await csms.booted("CP-1", 2)
    assert again is not peer
    assert again.said("BootNotification")[1].get("reason", "RemoteReset") == "RemoteReset"


async def test_tells_its_configuration_1_6(plug_in: PlugIn, csms: OcppCsms) -> None:
    plug_in("CP-1", "OCPP1.6")
    peer = await csms.booted("CP-1")
    everything = await peer.configuration()
    assert everything["HeartbeatInterval"] == str(csms.interval)
    assert everything["NumberOfConnectors"] == "1"
    assert await peer.configuration("HeartbeatInterval") == {
        "HeartbeatInterval": str(csms.interval)
    }
    assert await peer.configuration("NoSuchKey") == {}


@pytest.mark.parametrize("version", VERSIONS_2)
async def test_tells_its_variables_2(plug_in: PlugIn, csms: OcppCsms, version: str) -> None:
    plug_in("CP-1", version)
    peer = await csms.booted("CP-1")
    interval, nothing = await peer.variables(
        ("OCPPCommCtrlr", "HeartbeatInterval"), ("NoSuch", "Thing")
    )
    assert interval == str(csms.interval)
    assert nothing is None


@pytest.mark.parametrize("base", ["FullInventory", "ConfigurationInventory"])
@pytest.mark.parametrize("version", VERSIONS_2)
async def test_reports_its_inventory_2(
    plug_in: PlugIn, csms: OcppCsms, version: str, base: str
) -> None:
    plug_in("CP-1", version)
    peer = await csms.booted("CP-1")
    parts = await peer.base_report(42, base)
    assert [p["seqNo"] for p in parts] == list(range(len(parts)))
    assert [p.get("tbc", False) for p in parts] == [True] * (len(parts) - 1) + [False]
    variables = {
        (d["component"]["name"], d["variable"]["name"]) for p in parts for d in p["reportData"]
    }
    assert ("OCPPCommCtrlr", "HeartbeatInterval") in variables


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("OCPP1.6", "BootNotification"),
        *((v, m) for v in VERSIONS for m in ("Heartbeat", "StatusNotification", "MeterValues")),
    ],
)
async def test_sends_what_is_triggered(
    plug_in: PlugIn, csms: OcppCsms, version: str, message: str
) -> None:
    plug_in("CP-1", version)
    peer = await csms.booted("CP-1")
    await peer.hear("StatusNotification", 2 if version == "OCPP1.6" else 1)
    before = len(peer.said(message))
    place = None if message in {"BootNotification", "Heartbeat"} else 1
    assert await peer.trigger(message, place) == "Accepted"
    await peer.hear(message, before + 1)


@pytest.mark.parametrize("version", VERSIONS)
async def test_changes_its_availability(plug_in: PlugIn, csms: OcppCsms, version: str) -> None:
    plug_in("CP-1", version)
    peer = await csms.booted("CP-1")
    await csms.recorder.until(lambda: peer.statuses(1))
    assert await peer.change_availability(operative=False) == "Accepted"
    await csms.recorder.until(lambda: peer.statuses(1)[-1] == "Unavailable")
    assert await peer.change_availability(operative=True) == "Accepted"
    await csms.recorder.until(lambda: peer.statuses(1)[-1] == "Available")
    await peer.charge(meter_values=1)
