"""The step view in a real Chromium: its sums against SciPy, what hovering marks, playing, stepping, keyboard, window."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from scipy.signal import convolve2d, correlate2d

from tests.browser.conftest import OpenPage, serve

pytestmark = pytest.mark.browser

APP = Path(__file__).parent / "apps" / "stepper.py"
NUMPY_MODE = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "wrap": "wrap"}
HORIZONTAL = [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]
LOPSIDED: list[list[float]] = [[1, 2, 3], [4, -5, 6], [-7, 8, 9.5]]  # no symmetry: a forgotten turn would show
EVEN = [[1, -2], [3, 4]]
WIDE = [[1, -1, 2, 0.25, -3], [2, 0, 1, 5, -4]]


@pytest.fixture(scope="module")
def stepper_url() -> Iterator[str]:
    with serve(APP) as url:
        yield url


def open_stepper(open_page: OpenPage, url: str, *, width: int = 1366, **query: Any) -> Page:
    """The page with the view drawn. Weights and tuples of the query are written as the app reads them."""
    written = {name: ",".join(map(str, v)) if isinstance(v, tuple) else v for name, v in query.items()}
    if "weights" in query:
        written["weights"] = json.dumps(query["weights"])
    page = open_page(f"{url}/?{urlencode(written)}", width=width)
    page.locator(".stepper[data-drawn]").wait_for()
    return page


def root(page: Page) -> Locator:
    return page.locator(".stepper")


def pair(page: Page, name: str) -> tuple[int, int]:
    row, col = (root(page).get_attribute(f"data-{name}") or "").split(",")
    return int(row), int(col)


def point_at(page: Page, canvas: str, row: int, col: int, size: tuple[int, int], click: bool = False) -> None:
    """The mouse in the middle of one cell of a grid of that many rows and columns."""
    place = page.locator(f"canvas.{canvas}:visible").first
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box
    x, y = box["x"] + (col + 0.5) * box["width"] / size[1], box["y"] + (row + 0.5) * box["height"] / size[0]
    (page.mouse.click if click else page.mouse.move)(x, y)


def reference(
    weights: list[list[float]],
    shape: tuple[int, ...] = (14, 17),
    flip: int = 1,
    padding: tuple[int, ...] = (0, 0),
    border: str = "zeros",
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    **_: Any,
) -> np.ndarray:
    """The whole output by SciPy: pad, spread the kernel, slide over every position, keep every stride-th. Channels last."""
    image = np.random.default_rng(7).integers(0, 256, size=shape).astype(np.float64)
    kernel = np.array(weights, dtype=np.float64)
    spread = np.zeros([(n - 1) * d + 1 for n, d in zip(kernel.shape, dilation, strict=True)])
    spread[:: dilation[0], :: dilation[1]] = kernel
    top, bottom, left, right = padding if len(padding) == 4 else (padding[0], padding[0], padding[1], padding[1])
    slide = convolve2d if flip else correlate2d
    channels = image.reshape(*image.shape[:2], -1)
    outputs = []
    for channel in np.moveaxis(channels, -1, 0):
        padded = np.pad(channel, ((top, bottom), (left, right)), mode=NUMPY_MODE[border])  # type: ignore[call-overload]
        outputs.append(slide(padded, spread, mode="valid")[:: stride[0], :: stride[1]])
    return np.stack(outputs, axis=-1)


CASES: dict[str, dict[str, Any]] = {  # every one a different way to get it wrong
    "convolution": {"weights": LOPSIDED},
    "correlation": {"weights": LOPSIDED, "flip": 0},
    "zeros": {"weights": LOPSIDED, "padding": (2, 1)},
    "reflect": {"weights": LOPSIDED, "padding": (2, 3), "border": "reflect", "flip": 0},
    "replicate": {"weights": LOPSIDED, "padding": (1, 2), "border": "replicate"},
    "wrap": {"weights": LOPSIDED, "padding": (3, 2), "border": "wrap"},
    "four sides": {"weights": EVEN, "padding": (0, 1, 2, 0), "flip": 0},
    "stride": {"weights": LOPSIDED, "padding": (1, 1), "stride": (2, 3)},
    "dilation": {"weights": LOPSIDED, "padding": (2, 2), "dilation": (2, 3), "border": "reflect"},
    "stride and dilation": {"weights": EVEN, "stride": (2, 2), "dilation": (3, 2), "flip": 0},
    "even": {"weights": EVEN},
    "not square": {"weights": WIDE, "padding": (1, 2)},
    "one pixel": {"weights": [[2.5]]},
    "larger than the picture inside": {"weights": np.arange(121).reshape(11, 11).tolist(), "padding": (5, 5)},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_sums_equal_scipy(open_page: OpenPage, stepper_url: str, case: dict[str, Any]) -> None:
    expected = reference(**case)[..., 0]
    page = open_stepper(open_page, stepper_url, pixel=(0, 0), **case)
    assert root(page).get_attribute("data-out-rows") == str(expected.shape[0])
    assert root(page).get_attribute("data-out-cols") == str(expected.shape[1])
    size = pair(page, "window")
    for origin in [(0, 0), (expected.shape[0] - size[0], expected.shape[1] - size[1])]:
        page.locator("canvas.navigator").focus()
        for _ in range(5 if any(origin) else 0):  # a window's length at a time, to the far corner
            page.keyboard.press("Shift+ArrowDown")
            page.keyboard.press("Shift+ArrowRight")
        expect(root(page)).to_have_attribute("data-origin", f"{origin[0]},{origin[1]}")
        for row, col in {(0, 0), (size[0] - 1, 0), (size[0] // 2, size[1] // 2), (size[0] - 1, size[1] - 1)}:
            pixel = (origin[0] + row, origin[1] + col)
            point_at(page, "output", row, col, size)
            expect(root(page)).to_have_attribute("data-pixel", f"{pixel[0]},{pixel[1]}")
            assert float(root(page).get_attribute("data-sum") or "nan") == pytest.approx(expected[pixel], abs=1e-9)


def test_colour_is_three_sums_and_their_total(open_page: OpenPage, stepper_url: str) -> None:
    case: dict[str, Any] = {"weights": LOPSIDED, "shape": (14, 17, 3), "padding": (1, 1)}
    expected = reference(**case)[4, 6]
    page = open_stepper(open_page, stepper_url, pixel=(4, 6), **case)
    sums = [float(part) for part in (root(page).get_attribute("data-sums") or "").split(",")]
    assert sums == pytest.approx(list(expected))
    assert float(root(page).get_attribute("data-sum") or "nan") == pytest.approx(expected.sum())
    expect(page.locator("canvas.patch:visible")).to_have_count(3)
    expect(page.locator(".equation")).to_contain_text("R + G + B")
    expect(page.locator(".equation .term")).to_have_count(27)
    page.get_by_role("button", name="Green").click()
    expect(page.locator("canvas.patch:visible")).to_have_count(0)
    expect(page.locator("canvas.products:visible")).to_have_count(1)
    expect(root(page)).to_have_attribute("data-channel", "1")
    assert float(root(page).get_attribute("data-sum") or "nan") == pytest.approx(expected[1])


def test_a_picture_between_0_and_1_is_multiplied_as_it_is(open_page: OpenPage, stepper_url: str) -> None:
    page = open_stepper(open_page, stepper_url, pixel=(4, 6), weights=LOPSIDED, unit="float")
    assert float(root(page).get_attribute("data-sum") or "nan") == pytest.approx(
        reference(LOPSIDED)[4, 6, 0] / 255, rel=1e-6
    )


def test_the_equation_writes_every_term(open_page: OpenPage, stepper_url: str) -> None:
    page = open_stepper(open_page, stepper_url, pixel=(3, 3), weights=HORIZONTAL, flip=0)
    image = np.random.default_rng(7).integers(0, 256, size=(14, 17))
    above, below = image[3, 3:6], image[5, 3:6]
    expect(page.locator(".equation .term")).to_have_count(9)
    written = (page.locator(".equation").text_content() or "").replace(" ", "")
    for value in above:
        assert f"{value}·1" in written
    for value in below:
        assert f"{value}·(−1)" in written
    assert re.sub("[,−]", "", written).endswith(f"={abs(above.sum() - below.sum())}")
    expect(page.locator(".stepper [aria-live=polite]")).to_contain_text("Output (3, 3)")


def test_pointing_at_a_weight_marks_all_it_meets(open_page: OpenPage, stepper_url: str) -> None:
    page = open_stepper(open_page, stepper_url, pixel=(4, 4), weights=LOPSIDED)
    rows, cols = pair(page, "window")
    point_at(page, "kernel", 0, 2, (3, 3))
    expect(root(page)).to_have_attribute("data-weight", "0,2")
    expect(root(page)).to_have_attribute("data-met", str(rows * cols))
    expect(page.locator(".term.marked")).to_have_count(1)
    expect(page.locator(".term.marked")).to_contain_text("·(−7)")  # turned: the last row comes first, mirrored
    expect(page.locator(".note")).to_contain_text("−7")
    page.locator(".term").nth(4).hover()
    expect(root(page)).to_have_attribute("data-weight", "1,1")
    page.mouse.move(2, 2)
    expect(root(page)).to_have_attribute("data-weight", "")


@pytest.mark.parametrize("stride", [(1, 1), (2, 2)])
def test_pointing_at_an_input_pixel_marks_the_outputs_that_use_it(
    open_page: OpenPage, stepper_url: str, stride: tuple[int, int]
) -> None:
    case: dict[str, Any] = {"weights": LOPSIDED, "padding": (1, 1), "border": "reflect", "stride": stride}
    page = open_stepper(open_page, stepper_url, region=(-1, -1), **case)
    size, (rows, cols) = pair(page, "input-window"), pair(page, "window")
    for row, col in [(0, 0), (1, 2), (3, 3)]:
        point_at(page, "input", row, col, size)
        expect(root(page)).to_have_attribute("data-source", f"{row - 1},{col - 1}")
        users = sum(
            0 <= row - i * stride[0] < 3 and 0 <= col - j * stride[1] < 3 for i in range(rows) for j in range(cols)
        )
        expect(root(page)).to_have_attribute("data-users", str(users))
    point_at(page, "input", 0, 0, size)
    expect(page.locator(".note")).to_contain_text("reflected from pixel (1, 1)")


def test_step_play_pause_and_stop(open_page: OpenPage, stepper_url: str) -> None:
    page = open_stepper(open_page, stepper_url, weights=HORIZONTAL)
    rows, cols = pair(page, "window")
    top, left = pair(page, "origin")
    page.get_by_role("button", name="To the first output pixel").click()
    expect(root(page)).to_have_attribute("data-filled", "1")
    page.get_by_role("button", name="One output pixel forward").click()
    expect(root(page)).to_have_attribute("data-filled", "2")
    expect(root(page)).to_have_attribute("data-pixel", f"{top},{left + 1}")
    page.get_by_role("button", name="One output pixel back").click()
    expect(root(page)).to_have_attribute("data-filled", "1")
    page.locator(".speed input").fill("10")
    page.get_by_role("button", name="Play").click()
    expect(root(page)).to_have_attribute("data-playing", "true")
    expect(root(page)).to_have_attribute("data-filled", re.compile(r"^([4-9]|\d\d)$"))
    page.get_by_role("button", name="Pause").click()
    expect(root(page)).to_have_attribute("data-playing", "false")
    assert 4 <= int(root(page).get_attribute("data-filled") or 0) <= rows * cols
    page.get_by_role("button", name="Play").click()
    expect(root(page)).to_have_attribute("data-filled", str(rows * cols))  # to the end, where it stops by itself
    expect(root(page)).to_have_attribute("data-playing", "false")
    expect(root(page)).to_have_attribute("data-pixel", f"{top + rows - 1},{left + cols - 1}")


def test_keyboard(open_page: OpenPage, stepper_url: str) -> None:
    page = open_stepper(open_page, stepper_url, weights=HORIZONTAL, region=(2, 2), pixel=(3, 3))
    output = page.locator("canvas.output")
    output.focus()
    page.keyboard.press("ArrowRight")
    expect(root(page)).to_have_attribute("data-pixel", "3,4")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")  # over the window's edge: the window follows
    expect(root(page)).to_have_attribute("data-pixel", "1,4")
    expect(root(page)).to_have_attribute("data-region", "1,2")
    page.keyboard.press(" ")
    expect(root(page)).to_have_attribute("data-playing", "true")
    page.keyboard.press("Escape")
    expect(root(page)).to_have_attribute("data-playing", "false")
    rows, cols = pair(page, "window")
    expect(root(page)).to_have_attribute("data-filled", str(rows * cols))
    page.locator("canvas.kernel").focus()
    page.keyboard.press("ArrowRight")
    expect(root(page)).to_have_attribute("data-weight", "1,1")
    page.keyboard.press("ArrowDown")
    expect(root(page)).to_have_attribute("data-weight", "2,1")
    page.keyboard.press("Escape")
    expect(root(page)).to_have_attribute("data-weight", "")
    page.locator("canvas.navigator").focus()
    page.keyboard.press("ArrowLeft")
    expect(root(page)).to_have_attribute("data-region", "1,1")


def test_the_window_is_dragged_reported_once_and_survives_a_kernel_change(
    open_page: OpenPage, stepper_url: str
) -> None:
    page = open_stepper(open_page, stepper_url, weights=HORIZONTAL, shape=(64, 48), region=(0, 0))
    box = page.locator("canvas.navigator").bounding_box()
    assert box
    scale = box["height"] / 64
    x, y = box["x"] + 3 * scale, box["y"] + 3 * scale
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10 * scale, y + 20 * scale, steps=4)
    page.mouse.move(x + 20 * scale, y + 30 * scale, steps=4)
    expect(root(page)).to_have_attribute("data-region", "30,20")
    expect(page.get_by_text("region None")).to_be_visible()  # nothing is sent before the hand lets go
    page.mouse.up()
    expect(page.get_by_text("region (30, 20)")).to_be_visible()
    before = float(root(page).get_attribute("data-sum") or "nan")
    page.get_by_text("negate").click()
    expect(root(page)).to_have_attribute("data-sum", re.compile(re.escape(f"{-before:.0f}")))
    expect(root(page)).to_have_attribute("data-region", "30,20")


def test_in_a_link_the_region_wins_over_an_older_pixel(open_page: OpenPage, stepper_url: str) -> None:
    page = open_stepper(open_page, stepper_url, weights=HORIZONTAL, shape=(64, 48), region=(30, 20), pixel=(32, 23))
    assert (pair(page, "region"), pair(page, "pixel")) == ((30, 20), (32, 23))
    page = open_stepper(open_page, stepper_url, weights=HORIZONTAL, shape=(64, 48), region=(30, 20), pixel=(2, 3))
    assert pair(page, "region") == (30, 20)
    page = open_stepper(open_page, stepper_url, weights=HORIZONTAL, shape=(64, 48), pixel=(2, 3))
    assert pair(page, "pixel") == (2, 3)


def test_the_window_grows_and_shrinks(open_page: OpenPage, stepper_url: str) -> None:
    page = open_stepper(open_page, stepper_url, weights=HORIZONTAL, shape=(64, 48))
    rows, _ = pair(page, "window")
    page.get_by_role("button", name="More pixels, smaller cells").click()
    expect(root(page)).to_have_attribute("data-window", f"{rows + 1},{rows + 1}")
    expect(root(page)).to_have_attribute("data-input-window", f"{rows + 3},{rows + 3}")
    for _ in range(rows - 1):
        page.get_by_role("button", name="Fewer pixels, larger cells").click()
    expect(root(page)).to_have_attribute("data-window", "2,2")
    expect(page.get_by_role("button", name="Fewer pixels, larger cells")).to_be_disabled()


def test_spanish_words_and_numbers(open_page: OpenPage, stepper_url: str) -> None:
    page = open_stepper(open_page, stepper_url, weights=[[0.25, 0.5]], lang="es", flip=0)
    expect(page.get_by_text("Correlación cruzada:")).to_be_visible()
    expect(page.locator(".equation")).to_contain_text("·0,25")
    expect(page.get_by_role("button", name="Reproducir")).to_be_visible()


HEAVY = np.arange(121).reshape(11, 11).tolist()


@pytest.mark.parametrize(
    ("shape", "weights", "dilation"),
    [((64, 48), HORIZONTAL, (1, 1)), ((64, 48, 3), LOPSIDED, (1, 1)), ((64, 48), HEAVY, (3, 3))],
    ids=["grey", "colour", "large kernel"],
)
def test_nothing_sticks_out_at_any_width(
    open_page: OpenPage, stepper_url: str, shape: tuple[int, ...], weights: list[list[float]], dilation: tuple[int, int]
) -> None:
    page = open_stepper(open_page, stepper_url, shape=shape, weights=weights, dilation=dilation)
    for width, arrangement in [(1366, "wide"), (390, "narrow"), (700, "medium"), (1064, "wide")]:
        page.set_viewport_size({"width": width, "height": 768})
        expect(root(page)).to_have_attribute("data-arrangement", arrangement)
        frame = root(page).bounding_box()
        assert frame and frame["x"] + frame["width"] <= width
        for part in page.locator(".stepper :is(canvas, button, p):visible").all():
            box = part.bounding_box()
            assert box and box["x"] >= frame["x"] - 1 and box["x"] + box["width"] <= frame["x"] + frame["width"] + 2
        if arrangement == "wide":  # a page's main act fits a laptop's screen without scrolling
            assert frame["height"] <= 520


def test_a_tap_selects_and_marks_on_a_phone(open_page: OpenPage, stepper_url: str) -> None:
    page = open_stepper(open_page, stepper_url, weights=HORIZONTAL, region=(0, 0), width=390)
    size = pair(page, "window")
    point_at(page, "output", 1, 2, size, click=True)
    expect(root(page)).to_have_attribute("data-pixel", "1,2")
    expect(page.get_by_text("pixel (1, 2)")).to_be_visible()
    point_at(page, "kernel", 2, 0, (3, 3), click=True)
    page.mouse.move(1, 1)
    expect(root(page)).to_have_attribute("data-weight", "2,0")  # pressed, so it stays when the finger is gone
