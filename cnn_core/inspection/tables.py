"""A trace as rows, as CSV and as Markdown."""

from __future__ import annotations

import csv
import io
from typing import Any

from cnn_core.inspection.fields import Shape
from cnn_core.inspection.records import LayerRecord, Trace

COLUMNS = ("index", "path", "kind", "type", "block", "input_shapes", "output_shape", "params", "trainable_params",
           "frozen_params", "shared_params", "macs", "activation_bytes", "field_size", "field_jump", "field_start",
           "field_exact", "inputs")


def rows(trace: Trace) -> list[dict[str, Any]]:
    """One dictionary a layer, keyed by `COLUMNS`."""
    return [_row(layer) for layer in trace.layers]


def _row(layer: LayerRecord) -> dict[str, Any]:
    seen = layer.receptive_field
    return {
        "index": layer.index, "path": layer.path, "kind": layer.kind, "type": layer.type, "block": layer.block,
        "input_shapes": layer.input_shapes, "output_shape": layer.output_shape, "params": layer.params,
        "trainable_params": layer.trainable_params, "frozen_params": layer.frozen_params,
        "shared_params": layer.shared_params, "macs": layer.macs, "activation_bytes": layer.activation_bytes,
        "field_size": seen and seen.size, "field_jump": seen and seen.jump, "field_start": seen and seen.start,
        "field_exact": seen and seen.exact, "inputs": layer.inputs,
    }


def shape_text(shape: Shape | None) -> str:
    """``(1, 64, 56, 56)`` as people write it.

    >>> shape_text((1, 64, 56, 56))
    '1×64×56×56'
    """
    return "×".join(map(str, shape)) if shape else ""


def csv_text(trace: Trace) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows(trace):
        row["input_shapes"] = " + ".join(map(shape_text, row["input_shapes"]))
        row["output_shape"] = shape_text(row["output_shape"])
        row["inputs"] = " ".join(map(str, row["inputs"]))
        for name in ("field_size", "field_jump", "field_start"):
            row[name] = shape_text(row[name])
        writer.writerow(row)
    return out.getvalue()


def markdown_text(trace: Trace) -> str:
    lines = ["| layer | type | output | parameters | MACs | receptive field |", "|---|---|---|---:|---:|---|"]
    for layer in trace.layers:
        seen = layer.receptive_field
        size = "" if seen is None else ("" if seen.exact else "≤ ") + shape_text(seen.size)
        params = f"{layer.params:,}" + (" (shared)" if layer.shared else "")
        path = layer.path.replace("|", "\\|")
        lines.append(f"| {path} | {layer.type} | {shape_text(layer.output_shape)} | {params} | {layer.macs:,} | {size} |")
    lines.append(f"| **total** | | {shape_text(trace.output_shape)} | {trace.params:,} | {trace.macs:,} | |")
    return "\n".join(lines) + "\n"
