"""The feature-map page in a real browser: tiles, one map large over the picture, the keyboard, the journey."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, settle

pytestmark = pytest.mark.browser
WAIT_MS = 90_000  # the first page that needs torch, on two shared cores
LINK = "/feature_maps?pic=sample-chelsea&net=lenet5&weights=random:0&map_layer=c1"


@pytest.fixture
def maps(open_page: OpenPage, app_url: str) -> Page:
    page = open_page(app_url)  # a page without torch
    page.goto(f"{app_url}{LINK}")
    expect(page.locator(".tiles .tile")).to_have_count(6, timeout=WAIT_MS)
    settle(page)
    return page


def test_a_tile_opens_large_over_the_picture_and_the_link_brings_it_back(maps: Page, open_page: OpenPage) -> None:
    maps.locator(".tile").nth(2).click()
    expect(maps.locator(".large")).to_be_visible()
    expect(maps.locator(".large .bar b")).to_have_text("Channel 2")
    expect(maps).to_have_url(re.compile("channel_at=2"))
    box = maps.locator("canvas.one").bounding_box()
    assert box
    maps.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(maps.locator(".info")).to_have_text(re.compile(r"row \d+, column \d+ = −?[\d.,]+"))
    expect(maps.locator(".says")).to_contain_text("5 × 5 px")
    again = open_page(maps.url.split("/feature_maps")[0])
    again.goto(maps.url)
    expect(again.locator(".large .bar b")).to_have_text("Channel 2", timeout=WAIT_MS)


def test_the_keyboard_walks_maps_and_values(maps: Page) -> None:
    maps.locator(".tile").first.press("ArrowRight")
    expect(maps.locator(".tile").nth(1)).to_be_focused()
    maps.keyboard.press("Enter")
    expect(maps.locator(".large .bar b")).to_have_text("Channel 1")
    maps.keyboard.press("Shift+ArrowRight")
    expect(maps.locator(".large .bar b")).to_have_text("Channel 2")
    maps.keyboard.press("ArrowDown")
    expect(maps.locator(".info")).to_contain_text("row 15")
    maps.keyboard.press("Escape")
    expect(maps.locator(".large")).to_be_hidden()
    expect(maps.locator(".tile").nth(2)).to_be_focused()


def test_the_journey_is_walked_with_the_keyboard_and_opens_a_layers_maps(maps: Page) -> None:
    maps.get_by_role("radio", name="Journey").or_(maps.get_by_role("button", name="Journey")).first.click()
    rows = maps.locator(".rows")
    expect(rows.locator(".row")).to_have_count(9, timeout=WAIT_MS)  # the picture, seven stops, the prediction
    rows.focus()
    for _ in range(3):
        maps.keyboard.press("ArrowDown")
    expect(rows.locator(".row[aria-selected=true]")).to_contain_text("c3")
    maps.keyboard.press("Enter")
    expect(maps.locator(".tiles .tile")).to_have_count(16, timeout=WAIT_MS)


def test_a_value_worked_out_on_a_projector_is_on_one_screen(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/feature_maps?net=lenet5&map_view=value&present=1", width=1920, height=1080)
    titles = page.locator(".st-key-fm-value-grids figcaption")
    expect(titles).to_have_count(3, timeout=WAIT_MS)
    page.wait_for_function(  # patch, weights and products in one row, and nothing under the pager
        """() => {
            const main = document.querySelector("[data-testid=stMain]"), bar = document.querySelector(".st-key-presenter");
            const found = [...document.querySelectorAll(".st-key-fm-value-grids *")].map((host) => host.shadowRoot).find(Boolean);
            const titles = [...(found ?? document).querySelectorAll("figcaption")];
            const tops = titles.map((title) => Math.round(title.getBoundingClientRect().top));
            return bar && tops.length === 3 && new Set(tops).size === 1 && main.getBoundingClientRect().bottom <= innerHeight - 40;
        }"""
    )


def test_the_grid_of_channels_is_not_cut_through_its_last_numbers(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/feature_maps?weights=random:0&map_view=channels", width=390, height=844)  # 32 channels, six a row
    expect(page.locator(".st-key-fc-grid-off .caption")).to_have_count(32, timeout=WAIT_MS)
    page.wait_for_function(
        """() => {
            const root = [...document.querySelectorAll(".st-key-fc-grid-off *")].map((host) => host.shadowRoot).find(Boolean) ?? document;
            const grid = root.querySelector(".grid");
            return grid && grid.clientHeight > 200 && grid.scrollHeight <= grid.clientHeight + 1;
        }"""
    )
