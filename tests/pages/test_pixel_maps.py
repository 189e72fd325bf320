"""What pixel_maps sends to the browser: numbers that come back, ends of scales, one blob."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pages.ui.components.pixel_maps import Panel, blob, quantize, robust_limits


def roundtrip(values: np.ndarray, *, exact: bool) -> np.ndarray:
    sent, factor = quantize(values, float(values.min()), float(values.max()), exact=exact)
    return sent * np.float64(factor)


@given(arrays(np.float64, (3, 4), elements=st.integers(-32768, 32767)))
def test_whole_numbers_are_sent_to_the_number(values: np.ndarray) -> None:
    sent, _ = quantize(values, float(values.min()), float(values.max()), exact=False)
    assert sent.dtype == np.int16
    np.testing.assert_array_equal(roundtrip(values, exact=False), values)


@given(arrays(np.float64, (3, 4), elements=st.floats(-1e6, 1e6)))
def test_other_numbers_lose_no_more_than_is_said(values: np.ndarray) -> None:
    np.testing.assert_allclose(roundtrip(values, exact=True), values, rtol=6e-8, atol=1e-38)
    np.testing.assert_allclose(roundtrip(values, exact=False), values, rtol=0, atol=np.abs(values).max() / 32767 * 0.51 + 1e-38)


def test_bytes_stay_bytes() -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert quantize(grey, 0, 11, exact=True)[0] is grey


def test_robust_limits_leave_out_the_strongest_few() -> None:
    values = np.ones((100, 100))
    values[0, :20] = -50
    assert robust_limits(values, "signed") == (-1, 1)
    assert robust_limits(values, "magnitude") == (0, 1)


@pytest.mark.parametrize("value", [0.0, -3.0])
def test_robust_limits_of_a_flat_map(value: float) -> None:
    assert robust_limits(np.full((4, 4), value), "signed") == (-abs(value), abs(value))


def test_robust_limits_of_a_map_with_one_answer_are_its_own() -> None:
    values = np.zeros((300, 300))
    values[7, 7] = 5.0
    assert robust_limits(values, "signed") == (-5.0, 5.0)


def test_the_blob_names_every_panel_and_every_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.ui.components.pixel_maps.language", lambda: "es")
    image = np.zeros((2, 3, 3), dtype=np.uint8)
    panels = [
        Panel(image, "Imagen", "una imagen", kind="rgb"), Panel(np.array([[-1.0, 4.0]]), "Mapa", "un mapa"),
        Panel(np.array([[90.0]]), "Dirección", "dirección", kind="hue", strength=np.array([[2.0]])),
    ]  # fmt: skip
    data = blob(panels, chosen=1)
    size = int.from_bytes(data[:4], "little")
    head = json.loads(data[4 : 4 + size])
    names = [entry["name"] for entry in head["arrays"]]
    assert names == ["values0", "values1", "values2", "strength2", "scale_signed"]
    assert head["meta"]["panels"][1]["limits"] == [-4.0, 4.0]
    assert head["meta"]["panels"][2]["strongest"] == 2.0
    assert head["meta"]["labels"]["row"] == "fila"
    assert head["meta"]["chosen"] == 1
