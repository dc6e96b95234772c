"""Signing in: whose token opens what, and what the others are told."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.browser import DESKTOP, PHONE, Tab
from support.fleets import Caller, token_for
from support.shared_gateway import SharedGateway, mine

REFUSED = "status of 40[13]"


def submit(tab: Tab, token: str) -> None:
    """Pastes it and presses the button."""
    tab.page.get_by_label("Token").fill(token)
    tab.page.get_by_role("button", name="Sign in").click()


def test_a_pasted_token_opens_the_fleet_and_signing_out_forgets_it(
    tab: Tab, gateway: SharedGateway
) -> None:
    page = tab.open("/ui/")
    submit(tab, f"  {token_for(gateway, 'acme')}\n")
    expect(page.get_by_role("heading", name="Fleet")).to_be_visible()
    expect(page.get_by_text("acme", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Fleet")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("[sessionStorage.length, localStorage.length]") == [0, 0]


def test_a_link_signs_in_and_leaves_no_token_in_the_address(
    tab: Tab, gateway: SharedGateway
) -> None:
    page = tab.sign_in(token_for(gateway, "acme"))
    expect(page.get_by_role("heading", name="Fleet")).to_be_visible()
    assert page.url == f"{gateway.url}/ui/"
    page.go_back()
    assert "token" not in page.url


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("wrong", "This is not a token"),
        ("expired", "This token expired on"),
        ("foreign", "issued by another gateway"),
    ],
)
def test_each_kind_of_bad_token_is_told_apart(
    tab: Tab, gateway: SharedGateway, tmp_path: Path, kind: str, told: str
) -> None:
    tab.expect_complaint(REFUSED)
    bad = {
        "wrong": "open sesame",
        "expired": token_for(gateway, "acme", seconds=-60),
        "foreign": token_for(replace(gateway, data_directory=tmp_path), "acme"),
    }[kind]
    page = tab.open("/ui/")
    submit(tab, bad)
    expect(page.get_by_text(told)).to_be_visible()
    expect(page.get_by_label("Token")).to_have_attribute("aria-invalid", "true")
    assert page.evaluate("sessionStorage.length") == 0


def test_a_bad_link_says_why_on_the_sign_in_page(tab: Tab, gateway: SharedGateway) -> None:
    tab.expect_complaint(REFUSED)
    page = tab.sign_in(token_for(gateway, "acme", seconds=-60))
    expect(page.get_by_text("This token expired on")).to_be_visible()


def test_an_admin_chooses_whose_data_is_shown_and_the_address_keeps_it(
    tab: Tab, gateway: SharedGateway
) -> None:
    globex = mine("globex")
    Caller(gateway, globex).location("Harbour")
    page = tab.sign_in(token_for(gateway, None))
    expect(page.get_by_role("heading", name="Choose an organization")).to_be_visible()
    page.get_by_role("button", name=globex).click()
    expect(page.get_by_role("heading", name="Fleet")).to_be_visible()
    assert page.url.endswith(f"?org={globex}")
    page.reload()
    page.get_by_role("button", name=f"Organization: {globex}").click()
    page.get_by_label("Another organization").fill("initech")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("button", name="Organization: initech")).to_be_visible()
    assert page.url.endswith("?org=initech")


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)], ids=["light-desktop", "dark-phone"]
)
def test_the_sign_in_page_is_for_everybody(
    new_tab: Callable[..., Tab], scheme: str, size: tuple[int, int]
) -> None:
    tab = new_tab(scheme=scheme, size=size)
    page = tab.open("/ui/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    tab.axe()
    tab.picture("sign-in")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Token")).to_be_focused()
