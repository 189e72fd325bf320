"""From a trace to what the browser draws: words, sizes and places. Pure Python, without Streamlit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from cnn_core.inspection.graphs import CONTAINERS, Graph, Node, View, collapse
from cnn_core.inspection.placing import layout
from cnn_core.inspection.records import LayerRecord, Trace

HEIGHT = 46.0
FRAME_SIDE = 9.0  # what a frame needs beside its boxes, as in frames.js
NARROWEST = 92.0
LONGEST_TITLE, LONGEST_ASIDE = 24, 22  # characters; the whole text is in the tooltip
# Pixels: mean width of a character in the three fonts of a box, what stands beside the text, and the button of a block.
TITLE_CHAR, ASIDE_CHAR, SHAPE_CHAR, BESIDE, BUTTON = 7.3, 6.2, 6.9, 28.0, 22.0


def drawing(trace: Trace, whole: Graph, opened: Collection[str]) -> dict[str, Any]:
    """The view of a graph with some blocks open: nodes with words and places, edges with routes, open blocks.

    Places are those of one strip from top to bottom; the browser folds it into columns. Shortcuts have no route: they are
    drawn as arcs at the side, for routed between the boxes those of a dense network would push everything apart.
    """
    view = collapse(whole, opened)
    words = {node.id: _words(node, trace) for node in view.nodes}
    depth = {group.id: group.depth for group in view.groups}
    pads = {node.id: FRAME_SIDE * depth.get(node.parent, 0) for node in view.nodes}
    widths = {node.id: _width(node, *words[node.id]) for node in view.nodes}
    room = _room({node.id: widths[node.id] + 2 * pads[node.id] for node in view.nodes}, view)
    sizes = {node.id: (room[node.id], HEIGHT) for node in view.nodes}
    plan = layout(replace(view, edges=tuple(edge for edge in view.edges if edge.role != "skip")), sizes)
    place = {node.id: i for i, node in enumerate(view.nodes)}
    nodes = []
    for node in view.nodes:
        title, aside, shape = words[node.id]
        box, width = plan.boxes[node.id], widths[node.id]
        nodes.append({
            "id": node.id, "title": title, "aside": aside, "shape": shape, "kind": node.kind, "type": node.type,
            "parent": node.parent, "first": node.first, "stop": node.stop, "params": node.params, "macs": node.macs,
            "x": round(box.x + (box.width - width) / 2, 1), "y": box.y, "w": width, "h": box.height,
        })  # fmt: skip
    edges = [{
        "from": place[edge.source], "to": place[edge.target], "shape": shape_text(edge.shape), "role": edge.role,
        "route": [list(point) for point in plan.routes.get((edge.source, edge.target), ())],
    } for edge in view.edges]  # fmt: skip
    groups = [{
        "id": group.id, "title": _short(group.path.removeprefix(f"{group.parent}."), LONGEST_TITLE), "parent": group.parent,
        "type": "" if group.type in CONTAINERS else group.type, "first": group.first, "stop": group.stop,
    } for group in view.groups]  # fmt: skip
    return {"nodes": nodes, "edges": edges, "groups": groups, "blocks": [block.id for block in whole.blocks]}


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as a lecturer writes it, without a batch of one: "64×56×56".

    >>> shape_text((1, 64, 56, 56))
    '64×56×56'
    """
    return "×".join(str(n) for n in (shape[1:] if len(shape) > 1 and shape[0] == 1 else shape))


def enclosing(whole: Graph, index: int) -> frozenset[str]:
    """The blocks that have to be open for the record of that index to be visible."""
    return frozenset(block.id for block in whole.blocks if block.first <= index < block.stop)


def _room(widths: Mapping[str, float], view: View) -> dict[str, float]:
    """As much room for all boxes of a chain as for its widest one: then parallel chains can all be straight."""
    flows = [edge for edge in view.edges if edge.role != "skip"]
    leaving, entering = (Counter(getattr(edge, end) for edge in flows) for end in ("source", "target"))
    following = {e.source: e.target for e in flows if leaving[e.source] == entering[e.target] == 1}
    room = dict(widths)
    for start in following.keys() - set(following.values()):
        chain = [start]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        room.update(dict.fromkeys(chain, max(widths[one] for one in chain)))
    return room


def _words(node: Node, trace: Trace) -> tuple[str, str, str]:
    """Title, what stands beside it, and output shape. A layer that has only a number is called by its type."""
    shape = shape_text(node.output_shape)
    if node.kind in ("input", "output"):
        return "", "", shape  # named by the browser, in the reader's language
    settings = "" if node.kind == "block" else _settings(trace.layers[node.first])
    label = node.label or node.type
    if label.replace(".", "").isdigit():
        return _short(f"{node.type} {settings}".strip(), LONGEST_TITLE), label, shape
    bare, kind = (re.sub(r"[123]d$|[^a-z]", "", word.lower()) for word in (label.split("#")[0], node.type))
    said = bare == kind or node.type in CONTAINERS  # "conv1" need not say Conv2d, nor "relu" ReLU
    return _short(label, LONGEST_TITLE), _short(settings if said else f"{node.type} {settings}".strip(), LONGEST_ASIDE), shape


def _settings(layer: LayerRecord) -> str:
    """Kernel, stride and groups, where there are any: "7×7 /2"."""
    kernel, stride = layer.options.get("kernel"), layer.options.get("stride")
    if not isinstance(kernel, tuple):
        return ""
    text = "×".join(map(str, kernel))
    if isinstance(stride, tuple) and any(step != 1 for step in stride):
        text += f" /{stride[0] if len(set(stride)) == 1 else '×'.join(map(str, stride))}"
    groups = layer.options.get("groups", 1)
    return text + (f" g{groups}" if groups != 1 else "")


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest // 2]}…{text[-(longest - longest // 2 - 1) :]}"


def _width(node: Node, title: str, aside: str, shape: str) -> float:
    head = TITLE_CHAR * len(title) + (ASIDE_CHAR * (len(aside) + 1) if aside else 0)
    return round(max(NARROWEST, max(head, SHAPE_CHAR * len(shape)) + BESIDE + (BUTTON if node.kind == "block" else 0)), 1)
