"""The arithmetic page in a real browser: typing, refusals, the sliding window, pooling under the pointer, a chain's rows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, settle

pytestmark = pytest.mark.browser


def type_number(page: Page, name: str, text: str) -> None:
    """Key by key, with no Enter and no leaving of the field."""
    field = page.locator(f"#number-{name}")
    field.click()
    field.press("Control+a")
    field.press_sequentially(text)


def test_the_formula_follows_every_keystroke_and_a_refusal_stands_beside_it(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/arithmetic")
    numbers = page.locator(".numbers")
    expect(numbers).to_have_text("⌊(32 + 2·0 − 3)/1⌋ + 1 = 30")
    type_number(page, "p", "1")
    expect(numbers).to_have_text("⌊(32 + 2·1 − 3)/1⌋ + 1 = 32")
    type_number(page, "k", "40")
    expect(page.locator(".sentence .refusal")).to_contain_text("longer than the padded input of 34")
    expect(page.locator("#number-k")).to_have_attribute("aria-invalid", "")
    expect(page.locator("#number-k")).to_be_focused()
    expect(page.locator("canvas")).to_be_visible()
    type_number(page, "k", "x")
    expect(page.get_by_text("kernel: a whole number from 0 to 64.")).to_be_visible()
    type_number(page, "k", "5")
    expect(numbers).to_have_text("⌊(32 + 2·1 − 5)/1⌋ + 1 = 30")
    expect(page).to_have_url(re.compile("k=5"))
    page.reload()
    expect(numbers).to_have_text("⌊(32 + 2·1 − 5)/1⌋ + 1 = 30")


def test_fast_typing_is_not_overwritten_by_older_answers(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/arithmetic")
    type_number(page, "i", "128")
    for _ in range(6):
        page.locator("#number-i").press("ArrowUp")
    expect(page.locator(".numbers strong")).to_have_text("132")
    expect(page.locator("#number-i")).to_have_value("134")


def test_names_of_padding_set_it(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/arithmetic?k=4&lang=es")
    page.locator("[data-chip=same]").click()
    expect(page.locator(".numbers")).to_have_text("⌊(32 + 1 + 2 − 4)/1⌋ + 1 = 32")
    expect(page.locator("#number-p")).to_have_value("1+2")
    expect(page.locator(".notes")).to_contain_text("Por eso los núcleos son impares")
    page.locator("[data-chip=full]").click()
    expect(page.locator(".numbers strong")).to_have_text("35")
    expect(page.locator("#number-p")).to_have_value("3")


def test_the_window_steps_plays_and_pauses_by_keyboard(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/arithmetic?i=6")
    canvas = page.locator("canvas")
    canvas.focus()
    canvas.press("Home")
    expect(canvas).to_have_attribute("data-stop", "0")
    canvas.press("ArrowRight")
    canvas.press("ArrowDown")
    expect(canvas).to_have_attribute("data-stop", "5")
    expect(page.locator(".where")).to_have_text("output (1, 1) · 6 of 16")
    canvas.press(" ")
    expect(page.locator("[data-action=play]")).to_have_attribute("aria-label", "Pause")
    expect(canvas).to_have_attribute("data-stop", "15")
    expect(page.locator("[data-action=play]")).to_have_attribute("aria-label", "Play")
    page.get_by_role("button", name="1-D").click()
    expect(page).to_have_url(re.compile("dims=1"))
    expect(page.locator(".where")).to_contain_text("of 4")


def test_the_stop_outlives_a_change_that_leaves_the_picture_as_it_is(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/arithmetic?i=6")
    canvas = page.locator("canvas")
    canvas.focus()
    canvas.press("End")
    page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox").click()
    page.get_by_role("option", name="Español").click()
    expect(page.locator(".where")).to_have_text("salida (3, 3) · 16 de 16")


def test_pooling_shows_the_numbers_under_the_pointer(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/arithmetic?part=pooling&pool_k=2&pool_s=2&pool_p=0&pool_grey=1&pool_side=32")
    expect(page.locator(".formula")).to_have_text("⌊(32 + 2·0 − 2)/2⌋ + 1 = 16")
    expect(page.get_by_text("no parameters: 0")).to_be_visible()
    page.locator("canvas[data-figure=after]").hover(position={"x": 3, "y": 3})
    expect(page.locator(".place")).to_contain_text("output (0, 0): 4 values")
    values = [int(text) for text in page.locator("td").all_inner_texts()]
    assert len(values) == 4
    expect(page.locator(".result strong")).to_have_text(str(max(values)))
    page.get_by_role("radio", name="Minimum").click()
    expect(page.locator(".result strong")).to_have_text(str(min(values)))
    page.locator("canvas[data-figure=before]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".place")).to_contain_text("output (0, 1)")


def test_rows_of_a_chain_are_edited_moved_copied_removed_and_added(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/arithmetic?part=chain&chain=1x28x28_conv8_max2")
    code = page.get_by_test_id("stCode")
    row = page.locator("[data-row]")
    expect(row).to_have_count(2)
    expect(row.nth(0).locator(".size")).to_have_text("26×26")
    filters = row.nth(0).get_by_label("filters")
    filters.click()
    filters.press("Control+a")
    filters.press_sequentially("16")
    expect(row.nth(0).locator(".params")).to_have_text("160")
    expect(code).to_contain_text("nn.Conv2d(1, 16, 3)")
    expect(filters).to_be_focused()
    row.nth(1).locator("[data-action=up]").click()
    expect(row.nth(0).locator(".size")).to_have_text("14×14")
    expect(row.nth(1).locator(".size")).to_have_text("12×12")
    row.nth(1).locator("[data-action=copy]").click()
    expect(row).to_have_count(3)
    expect(row.nth(2).locator(".field")).to_have_text("10")
    row.nth(0).locator("[data-action=remove]").click()
    expect(row).to_have_count(2)
    expect(row.nth(1).locator(".size")).to_have_text("24×24")
    page.locator("select.add").select_option("lin")
    expect(row.nth(2).locator(".error")).to_contain_text("put a flatten row before it")
    expect(page.get_by_text("No code while row 3 cannot work.")).to_be_visible()
    row.nth(2).locator("select.kind").select_option("flat")
    expect(code).to_contain_text("nn.Flatten()")
    expect(page).to_have_url(re.compile("chain=1x28x28_conv16_conv16_flat"))


def test_options_of_a_row_open_and_count(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/arithmetic?part=chain&chain=1x28x28_conv8&lang=es")
    row = page.locator("[data-row='0']")
    row.locator(".opener").click()
    row.get_by_label("sesgo").uncheck()
    expect(row.locator(".params")).to_have_text("72")
    expect(page.get_by_test_id("stCode")).to_contain_text("bias=False")


@pytest.mark.parametrize("part", ["layer", "pooling", "chain"])
@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_main_act_needs_no_scrolling_on_a_laptop(open_page: OpenPage, app_url: str, part: str, lang: str) -> None:
    page = open_page(f"{app_url}/arithmetic?part={part}&lang={lang}")
    last = page.locator({"layer": ".foot", "pooling": ".worked", "chain": ".row.foot"}[part])
    expect(last).to_be_visible()
    box = last.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 768


@pytest.mark.parametrize("part", ["layer", "pooling", "chain"])
def test_a_phone_shows_it_stacked(open_page: OpenPage, app_url: str, part: str) -> None:
    page = open_page(f"{app_url}/arithmetic?part={part}", width=390, height=844)
    expect(
        page.locator({"layer": "canvas", "pooling": ".worked td", "chain": "[data-row]"}[part]).first
    ).to_be_visible()
    settle(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_a_link_beyond_the_limits_says_them_and_is_mended_field_by_field(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/arithmetic?i=999999&d=50")
    expect(page.locator(".sentence .refusal")).to_have_text(
        "input size: a whole number from 0 to 512. dilation: a whole number from 0 to 32."
    )
    expect(page.locator("#number-i")).to_have_value("999999")
    type_number(page, "i", "64")
    type_number(page, "d", "2")
    expect(page.locator(".numbers strong")).to_have_text("60")
    expect(page.locator("#number-i")).to_have_value("64")


@pytest.mark.parametrize("width", [1180, 1280, 1366])
def test_a_chain_keeps_a_line_for_each_layer_and_no_total_where_it_breaks(
    open_page: OpenPage, app_url: str, width: int
) -> None:
    page = open_page(f"{app_url}/arithmetic?part=chain&lang=es", width=width)
    expect(page.locator(".total")).to_contain_text("137.226")
    heights = page.locator(".row[data-row]").evaluate_all("rows => rows.map(row => row.offsetHeight)")
    assert len(heights) == 8
    assert max(heights) < 50
    page.goto(f"{app_url}/arithmetic?part=chain&chain=1x4x4_conv8_max9")
    expect(page.locator(".row.broken .error")).not_to_be_empty()
    expect(page.locator(".total")).to_be_empty()
