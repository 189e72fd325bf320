"""Reading kernels from text: numbers, NumPy, PyTorch, and the short form of links. Nothing is evaluated."""

from __future__ import annotations

import re

import numpy as np

from cnn_core.errors import KernelError
from cnn_core.kernels.inputs import as_weights

#: Rows or columns that the editor takes.
MAX_SIDE = 11
#: Largest magnitude of a weight that is typed, pasted or linked. No kernel of the field comes near it, and every number a
#: page computes from such weights stays finite and short enough to print. ``apply`` itself takes any finite weight.
MAX_WEIGHT = 1e6
_MAX_CHARACTERS = 20_000

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_FRACTION = re.compile(rf"({_NUMBER})(?:/({_NUMBER}))?")
_CALL = r"(?:(?:np|numpy|torch)\.)?(?:array|asarray|tensor|Tensor|as_tensor|matrix)"
_BEFORE = re.compile(rf"(?:(?:import|from)[^\n]*\n\s*)*(?:[^\W\d]\w*\s*=\s*)?(?:{_CALL}\s*\(\s*)?")
_AFTER = re.compile(
    rf"(?:,\s*\w+\s*=\s*[\w.:'\"]+\s*)*,?\s*\)?\s*(?:(?P<sign>[*/])\s*(?P<factor>{_NUMBER}(?:\s*/\s*{_NUMBER})?))?\s*;?"
)
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")


def parse(text: str, max_side: int = MAX_SIDE) -> np.ndarray:
    """Read a kernel from what somebody pasted.

    Three ways of writing are told apart:

    - **Code**: NumPy (``np.array([[1, 0, -1]])``), PyTorch (``torch.tensor(…)``), nested JSON or Python lists, what
      NumPy and PyTorch print, MATLAB (``[1 0 -1; 2 0 -2]``). A name, an import, ``dtype=…`` and a factor behind
      (``/ 9``) are understood. Commas separate. Leading axes of length one (a ``Conv2d`` weight) are dropped.
    - **Rows of numbers**: a line, or what ``;`` separates, is a row; cells are separated by spaces, tabs or commas.
    - **A spreadsheet's export**: several lines without spaces in which ``;`` separates cells.

    In rows of numbers a comma is a **decimal comma** (``0,5 1,5``) when it always stands between two digits, cells are
    already separated by spaces, tabs or a spreadsheet's ``;``, no number has two, and no number has a decimal point.
    Otherwise it separates: ``1,0,-1`` and ``1, 0, -1`` are three numbers. Fractions such as ``1/9`` are taken
    everywhere.

    Raises:
        KernelError: there is nothing, or what cannot be read, in it; rows differ in length; more than ``max_side`` rows
            or columns; a weight beyond :data:`MAX_WEIGHT`; the decimal comma is ambiguous.

    >>> parse("1,5 0\\n-1 1/2")
    array([[ 1.5,  0. ],
           [-1. ,  0.5]])
    >>> parse("kernel = np.array([[1, 2, 1]]) / 4")
    array([[0.25, 0.5 , 0.25]])
    """
    if len(text) > _MAX_CHARACTERS:
        raise KernelError(
            f"this text is longer than any kernel ({len(text)} characters)",
            code="kernel_text_long",
            characters=len(text),
            limit=_MAX_CHARACTERS,
        )
    text = text.replace("−", "-").replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").strip()
    if not text:
        raise KernelError("there is no number in this text", code="kernel_text_empty")
    cells = _code(text) if "[" in text else _plain(text)
    if any(len(row) != len(cells[0]) for row in cells):
        number = next(i for i, row in enumerate(cells) if len(row) != len(cells[0]))
        raise KernelError(
            f"row {number + 1} has {len(cells[number])} numbers, but the first has {len(cells[0])}",
            code="kernel_text_ragged",
            row=number + 1,
            found=len(cells[number]),
            expected=len(cells[0]),
        )
    return _within(as_weights(cells), max_side)


def parse_number(text: str) -> float:
    """One cell of the editor: ``1.5``, ``1,5``, ``-2``, ``1/9``.

    Raises:
        KernelError: it is no finite number, or beyond :data:`MAX_WEIGHT`.

    >>> parse_number(" 1,5 ")
    1.5
    """
    text = re.sub(r"\s*/\s*", "/", text.replace("−", "-").strip())
    value = _number(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    if abs(value) > MAX_WEIGHT:
        raise _weight_too_large(value)
    return value


def _weight_too_large(value: float) -> KernelError:
    return KernelError(
        f"a weight of {value:.10g} is too large: every weight must lie between {-MAX_WEIGHT:,.0f} and {MAX_WEIGHT:,.0f}",
        code="kernel_weight_too_large",
        value=int(value) if value.is_integer() and abs(value) < 1e15 else f"{value:.10g}",
        limit=int(MAX_WEIGHT),
    )


def _number(token: str) -> float:
    match = _FRACTION.fullmatch(token)
    if not match:
        raise KernelError(f"{_shown(token)!r} is not a number", code="kernel_text_number", token=_shown(token))
    numerator, denominator = float(match[1]), float(match[2] or 1)
    if denominator == 0:
        raise KernelError(f"{_shown(token)!r} divides by zero", code="kernel_text_zero_division", token=_shown(token))
    value = numerator / denominator
    if not np.isfinite(value):
        raise KernelError(f"{_shown(token)!r} is too large a number", code="kernel_text_overflow", token=_shown(token))
    return value


def _shown(text: str) -> str:
    return text if len(text) <= 24 else text[:23] + "…"


def _plain(text: str) -> list[list[float]]:
    text = re.sub(r"[ \t]*/[ \t]*", "/", text)
    lines = [line.strip() for line in text.split("\n") if line.strip(" \t;")]
    bare = [line.rstrip(" \t;,") for line in lines]
    spreadsheet = len(bare) > 1 and not re.search(r"[ \t]", "".join(bare)) and all(";" in line for line in bare)
    if spreadsheet:
        rows = [line.split(";") for line in bare]
    else:
        rows = [re.findall(r"[^ \t]+", row) for line in bare for row in line.split(";") if row.strip(" \t,")]
    if not rows:
        raise KernelError("there is no number in this text", code="kernel_text_empty")
    if _has_decimal_commas(rows):
        return [[_number(token.replace(",", ".")) for token in row] for row in rows]
    if spreadsheet:
        return [[_number(token) for token in row] for row in rows]
    return [_separated(" ".join(row)) for row in rows]


def _has_decimal_commas(rows: list[list[str]]) -> bool:
    """Whether the commas inside these cells are decimal; see :func:`parse`."""
    tokens = [token for row in rows for token in row]
    with_comma = [token for token in tokens if "," in token]
    stuck = all(
        len(_DECIMAL_COMMA.findall(part)) == part.count(",") <= 1 for token in with_comma for part in token.split("/")
    )
    if not with_comma or not stuck or max(map(len, rows)) < 2:
        return False
    if any("." in token for token in tokens):
        token = with_comma[0]
        raise KernelError(
            f"is the comma in {_shown(token)!r} a decimal comma? There are decimal points too: write one of them",
            code="kernel_text_comma",
            token=_shown(token),
        )
    return True


def _separated(row: str) -> list[float]:
    """Cells with a comma, white space or both between them; one comma may follow the last."""
    return [_number(token) for token in re.split(r"\s*,\s*|\s+", re.sub(r",\s*$", "", row).strip())]


def _code(text: str) -> list[list[float]]:
    start, stop = text.index("["), text.rfind("]") + 1
    before, literal, after = text[:start], text[start:stop], text[stop:]
    tail = _AFTER.fullmatch(after)
    head = _BEFORE.fullmatch(before)
    if not stop or head is None or tail is None:
        odd = before if head is None else after
        raise KernelError(
            f"only one list of numbers can be read, and {_shown(odd.strip())!r} is something else",
            code="kernel_text_code",
            token=_shown(odd.strip()),
        )
    rows = _brackets(literal)
    if tail["factor"]:
        factor = re.sub(r"\s", "", tail["factor"])
        if tail["sign"] == "*":
            rows = [[value * _number(factor) for value in row] for row in rows]
        else:
            divisor = _number(factor)
            if "/" in factor or divisor == 0:  # a / b / c is a / (b·c) in Python; nobody writes that, so say no
                raise KernelError(
                    f"{_shown(after.strip())!r} is not a number to divide by",
                    code="kernel_text_code",
                    token=_shown(after.strip()),
                )
            rows = [[value / divisor for value in row] for row in rows]
    return rows


def _brackets(literal: str) -> list[list[float]]:
    """The innermost lists of a nested one, as rows."""
    literal = re.sub(r"[ \t]*/[ \t]*", "/", literal)
    shape = re.sub(r"[^\[\]]", "", literal)
    depth = len(shape) - len(shape.lstrip("["))
    rows = re.findall(r"\[([^\[\]]*)\]", literal)
    outside = re.sub(r"\[[^\[\]]*\]", "", literal)
    nested = shape == "[" * (depth - 1) + "[]" * len(rows) + "]" * (depth - 1)
    if not nested or re.search(r"[^\[\],\s]", outside):
        raise KernelError(
            "the brackets of this list do not fit together as rows of one table", code="kernel_text_brackets"
        )
    if depth == 1:
        rows = [row for row in rows[0].split(";") if row.strip()] or [""]
    if not all(row.strip() for row in rows):
        raise KernelError("there is a row without numbers in this list", code="kernel_text_empty_row")
    return [_separated(row) for row in rows]


def _within(kernel: np.ndarray, max_side: int) -> np.ndarray:
    if max(kernel.shape) > max_side:
        raise KernelError(
            f"a kernel of {kernel.shape[0]} × {kernel.shape[1]} is larger than {max_side} × {max_side}",
            code="kernel_too_large",
            rows=kernel.shape[0],
            cols=kernel.shape[1],
            limit=max_side,
        )
    largest = kernel.flat[np.abs(kernel).argmax()]
    if abs(largest) > MAX_WEIGHT:
        raise _weight_too_large(float(largest))
    return kernel


def from_compact(text: str, max_side: int = MAX_SIDE) -> np.ndarray:
    """Read what :func:`to_compact` wrote.

    Raises:
        KernelError: it is something else, larger than ``max_side``, or has a weight beyond :data:`MAX_WEIGHT`.

    >>> from_compact("1x3_1_0_-1")
    array([[ 1.,  0., -1.]])
    """
    size, *values = text[:_MAX_CHARACTERS].split("_")
    match = re.fullmatch(r"([1-9]\d{0,2})x([1-9]\d{0,2})", size)
    if not match or len(values) != int(match[1]) * int(match[2]) or len(text) > _MAX_CHARACTERS:
        raise KernelError(f"{_shown(text)!r} is not a kernel from a link", code="kernel_link", token=_shown(text))
    kernel = np.array([_number(value) for value in values]).reshape(int(match[1]), int(match[2]))
    return _within(kernel, max_side)
