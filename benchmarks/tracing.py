"""Tracing networks: against torchinfo on real tensors and on ``meta``, the whole torchvision zoo, memory, the graph."""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

TABLE = "Tracing"
REAL = ("alexnet", "vgg11", "resnet18", "resnet50", "googlenet", "squeezenet1_0", "densenet121", "shufflenet_v2_x1_0",
        "mobilenet_v2", "mnasnet1_0", "efficientnet_b0", "convnext_tiny", "swin_t", "vit_b_32")
"""One network a family: torchinfo on real tensors runs each of them, and takes their memory."""

PEAK = """
import warnings
warnings.simplefilter("ignore")
from benchmarks.tracing import peak_memory, whole_zoo
whole_zoo()
print(peak_memory())
"""

FIRST = """
import time
from torchvision.models import get_model
from cnn_core.inspection import build_meta, trace
start = time.perf_counter()
trace(build_meta(get_model, "resnet50"), (3, 224, 224))
print(time.perf_counter() - start)
"""


def run() -> list[dict[str, Any]]:
    warnings.simplefilter("ignore")
    return [*_zoo(), *_against_torchinfo(), *_in_a_fresh_process(), _graph()]


def peak_memory() -> int:
    """This process's largest memory so far, in bytes; on Linux without what a parent process had before it."""
    import resource
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def build(name: str, **options: Any) -> Any:
    from torchvision.models import get_model

    from cnn_core.inspection import build_meta
    return build_meta(get_model, name, **(FAST.get(name, {}) | options))


FAST = {"googlenet": {"init_weights": False, "aux_logits": False}, "inception_v3": {"init_weights": False}}


def whole_zoo() -> tuple[int, int, int]:
    """Builds and traces every network at every published size: (networks, published entries, entries met)."""
    import torchvision
    from torchvision.models import get_model_weights, list_models

    from cnn_core.inspection import trace
    names, entries, met = list_models(torchvision.models), 0, 0
    for name in names:
        traced: dict[int, Any] = {}
        for weights in get_model_weights(name):
            size, meta = weights.transforms().crop_size[0], weights.meta
            if size not in traced:
                network = build(name, **({"image_size": size} if name.startswith("vit") else {}))
                traced[size] = trace(network, (3, size, size))
            entries += 1
            met += round(traced[size].macs / 1e9, 3) == meta["_ops"] and traced[size].params == meta["num_params"]
    return len(names), entries, met


def _row(what: str, ours_s: float | None, peer: str = "", peer_s: float | None = None, target: str = "",
         ratio: float | None = None) -> dict[str, Any]:
    if ratio is None and ours_s and peer_s:
        ratio = peer_s / ours_s
    return {"table": TABLE, "what": what, "ours_s": ours_s, "peer": peer, "peer_s": peer_s, "ratio": ratio, "target": target}


def _zoo() -> list[dict[str, Any]]:
    import torchvision  # noqa: F401  # its own start-up is not what is measured

    import cnn_core.inspection.tracing  # noqa: F401
    start = time.perf_counter()
    networks, entries, met = whole_zoo()
    spent = time.perf_counter() - start
    return [
        _row(f"{networks} torchvision networks built and traced, at all their sizes", spent),
        _row(f"published entries whose parameters and MACs are met, of {entries}", None, ratio=met, target=f"{entries}"),
    ]


def _best(action: Callable[..., Any], *args: Any, times: int = 3, **kwargs: Any) -> float:
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        action(*args, **kwargs)
        spent.append(time.perf_counter() - start)
    return min(spent)


def _against_torchinfo() -> list[dict[str, Any]]:
    import torchinfo
    from torchvision.models import get_model

    from cnn_core.inspection import trace
    shape = (1, 3, 224, 224)
    ours = peer = ours_meta = peer_meta = 0.0
    done = 0
    for name in REAL:
        network = get_model(name, **FAST.get(name, {})).eval()
        # In turn, so that both meet the same machine.
        ours += _best(trace, network, shape)
        peer += _best(torchinfo.summary, network, input_size=shape, verbose=0, device="cpu")
    for name in REAL:
        network = build(name)
        try:
            slow = _best(torchinfo.summary, network, input_size=shape, verbose=0, device="meta")
        except RuntimeError:
            continue  # a network that torchinfo cannot do on meta
        done += 1
        peer_meta += slow
        ours_meta += _best(trace, network, shape)
    version = f"torchinfo {torchinfo.__version__}"
    return [
        _row(f"{len(REAL)} networks, weights in memory", ours, f"{version}, real tensors", peer, "≥ 10"),
        _row(f"{done} networks on meta that it can do", ours_meta, f"{version}, meta", peer_meta, "> 1"),
    ]


def _in_a_fresh_process() -> list[dict[str, Any]]:
    def output(code: str) -> float:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return float(done.stdout.split()[-1])

    return [
        _row("ResNet-50 built and traced for the first time, torch imported", output(FIRST), target="< 0.5 s"),
        _row("peak memory of a process that traces the whole zoo, torch included [MB]", None,
             ratio=output(PEAK) / 2**20, target="< 1024"),
    ]


def _graph() -> dict[str, Any]:
    from cnn_core.inspection import collapse, graph, layout, opening, trace
    traced = trace(build("resnet50"), (3, 224, 224))

    def draw() -> None:
        whole = graph(traced)
        layout(collapse(whole, opening(whole)))

    return _row("ResNet-50's graph, folded and laid out", _best(draw), target="≤ 0.1 s")
