"""The code of every card in each of its views is run: it prints the counts of the card's table and the answers of its example."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.blocks import CARDS, branching, downsampling, residual, separating, signals
from tests.conftest import ROOT
from tests.pages.test_blocks import html, show

X = (0.0, -1.3, 0.0, 0.0, 2.0, -0.4, 1.1, -4.0)
BRANCHES = ("inc_one", "inc_three", "inc_five", "inc_pool")
BN = {"bn_gamma": 1.5, "bn_beta": -0.5, "bn_feature": "1"}
SHOWN: dict[str, list[dict[str, Any]]] = {
    "batch_norm": [
        {"bn_dims": "1", "bn_rows": 4, "bn_mode": "train"}, {"bn_dims": "1", "bn_rows": 3, "bn_mode": "train", **BN},
        {"bn_dims": "1", "bn_rows": 2, "bn_mode": "eval", "bn_seen": 7, **BN},
        {"bn_dims": "2", "bn_of": "colours", "bn_mode": "train"}, {"bn_dims": "2", "bn_of": "edges", "bn_mode": "eval", "bn_n": 1, **BN},
    ],
    "dropout": [
        {"drop_view": view, "drop_kind": kind, "drop_mode": mode, "drop_p": p, "drop_seed": seed}
        for view, kind, mode, p, seed in (
            ("numbers", "maps", "train", 0.5, 0), ("numbers", "values", "train", 0.8, 3), ("numbers", "maps", "eval", 0.5, 0),
            ("picture", "maps", "train", 0.5, 1), ("picture", "values", "train", 0.3, 2), ("picture", "values", "eval", 0.3, 2),
        )
    ],
    "separable": [
        {"sep_in": p.inputs, "sep_out": p.outputs, "sep_k": p.kernel, "sep_side": min(p.side, 28), "sep_groups": p.groups}
        for p in separating.PRESETS.values()
    ],
    "residual": [
        *(
            {"res_view": "block", "res_form": form, "res_skip": skip, "res_strength": 0.7}
            for form in residual.FORMS for skip in (True, False)
        ),
        *({"res_view": "block", "res_form": form, "res_skip": True, "res_strength": 0.0} for form in residual.FORMS),
        *(
            {"res_view": "depth", "res_init": init, "res_norm": norm, "res_depth": depth}
            for init, norm, depth in (("pytorch", False, 50), ("he", False, 20), ("pytorch", True, 10), ("he", True, 4))
        ),
    ],
    "se_gate": [
        {"se_how": "by_hand", "se_channels": 256, "se_r": 16}, {"se_how": "by_hand", "se_channels": 8, "se_r": 2, "se_strength": 3.5},
        {"se_how": "random", "se_channels": 64, "se_r": 4, "se_r_shown": 2, "se_seed": 2, "se_strength": 6.0},
    ],
    "inception": [
        *({"inc_widths": widths, **dict.fromkeys(BRANCHES, True)} for widths in branching.PRESETS),
        {"inc_widths": "googlenet_3a", "inc_reduce": False, "inc_one": False},
        {"inc_widths": "course", "inc_one": True, "inc_three": False, "inc_five": False},
    ],
    "downsampling": [
        *(
            {"down_view": "halve", "down_filter": which, "down_channels": n}
            for which, n in zip(downsampling.FILTERS, (96, 3, 16), strict=True)
        ),
        *({"down_view": "head", "down_preset": preset} for preset in downsampling.PRESETS),
    ],
    "dense_conv": [
        {"dense_view": "numbers"}, {"dense_view": "picture", "dense_side": 8}, {"dense_view": "picture", "dense_side": 16},
        {"dense_view": "head", "dense_channels": 128, "dense_height": 7, "dense_width": 7},
        {"dense_view": "head", "dense_channels": 3, "dense_height": 4, "dense_width": 3, "dense_hidden": 5, "dense_classes": 7,
         "dense_larger": 0},
    ],
    "activation": [
        *({"act_view": "curve", "act_name": name, "act_x": x} for name, x in zip(signals.ACTIVATIONS, X, strict=True)),
        *(
            {"act_view": "depth", "act_name": name, "act_start": start, "act_depth": depth, "act_seed": seed}
            for name, start, depth, seed in (
                ("relu", "he", 20, 0), ("tanh", "xavier", 20, 1), ("prelu", "small", 5, 0), ("sigmoid", "large", 8, 0),
            )
        ),
    ],
}  # fmt: skip
CASES = [(card, query) for card, queries in SHOWN.items() for query in queries]
NUMBER = r"[−-]?\d[\d,]*(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"
ONLY_TORCH = {("residual", "depth"), ("activation", "depth"), ("se_gate", "random"), ("downsampling", "random")}


@pytest.fixture(scope="module")
def page() -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    test.run()
    return test.switch_page("pages/blocks/page.py").run()


def numbers(text: str) -> list[tuple[float, float]]:
    """Each number in a text of the page, and half a unit of the last digit it is written with."""
    found = []
    for written in re.findall(NUMBER, text):
        mantissa, _, raised = written.replace("−", "-").replace(",", "").partition("·10")
        power = int(raised.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))) if raised else 0
        digits = len(mantissa.partition(".")[2])
        found.append((float(f"{mantissa}e{power}"), 0.5 * 10.0 ** (power - digits)))
    return found


def missing(shown: str, printed: str) -> list[float]:
    """The numbers of the page that were not printed; what was printed has no fewer digits."""
    out = [float(n) for n in re.findall(r"-?\d+(?:\.\d*)?(?:e[+-]?\d+)?", printed)]
    return [value for value, half in numbers(shown) if not any(abs(n - value) <= half * 1.02 + 1e-4 * abs(value) for n in out)]


ANSWERS = (
    r"gets (\S+) times as much without skips, and (\S+) times", r"and by (\S+) with the means", r"gets the weight ([\d.]+)\.",
    r"Size of the signal: (\S+) after one layer, (\S+) after", r"reaches the first layer: (\S+)\. Saturated in the last layer: (\d+) %",
    r"convolutions answer (\S+):", r"max-pool (\S+) · average pool (\S+) · conv, stride 2 (\S+)<",
    r"answers at .*?<span class='numbers'>(\([^<>=→]*\))</span>",
)  # fmt: skip
DRAWN = (r"this draw (\d+) %", r"Hidden layer: (\(.*?\))")
"""Sentences below a formula that hold an answer; the last hang on PyTorch's draw, or are no output of a Keras model."""


def answers(page: AppTest, patterns: tuple[str, ...]) -> str:
    """What the card's formulas come to, and the answers in the sentences below them."""
    formulas = html(page, "blocks-formula")
    told = re.findall(r"<b>(.*?)</b>", formulas)
    for pattern in patterns:
        for found in re.findall(pattern, formulas):
            told += [found] if isinstance(found, str) else found
    return " ; ".join(told)


def run(text: str, capsys: pytest.CaptureFixture[str]) -> tuple[Any, str]:
    capsys.readouterr()
    scope: dict[str, Any] = {"__name__": "written"}
    exec(compile(text, "written", "exec"), scope)
    return scope["params"], capsys.readouterr().out


@pytest.mark.parametrize(("card", "query"), CASES, ids=str)
def test_the_code_prints_what_the_card_shows(page: AppTest, card: str, query: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    show(page, card=card, **{**query, f"told_{card}": True, "blocks_code": "pytorch"})
    assert not page.exception
    rows = [int(cell.replace(",", "")) for cell in re.findall(r"<tr><th.*?<td title='([\d,]+)'", html(page, "blocks-costs"))]
    told = re.search(r"([\d,]+)</b>", html(page, "blocks-answer"))
    assert told is not None
    answer, only_torch = int(told[1].replace(",", "")), any("Only in PyTorch" in caption.value for caption in page.caption)
    assert only_torch == bool(ONLY_TORCH & {(card, str(value)) for value in query.values()})
    for framework in ("pytorch",) if only_torch else ("pytorch", "keras"):
        if framework == "keras":
            show(page, card=card, **{**query, f"told_{card}": True, "blocks_code": framework})
        code = page.code[0].value
        assert f"import {'torch' if framework == 'pytorch' else 'keras'}" in code
        params, printed = run(code, capsys)
        assert params in (answer, rows)
        assert answer in (params if isinstance(params, list) else [params])
        assert not missing(answers(page, ANSWERS + DRAWN if framework == "pytorch" else ANSWERS), printed), (printed, code)
        if card == "residual" and query["res_view"] == "block":
            assert ("True" in printed) == ("The block is the identity" in html(page, "blocks-formula"))
        assert ("True" in printed) == ("nothing is dropped" in html(page, "blocks-formula")) or card != "dropout"


def test_what_the_card_refuses_the_code_refuses(page: AppTest, capsys: pytest.CaptureFixture[str]) -> None:
    show(page, card="batch_norm", bn_dims="1", bn_rows=1, bn_mode="train", blocks_code="pytorch")
    assert "more than 1 value per channel" in run(page.code[0].value, capsys)[1]
    off: dict[str, Any] = dict.fromkeys(BRANCHES, False)
    show(page, card="inception", **off)
    assert not page.code


def test_every_card_is_run() -> None:
    assert set(SHOWN) == set(CARDS)
