"""The chosen layer, which table and graph share: by the id of its node in the graph, in the URL as ``layer``."""

from __future__ import annotations

from cnn_core.inspection import Graph
from pages.ui import cached, state


def chosen_layer(found: cached.Traced) -> str:
    """The id of the chosen layer or block; the first layer with weights where none of this network is chosen.

    Of a network that failed, the last layer that still had room.
    """
    if found.graph is None or found.trace is None or not found.trace.layers:
        return ""
    return str(state.choice("layer", _opening(found), allowed=_ids(found.graph)))


def _ids(graph: Graph) -> frozenset[str]:
    return frozenset(node.id for node in graph.nodes if node.layers) | frozenset(block.id for block in graph.blocks)


def _opening(found: cached.Traced) -> str:
    nodes = [node for node in found.graph.nodes if node.layers] if found.graph else []
    if found.error is not None and nodes:
        return nodes[-1].id
    return next((node.id for node in nodes if node.params), nodes[0].id)


def path_of(found: cached.Traced, layer_id: str) -> str | None:
    """The path of a layer that is chosen by its id; None for a block."""
    nodes = found.graph.nodes if found.graph else ()
    return next((_path(found, node.first) for node in nodes if node.layers and node.id == layer_id), None)


def id_of(found: cached.Traced, path: str) -> str:
    """The id of the first layer of a path."""
    nodes = found.graph.nodes if found.graph else ()
    return next((node.id for node in nodes if node.layers and _path(found, node.first) == path), "")


def _path(found: cached.Traced, index: int) -> str:
    return found.trace.layers[index].path if found.trace else ""
