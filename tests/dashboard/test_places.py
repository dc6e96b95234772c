"""Locations, the form that creates chargers, jobs and hosts: from nothing to a thousand chargers,
and what is told when something cannot be."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from support.browser import PHONE, Tab
from support.fleets import Caller, token_for
from support.long import LONG
from support.processes import Csms
from support.shared_gateway import SharedGateway

SLOW_MS = 40_000
"""A thousand chargers are created on a machine that has other things to do."""
REFUSED = "status of 4(04|22)"


def organization(gateway: SharedGateway, request: pytest.FixtureRequest) -> Caller:
    """One of its own for each test, which is empty."""
    return Caller(gateway, re.sub(r"\W", "-", request.node.name)[:60])


@pytest.fixture
def mine(gateway: SharedGateway, request: pytest.FixtureRequest) -> Caller:
    """The organization of this test."""
    return organization(gateway, request)


def choose(page: Page, label: str, typed: str) -> None:
    """Picks one of many, as from the keyboard."""
    choice = page.get_by_role("combobox", name=label)
    choice.fill(typed)
    found = page.get_by_role("listbox", name=label).get_by_role("option")
    expect(found.first).to_be_visible()
    choice.press("Enter")


def fill_group(page: Page, ws_url: str, *, number: str = "100", ids: str = "") -> None:
    """The form for one group of ABB Terra 184."""
    choose(page, "Brand", "abb")
    choose(page, "Model", "184")
    page.get_by_label("CSMS address").fill(ws_url)
    page.get_by_label("How many").fill(number)
    if ids:
        page.get_by_text("Ids and names of your own").click()
        page.get_by_label("Ids, one a line").fill(ids)


def fact(page: Page, word: str) -> Locator:
    """A figure of the job's page."""
    return page.get_by_role("term").filter(has_text=word).locator("xpath=following-sibling::dd")


def test_from_nothing_to_a_thousand_chargers(tab: Tab, mine: Caller, csms: Csms) -> None:
    page = tab.sign_in(mine.token, "/ui/locations")
    expect(page.get_by_role("heading", name="No locations yet")).to_be_visible()
    tab.axe()
    tab.picture("locations-empty")

    page.get_by_role("button", name="Create the first location").click()
    page.get_by_role("button", name="Create location").click()
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_text("Give it a name.")).to_be_visible()
    expect(page.get_by_text("Choose a country.")).to_be_visible()
    page.get_by_label("Name").fill("La Défense")
    page.get_by_label("Address").fill("1 Parvis de la Défense")
    page.get_by_label("City").fill("Paris")
    page.get_by_role("combobox", name="Country").click()
    page.keyboard.press("Escape")  # closes the list, and not the dialog around it
    choose(page, "Country", "franc")
    page.get_by_label("Latitude").fill("48.8918, 2.2380")
    expect(page.get_by_label("Longitude")).to_have_value("2.2380")
    choose(page, "Time zone", "paris")
    tab.axe()
    tab.picture("location-new")
    page.get_by_role("button", name="Create location").click()

    expect(page.get_by_role("heading", name="La Défense")).to_be_visible()
    expect(page.get_by_text("Paris, France · Europe/Paris")).to_be_visible()
    tab.axe()
    page.get_by_role("link", name="Create the first 100 chargers").click()
    fill_group(page, csms.ws_url, number="1000", ids="001\n002\n003")
    expect(page.get_by_text(f"The identity is appended: {csms.ws_url}/CP-001")).to_be_visible()
    expect(page.get_by_text("997 times, each with random digits")).to_be_visible()
    expect(page.get_by_role("region", name="The same as curl")).to_contain_text(
        '"chargers_number": 1000'
    )
    tab.axe()
    tab.picture("create", whole=True)
    page.get_by_role("button", name="Create 1,000 chargers").dblclick()

    expect(page.get_by_role("heading", name="Create 1,000 chargers")).to_be_visible()
    expect(page.get_by_text("All 1,000 chargers were created.")).to_be_visible(timeout=SLOW_MS)
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuetext", "1,000 of 1,000 done")
    assert mine.call("GET", "/ocpp/jobs")["total"] == 1
    expect(page.get_by_role("link", name="CP-001")).to_be_visible()
    tab.axe()
    tab.picture("job-ready")

    page.reload()
    expect(page.get_by_text("All 1,000 chargers were created.")).to_be_visible()
    expect(fact(page, "Took")).to_have_text(re.compile(r"\d+(\.\d)? (ms|s)"))
    page.get_by_role("link", name="To the location").click()
    expect(page.get_by_role("heading", name="Chargers 1,000")).to_be_visible()
    available = page.get_by_role("button", name=re.compile("^Available"))
    expect(available).to_contain_text("1,000", timeout=SLOW_MS)
    tab.axe()
    tab.picture("location", whole=True)
    page.get_by_role("link", name="Create chargers").click()
    expect(page.get_by_label("CSMS address")).to_have_value(csms.ws_url)


def test_a_job_with_failures_is_told_honestly_and_retried(
    tab: Tab, mine: Caller, csms: Csms
) -> None:
    place = mine.location("Harbour")
    mine.finished(mine.chargers(place, 4, csms.ws_url))  # CP-00000 to CP-00003
    page = tab.sign_in(mine.token, f"/ui/locations/{place}/create")
    fill_group(page, csms.ws_url, number="", ids="00001\n00003\nnew-1\nnew-2")
    page.get_by_role("button", name="Create 4 chargers").click()

    expect(page.get_by_text("2 chargers were created; 2 could not be.")).to_be_visible()
    expect(page.get_by_text("Ready, some failed")).to_be_visible()
    expect(fact(page, "Failed")).to_have_text("2")
    table = page.get_by_role("table", name="Chargers that failed, and why")
    expect(table.get_by_role("row")).to_have_count(3)
    expect(table).to_contain_text("CP-00001")
    expect(table).to_contain_text("A charger with this identity exists already")
    page.get_by_label("Search failures").fill("00003")
    expect(table.get_by_role("row")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"q=00003"))
    tab.axe()
    tab.picture("job-failures")

    # One of the two is free now: the new job creates it, and the other fails again.
    listed = mine.call("GET", "/ocpp/chargers", params={"limit": 100})["data"]
    taken = next(one["id"] for one in listed if one["identity"] == "CP-00001")
    mine.call("DELETE", f"/ocpp/chargers/{taken}")
    page.get_by_role("button", name="Retry the 2 that failed").click()
    expect(page.get_by_role("heading", name="Create 2 chargers")).to_be_visible()
    expect(page.get_by_text("1 charger was created; 1 could not be.")).to_be_visible(
        timeout=SLOW_MS
    )
    page.get_by_role("link", name="Jobs", exact=True).click()
    rows = page.get_by_role("table", name="Jobs").get_by_role("row")
    expect(rows).to_have_count(4)
    expect(rows.nth(1)).to_contain_text("Create 2 chargers")
    tab.axe()
    tab.picture("jobs")
    page.get_by_label("State").select_option("Failed")
    expect(page.get_by_role("heading", name="No job is like that")).to_be_visible()


def test_what_is_wrong_with_the_form_is_told_at_its_field(tab: Tab, mine: Caller) -> None:
    tab.expect_complaint(REFUSED)
    place = mine.location("Airport")
    page = tab.sign_in(mine.token, f"/ui/locations/{place}/create")
    fill_group(page, "http://csms.example.com")
    address = page.get_by_label("CSMS address")
    page.get_by_role("button", name="Create 100 chargers").click()
    expect(page.get_by_text("The URL must start with ws:// or wss://")).to_be_visible()
    expect(address).to_be_focused()
    expect(address).to_have_attribute("aria-invalid", "true")
    tab.axe()
    # What only the gateway knows comes back to the same field.
    address.fill("ws://169.254.169.254/latest")
    expect(address).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Create 100 chargers").click()
    expect(page.get_by_text("Chargers must not dial link-local addresses")).to_be_visible()
    expect(address).to_have_attribute("aria-invalid", "true")
    assert mine.call("GET", "/ocpp/jobs")["total"] == 0

    page.get_by_role("button", name="Add another group").click()
    page.get_by_role("group", name="Group 2").get_by_text("Security profile").first.click()
    second = page.get_by_role("group", name="Group 2")
    second.get_by_role("combobox", name="Security profile").select_option("2")
    page.get_by_role("button", name="Create 200 chargers").click()
    expect(second.get_by_text("Security profile 2 needs it.")).to_be_visible()
    expect(second.get_by_text("the address must start with wss://")).to_be_visible()


def test_a_model_is_chosen_from_models_that_are_there(tab: Tab, mine: Caller) -> None:
    tab.expect_complaint("ERR_FAILED")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.page.route(re.compile("/models"), hold)
    page = tab.sign_in(mine.token, f"/ui/locations/{mine.location('Quay')}/create")
    model = page.get_by_role("combobox", name="Model")
    expect(model).to_have_attribute("placeholder", "Choose a brand first")
    choose(page, "Brand", "abb")
    # Nothing can be looked for as long as all that it would find is nothing.
    expect(model).to_have_attribute("placeholder", "Loading…")
    expect(model).to_be_disabled()
    for route in held:
        route.abort()
    expect(model).to_have_attribute("placeholder", "Could not be read")
    expect(model).to_be_disabled()
    page.unroute(re.compile("/models"))
    page.get_by_role("button", name="Try again").click()
    choose(page, "Model", "184")
    expect(model).to_have_value(re.compile("184"))


def test_a_job_is_followed_without_the_live_stream(tab: Tab, mine: Caller, csms: Csms) -> None:
    tab.expect_complaint("ERR_FAILED")
    tab.page.route(re.compile("/live"), lambda route: route.abort())
    place = mine.location("Island")
    page = tab.sign_in(mine.token, f"/ui/locations/{place}/create")
    fill_group(page, csms.ws_url, number="20")
    page.get_by_role("button", name="Create 20 chargers").click()
    expect(page.get_by_text("All 20 chargers were created.")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("link", name="Jobs", exact=True).click()
    expect(page.get_by_role("table", name="Jobs")).to_contain_text("Ready")
    expect(page.get_by_text(re.compile("Offline|Connecting")).first).to_be_visible()


def test_locations_are_found_changed_and_deleted(tab: Tab, mine: Caller, csms: Csms) -> None:
    for number in range(30):
        mine.location(f"Site {number:02}")
    depot = mine.location("Dépôt")
    mine.finished(mine.chargers(depot, 2, csms.ws_url))
    page = tab.sign_in(mine.token, "/ui/locations")
    rows = page.get_by_role("table", name="Locations").get_by_role("row")
    expect(rows).to_have_count(26)
    page.get_by_role("button", name="Next").click()
    expect(page).to_have_url(re.compile(r"page=2"))
    expect(rows).to_have_count(7)
    expect(rows.last).to_contain_text("Dépôt")
    expect(rows.last.get_by_role("cell").nth(2)).to_have_text("2")
    tab.axe()
    tab.picture("locations")
    page.keyboard.press("/")
    page.keyboard.type("depot")
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="Dépôt").click()

    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Name").fill("Dépôt Nord")
    page.get_by_label("Longitude").fill("200")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("The longitude is between -180 and 180.")).to_be_visible()
    page.get_by_label("Longitude").fill("2.5")
    # Only the gateway has rules for slugs; what it says stands at the field.
    tab.expect_complaint(REFUSED)
    slug = page.get_by_label("Slug")
    slug.fill("Not a slug")
    page.get_by_role("button", name="Save changes").click()
    expect(slug).to_have_attribute("aria-invalid", "true")
    expect(slug).to_be_focused()
    slug.fill("depot-nord")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", name="Dépôt Nord")).to_be_visible()

    page.get_by_role("button", name="Delete…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Its 2 chargers go with it")
    tab.axe()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete with 2 chargers").click()
    expect(page.get_by_text("30 locations", exact=True)).to_be_visible()
    assert mine.call("GET", "/ocpp/chargers")["total"] == 0


def test_a_ready_made_site_brings_its_chargers(tab: Tab, mine: Caller, csms: Csms) -> None:
    page = tab.sign_in(mine.token, "/ui/locations?new=true")
    template = page.get_by_label("Start from a ready-made site")
    expect(template.get_by_role("option")).not_to_have_count(1)
    template.select_option("urban-ac-hub")
    expect(page.get_by_role("combobox", name="Country")).to_have_value("Germany")
    page.get_by_role("button", name="Create location").click()
    expect(page.get_by_role("group", name="Group 2")).to_be_visible()
    # Groups with the same address as the first one follow it.
    page.get_by_label("CSMS address").first.fill(csms.ws_url)
    expect(page.get_by_label("CSMS address").last).to_have_value(csms.ws_url)
    page.get_by_role("button", name="Create 8 chargers").click()
    expect(page.get_by_text("All 8 chargers were created.")).to_be_visible(timeout=SLOW_MS)


def test_hosts_are_for_admins(
    new_tab: Callable[..., Tab], gateway: SharedGateway, mine: Caller
) -> None:
    admin = new_tab()
    page = admin.sign_in(token_for(gateway, None), "/ui/hosts")
    row = page.get_by_role("table", name="Hosts").get_by_role("row").nth(1)
    expect(row).to_contain_text("Alive")
    expect(row).to_contain_text("local-0")
    with page.expect_response(re.compile("/admin/hosts")) as again:
        pass  # it is asked for again by itself
    assert again.value.ok
    admin.axe()
    admin.picture("hosts")

    user = new_tab()
    page = user.sign_in(mine.token, "/ui/hosts")
    expect(page.get_by_role("heading", name="Hosts are for admins")).to_be_visible()
    expect(page.get_by_role("navigation", name="Pages")).not_to_contain_text("Hosts")


@LONG
def test_on_a_telephone_in_the_dark(
    new_tab: Callable[..., Tab], gateway: SharedGateway, mine: Caller, csms: Csms
) -> None:
    place = mine.location("Harbour")
    job = mine.chargers(place, 6, csms.ws_url)
    mine.finished(job)
    tab = new_tab(scheme="dark", size=PHONE)
    page = tab.sign_in(mine.token, "/ui/locations")
    for path, shown, name in (
        ("/ui/locations", page.get_by_role("link", name="Harbour"), "locations"),
        (f"/ui/locations/{place}", page.get_by_role("heading", name="Chargers 6"), "location"),
        (f"/ui/locations/{place}/create", page.get_by_label("CSMS address"), "create"),
        (
            f"/ui/locations/{place}/jobs/{job.rpartition('/')[2]}",
            page.get_by_role("link", name="CP-00000"),
            "job",
        ),
        ("/ui/jobs", page.get_by_role("link", name="Create 6 chargers"), "jobs"),
    ):
        tab.open(path)
        expect(shown).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], path
        tab.axe()
        tab.picture(name, whole=True)
    tab.expect_complaint(REFUSED)
    tab.open("/ui/locations/00000000-0000-4000-8000-000000000000")
    expect(page.get_by_role("heading", name="This location is not here")).to_be_visible()
