"""The only home of ``st.cache_*``: what is derived is kept here, bounded, keyed by everything it depends on."""

from pages.ui.cached.designs import Designed, design_start, designed
from pages.ui.cached.passes import (
    Activations,
    activations,
    exploration,
    explored,
    kept_activations,
    kept_networks,
    network,
    own_weights,
    weight_file,
)
from pages.ui.cached.pictures import (
    dataset,
    dataset_failures,
    downloads,
    equalized,
    framed,
    grey,
    kernel_table,
    own_pictures,
    thumbnail,
)
from pages.ui.cached.runs import checked, drawn, estimates, jobs, of_run
from pages.ui.cached.torch_loading import load_torch, torch_is_here, wait_for_torch, warm_up
from pages.ui.cached.traces import Traced, graph_part, measured, published, trace, traced

__all__ = [
    "Activations",
    "Designed",
    "Traced",
    "activations",
    "checked",
    "dataset",
    "dataset_failures",
    "design_start",
    "designed",
    "downloads",
    "drawn",
    "equalized",
    "estimates",
    "exploration",
    "explored",
    "framed",
    "graph_part",
    "grey",
    "jobs",
    "kept_activations",
    "kept_networks",
    "kernel_table",
    "load_torch",
    "measured",
    "network",
    "of_run",
    "own_pictures",
    "own_weights",
    "published",
    "thumbnail",
    "torch_is_here",
    "trace",
    "traced",
    "wait_for_torch",
    "warm_up",
    "weight_file",
]
