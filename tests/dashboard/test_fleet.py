"""The fleet page: a thousand chargers at a glance, found, selected and told what to do."""

import re
import subprocess
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from support.browser import DESKTOP, PHONE, Tab
from support.fleets import Caller
from support.processes import Csms
from support.shared_gateway import SharedGateway, mine

CHARGERS = 1_000
SLOW_MS = 40_000
"""A thousand chargers boot on a machine that has other things to do."""


@pytest.fixture(scope="module")
def acme(gateway: SharedGateway, csms: Csms) -> Caller:
    """An organization with a thousand chargers at two locations, all online."""
    caller = Caller(gateway, mine("acme"))
    harbour, airport = caller.location("Harbour"), caller.location("Airport")
    jobs = [
        caller.chargers(harbour, CHARGERS - 100, csms.ws_url, "HAR-"),
        caller.chargers(airport, 100, csms.ws_url, "AIR-"),
    ]
    for job in jobs:
        caller.finished(job)
    return caller


def total(page: Page, word: str) -> Locator:
    """The card of a state."""
    return page.get_by_role("group", name="Chargers by state").get_by_role(
        "button", name=re.compile(f"^{word}")
    )


def charging(caller: Caller, location: str) -> int:
    """How many connectors charge there, as the API has it."""
    places = caller.call("GET", "/ocpp/locations")["data"]
    [place] = [place["id"] for place in places if place["name"] == location]
    query = {"location_id": place, "limit": 100}
    listed = caller.call("GET", "/ocpp/chargers", params=query)["data"]
    states = [connector["status"] for charger in listed for connector in charger["connectors"]]
    return sum(state in ("Charging", "Occupied") for state in states)


def fleet_of(tab: Tab, caller: Caller, query: str = "") -> Page:
    """The page, with all chargers there and online."""
    page = tab.sign_in(caller.token, f"/ui/{query}")
    expect(total(page, "Busy")).to_contain_text("Busy 0", timeout=SLOW_MS)
    return page


def test_a_thousand_chargers_are_seen_pointed_at_and_selected(tab: Tab, acme: Caller) -> None:
    page = fleet_of(tab, acme)
    expect(page.get_by_text("1,000 chargers at 2 locations")).to_be_visible()
    expect(total(page, "Available")).to_contain_text("1,000", timeout=SLOW_MS)
    grid = page.get_by_role("application", name="1,000 chargers")
    box = grid.bounding_box()
    assert box is not None

    page.mouse.move(box["x"] + 16, box["y"] + 40)
    expect(page.get_by_text("AIR-00000")).to_be_visible()
    expect(page.get_by_text("Wallbox Pulsar Plus, OCPP1.6")).to_be_visible()

    page.mouse.move(box["x"] + 13, box["y"] + 36)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 60, steps=4)
    page.mouse.up()
    bar = page.get_by_role("group", name="What to do with the selected chargers")
    expect(bar).to_contain_text(re.compile(r"\d+ selected"))

    grid.focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    expect(bar).to_contain_text("4 selected")
    assert page.url.count("selected=") == 4
    tab.picture("fleet-selected")

    bar.get_by_role("button", name="Start charging…").click()
    page.get_by_role("dialog").get_by_role("button", name="Start charging").click()
    expect(page.get_by_text("Start charging: sent to 4.")).to_be_visible()
    expect(total(page, "Charging")).to_contain_text("Charging 4", timeout=SLOW_MS)
    assert charging(acme, "Airport") == 4

    total(page, "Charging").click()
    page.get_by_role("button", name="Table", exact=True).click()
    expect(page.get_by_role("grid", name="Chargers").get_by_role("row")).to_have_count(5)
    tab.axe()
    bar.get_by_role("button", name="Stop charging").click()
    expect(page.get_by_text("No charger is like that now.")).to_be_visible(timeout=SLOW_MS)


def test_selected_chargers_are_stopped_and_started_again(tab: Tab, acme: Caller) -> None:
    page = fleet_of(tab, acme, "?q=air-0001&view=table")
    table = page.get_by_role("grid", name="Chargers")
    expect(table.get_by_role("row")).to_have_count(11, timeout=SLOW_MS)
    table.focus()
    page.keyboard.press("Control+a")
    bar = page.get_by_role("group", name="What to do with the selected chargers")
    expect(bar).to_contain_text("10 selected")
    bar.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Stop: sent to 10.")).to_be_visible()
    expect(total(page, "Out of service")).to_contain_text("10", timeout=SLOW_MS)
    bar.get_by_role("button", name="Start", exact=True).click()
    expect(total(page, "Available")).to_contain_text("10", timeout=SLOW_MS)


def test_filters_combine_are_counted_and_are_in_the_address(tab: Tab, acme: Caller) -> None:
    page = fleet_of(tab, acme)
    page.get_by_label("Location").select_option(label="Harbour")
    expect(page.get_by_text("900 of 1,000 chargers")).to_be_visible()
    page.get_by_label("OCPP version").select_option(label="OCPP 1.6")
    page.get_by_label("Search").fill("har-0001")
    expect(page.get_by_text("5 of 1,000 chargers")).to_be_visible()
    assert re.search(r"\?.*location=[\w-]+&version=OCPP1.6&q=har-0001$", page.url)

    page.reload()
    expect(page.get_by_text("5 of 1,000 chargers")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_label("Search")).to_have_value("har-0001")
    page.go_back()
    expect(page.get_by_text("900 of 1,000 chargers")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_text("1,000 chargers at 2 locations")).to_be_visible()
    assert page.url.endswith("/ui/")


def test_the_table_shows_the_same_and_holds_only_what_is_in_sight(tab: Tab, acme: Caller) -> None:
    page = fleet_of(tab, acme, "?view=table")
    table = page.get_by_role("grid", name="Chargers")
    expect(table).to_have_attribute("aria-rowcount", "1001", timeout=SLOW_MS)
    assert table.get_by_role("row").count() < 60
    table.focus()
    page.keyboard.press("End")
    expect(table.get_by_role("row").last).to_contain_text("HAR-00899")
    page.keyboard.press("Space")
    expect(page.get_by_role("link", name="Open", exact=True)).to_have_attribute(
        "href", re.compile("/ui/chargers/")
    )


def test_what_the_first_page_says_makes_the_first_hundred_chargers(
    tab: Tab, gateway: SharedGateway
) -> None:
    caller = Caller(gateway, "newcomer")
    page = tab.sign_in(caller.token)
    expect(page.get_by_text("Create your first 100 chargers")).to_be_visible()
    tab.axe()
    tab.picture("fleet-empty")
    told = page.get_by_role("region", name="Or from a terminal").inner_text()
    script = told.replace("TOKEN=…", f"TOKEN={caller.token}", 1)
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert '"status":"P' in done.stdout, done
    expect(page.get_by_text("100 chargers at 1 location")).to_be_visible(timeout=SLOW_MS)
    # Nobody listens there, and the page says so.
    trouble = page.get_by_role("button", name=re.compile("Connection refused by 127.0.0.1:9000"))
    expect(trouble).to_contain_text("100", timeout=SLOW_MS)
    trouble.click()
    assert "problem=connection+refused" in page.url


def test_an_organization_sees_nothing_of_another(
    new_tab: Callable[..., Tab], acme: Caller, gateway: SharedGateway, csms: Csms
) -> None:
    other = Caller(gateway, mine("globex"))
    ours, theirs = new_tab(), new_tab()
    page = theirs.sign_in(other.token)
    expect(page.get_by_text("Create your first 100 chargers")).to_be_visible()
    other.finished(other.chargers(other.location("Elsewhere"), 3, csms.ws_url, "GLO-"))
    expect(page.get_by_text("3 chargers at 1 location")).to_be_visible(timeout=SLOW_MS)
    expect(fleet_of(ours, acme).get_by_text("1,000 chargers at 2 locations")).to_be_visible()
    expect(ours.page.get_by_text("Elsewhere")).to_have_count(0)
    charger = acme.call("GET", "/ocpp/chargers", params={"limit": 1})["data"][0]
    theirs.open(f"/ui/?selected={charger['id']}")
    expect(page.get_by_text("3 chargers at 1 location")).to_be_visible(timeout=SLOW_MS)
    assert (
        charger["id"] not in page.url.removeprefix(theirs.url)
        or not page.get_by_text(charger["identity"]).count()
    )


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", PHONE), ("dark", DESKTOP)], ids=["light-phone", "dark-desktop"]
)
def test_the_fleet_is_for_everybody(
    new_tab: Callable[..., Tab], acme: Caller, scheme: str, size: tuple[int, int]
) -> None:
    tab = new_tab(scheme=scheme, size=size)
    fleet_of(tab, acme)
    tab.axe()
    tab.picture("fleet")
    page = tab.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
