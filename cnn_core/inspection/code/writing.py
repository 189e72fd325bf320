"""A whole network written down: as a row of layers, as a function, as a class."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from cnn_core.inspection.code import keras, pytorch
from cnn_core.inspection.code.pieces import Piece
from cnn_core.inspection.code.plan import Plan, Step, label, plan, refuse
from cnn_core.inspection.fields import Shape
from cnn_core.inspection.records import Trace

WAYS = {"pytorch": ("sequential", "functional", "class"), "keras": ("sequential", "functional", "subclass")}
"""The three ways of the course in each framework."""


def write(trace: Trace, framework: str = "pytorch", way: str = "class", name: str = "Network") -> str:
    """Code that makes ``model``, with the layers, shapes and parameters of a trace; it runs as it stands.

    Args:
        framework, way: see ``WAYS``.
        name: of the class, where there is one.

    Raises:
        ArchitectureError: the network branches and is to be sequential (code ``code_not_sequential``), or something in it
            cannot be told from the records (``code_unknown_operation``, which names it), or there is no such way.

    >>> import torch
    >>> from cnn_core.inspection import trace
    >>> print(write(trace(torch.nn.Sequential(torch.nn.Conv2d(1, 6, 5), torch.nn.ReLU()), (1, 32, 32)), way="sequential"))
    from collections import OrderedDict
    <BLANKLINE>
    from torch import nn
    <BLANKLINE>
    model = nn.Sequential(OrderedDict(
        conv=nn.Conv2d(1, 6, kernel_size=5),  # (N, 6, 28, 28)
        relu=nn.ReLU(),
    ))
    """
    if way not in WAYS.get(framework, ()):
        known = ", ".join(f"{framework} {way}" for framework, ways in WAYS.items() for way in ways)
        raise refuse(f"no way {framework} {way}; there are: {known}", code="code_unknown_way", framework=framework, way=way, known=known)
    planned = plan(trace)
    return _WRITERS[framework, way](planned, name)


def class_name(title: str) -> str:
    """The name of a class for a title.

    >>> class_name("LeNet-5 (Keras form)"), class_name("mini-ResNet"), class_name("VGG A (11 layers)")
    ('LeNet5', 'MiniResNet', 'VGGA')
    """
    words = re.findall(r"[A-Za-z0-9]+", re.sub(r"\(.*?\)", "", title))
    name = "".join(word[0].upper() + word[1:] for word in words)
    return name if name[:1].isalpha() else f"Network{name}"


# What every way is made of ---------------------------------------------------------------------------------------------


@dataclass
class Line:
    """``target = expression``, and the shape of it; () leaves it unsaid."""

    target: str
    expression: str
    shape: Shape


def _shape_comment(shape: Shape, before: Shape, last: bool) -> str:
    if not shape or shape == before:
        return ""
    shown = (*shape[1:-3], *shape[-2:], shape[-3]) if last and len(shape) == 4 else shape[1:]
    return f"  # ({', '.join(['N', *map(str, shown)])})"


def _sequence(planned: Plan, pieces: Callable[[Plan, Step], list[Piece]]) -> list[tuple[str, str, bool, Shape]]:
    """(name, constructor, own, shape behind it) of every layer in a row."""
    if planned.branch is not None:
        layer = label(planned.branch)
        raise refuse(
            f"a sequential model is one chain, and this network's paths part or meet at {layer}: choose the functional way or the class",
            code="code_not_sequential", layer=layer,
        )  # fmt: skip
    if planned.reused:
        layer = min(planned.reused)
        raise refuse(f"a sequential model runs each layer once, and {layer} runs more than once: choose the functional way or the class",
                     code="code_layer_twice", layer=layer)  # fmt: skip
    rows: list[tuple[str, str, bool, Shape]] = []
    names: Counter[str] = Counter()
    for step in planned.steps:
        found = pieces(planned, step)
        shape = step.record.output_shape
        if not found and rows:  # the layer before does this too
            rows[-1] = (*rows[-1][:3], shape)
        for place, piece in enumerate(found, 1 - len(found)):
            if not piece.make:
                layer = label(step.record)
                raise refuse(
                    f"{layer} ({step.record.type}) is no layer that a sequential model can hold: choose the functional way or the class",
                    code="code_no_layer", layer=layer, type=step.record.type,
                )  # fmt: skip
            name = step.name if place == 0 else f"{step.name}_{piece.word}"
            names[name] += 1
            number = f"_{names[name]}" if names[name] > 1 else ""
            rows.append((name + number, piece.make, piece.own, shape if place == 0 else ()))
    return rows


def _lines(planned: Plan, pieces: Callable[[Plan, Step], list[Piece]], express: Callable[[Step, Piece, list[str]], str]) -> list[Line]:
    """The body of a function, in which a layer, its normalisation and its activation share a line."""
    lines: list[Line] = []
    for step in planned.steps:
        inputs = list(step.inputs)
        found = pieces(planned, step)
        for place, piece in enumerate(found):
            joins = step.fusible and place == 0 and step.record.kind in ("norm", "activation") and lines and not piece.helper
            if joins and lines[-1].target == step.inputs[0] == step.output:
                before = lines.pop()
                inputs = [before.expression]
            final = place == len(found) - 1
            lines.append(Line(step.output, express(step, piece, inputs), step.record.output_shape if final else ()))
            inputs = [step.output]
        if not found:
            _pass_on(lines, step)
    return lines


def _pass_on(lines: list[Line], step: Step) -> None:
    """A step that has nothing left to do: the line before has its shape, unless it reads another variable."""
    if step.output != step.inputs[0]:
        lines.append(Line(step.output, step.inputs[0], step.record.output_shape))
    elif lines:
        lines[-1].shape = step.record.output_shape


def _body(planned: Plan, lines: list[Line], indent: str, last: bool) -> list[str]:
    """The lines of a function that ends in what the network answers."""
    shape = planned.trace.input_shape
    written = []
    for place, line in enumerate(lines):
        start = "return " if place == len(lines) - 1 else f"{line.target} = "
        written.append(f"{indent}{start}{line.expression}{_shape_comment(line.shape, shape, last)}")
        shape = line.shape or shape
    return written


class _Attributes:
    """Names for the layers of a class: a layer with weights has its own; those without are made once for each kind."""

    def __init__(self, planned: Plan, pieces: Callable[[Plan, Step], list[Piece]], keep: Callable[[Piece], bool]) -> None:
        self.made: dict[str, str] = {}
        self._names: dict[str, str] = {}
        own = {step.name for step in planned.steps if step.record.weights or step.record.kind == "norm"}
        variants: dict[str, list[str]] = {}
        found = [(step, piece) for step in planned.steps for piece in pieces(planned, step) if keep(piece)]
        for _, piece in found:
            if not piece.own and piece.make not in variants.setdefault(piece.word, []):
                variants[piece.word].append(piece.make)
        for step, piece in found:
            if piece.own:
                self.made.setdefault(step.name, piece.make)
            elif piece.make not in self._names:
                makes = variants[piece.word]
                name = piece.word if len(makes) == 1 else f"{piece.word}{makes.index(piece.make) + 1}"
                while name in own or name in self.made:
                    name += "_"
                self._names[piece.make] = name
                self.made[name] = piece.make

    def name(self, step: Step, piece: Piece) -> str:
        return step.name if piece.own else self._names[piece.make]


def _joined(parts: list[list[str]]) -> str:
    """Sections of code, an empty line between them."""
    return "\n\n".join("\n".join(part) for part in parts if part)


# PyTorch ---------------------------------------------------------------------------------------------------------------


def _torch_imports(text: str, *, ordered: bool = False) -> list[list[str]]:
    """What a text of code needs imported."""
    first = ["from collections import OrderedDict"] if ordered else []
    second = ["import torch"] if re.search(r"\btorch\.", text) else []
    second.append("from torch import nn")
    if re.search(r"\bF\.", text):
        second.append("from torch.nn import functional as F")
    return [first, second]


def _torch_sequential(planned: Plan, name: str) -> str:
    rows = _sequence(planned, pytorch.pieces)
    shape = planned.trace.input_shape
    body = []
    for layer, make, _, after in rows:
        body.append(f"    {layer}={make},{_shape_comment(after, shape, False)}")
        shape = after or shape
    return _joined([*_torch_imports("", ordered=True), ["model = nn.Sequential(OrderedDict(", *body, "))"]])


def _torch_functional(planned: Plan, name: str) -> str:
    """Layers that hold something in a dictionary, everything else as functions."""
    attributes = _Attributes(planned, pytorch.pieces, lambda piece: piece.own)

    def express(step: Step, piece: Piece, inputs: list[str]) -> str:
        if piece.own:
            return f"layers.{attributes.name(step, piece)}({inputs[0]})"
        return piece.call.replace("{training}", "layers.training").format(*inputs)

    lines = _lines(planned, pytorch.pieces, express)
    body = ["def model(x):" + _shape_comment(planned.trace.input_shape, (), False), *_body(planned, lines, "    ", False)]
    store = ["layers = nn.ModuleDict(dict(", *(f"    {layer}={make}," for layer, make in attributes.made.items()), "))"]
    return _joined([*_torch_imports("\n".join(body)), store, ["", *body]])


def _torch_class(planned: Plan, name: str) -> str:
    attributes = _Attributes(planned, pytorch.pieces, lambda piece: bool(piece.make) and piece.word not in ("flatten", "pad"))

    def express(step: Step, piece: Piece, inputs: list[str]) -> str:
        if piece.make and piece.word not in ("flatten", "pad"):
            return f"self.{attributes.name(step, piece)}({inputs[0]})"
        return piece.call.format(*inputs)

    lines = _lines(planned, pytorch.pieces, express)
    body = [
        f"class {name}(nn.Module):", "    def __init__(self):", "        super().__init__()",
        *(f"        self.{layer} = {make}" for layer, make in attributes.made.items()), "",
        "    def forward(self, x):" + _shape_comment(planned.trace.input_shape, (), False), *_body(planned, lines, "        ", False),
    ]  # fmt: skip
    return _joined([*_torch_imports("\n".join(body)), ["", *body], ["", f"model = {name}()"]])


# Keras -----------------------------------------------------------------------------------------------------------------


def _keras_head(planned: Plan, text: str) -> list[list[str]]:
    helpers = dict.fromkeys(piece.helper for step in planned.steps for piece in keras.pieces(planned, step) if piece.helper)
    names = "layers, ops" if re.search(r"\bops\.", text) or helpers else "layers"
    return [["import keras", f"from keras import {names}"], *(["", *helper.rstrip().split("\n"), ""] for helper in helpers)]


def _named(make: str, name: str) -> str:
    """A constructor that also tells the layer its name."""
    return f'{make[:-1]}{"" if make.endswith("()") else ", "}name="{name}")'


def _keras_sequential(planned: Plan, name: str) -> str:
    rows = _sequence(planned, keras.pieces)
    shape = planned.trace.input_shape
    body = [f"    keras.Input({keras.checked_input(planned)}),"]
    for layer, make, own, after in rows:
        body.append(f"    {_named(make, layer) if own else make},{_shape_comment(after, shape, True)}")
        shape = after or shape
    return _joined([*_keras_head(planned, "\n".join(body)), ["model = keras.Sequential([", *body, "])"]])


def _keras_functional(planned: Plan, name: str) -> str:
    reused = {step.name: piece.make for step in planned.steps if step.name in planned.reused for piece in keras.pieces(planned, step)[-1:]}

    def express(step: Step, piece: Piece, inputs: list[str]) -> str:
        if not piece.make:
            return piece.call.format(*inputs)
        if piece.own and step.name in reused:
            return f"{step.name}({inputs[0]})"
        return f"{_named(piece.make, step.name) if piece.own else piece.make}({inputs[0]})"

    lines = [Line("x", "inputs", planned.trace.input_shape)]
    lines += _unfused(planned, express)
    shape = planned.trace.input_shape
    body = []
    for line in lines:
        body.append(f"{line.target} = {line.expression}{_shape_comment(line.shape, shape, True)}")
        shape = line.shape or shape
    head = [f"inputs = keras.Input({keras.checked_input(planned)})"]
    head += [f"{layer} = {_named(make, layer)}" for layer, make in reused.items()]
    end = [f"model = keras.Model(inputs, {lines[-1].target}, name=\"{name.lower()}\")"]
    return _joined([*_keras_head(planned, "\n".join(body)), head + body + end])


def _unfused(planned: Plan, express: Callable[[Step, Piece, list[str]], str]) -> list[Line]:
    """A line for every layer."""
    lines: list[Line] = []
    for step in planned.steps:
        inputs = list(step.inputs)
        found = keras.pieces(planned, step)
        for place, piece in enumerate(found, 1 - len(found)):
            lines.append(Line(step.output, express(step, piece, inputs), step.record.output_shape if place == 0 else ()))
            inputs = [step.output]
        if not found:
            _pass_on(lines, step)
    return lines


def _keras_subclass(planned: Plan, name: str) -> str:
    attributes = _Attributes(planned, keras.pieces, lambda piece: bool(piece.make))

    def express(step: Step, piece: Piece, inputs: list[str]) -> str:
        return f"self.{attributes.name(step, piece)}({inputs[0]})" if piece.make else piece.call.format(*inputs)

    lines = _lines(planned, keras.pieces, express)
    shape = keras.checked_input(planned)
    body = [
        f"class {name}(keras.Model):", "    def __init__(self):", "        super().__init__()",
        *(f"        self.{layer} = {make}" for layer, make in attributes.made.items()), "",
        "    def call(self, x):" + _shape_comment(planned.trace.input_shape, (), True), *_body(planned, lines, "        ", True),
    ]  # fmt: skip
    end = ["", f"model = {name}()", f"model(keras.Input({shape}))  # makes the weights"]
    return _joined([*_keras_head(planned, "\n".join(body)), ["", *body], end])


_WRITERS: dict[tuple[str, str], Callable[[Plan, str], str]] = {
    ("pytorch", "sequential"): _torch_sequential, ("pytorch", "functional"): _torch_functional, ("pytorch", "class"): _torch_class,
    ("keras", "sequential"): _keras_sequential, ("keras", "functional"): _keras_functional, ("keras", "subclass"): _keras_subclass,
}  # fmt: skip
