"""The axes of the curves: every point lies on them, a training that has diverged too. The script runs in Playwright's own Node."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from playwright._impl import _driver as driver

from pages.training import curves
from pages.ui.components.curve_chart import Plot, Series, blob
from tests.conftest import ROOT

AXES = (ROOT / "pages/ui/components/curve_chart/axes.js").read_text("utf-8")


def axis(measure: str, lines: list[dict[str, Any]], log: bool = False) -> dict[str, Any]:
    """Where each line's points come to lie, 0 at the bottom and 1 at the top, and what the ticks say."""
    node = driver.compute_driver_executable()
    asked = f"yAxis({json.dumps(measure)}, {json.dumps(lines)}, {json.dumps(log)}, (v) => String(v))"
    script = (
        f"{AXES}\nconst axis = {asked};\nconst lines = {json.dumps(lines)};\n"
        "console.log(JSON.stringify({places: lines.map((l) => l.y.map(axis.place)), ticks: axis.ticks.map((t) => t.text)}));"
    )
    told = subprocess.run([node[0] if isinstance(node, tuple) else node, "-e", script], capture_output=True, text=True, check=True)
    return dict(json.loads(told.stdout))


@pytest.mark.parametrize("log", [False, True])
def test_the_axis_of_accuracies_holds_every_point(log: bool) -> None:
    steps, epochs = [0.12, 0.3, 0.6, 1.0], [0.62, 0.71]
    places = axis("accuracy", [{"y": steps, "faint": True}, {"y": epochs, "faint": False}], log)["places"]
    assert all(0 <= place <= 1 for line in places for place in line)


def test_a_loss_that_ends_in_the_sky_is_on_the_axis_and_a_passing_one_does_not_press_the_curve_flat() -> None:
    diverged = axis("loss", [{"y": [2.3, 5.79e8], "faint": True}])
    assert 0 <= diverged["places"][0][0] < 0.1 and 0.9 < diverged["places"][0][1] <= 1 and "10⁸" in diverged["ticks"]
    among_others = axis("loss", [{"y": [2.3, 0.5, 0.2], "faint": False}, {"y": [1e30], "faint": True}])
    assert all(0 <= place <= 1 for line in among_others["places"] for place in line) and len(among_others["ticks"]) <= 10
    passing = axis("loss", [{"y": [900.0] + [2.0] * 99, "faint": True}])
    assert passing["places"][0][-1] > 0.4


def test_a_chart_of_several_runs_says_which_stroke_is_which() -> None:
    data = blob([Plot("", "loss", [Series("a", [1], [2], "#000")])], x_title="", x_unit="", label="", height=1, strokes={"dashed": "x"})
    assert b'"dashed"' in data and b'"x"' in data
    assert b"dashed" in curves.compared([], "epoch", "loss")
