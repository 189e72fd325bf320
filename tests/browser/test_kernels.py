"""The kernel lab in a real browser: typing a weight, reading a pixel, links, languages, a phone."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from scipy.signal import convolve2d

from cnn_core import images
from tests.browser.conftest import OpenPage, settle

pytestmark = pytest.mark.browser

QUERY = "pic=sample-astronaut&side=64"
HORIZONTAL = [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]


def grey_astronaut() -> np.ndarray:
    picture = images.fit_within(images.samples()["astronaut"], 64)
    return np.rint(images.to_grey(picture) * 255)


def maps(page: Page) -> Locator:
    return page.locator("canvas.picture")


def cell(page: Page, row: int, col: int) -> Locator:
    return page.get_by_role("textbox", name=f"Weight in row {row}, column {col}")


def read(page: Page, panel: int) -> float:
    """The value of a panel under the crosshair."""
    text = page.locator("output.value").nth(panel).inner_text()
    return float(text.replace("−", "-").replace(",", ""))


def walk_to_middle(page: Page, panel: int = 1) -> None:
    """The crosshair on the middle of a map, one step right of where it starts."""
    maps(page).nth(panel).focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("output.value").nth(panel)).not_to_be_empty()


def middle(response: np.ndarray) -> float:
    return float(response[response.shape[0] // 2, response.shape[1] // 2 + 1])


def test_a_weight_typed_with_a_comma_changes_the_response_to_what_scipy_says(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?{QUERY}")
    walk_to_middle(page)
    expected = convolve2d(grey_astronaut(), HORIZONTAL, "valid")
    assert read(page, 1) == middle(expected)

    cell(page, 1, 2).fill("1,5")
    cell(page, 1, 2).press("Enter")
    expect(page).to_have_url(re.compile("kernel=custom"))
    expect(page).to_have_url(re.compile("w=3x3_1_1.5_1_0_0_0_-1_-1_-1"))
    expect(page.get_by_text("Your own, based on “Horizontal edges”.")).to_be_visible()
    settle(page)
    walk_to_middle(page)
    page.keyboard.press("ArrowLeft")  # the crosshair stayed and took another step
    expected = convolve2d(grey_astronaut(), [[1, 1.5, 1], [0, 0, 0], [-1, -1, -1]], "valid")
    expect(page.locator("output.value").nth(1)).to_have_text(f"{middle(expected):g}".replace("-", "−"))


def test_what_is_no_number_is_marked_and_not_sent(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?{QUERY}")
    cell(page, 2, 2).fill("1,5,")
    cell(page, 2, 2).press("Tab")
    expect(page.get_by_role("alert").filter(has_text="1,5,")).to_be_visible()
    expect(cell(page, 2, 2)).to_have_attribute("aria-invalid", "true")
    cell(page, 2, 2).fill("-1000001")
    cell(page, 2, 2).press("Tab")
    too_large = "“-1000001” is too large: a weight lies between −1,000,000 and 1,000,000"
    expect(page.get_by_role("alert").filter(has_text=too_large)).to_be_visible()
    expect(cell(page, 2, 2)).to_have_attribute("aria-invalid", "true")
    expect(page).not_to_have_url(re.compile("custom"))
    cell(page, 2, 2).fill("1/4")
    cell(page, 2, 2).press("Tab")
    expect(page).to_have_url(re.compile("_0.25_"))
    expect(page.get_by_role("alert").filter(has_text="1,5,")).to_have_count(0)


def test_arrows_and_enter_move_between_cells(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?{QUERY}")
    cell(page, 1, 1).focus()
    for key, place in (("ArrowRight", (1, 2)), ("ArrowDown", (2, 2)), ("Enter", (3, 2)), ("ArrowLeft", (3, 1)), ("ArrowUp", (2, 1))):
        page.keyboard.press(key)
        expect(cell(page, *place)).to_be_focused()


def test_quick_typing_loses_nothing(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?{QUERY}")
    cell(page, 1, 1).focus()
    page.keyboard.type("2")
    for number in ("3", "4", "5", "6", "7", "8", "9", "10"):
        page.keyboard.press("Tab")
        page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("w=3x3_2_3_4_5_6_7_8_9_10"))
    settle(page)
    assert [cell(page, 1 + k // 3, 1 + k % 3).input_value() for k in range(9)] == [str(k + 2) for k in range(9)]


def test_buttons_change_the_kernel_and_reset_brings_it_back(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?{QUERY}")
    page.get_by_role("button", name="Transpose").click()
    expect(page).to_have_url(re.compile("w=3x3_1_0_-1_1_0_-1_1_0_-1"))
    page.get_by_role("button", name="One row more").click()
    expect(page).to_have_url(re.compile("w=4x3_"))
    page.get_by_role("button", name="Back to the kernel of the table").click()
    expect(page).not_to_have_url(re.compile("custom"))
    expect(cell(page, 1, 2)).to_have_value("1")


def test_a_pasted_kernel_in_words_and_in_code(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?{QUERY}")
    page.get_by_role("button", name="Paste").click()
    page.get_by_role("textbox", name="Numbers, NumPy or PyTorch").fill("np.array([[1, 2], [3, 4]]) / 2")
    page.get_by_role("button", name="Use this kernel").click()
    expect(page).to_have_url(re.compile("w=2x2_0.5_1_1.5_2"))
    page.get_by_role("textbox", name="Numbers, NumPy or PyTorch").fill("1 2\n3")
    page.get_by_role("button", name="Use this kernel").click()
    expect(page.get_by_test_id("stAlertContentError")).to_be_visible()
    expect(page).to_have_url(re.compile("w=2x2_0.5_1_1.5_2"))


def test_a_pasted_kernel_is_taken_by_control_and_enter(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?{QUERY}")
    page.get_by_role("button", name="Paste").click()
    text = page.get_by_role("textbox", name="Numbers, NumPy or PyTorch")
    text.fill("100000 20000.5\n3 4")
    text.press("Control+Enter")
    expect(page).to_have_url(re.compile("w=2x2_100000_20000.5_3_4"))
    expect(page.locator(".editor .sum")).to_have_text("Σ ≈ 120008")
    expect(page.locator(".editor .sum")).to_have_attribute("title", "Sum of the weights Σ = 120007.5")


def test_the_sum_of_a_step_is_above_the_fold(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?{QUERY}&view=steps", width=1280, height=800)
    expect(page.locator(".root.stepper")).to_have_attribute("data-arrangement", "medium")
    for part in (".equation .result", ".sums .total", "canvas.output"):
        expect(page.locator(part)).to_be_in_viewport(ratio=0.99)


def test_a_copied_link_and_a_refresh_show_the_same(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?{QUERY}&kernel=custom&base=vertical&w=1x3_1_0_-1&op=correlation&padding=1&stride=2&show=magnitude")
    walk_to_middle(page)
    grey = np.pad(grey_astronaut(), 1)
    expected = np.abs(convolve2d(grey, [[-1, 0, 1]], "valid"))[::2, ::2]  # a correlation: turned by hand
    assert read(page, 1) == middle(expected)
    shown = page.url
    page.reload()
    settle(page)
    walk_to_middle(page)
    assert read(page, 1) == middle(expected)
    assert page.url == shown
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Pictures").click()
    expect(page).to_have_title("Pictures · Convolab")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Kernel lab").click()
    expect(page).to_have_url(re.compile("w=1x3_1_0_-1"))
    expect(cell(page, 1, 3)).to_have_value("−1")


@pytest.mark.parametrize("width", [1024, 1280, 1920])
def test_the_middle_of_every_view_button_can_be_clicked(open_page: OpenPage, app_url: str, width: int) -> None:
    page = open_page(f"{app_url}/?lang=en", width=width)
    for name, address in (("Step by step", "view=steps"), ("Two kernels", "view=two"), ("Whole table", "view=table")):
        page.get_by_role("radio", name=name).or_(page.get_by_role("button", name=name)).first.click()
        expect(page).to_have_url(re.compile(address))


def test_the_table_chooses(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?{QUERY}&view=table&lang=es")
    page.get_by_role("button", name="Elegir el núcleo «Sobel, x»").click()
    expect(page).to_have_url(re.compile("kernel=sobel_x"))
    expect(maps(page)).to_have_count(2)
    expect(page.get_by_role("textbox", name="Peso en la fila 2, columna 1")).to_have_value("2")


def test_spanish_writes_and_reads_decimal_commas(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?{QUERY}&kernel=custom&w=1x2_0.5_-0.25", locale="es-MX")
    expect(page.get_by_role("textbox", name="Peso en la fila 1, columna 2")).to_have_value("−0,25")
    walk_to_middle(page)
    expect(page.locator("output.value").nth(1)).to_have_text(re.compile(r"^−?\d+(,\d+)?$"))


def test_an_impossible_choice_leaves_the_page_alive(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?pic=sample-astronaut&side=28&dilation=16")
    expect(page.get_by_test_id("stAlertContentError")).to_be_visible()
    expect(maps(page)).to_have_count(0)
    page.get_by_role("spinbutton", name="Dilation").fill("2")
    page.get_by_role("spinbutton", name="Dilation").press("Enter")
    expect(maps(page)).to_have_count(2)


@pytest.mark.parametrize("view", ["response", "steps", "two", "table"])
def test_nothing_sticks_out_on_a_phone(open_page: OpenPage, app_url: str, view: str) -> None:
    page = open_page(f"{app_url}/?view={view}&kernel=gabor&padding=same", width=390, height=844)
    expect(page.locator("canvas:visible").first).to_be_visible()
    settle(page)
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= 390")


@pytest.mark.parametrize("locale", ["en-US", "es-ES"])
def test_the_main_act_needs_no_scrolling(open_page: OpenPage, app_url: str, locale: str) -> None:
    page = open_page(app_url, locale=locale)
    for canvas in (maps(page).nth(0), maps(page).nth(1)):
        box = canvas.bounding_box()
        assert box
        assert box["width"] > 340
        assert box["y"] + box["height"] < 768
    last = page.get_by_role("spinbutton").last.bounding_box()
    assert last
    assert last["y"] + last["height"] <= 768
