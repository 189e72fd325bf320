"""The compare page in a real browser: discs that open, networks beside each other, the timeline by keyboard, a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, settle

pytestmark = pytest.mark.browser


def test_a_disc_is_clicked_and_its_network_opens(open_page: OpenPage, app_url: str) -> None:
    page = open_page(app_url)
    page.get_by_role("link", name="Compare").click()
    chart = page.get_by_test_id("stPlotlyChart")
    expect(chart.locator(".legendtext", has_text="VGG")).to_be_visible(timeout=120_000)  # a fresh server imports torchvision first
    # AlexNet's disc stands alone in the lower left: the largest marker of its family's trace.
    disc = chart.locator(".scatterlayer .trace").filter(has=page.locator("path.point")).nth(2).locator("path.point").first
    box = disc.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(chart.locator(".hoverlayer")).to_contain_text("AlexNet")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page).to_have_url(re.compile(r"/architectures\?.*arch=alexnet"))
    expect(page.get_by_role("heading", name="AlexNet")).to_be_visible()


def test_a_link_shows_networks_side_by_side_in_its_language(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/compare?compare_view=sides&nets=lenet5,mini_inception&lang=es")
    table = page.locator("table.compare")
    expect(table).to_contain_text("61.706")
    expect(table).to_contain_text("897\u202fk")
    expect(table.locator("thead th")).to_have_count(3)
    page.get_by_role("button", name="Abrir LeNet-5").first.click()
    expect(page).to_have_url(re.compile("arch=lenet5"))


def test_the_timeline_steps_by_keyboard_and_keeps_its_place_in_the_link(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/compare?compare_view=timeline&family=vgg")
    page.get_by_role("button", name="Later").click()
    expect(page.get_by_role("heading", name="AlexNet in one column")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="VGG")).to_be_visible()
    page.get_by_role("button", name="Earlier").click()
    expect(page).not_to_have_url(re.compile("family=vgg$"))


@pytest.mark.parametrize("view", ["accuracy", "sides", "timeline"])
def test_a_phone_shows_it_stacked(open_page: OpenPage, app_url: str, view: str) -> None:
    page = open_page(f"{app_url}/compare?compare_view={view}", width=390, height=844)
    expect(page.locator("table.compare" if view == "sides" else "[data-testid=stPlotlyChart]").first).to_be_visible()
    settle(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
