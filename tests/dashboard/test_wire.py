"""A charger's page and the message inspector: commands from buttons, messages as they cross the
wire, faults, filters, schema errors, and links to a moment."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from support.browser import PHONE, Tab
from support.fleets import Caller
from support.long import LONG
from support.processes import Csms
from support.shared_gateway import SharedGateway, mine

SLOW_MS = 30_000
"""A driver takes some seconds to come, and the machine has other things to do."""


@pytest.fixture(scope="module")
def wired(gateway: SharedGateway, csms: Csms) -> Caller:
    """An organization with six chargers, of OCPP 1.6 (even numbers) and 2.0.1 (odd ones)."""
    caller = Caller(gateway, mine("wired"))
    caller.finished(caller.chargers(caller.location("Wharf"), 6, csms.ws_url))
    return caller


@pytest.fixture
def charger(wired: Caller) -> Callable[[int], str]:
    """The id of the charger of that number."""
    ids = {one["identity"]: one["id"] for one in wired.call("GET", "/ocpp/chargers")["data"]}
    return lambda number: str(ids[f"CP-{number:05}"])


def at_charger(tab: Tab, caller: Caller, charger_id: str, query: str = "") -> Page:
    """The charger's page, once its CSMS has accepted it."""
    page = tab.sign_in(caller.token, f"/ui/chargers/{charger_id}{query}")
    steps = page.get_by_role("list", name="How far it has got")
    expect(steps).to_contain_text("Accepted", timeout=SLOW_MS)
    # What is plugged in is known as soon as the hardware has told of itself.
    expect(page.get_by_role("region", name="Connectors")).to_contain_text("Wh", timeout=SLOW_MS)
    return page


def messages(page: Page, text: str | re.Pattern[str]) -> Locator:
    """The messages in sight that say so."""
    listed = page.get_by_role("listbox", name="Messages, oldest first").get_by_role("option")
    return listed.filter(has_text=text)


def button(page: Page, name: str) -> Locator:
    """The command's button."""
    return page.get_by_role("region", name="Commands").get_by_role("button", name=name)


def send(
    caller: Caller, charger_id: str, action: str, payload: dict[str, Any], **more: Any
) -> None:
    """A message of the charger's to its CSMS."""
    event = {"action": action, "ocpp_version": "ocpp1.6", "payload": payload, **more}
    body = {"target": {"charger_id": charger_id}, "event": event}
    caller.call("POST", "/ocpp/commands/proxy-message", json=body)


def test_a_session_from_the_buttons_shows_its_messages_live(
    tab: Tab, wired: Caller, charger: Callable[[int], str], csms: Csms
) -> None:
    page = at_charger(tab, wired, charger(0))
    expect(button(page, "Unplug")).to_have_attribute("aria-disabled", "true")
    expect(button(page, "Unplug")).to_have_attribute("title", "No car is plugged in here.")

    button(page, "Start session").click()
    started = messages(page, "StartTransaction")
    expect(started).to_contain_text(re.compile(r"TESTCARD-1.*Accepted · transaction \d+"))
    expect(started).to_contain_text(re.compile(r"\d+ ms|\d\.\d s"))
    connectors = page.get_by_role("region", name="Connectors")
    expect(connectors.get_by_role("img", name=re.compile("takes .* kW"))).to_be_visible()
    expect(connectors).to_contain_text(
        re.compile(r"Transaction\s+\d+\s*,\s+card\s+TESTCARD-1\.\s+Charging\.")
    )
    assert csms.stats()["transactions_active"] >= 1
    expect(button(page, "Start session")).to_have_attribute("aria-disabled", "true")
    tab.axe()
    tab.picture("charger-charging")

    button(page, "Stop session").click()
    expect(messages(page, "StopTransaction")).to_contain_text("Accepted", timeout=SLOW_MS)
    expect(connectors.get_by_role("img", name=re.compile("No car"))).to_be_visible(timeout=SLOW_MS)
    last = page.get_by_role("region", name="Last commands")
    expect(last.get_by_role("listitem").filter(has_text="Start session")).to_contain_text("Done")
    expect(last.get_by_role("listitem").filter(has_text="Stop session")).to_contain_text("Done")


@LONG
def test_letters_do_what_the_buttons_do(
    new_tab: Callable[..., Tab], wired: Caller, charger: Callable[[int], str]
) -> None:
    tab = new_tab(scheme="dark")
    page = at_charger(tab, wired, charger(1))
    page.keyboard.press("p")
    expect(messages(page, "StatusNotification").filter(has_text="Occupied")).to_be_visible()
    expect(button(page, "Tap card")).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("t")
    expect(messages(page, re.compile("TransactionEvent.*Started"))).to_be_visible()
    page.keyboard.press("w")
    expect(messages(page, re.compile("TransactionEvent.*SuspendedEV"))).to_be_visible()
    page.keyboard.press("e")
    connectors = page.get_by_role("region", name="Connectors")
    expect(connectors.get_by_role("img", name=re.compile("takes .* kW"))).to_be_visible()
    tab.axe()
    tab.picture("charger-charging")
    page.get_by_label("Letters on the buttons work as keys").uncheck()
    page.keyboard.press("u")
    page.get_by_label("Letters on the buttons work as keys").check()
    page.keyboard.press("c")
    expect(messages(page, re.compile("TransactionEvent.*StopAuthorized"))).to_be_visible()
    page.keyboard.press("u")
    expect(connectors.get_by_role("img", name=re.compile("No car"))).to_be_visible()


def test_a_fault_is_injected_and_cleared(
    tab: Tab, wired: Caller, charger: Callable[[int], str]
) -> None:
    page = at_charger(tab, wired, charger(2), "?tab=faults")
    page.get_by_label("What goes wrong").select_option(label="Connector: Ground failure")
    page.get_by_role("button", name="Inject fault").click()
    expect(messages(page, "Faulted · connector 1 · GroundFailure")).to_be_visible()
    expect(page.get_by_role("region", name="Connectors")).to_contain_text("Faulted")
    expect(page.get_by_text("Broken: GroundFailure at connector 1.")).to_be_visible()
    tab.picture("charger-fault")
    page.get_by_role("button", name="Clear all faults").click()
    expect(page.get_by_text("Mended: GroundFailure at connector 1.").first).to_be_visible()
    expect(page.get_by_role("region", name="Connectors")).to_contain_text("Available")

    page.get_by_label("What goes wrong").select_option(label="Station: Network drop")
    page.get_by_label("Seconds without network").fill("100000")
    expect(page.get_by_text("1 to 86400.")).to_be_visible()
    expect(page.get_by_role("button", name="Inject fault")).to_be_disabled()
    page.get_by_label("Seconds without network").fill("2")
    page.get_by_role("button", name="Inject fault").click()
    steps = page.get_by_role("list", name="How far it has got")
    expect(steps).to_contain_text("Not connected")
    page.get_by_role("tab", name="Connection").click()
    told = page.get_by_role("list", name=re.compile("What has happened"))
    expect(told).to_contain_text("The connection was lost.")
    expect(steps).to_contain_text("Accepted", timeout=SLOW_MS)
    expect(told.get_by_role("listitem").first).to_contain_text("it is in service")


def test_messages_are_filtered_searched_and_held_back(
    tab: Tab, wired: Caller, charger: Callable[[int], str]
) -> None:
    one, other = charger(0), charger(2)
    page = tab.sign_in(wired.token, f"/ui/messages?charger={one}&charger={other}")
    expect(page.get_by_text("Live", exact=True).last).to_be_visible()
    for _ in range(2):
        send(wired, one, "heartbeat", {})
    send(wired, other, "data_transfer", {"vendorId": "org.example", "data": "needle"})
    transfer = messages(page, "DataTransfer")
    expect(transfer).to_contain_text("CP-00002")
    expect(messages(page, "Heartbeat").nth(1)).to_be_visible()
    tab.picture("messages")

    page.get_by_role("button", name="All actions").click()
    page.get_by_role("checkbox", name="DataTransfer").check()
    expect(messages(page, "Heartbeat")).to_have_count(0)
    assert "action=DataTransfer" in page.url
    page.keyboard.press("Escape")
    page.reload()
    expect(page.get_by_role("button", name="DataTransfer")).to_be_visible()
    page.get_by_role("button", name="DataTransfer").click()
    page.get_by_role("button", name="All actions").click()
    page.keyboard.press("Escape")

    page.keyboard.press("/")
    page.keyboard.type("NEEDLE")
    expect(transfer).to_have_count(1)
    expect(messages(page, "Heartbeat")).to_have_count(0)
    page.get_by_label("Search in messages").fill("")
    page.get_by_text("←", exact=True).first.click()
    assert "from=csms" in page.url
    expect(transfer).to_have_count(0)
    page.get_by_text("Both", exact=True).click()
    expect(transfer).to_have_count(1)

    page.get_by_role("button", name="Pause").click()
    send(wired, other, "data_transfer", {"vendorId": "org.example", "data": "later"})
    expect(page.get_by_text("2 frames wait")).to_be_visible()
    expect(transfer).to_have_count(1)
    page.get_by_role("button", name="Resume").click()
    expect(transfer).to_have_count(2)

    with page.expect_download() as saved:
        page.get_by_role("button", name="Download what is shown").click()
    lines = [json.loads(line) for line in saved.value.path().read_text().splitlines()]
    assert any("needle" in line["message"] for line in lines)
    assert {line["direction"] for line in lines} == {"cp_to_csms", "csms_to_cp"}

    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Waiting for messages…")).to_be_visible()


def test_a_message_that_breaks_its_schema_is_marked_there_and_linked_to(
    tab: Tab, wired: Caller, charger: Callable[[int], str]
) -> None:
    charger_id = charger(4)
    page = at_charger(tab, wired, charger_id, "?tab=message")
    page.get_by_role("combobox", name="Message").select_option("StatusNotification")
    payload = page.get_by_label("Payload")
    expect(payload).to_have_value(re.compile('"connectorId": 1'))
    expect(page.get_by_text("The standard allows this payload.")).to_be_visible()
    payload.fill('{"connectorId": 1, "errorCode": "NoError", "status": "Asleep", "colour": "red"}')
    expect(page.get_by_text("Must be one of Available")).to_be_visible()
    sending = page.get_by_role("button", name="Send", exact=True)
    expect(sending).to_be_disabled()
    page.get_by_label("Send it even if the standard does not allow it").check()
    sending.click()

    wrong = messages(page, "Asleep")
    expect(wrong).to_have_accessible_name(re.compile("2 schema errors$"))
    page.get_by_role("button", name="Problems").click()
    expect(messages(page, "")).to_have_count(1)
    wrong.click()
    details = page.get_by_role("region", name="Message details")
    expect(details).to_contain_text("2 places break the schema of OCPP 1.6")
    tree = details.locator('[data-path="/status"]')
    expect(tree).to_contain_text("Must be one of Available")
    expect(details.locator('[data-path="/colour"]')).to_contain_text("has no such field")
    tab.axe()
    tab.picture("messages-schema-error")
    page.get_by_text("Raw", exact=True).click()
    raw = json.loads(details.locator("pre").first.inner_text())
    assert raw[2] == "StatusNotification"

    for _ in range(2):
        send(wired, charger_id, "heartbeat", {})
    details.get_by_role("link", name="What was around it").click()
    expect(page).to_have_url(re.compile(r"/ui/messages\?charger=.*&at=\d+&message="))
    expect(details).to_contain_text(raw[1])
    expect(details).to_contain_text("2 places break the schema")
    expect(messages(page, "BootNotification").first).to_be_attached()
    page.reload()
    expect(page.get_by_role("option", selected=True)).to_contain_text("Asleep")
    tab.picture("messages-moment")
    page.get_by_role("link", name="Go live").click()
    expect(messages(page, "Asleep")).to_be_attached()
    assert "message=" not in page.url


def test_a_charger_is_renamed_moved_stopped_started_and_deleted(
    tab: Tab, wired: Caller, charger: Callable[[int], str], csms: Csms
) -> None:
    tab.expect_complaint("status of 4(22|04)")
    page = at_charger(tab, wired, charger(5), "?tab=settings")
    page.get_by_label("Name").fill("By the gate")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("header").get_by_text("By the gate")).to_be_visible()
    page.get_by_label("CSMS address").fill("http://nowhere")
    page.get_by_role("button", name="Save and reconnect").click()
    expect(page.get_by_label("CSMS address")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("CSMS address").fill(csms.ws_url.replace("/ocpp", "/elsewhere"))
    page.get_by_role("button", name="Save and reconnect").click()
    expect(messages(page, "BootNotification").last).to_be_visible(timeout=SLOW_MS)
    expect(page.locator("header").get_by_text("/elsewhere")).to_be_visible()

    steps = page.get_by_role("list", name="How far it has got")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(steps).to_contain_text("Stopped")
    expect(button(page, "Plug in")).to_have_attribute(
        "title", "Its runtime is stopped; start it first."
    )
    page.get_by_role("button", name="Start", exact=True).click()
    expect(steps).to_contain_text("Accepted", timeout=SLOW_MS)

    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("CP-00005 is deleted.")).to_be_visible()
    tab.open(f"/ui/chargers/{charger(4)[:-1]}x")
    expect(page.get_by_text("There is no such charger")).to_be_visible()


@LONG
def test_both_pages_on_a_telephone(
    new_tab: Callable[..., Tab], wired: Caller, charger: Callable[[int], str]
) -> None:
    tab = new_tab(size=PHONE, scheme="dark")
    page = at_charger(tab, wired, charger(0))
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE[0]
    tab.axe()
    tab.picture("charger", whole=True)
    tab.open("/ui/messages")
    expect(page.get_by_text("Live", exact=True).last).to_be_visible()
    send(wired, charger(0), "heartbeat", {})
    messages(page, "Heartbeat").first.click()
    expect(page.get_by_role("region", name="Message details")).to_contain_text("currentTime")
    tab.axe()
    tab.picture("messages-details")
    page.get_by_role("button", name="Close the details").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    tab.picture("messages")
