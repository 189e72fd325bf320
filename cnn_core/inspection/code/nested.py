"""A design written as one sequential model, blocks and all: small classes for what runs side by side, and a row of layers.

The layers themselves are in the words that ``pytorch`` and ``keras`` find for the records of a trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnn_core.designs import Checked, Item
from cnn_core.designs.blocks import Branches, Gate, Repeat, Residual, Shortcut
from cnn_core.inspection.code import keras, pytorch
from cnn_core.inspection.code.pieces import Piece
from cnn_core.inspection.code.plan import Plan, Step, cannot_write, plan
from cnn_core.inspection.records import LayerRecord, Trace

TORCH_CLASSES = {
    "Residual": '''class Residual(nn.Module):
    """shortcut(x) + body(x)"""

    def __init__(self, body, shortcut=None):
        super().__init__()
        self.body, self.shortcut = body, shortcut or nn.Identity()

    def forward(self, x):
        return self.shortcut(x) + self.body(x)
''',
    "Branches": '''class Branches(nn.ModuleList):
    """every branch's answer, stacked along the channels"""

    def forward(self, x):
        return torch.cat([branch(x) for branch in self], dim=1)
''',
    "Gate": '''class Gate(nn.Sequential):
    """x times its weights"""

    def forward(self, x):
        return x * super().forward(x)
''',
    "Scale": '''class Scale(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return self.factor * x
''',
    "PadChannels": '''class PadChannels(nn.Module):
    """maps of zeros before and behind"""

    def __init__(self, before, behind):
        super().__init__()
        self.pad = (0, 0, 0, 0, before, behind)

    def forward(self, x):
        return F.pad(x, self.pad)
''',
}
KERAS_CLASSES = {
    "Residual": '''class Residual(layers.Layer):
    """shortcut(x) + body(x)"""

    def __init__(self, body, shortcut=()):
        super().__init__()
        self.body, self.shortcut = list(body), list(shortcut)

    def call(self, x):
        y = x
        for layer in self.body:
            y = layer(y)
        for layer in self.shortcut:
            x = layer(x)
        return x + y
''',
    "Branches": '''class Branches(layers.Layer):
    """every branch's answer, stacked along the channels"""

    def __init__(self, *branches):
        super().__init__()
        self.branches = [list(branch) for branch in branches]

    def call(self, x):
        answers = []
        for branch in self.branches:
            y = x
            for layer in branch:
                y = layer(y)
            answers.append(y)
        return ops.concatenate(answers, axis=-1)
''',
    "Gate": '''class Gate(layers.Layer):
    """x times its weights"""

    def __init__(self, body):
        super().__init__()
        self.body = list(body)

    def call(self, x):
        y = x
        for layer in self.body:
            y = layer(y)
        return x * y
''',
    "PadChannels": '''class PadChannels(layers.Layer):
    """maps of zeros before and behind"""

    def __init__(self, before, behind):
        super().__init__()
        self.widths = [[0, 0], [0, 0], [0, 0], [before, behind]]

    def call(self, x):
        return ops.pad(x, self.widths)
''',
}


def line_of(record: LayerRecord, rows: Mapping[str, int]) -> int | None:
    """The line of a design that a record comes from; ``rows`` is the network's."""
    path = record.path.partition(":")[0]
    while path and path not in rows:
        path = path.rpartition(".")[0]
    return rows.get(path)


def write_nested(checked: Checked, trace: Trace, rows: Mapping[str, int], framework: str = "pytorch") -> str:
    """Code that makes ``model``, a sequential one, with the layers and parameters of a design; it runs as it stands.

    Args:
        checked: the design, whole.
        trace: of its network.
        rows: the line of each module, as that network has them.

    Raises:
        ArchitectureError: something in it cannot be told from the records (code ``code_unknown_operation``, which names it).
    """
    return _Writer(trace, rows, framework).text(checked)


class _Writer:
    """Goes through lines and records side by side: they come in the same order."""

    def __init__(self, trace: Trace, rows: Mapping[str, int], framework: str) -> None:
        self.plan: Plan = plan(trace)
        self.lines_of = [line_of(record, rows) for record in trace.layers]
        self.torch = framework == "pytorch"
        self.at = 0  # the next record
        self.classes: dict[str, str] = {}

    def text(self, checked: Checked) -> str:
        body = self.lines(checked.design.items, "    ")
        if self.torch:
            inside = ["model = nn.Sequential(", *body, ")"]
        else:
            inside = ["model = keras.Sequential([", f"    keras.Input({keras.checked_input(self.plan)}),", *body, "])"]
        code = "\n\n\n".join([*(text.rstrip() for text in self.classes.values()), "\n".join(inside)])
        return "\n".join([*self.imports(code), "", "", code])

    def imports(self, code: str) -> list[str]:
        if self.torch:
            functional = ["from torch.nn import functional as F"] if "F.pad" in code else []
            return [*(["import torch"] if "torch.cat" in code else []), "from torch import nn", *functional]
        return ["import keras", f"from keras import {'layers, ops' if 'ops.' in code else 'layers'}"]

    def lines(self, items: Sequence[Item], indent: str) -> list[str]:
        found: list[str] = []
        for item in items:
            if not isinstance(item.kind, Shortcut):
                found += self.item(item, indent)
        return found

    def item(self, item: Item, indent: str) -> list[str]:
        kind = item.kind
        deeper = indent + "    "
        if isinstance(kind, Repeat):
            return [line for _ in range(kind.times) for line in self.lines(item.items, indent)]
        if isinstance(kind, Residual):
            body = self.lines(item.items, deeper)
            beside = [line for one in item.items if isinstance(one.kind, Shortcut) for line in self.lines(one.items, deeper)]
            self.take(item)
            self.use("Residual")
            if not beside:
                return [f"{indent}Residual({self.open}", *body, f"{indent}{self.shut}),"]
            return [f"{indent}Residual({self.open}", *body, f"{indent}{self.shut}, {self.open}", *beside, f"{indent}{self.shut}),"]
        if isinstance(kind, Branches):
            return self.branches(item, indent)
        if isinstance(kind, Gate):
            body = self.lines(item.items, deeper)
            self.take(item)
            self.use("Gate")
            return [f"{indent}Gate({'' if self.torch else '['}", *body, f"{indent}{'' if self.torch else ']'}),"]
        steps = 2 if kind.word == "separable" else 1
        return [f"{indent}{line}," for _ in range(steps) for line in self.layer(item)]

    def branches(self, item: Item, indent: str) -> list[str]:
        if len(item.items) == 1:  # nothing to be stacked with
            return self.lines(item.items[0].items, indent)
        inner, found = indent + "    ", []
        for branch in item.items:
            body = self.lines(branch.items, inner + "    ")
            found += [f"{inner}{self.open}", *body, f"{inner}{self.shut},"] if body else [f"{inner}{self.open}{self.shut},"]
        self.take(item)
        self.use("Branches")
        opened, shut = ("[", "]") if self.torch else ("", "")
        return [f"{indent}Branches({opened}", *found, f"{indent}{shut}),"]

    @property
    def open(self) -> str:
        return "nn.Sequential(" if self.torch else "["

    @property
    def shut(self) -> str:
        return ")" if self.torch else "]"

    def use(self, name: str) -> None:
        self.classes.setdefault(name, (TORCH_CLASSES if self.torch else KERAS_CLASSES)[name])

    def take(self, item: Item) -> Step | None:
        """The next record, if it is this line's: one that changes nothing (a second flatten) leaves none."""
        if self.at == len(self.lines_of) or self.lines_of[self.at] != item.row:
            return None
        self.at += 1
        return self.plan.steps[self.at - 1]

    def layer(self, item: Item) -> list[str]:
        """The constructors of the next record; none where the layer before does it too."""
        step = self.take(item)
        if step is None:
            return []
        return [self.made(step, piece, item) for piece in (pytorch if self.torch else keras).pieces(self.plan, step)]

    def made(self, step: Step, piece: Piece, item: Item) -> str:
        if piece.helper:
            self.classes.setdefault(piece.word, piece.helper)
        if piece.make:
            return piece.make
        if item.kind.word == "scale":
            self.use("Scale")
            return f"Scale({step.record.options['number']})"
        if item.kind.word == "padchannels":
            self.use("PadChannels")
            new = step.record.output_shape[1] - step.record.input_shapes[0][1]
            return f"PadChannels({new // 2}, {new - new // 2})"
        raise cannot_write(step.record, pytorch.TITLE if self.torch else keras.TITLE)
