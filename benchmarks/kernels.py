"""``kernels.apply`` against SciPy (the course's own function), SciPy's ndimage and torch: time, memory and agreement."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage
from scipy.signal import convolve2d
from skimage import data

from cnn_core import kernels

TABLE = "Applying a kernel"
CONVOLVE2D = "scipy.signal.convolve2d"
PHOTOGRAPH_SHAPE = (3000, 4000)


def photograph() -> np.ndarray:
    """12 megapixels of grey in float64: scikit-image's cameraman, laid side by side."""
    return np.tile(data.camera(), (6, 8))[: PHOTOGRAPH_SHAPE[0], : PHOTOGRAPH_SHAPE[1]].astype(np.float64)


def seconds(call: Callable[[], Any], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def compare(
    what: str, ours: Callable[[], Any], peer: str, theirs: Callable[[], Any], target: str | None,
    *, rounds: int, repeats: int = 1,
) -> dict[str, Any]:  # fmt: skip
    """Medians of interleaved rounds, so that whatever else the machine does hits both alike."""
    ours(), theirs()  # first calls pay for imports and for memory
    pairs = [(seconds(ours, repeats), seconds(theirs, repeats)) for _ in range(rounds)]
    ours_s, peer_s = (statistics.median(column) for column in zip(*pairs, strict=True))
    return {
        "table": TABLE, "what": what, "ours_s": ours_s, "peer": peer, "peer_s": peer_s, "ratio": peer_s / ours_s,
        "target": target,
    }  # fmt: skip


def figure(what: str, value: float, target: str) -> dict[str, Any]:
    return {
        "table": TABLE, "what": what, "ours_s": None, "peer": None, "peer_s": None, "ratio": value, "target": target,
    }  # fmt: skip


def resident_bytes(field: str) -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(f"{field}:"))


def memory_factor(image: np.ndarray, call: Callable[[], Any]) -> float:
    """Greatest resident memory during the call, the image itself counted once, over the image's size in float64."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # the high-water mark starts again from here
    before = resident_bytes("VmRSS")
    call()
    return (resident_bytes("VmHWM") - before + image.nbytes) / (8 * image.size)


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def torch_conv2d(image: np.ndarray, weights: np.ndarray) -> Callable[[], Any]:
    import torch

    pixels, taps = (torch.from_numpy(array.copy())[None, None] for array in (image, weights[::-1, ::-1]))
    return lambda: torch.nn.functional.conv2d(pixels, taps)


def run() -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    seven, three, large = rng.normal(size=(7, 7)), kernels.KERNELS["sobel_x"].weights, rng.normal(size=(31, 31))
    photo, middle, small = photograph(), data.camera().astype(np.float64), rng.random((32, 32))
    kernels.apply(small, three)
    in_bytes = photo.astype(np.uint8)
    big, tiny = "12 megapixels, grey float64, 7×7, valid", "32×32, 3×3, valid"
    return [
        figure(
            f"memory, {big} (times the image)", memory_factor(photo, lambda: kernels.apply(photo, seven)), "< 6"
        ),
        figure(
            "memory, the same in uint8, 31×31, same, reflect (times the image in float64)",
            memory_factor(in_bytes, lambda: kernels.apply(in_bytes, large, padding="same", border="reflect")),
            "< 6",
        ),
        figure(
            f"largest difference from {CONVOLVE2D}, {big}",
            difference(kernels.apply(photo, seven), convolve2d(photo, seven, "valid")),
            "≤ 1e-9",
        ),
        figure(
            f"largest difference from {CONVOLVE2D}, 512×512, 31×31",
            difference(kernels.apply(middle, large), convolve2d(middle, large, "valid")),
            "≤ 1e-9",
        ),
        compare(
            big, lambda: kernels.apply(photo, seven),
            CONVOLVE2D, lambda: convolve2d(photo, seven, "valid"), "≥ 10", rounds=5,
        ),
        compare(
            big, lambda: kernels.apply(photo, seven),
            "scipy.ndimage.convolve", lambda: ndimage.convolve(photo, seven), None, rounds=3,
        ),
        compare(
            big, lambda: kernels.apply(photo, seven),
            "torch conv2d, float64", torch_conv2d(photo, seven), None, rounds=3,
        ),
        compare(
            tiny, lambda: kernels.apply(small, three),
            CONVOLVE2D, lambda: convolve2d(small, three, "valid"), "≥ 1", rounds=9, repeats=500,
        ),
        compare(
            "32×32, 3×3, same", lambda: kernels.apply(small, three, padding="same"),
            CONVOLVE2D, lambda: convolve2d(small, three, "same"), "≥ 1", rounds=9, repeats=500,
        ),
        compare(
            tiny, lambda: kernels.apply(small, three),
            "torch conv2d, float64", torch_conv2d(small, three), None, rounds=9, repeats=500,
        ),
        compare(
            "512×512, 3×3, same", lambda: kernels.apply(middle, three, padding="same"),
            CONVOLVE2D, lambda: convolve2d(middle, three, "same"), None, rounds=9, repeats=5,
        ),
        compare(
            "512×512, 31×31, valid", lambda: kernels.apply(middle, large),
            CONVOLVE2D, lambda: convolve2d(middle, large, "valid"), None, rounds=3,
        ),
        compare(
            "512×512, 7×7, stride 4", lambda: kernels.apply(middle, seven, stride=4),
            CONVOLVE2D + " and [::4, ::4]", lambda: convolve2d(middle, seven, "valid")[::4, ::4], None, rounds=9,
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    from benchmarks.__main__ import show

    show(run())
