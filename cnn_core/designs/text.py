"""A design as text: one layer a line, blocks by indentation.

    name Two paths
    input 3x32x32
    conv 32 3x3 pad 1      # filters, kernel, then options by name
    relu
    residual
      conv 32 3x3 pad 1
      relu
      conv 32 3x3 pad 1
    gap
    flatten
    linear 10

Nothing in it is run: a line is a word of ``KINDS``, its numbers, and words that its kind knows.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from cnn_core.designs.design import KINDS, MOST_NAME, Design, Row
from cnn_core.designs.kind import Kind, Spec
from cnn_core.designs.values import read_value, value_text
from cnn_core.errors import DesignError

MOST_TEXT = 64_000  # characters: 800 long lines
STEP = "  "
HEADERS = ("name", "input")  # lines that are no layer

ALIASES = {
    "bn": "batchnorm", "batchnorm2d": "batchnorm", "conv2d": "conv", "lin": "linear", "fc": "linear", "dense": "linear", "flat": "flatten",
    "max": "maxpool", "maxpool2d": "maxpool", "avg": "avgpool", "avgpool2d": "avgpool", "drop": "dropout", "globalavgpool": "gap",
    "globalaveragepooling": "gap", "globalmaxpool": "gmp", "leaky_relu": "leakyrelu", "swish": "silu", "skip": "shortcut",
    "inception": "branches", "parallel": "branches", "se": "gate",
}  # fmt: skip
OPTION_ALIASES = {"padding": "pad", "strides": "stride", "channels_in": "in", "inputs": "in"}
_TOKEN = re.compile(r"\S+")
_LINE_END = re.compile(r"\r\n|\r|\n")  # as a text field counts lines: splitlines knows ten more ends
_INPUT = re.compile(r"(\d{1,18})[x×](\d{1,18})[x×](\d{1,18})")


class _Token(str):
    """A word of a line, and where it stands: lines and columns count from 1."""

    line: int
    column: int

    @classmethod
    def at(cls, text: str, line: int, column: int) -> _Token:
        token = cls(text)
        token.line, token.column = line, column
        return token


def to_text(design: Design) -> str:
    """The design as it is written; ``from_text`` gives it back."""
    lines = [f"name {design.name}"] if design.name else []
    lines.append(f"input {'x'.join(map(str, design.input_shape))}")
    lines += [STEP * row.depth + line_text(row.kind) for row in design.rows]
    return "\n".join(lines) + "\n"


def line_text(kind: Kind) -> str:
    """One line without its indentation: ``conv 32 3x3 pad 1``."""
    words = [kind.word]
    for spec in kind.specs():
        value = getattr(kind, spec.name)
        if spec.form == "flag":
            words += [spec.word] if value else []
        elif spec.main and not (spec.name == "size" and value == spec.default):  # a global pooling needs no number
            words.append(value_text(spec, value))
        elif value != spec.default:
            words += [spec.word, value_text(spec, value)]
    return " ".join(words)


def from_text(text: str) -> Design:
    """The design that a text describes.

    Raises:
        DesignError: the text is not the format; the facts ``line`` and ``column`` say where, both from 1.

    >>> from_text("input 1x28x28\\nconv 8 3x3\\nflatten\\nlinear 10").rows[0].kind
    Conv(filters=8, kernel=(3, 3), stride=(1, 1), pad=(0, 0), same=False, dilation=(1, 1), groups=1, input=None, nobias=False)
    """
    if len(text) > MOST_TEXT:
        raise DesignError(
            f"a design of {len(text):,} characters is too long: at most {MOST_TEXT:,}",
            code="design_too_long", length=len(text), most=MOST_TEXT,
        )
    name, input_shape = "", None
    headers: dict[str, _Token] = {}
    rows: list[Row] = []
    starts: list[_Token] = []
    depths: list[int] = []  # indentation of each open depth
    for line, tokens in _written(text):
        word = tokens[0].lower()
        if word in HEADERS:
            _check_header(tokens[0], word, headers, bool(rows))
        if word == "name":
            name = _name(line, tokens[0])
        elif word == "input":
            input_shape = _input(tokens)
        else:
            rows.append(Row(_depth(tokens[0], depths), _kind(tokens)))
            starts.append(tokens[0])
    return _assembled(input_shape or (3, 32, 32), rows, name, starts)


def row_lines(text: str) -> tuple[int, ...]:
    """The line of the text, from 1, on which each row of its design stands.

    >>> row_lines("name A\\n\\ninput 1x8x8\\nconv 4 3x3  # first\\n# between\\nrelu")
    (4, 6)
    """
    return tuple(tokens[0].line for _, tokens in _written(text) if tokens[0].lower() not in HEADERS)


def clean_name(text: str) -> str:
    """A name of one line, without what cannot be seen, and not longer than a heading."""
    return _seen(text)[:MOST_NAME].strip()


def _seen(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _name(line: str, token: _Token) -> str:
    name = _seen(line.strip()[len("name") :])
    if len(name) > MOST_NAME:
        _fail(token, f"a name has at most {MOST_NAME} characters, this one {len(name)}: shorten it", "design_name_long",
              length=len(name), most=MOST_NAME)  # fmt: skip
    return name


def _check_header(token: _Token, word: str, headers: dict[str, _Token], late: bool) -> None:
    """Name and input stand once each, above the layers."""
    if word in headers:
        first = headers[word].line
        _fail(token, f"{word} stands on line {first} already: keep one of the two lines", "design_header_twice", word=word, first=first)
    if late:
        _fail(token, f"{word} belongs above the first layer", "design_header_late", word=word)
    headers[word] = token


def _written(text: str) -> Iterator[tuple[str, list[_Token]]]:
    """The lines on which something stands, with their words."""
    for number, line in enumerate(_LINE_END.split(text), 1):
        tokens = list(_tokens(line, number))
        if tokens:
            yield line, tokens


def _assembled(input_shape: tuple[int, int, int], rows: list[Row], name: str, starts: list[_Token]) -> Design:
    try:
        return Design(input_shape, tuple(rows), name)
    except DesignError as error:
        row = error.facts.get("row")
        if row is None:
            raise
        _fail(starts[row], str(error), error.code, **error.facts)


def _tokens(line: str, number: int) -> Iterator[_Token]:
    """The words of a line up to a ``#``; tabs count as two spaces."""
    for match in _TOKEN.finditer(line.replace("\t", STEP)):
        if match[0].startswith("#"):
            return
        yield _Token.at(match[0], number, match.start() + 1)


def _depth(token: _Token, depths: list[int]) -> int:
    """How many blocks a line stands in; ``depths`` is brought up to date."""
    indent = token.column - 1
    if not depths or indent > depths[-1]:
        depths.append(indent)
    while indent < depths[-1]:
        depths.pop()
        if not depths or indent > depths[-1]:
            _fail(token, "this line stands between two depths: give it the indentation of a line above", "design_uneven")
    return len(depths) - 1


def _input(tokens: list[_Token]) -> tuple[int, int, int]:
    match = _INPUT.fullmatch(tokens[1].lower()) if len(tokens) == 2 else None
    if not match:
        _fail(tokens[-1], "an input is channels, height and width: input 3x32x32", "design_bad_input", found=tokens[-1][:40])
    channels, height, width = (int(number) for number in match.groups())
    return channels, height, width


def _kind(tokens: list[_Token]) -> Kind:
    first, *rest = tokens
    said = first.lower()  # errors speak the author's word: "se", not "gate"
    word = ALIASES.get(said, said)
    if word == "softmax":
        _fail(first, "the loss applies the softmax itself: end with the linear layer, and leave the softmax out", "design_softmax")
    if word not in KINDS:
        near = difflib.get_close_matches(word, [*KINDS, *ALIASES], n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        _fail(first, f"there is no layer {first[:40]!r}{hint}", "design_unknown_near" if near else "design_unknown_layer",
              layer=first[:40], near=near[0] if near else "")  # fmt: skip
    kind = KINDS[word]
    values: dict[str, Any] = {}
    mains = [spec for spec in kind.specs() if spec.main]
    named = {spec.word: spec for spec in kind.specs() if not spec.main}
    at = 0
    while at < len(rest):
        token = rest[at]
        option = OPTION_ALIASES.get(token.lower(), token.lower())
        if option[:1].isdigit() or option[:1] == "-":
            if not mains:
                none = not any(spec.main for spec in kind.specs())
                _fail(token, f"{said} takes no {'' if none else 'further '}number: {token[:40]!r}",
                      "design_no_numbers" if none else "design_extra_number", layer=said, found=token[:40])  # fmt: skip
            spec = mains.pop(0)
            values[spec.name] = _value(spec, token, spec.word, field=spec.name)
        elif option in named or any(spec.word == option for spec in kind.specs()):
            spec = next(spec for spec in kind.specs() if spec.word == option)
            if spec.name in values:
                _fail(token, f"{token.lower()} is said twice", "design_twice", option=token.lower())
            if spec.form == "flag":
                values[spec.name] = True
            else:
                at += 1
                if at == len(rest):
                    _fail(token, f"{token.lower()} needs a number behind it", "design_number_missing", option=token.lower())
                if spec.word == "pad" and rest[at].lower() == "same" and "same" in named:
                    spec, values["same"] = named["same"], True
                else:
                    values[spec.name] = _value(spec, rest[at], token.lower())
                mains = [main for main in mains if main.name != spec.name]
        else:
            known = ", ".join(spec.word for spec in kind.specs()) or "nothing"
            _fail(token, f"{said} does not know {token[:40]!r}; it takes: {known}", "design_unknown_option",
                  layer=said, found=token[:40], known=known)  # fmt: skip
        at += 1
    return kind(**values)


def _value(spec: Spec, token: _Token, said: str, **facts: Any) -> Any:
    """``facts`` go into an error: ``field``, where the author wrote the number alone, without a word for it."""
    try:
        return read_value(spec, token, said)
    except DesignError as error:
        _fail(token, str(error), error.code, **(error.facts | facts))


def _fail(token: _Token, message: str, code: str, **facts: Any) -> NoReturn:
    place = {"line": token.line, "column": token.column}
    raise DesignError(f"line {token.line}, column {token.column}: {message}", code=code, **(facts | place))
