"""The kernel lab without a browser: what the controls do to the line under the maps, to the URL, and to each other."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.errors import GeometryError
from cnn_core.kernels import KERNELS
from pages.kernels.settings import MAX_PADDING, Settings, read_padding
from pages.ui.components.kernel_editor import _read
from tests.conftest import ROOT
from tests.pages.test_app import open_app

CUSTOM = "1x3_1_0.5_-2"


def lab(**query: str) -> AppTest:
    return open_app("kernels", pic="sample-astronaut", **query)


def line(test: AppTest) -> str:
    """The line under the maps: operation, size, range."""
    return next(element.value for element in test.markdown if "o =" in element.value or "rows ⌊" in element.value)


def test_it_opens_on_the_course_s_horizontal_edges() -> None:
    test = open_app("kernels")
    assert test.selectbox("kernel").value == "horizontal"
    assert "⌊(512 + 2·0 − 3)/1⌋ + 1 = 510" in line(test)
    assert "turned by 180°" in line(test)


def test_size_formula_follows_every_setting() -> None:
    test = lab(kernel="log", padding="3", stride="2", dilation="2")  # 7×7 at sigma 1
    assert "⌊(512 + 2·3 − 13)/2⌋ + 1 = 253" in line(test)
    assert "k = 2·(7 − 1) + 1 = 13" in line(test)


def test_same_padding_of_an_even_kernel_is_told_side_by_side() -> None:
    assert "⌊(512 + 1 + 0 − 2)/1⌋ + 1 = 512" in line(lab(kernel="roberts_falling", padding="same"))


def test_cross_correlation_is_said_and_changes_the_sign() -> None:
    test = lab(kernel="vertical")
    turned = line(test)
    test.segmented_control("op").set_value("correlation").run()
    assert "Conv2d" in line(test)
    low, high = turned.split("`")[-4], turned.split("`")[-2]
    assert f"`{high.replace('−', '')}`" in line(test).replace("−", "")
    assert low != high
    assert test.query_params["op"] == "correlation"


@pytest.mark.parametrize("view", ["response", "steps", "two", "table"])
@pytest.mark.parametrize("lang", ["en", "es"])
def test_every_view_opens_from_a_link(view: str, lang: str) -> None:
    test = lab(view=view, lang=lang, channels="rgb", padding="same")
    assert not test.exception
    assert not test.error
    assert test.segmented_control("view").value == view


def test_every_kernel_can_be_chosen() -> None:
    test = lab()
    for kernel_id in KERNELS:
        test.selectbox("kernel").set_value(kernel_id).run()
        assert not test.exception, kernel_id
        assert not test.error, kernel_id
        assert test.query_params.get("kernel", "horizontal") == kernel_id


@pytest.mark.parametrize("shown_as", ["signed", "magnitude", "relu", "equalized", "picture"])
@pytest.mark.parametrize("channels", ["grey", "rgb"])
def test_every_way_to_show_a_response(shown_as: str, channels: str) -> None:
    test = lab(show=shown_as, channels=channels, side="64")
    assert not test.exception
    assert not test.error


def test_a_blur_is_shown_as_a_picture_and_an_edge_kernel_signed() -> None:
    test = lab()
    test.selectbox("kernel").set_value("gaussian").run()
    assert test.segmented_control("show").value == "picture"
    test.selectbox("kernel").set_value("sobel_x").run()
    assert test.segmented_control("show").value == "signed"


def test_sliders_of_a_formula_are_in_the_url() -> None:
    test = lab(kernel="gabor", gabor_angle="45")
    assert test.slider("gabor_angle").value == 45
    test.slider("gabor_wavelength").set_value(8.0).run()
    assert test.query_params["gabor_wavelength"] == "8.0"
    assert not test.error


def test_a_custom_kernel_comes_from_a_link_and_outlives_a_page_change() -> None:
    test = lab(kernel="custom", w=CUSTOM, base="vertical")
    assert "⌊(512 + 2·0 − 1)/1⌋ + 1 = 512" in line(test)
    assert "⌊(512 + 2·0 − 3)/1⌋ + 1 = 510" in line(test)
    assert any("Vertical edges" in caption.value for caption in test.caption)
    test.switch_page("pages/arithmetic/page.py").run()
    test.switch_page("pages/kernels/page.py").run()
    assert test.selectbox("kernel").value == "custom"
    assert test.query_params["w"] == CUSTOM


def test_weights_that_grow_too_large_for_the_editor_are_a_sentence() -> None:
    test = lab(view="two", way="row", kernel="custom", w="1x1_1000000", kernel2="laplacian")
    test.button("use_equivalent").click().run()
    assert "4,000,000" in test.error[0].value and "1,000,000" in test.error[0].value
    assert test.query_params["w"] == "1x1_1000000"
    assert not test.exception


def test_a_preset_hides_the_custom_weights_and_custom_brings_them_back() -> None:
    test = lab(kernel="custom", w=CUSTOM)
    test.selectbox("kernel").set_value("laplacian").run()
    assert "w" not in test.query_params
    test.selectbox("kernel").set_value("custom").run()
    assert test.query_params["w"] == CUSTOM


@pytest.mark.parametrize(
    "query",
    [
        {"w": "9x9_1"}, {"w": "nonsense"}, {"w": "1x1_1000001"}, {"kernel": "sobal"},
        {"stride": "0"}, {"op": "x"}, {"view": "'"}, {"gabor_angle": "nan"},
    ],
)  # fmt: skip
def test_nonsense_in_a_link_is_as_good_as_nothing(query: dict[str, str]) -> None:
    test = lab(**({"kernel": "custom"} | query if "w" in query else {"kernel": "gabor"} | query))
    assert not test.exception
    assert not test.error


def test_an_impossible_choice_is_a_sentence_and_the_page_goes_on() -> None:
    test = lab(side="28", dilation="16")
    assert "28" in test.error[0].value
    test.number_input("dilation").set_value(1).run()
    assert not test.error
    assert "= 26" in line(test)


def test_a_padding_that_is_none_is_a_sentence() -> None:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    test.query_params["padding"], test.query_params["lang"] = "much", "es"
    test.run()
    assert "«much»" in test.error[0].value
    assert "64" in test.error[0].value


def test_two_responses_of_different_size_are_a_sentence() -> None:
    test = lab(view="two", kernel="roberts_falling", kernel2="sobel_x")
    assert len(test.error) == 1
    test.selectbox("padding").set_value("same").run()
    assert not test.error


def test_two_in_a_row_name_the_one_kernel() -> None:
    test = lab(view="two", way="row", kernel="sobel_x", kernel2="gaussian")
    assert any("7 × 7" in element.value for element in test.markdown)


@pytest.mark.parametrize(("text", "read"), [("valid", "valid"), (" SAME ", "same"), ("0", 0), ("64", 64)])
def test_padding_is_read(text: str, read: str | int) -> None:
    assert read_padding(text) == read


@pytest.mark.parametrize("text", ["", "-1", "1.5", str(MAX_PADDING + 1), "full", "²", "9" * 5000])
def test_other_paddings_are_refused(text: str) -> None:
    with pytest.raises(GeometryError) as caught:
        read_padding(text)
    assert caught.value.code == "padding_text"


@pytest.mark.parametrize("flip", [True, False])
@pytest.mark.parametrize("padding", ["valid", "same", 2])
def test_a_response_lies_where_its_windows_lie(flip: bool, padding: str | int) -> None:
    """A single bright pixel under a kernel with a single one: the answer's place on the plane is known."""
    image = np.zeros((9, 11), dtype=np.uint8)
    image[4, 6] = 100
    weights = np.zeros((3, 5))
    weights[1, 2] = 1
    settings = Settings(flip=flip, colour=False, padding=padding, border="zeros", stride=1, dilation=1)
    [(row, col)] = np.argwhere(settings.apply(image, weights) == 100)
    origin = settings.origin(weights.shape)
    assert (origin[0] + row, origin[1] + col) == (4, 6)


def test_what_the_editor_sends_is_read() -> None:
    edit = _read({"number": 1, "operation": None, "rows": 2, "cols": 2, "weights": [[1, 0.5], [0, -2]]}, 11)
    assert edit is not None
    assert edit.weights.tolist() == [[1, 0.5], [0, -2]]


@pytest.mark.parametrize(
    "change",
    [
        {"weights": [[1, 2], [3]]}, {"weights": []}, {"weights": [["a"]]}, {"weights": [[float("nan")]]}, {"weights": [[1, -1_000_001]]},
        {"rows": 12}, {"cols": 0},
        {"operation": "exec"}, {"operation": "apply"}, {"number": 0}, {"number": None}, {"weights": [[1.0] * 12]},
    ],
)  # fmt: skip
def test_what_no_editor_sends_is_ignored(change: dict[str, object]) -> None:
    assert _read({"number": 1, "operation": None, "rows": 1, "cols": 1, "weights": [[1.0]]} | change, 11) is None
