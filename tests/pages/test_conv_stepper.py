"""The Python side of the step view: its texts, what it sends, what it refuses."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from babel.messages.pofile import read_po

from cnn_core.errors import GeometryError
from pages.ui.components import conv_stepper as stepper
from pages.ui.i18n import ASSETS, LANGUAGES


def catalogue(language: str) -> dict[str, str]:
    with (ASSETS / "locale" / language / "LC_MESSAGES" / "stepper.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def test_every_label_is_in_every_language_with_the_same_placeholders() -> None:
    texts = {language: catalogue(language) for language in LANGUAGES}
    ids = {f"stepper.{name}" for name in stepper.LABELS}
    for entries in texts.values():
        assert set(entries) == ids
        assert all(entries.values())
    for message_id in ids:
        holes = {language: sorted(set(re.findall(r"\{(\w+)\}", texts[language][message_id]))) for language in LANGUAGES}
        assert len(set(map(tuple, holes.values()))) == 1, (message_id, holes)


def test_placeholders_reach_the_browser() -> None:
    labels = stepper.default_labels()
    assert set(labels) == set(stepper.LABELS)
    assert "{row}" in labels["output_at"]
    assert "{weight}" in labels["note_weight"]


def test_scripts_use_exactly_these_labels() -> None:
    folder = ASSETS.parent / "pages" / "ui" / "components" / "conv_stepper"
    source = "".join(file.read_text("utf-8") for file in folder.glob("*.js"))
    named = set(re.findall(r"labels\.(\w+)", source))
    named |= {f"alt_{name}" for name in re.findall(r'"(navigator|input|kernel|given|output)"', source)}
    named |= {f"from_{border}" for border in stepper.BORDERS}
    assert named == set(stepper.LABELS)


@pytest.mark.parametrize(
    ("image", "dtype"),
    [
        (np.full((4, 5), 200, np.uint8), np.uint8),
        (np.array([[0.0, 12.0, 255.0]]), np.uint8),  # whole bytes, though held as floats
        (np.array([[0.0, 12.5, 255.0]]), np.float32),
        (np.array([[0.0, 1.0]]), np.float32),  # between 0 and 1: not a nearly black picture
        (np.array([[0.0, 256.0]]), np.float32),
        (np.array([[-1.0, 3.0]]), np.float32),
    ],
)
def test_a_byte_for_each_number_where_nothing_is_lost(image: np.ndarray, dtype: Any) -> None:
    sent = stepper._image(image)
    assert sent.dtype == dtype
    np.testing.assert_allclose(sent, image, rtol=1e-6)


def mount(image: np.ndarray, weights: np.ndarray, **changes: Any) -> stepper.Stepped:
    settings: dict[str, Any] = {
        "flip": True, "padding": (0, 0), "border": "zeros", "stride": (1, 1), "dilation": (1, 1),
        "labels": stepper.default_labels(), "language": "en", "key": "step",
    } | changes  # fmt: skip
    return stepper.conv_stepper(image, weights, **settings)


def test_a_kernel_longer_than_the_padded_picture_is_refused_as_everywhere() -> None:
    with pytest.raises(GeometryError) as caught:
        mount(np.ones((5, 9)), np.ones((3, 3)), dilation=(3, 3))
    assert caught.value.code == "kernel_too_long"
    assert caught.value.facts["padded"] == 5


@pytest.mark.parametrize(
    ("image", "weights", "changes"),
    [
        (np.ones((4, 4, 2)), np.ones((3, 3)), {}),
        (np.ones((0, 4)), np.ones((1, 1)), {}),
        (np.ones((4, 4)), np.ones(3), {}),
        (np.ones((4, 4)), np.ones((3, 3)), {"border": "mirror"}),
        (np.ones((4, 4)), np.ones((3, 3)), {"labels": {"play": "Play"}}),
    ],
)
def test_what_cannot_be_shown_is_refused(image: np.ndarray, weights: np.ndarray, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"give|labels"):
        mount(image, weights, **changes)
