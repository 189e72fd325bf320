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
