"""What a trace is made of: small frozen records that need no torch, can be pickled and turned into tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cnn_core.inspection.fields import ReceptiveField, Shape

if TYPE_CHECKING:
    import pandas as pd

INPUT = -1
"""Index that stands for the network's input among a layer's `LayerRecord.inputs`."""

KINDS = ("conv", "linear", "pool", "norm", "activation", "dropout", "flatten", "reshape", "slice", "split", "pad", "add",
         "multiply", "concat", "attention", "matmul", "upsample", "recurrent", "embedding", "other")


@dataclass(frozen=True, slots=True)
class LayerRecord:
    """One layer, or one functional operation, as it ran.

    Attributes:
        index: place in the order of execution, from 0.
        path: the module's path ("layer1.0.conv1"); for a functional operation the path of the module that calls it, and
            the operation ("layer1.0:add", the second one "layer1.0:add#2").
        module: path of the module that ran: what a hook on this layer has to name.
        call: which call of that module this is, from 1.
        kind: one of `KINDS`.
        type: the class ("Conv2d") or the operation ("add").
        block: path of the innermost enclosing module that has layers of its own ("layer1.0"; "" is the network).
        inputs: indices of the records whose outputs come in, `INPUT` for the network's input.
        input_shapes, output_shapes: shapes with the batch in front, as torch prints them.
        params: weights counted here; those already counted by an earlier layer are in ``shared_params``.
        macs: multiply-accumulates of convolutions and matrix products for the whole batch, bias not counted.
        activation_bytes: memory the output takes; 0 where nothing new is stored (views, in-place operations).
        receptive_field: None after operations that see everything (global pooling, dense layers, attention, gates).
        weights: (name, shape) of every weight used, shared ones included.
        options: the hyper-parameters its arithmetic needs (kernel, stride, padding, dilation, groups, …).
    """

    index: int
    path: str
    module: str
    call: int
    kind: str
    type: str
    block: str
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output_shapes: tuple[Shape, ...]
    trainable_params: int
    frozen_params: int
    shared_params: int
    macs: int
    activation_bytes: int
    receptive_field: ReceptiveField | None
    weights: tuple[tuple[str, Shape], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def params(self) -> int:
        return self.trainable_params + self.frozen_params

    @property
    def shared(self) -> bool:
        """Whether a weight of this layer was already counted by an earlier one."""
        return self.shared_params > 0

    @property
    def output_shape(self) -> Shape:
        return self.output_shapes[0]

    @property
    def functional(self) -> bool:
        """Whether this is an operation in a module's ``forward``, not a module of its own."""
        return ":" in self.path


@dataclass(frozen=True, slots=True)
class BlockRecord:
    """One call of a module that has layers of its own; the records ``first`` to ``stop - 1`` ran inside it."""

    path: str
    call: int
    type: str
    depth: int
    first: int
    stop: int
    input_shapes: tuple[Shape, ...]
    output_shapes: tuple[Shape, ...]
    params: int
    macs: int


@dataclass(frozen=True, slots=True)
class Trace:
    """All layers of a network in the order of execution, and their totals.

    ``params`` counts every weight of the model once; ``unused_params`` are those no layer used (auxiliary classifiers
    outside training), so ``params == sum(layer.params for layer in layers) + unused_params``.
    """

    model_type: str
    input_shape: Shape
    output_shapes: tuple[Shape, ...]
    layers: tuple[LayerRecord, ...]
    blocks: tuple[BlockRecord, ...]
    params: int
    trainable_params: int
    param_bytes: int
    complete: bool = True

    @property
    def output_shape(self) -> Shape | None:
        """Shape of the (first) output; None when the network did not get that far."""
        return self.output_shapes[0] if self.output_shapes else None

    @property
    def frozen_params(self) -> int:
        return self.params - self.trainable_params

    @property
    def unused_params(self) -> int:
        return self.params - sum(layer.params for layer in self.layers)

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        return sum(layer.activation_bytes for layer in self.layers)

    def layer(self, path: str) -> LayerRecord:
        """The first record of that path. Raises KeyError for a path that never ran."""
        for layer in self.layers:
            if layer.path == path:
                return layer
        raise KeyError(path)

    def to_dataframe(self) -> pd.DataFrame:
        """One row a layer; shapes and fields as Python tuples."""
        import pandas as pd

        from cnn_core.inspection.tables import COLUMNS, rows
        return pd.DataFrame(rows(self), columns=list(COLUMNS))

    def to_csv(self) -> str:
        """The table as comma-separated values, shapes written 1×64×56×56."""
        from cnn_core.inspection.tables import csv_text
        return csv_text(self)

    def to_markdown(self) -> str:
        """The table in Markdown, with a row of totals."""
        from cnn_core.inspection.tables import markdown_text
        return markdown_text(self)
