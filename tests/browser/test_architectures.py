"""The architectures page in a real browser: everything in sight, the table by keyboard, failures, the field on the picture."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, settle

pytestmark = pytest.mark.browser


def row(page: Page, layer_id: str) -> Locator:
    return page.locator(f".row[data-id='{layer_id}']")


def chosen(page: Page) -> Locator:
    return page.locator(".row[aria-selected=true]")


def test_all_that_matters_is_in_sight_without_scrolling(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/architectures")
    expect(page.get_by_role("heading", name="ResNet-18 2015")).to_be_visible()
    expect(page.locator(".figure.params")).to_have_attribute("title", re.compile("^11,689,512 "))
    expect(page.locator(".arch-arithmetic")).to_contain_text("64·(7·7·3 + 0) = 9,408")
    for part in (page.get_by_text("won ImageNet 2015"), page.get_by_text("Kaiming He"), page.locator(".scroller"), page.locator("canvas")):
        box = part.first.bounding_box()
        assert box is not None and box["y"] >= 0 and box["y"] + box["height"] <= 768


def test_the_table_by_keyboard_and_back_by_link(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/architectures")
    expect(chosen(page)).to_have_attribute("data-id", "conv1")
    page.locator(".scroller").focus()
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    expect(chosen(page)).to_have_attribute("data-id", "layer1.0")
    expect(row(page, "layer1.0.conv1")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".arch-arithmetic")).to_contain_text("64·(3·3·64 + 0) = 36,864")
    expect(page).to_have_url(re.compile("layer=layer1.0.conv1"))
    page.reload()
    settle(page)
    expect(chosen(page)).to_have_attribute("data-id", "layer1.0.conv1")
    page.locator(".scroller").focus()
    page.keyboard.press("ArrowLeft")
    expect(chosen(page)).to_have_attribute("data-id", "layer1.0")
    page.keyboard.press("Enter")
    expect(row(page, "layer1.0.conv1")).to_have_count(0)


def test_sorting_flattens_and_comes_back(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/architectures?arch=densenet201")
    first = page.locator(".row").first
    expect(first).to_have_attribute("data-id", "features")
    page.locator(".head .params button").click()
    expect(first).to_have_attribute("data-id", "classifier")
    expect(page.locator(".row.block")).to_have_count(0)
    page.locator(".head .order").click()
    page.get_by_role("button", name="Open all blocks").click()
    expect(page.locator(".scroller")).to_have_attribute("aria-rowcount", re.compile("8[0-9][0-9]"))
    assert page.locator(".row").count() < 60  # what is out of sight is not in the page
    page.locator(".scroller").focus()
    page.keyboard.press("End")
    expect(chosen(page)).to_have_attribute("data-id", "classifier")


def test_too_few_pixels_are_explained_and_a_button_leads_on(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/architectures?arch=alexnet&size=32&lang=es")
    expect(page.get_by_role("alert")).to_contain_text("features.12")
    expect(page.locator(".row.failed")).to_contain_text("no cabe")
    page.get_by_role("button", name="Abrir AlexNet").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page).to_have_url(re.compile("arch=alexnet_cifar"))


def test_a_size_that_nobody_offered_can_be_typed(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/architectures")
    field = page.get_by_role("combobox", name="Input, px")
    field.click()
    field.fill("64")
    field.press("Enter")
    expect(page.locator(".figure.shapes")).to_contain_text("3×64×64 → 1000")
    expect(page).to_have_url(re.compile("size=64"))


def test_the_field_follows_the_arrow_keys_and_tells_where_it_is(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/architectures?arch=lenet5&layer=c3")
    says = page.locator(".says")
    expect(says).to_contain_text("Sees 14 × 14 pixels. Its neighbour lies 2 px further")
    expect(says).to_contain_text("Position (5, 5): rows 10…23, columns 10…23.")
    page.locator("canvas").focus()
    page.keyboard.press("ArrowUp")
    expect(says).to_contain_text("Position (4, 5): rows 8…21, columns 10…23.")
    page.goto(f"{app_url}/architectures?layer=fc")
    expect(page.locator(".says")).to_contain_text("sees the whole picture")


def test_views_share_the_chosen_layer(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/architectures?layer=layer2.0.relu@2")  # the second use of one ReLU
    expect(chosen(page)).to_have_attribute("data-id", "layer2.0.relu@2")
    page.get_by_role("radio", name="Graph").click()
    expect(page).to_have_url(re.compile("arch_view=graph"))
    expect(page.locator(".arch-head")).to_contain_text("layer2.0.relu@2")
    page.locator(".node[data-id='maxpool']").click()
    expect(page.locator(".arch-head")).to_contain_text("maxpool")
    page.get_by_role("radio", name="Table").click()
    expect(chosen(page)).to_have_attribute("data-id", "maxpool")


def test_a_phone_shows_it_stacked_and_nothing_sticks_out(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/architectures?arch=googlenet&lang=es", width=390, height=844, dark=True)
    expect(row(page, "inception3a")).to_be_visible()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    row(page, "inception3a").click()
    expect(page.locator(".arch-head")).to_contain_text("inception3a")
