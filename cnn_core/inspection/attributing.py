"""Which part of the picture a class's score comes from: Grad-CAM, saliency, integrated gradients, occlusion.

The methods are Captum's (imported when the first one is asked for); here is what it takes to use them on a network that others are
using too, to choose Grad-CAM's layer, to show progress and to keep within a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from cnn_core.errors import InspectionError
from cnn_core.inspection.arranging import grid, no_maps, through_maps
from cnn_core.inspection.mappable import default_grad_cam_layer
from cnn_core.inspection.touching import Progress, Touched, chosen_target, logits_of, one_picture, require

LEAST_STEPS = 4
CHUNK = 8  # pictures of one pass of integrated gradients; more saves no time on a CPU and costs memory


@dataclass(frozen=True)
class Attribution:
    """How much each pixel has to do with a class's score.

    Attributes:
        method: "grad_cam", "saliency", "integrated_gradients" or "occlusion".
        target: the class that is explained; ``logit`` and ``probability`` are the network's answer for it.
        map: (H, W) float32, of the picture's size.
        signed: whether negative values mean "speaks against the class"; otherwise none is negative.
        path: the layer Grad-CAM looked at.
        own_map: (h, w) float32: Grad-CAM at its layer's resolution; occlusion with one value a position of the patch.
        complete: false where the time ended first.
        gap: integrated gradients: how far the map's sum is from score − score of the baseline; 0 were it exact.
    """

    method: str
    target: int
    map: np.ndarray
    signed: bool
    logit: float
    probability: float
    path: str = ""
    own_map: np.ndarray | None = None
    complete: bool = True
    gap: float | None = None


def grad_cam(
    model: nn.Module, batch: torch.Tensor, target: int | None = None, path: str | None = None, *, relu: bool = True
) -> Attribution:
    """Where a layer's maps, weighted by their mean gradient, raise the class's score.

    Args:
        path: the layer, as `capture` names it; by default `default_grad_cam_layer`.
        relu: keep only what speaks for the class, as the paper does; without it the map is signed.

    Raises:
        InspectionError: no such layer (``no_such_layer``) or class (``no_such_class``), or a layer without maps (``no_maps``).

    References:
        Selvaraju et al. (2017), "Grad-CAM: visual explanations from deep networks via gradient-based localization", ICCV,
        arXiv:1610.02391.
    """
    from captum.attr import LayerGradCam

    picture = one_picture(batch)
    size = (picture.shape[-2], picture.shape[-1])
    path = default_grad_cam_layer(model, tuple(picture.shape[1:])) if path is None else path
    probe = nn.Identity()
    network = Touched(model, {path: lambda output: through_maps(_with_maps(output, size), size, probe)}, picture)
    target, logit, probability = _answer(network, picture, target)
    maps = LayerGradCam(network, probe).attribute(picture, target, relu_attributions=relu).detach()
    whole = F.interpolate(maps, size, mode="bilinear", align_corners=False)
    return Attribution("grad_cam", target, _array(whole[0, 0]), not relu, logit, probability, path, _array(maps[0, 0]))


def _with_maps(output: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    if output.dim() == 2 or grid(tuple(output.shape), size) is None:
        raise no_maps(tuple(output.shape))
    return output


def saliency(model: nn.Module, batch: torch.Tensor, target: int | None = None) -> Attribution:
    """How strongly the class's score answers to a small change of each pixel: the largest |gradient| over the channels.

    References:
        Simonyan, Vedaldi & Zisserman (2013), "Deep inside convolutional networks", arXiv:1312.6034.
    """
    from captum.attr import Saliency

    picture = one_picture(batch)
    network = Touched(model, {}, picture)
    target, logit, probability = _answer(network, picture, target)
    gradient = Saliency(network).attribute(picture.requires_grad_(), target, abs=True)
    return Attribution("saliency", target, _array(gradient[0].amax(0)), False, logit, probability)


def integrated_gradients(
    model: nn.Module, batch: torch.Tensor, target: int | None = None, *, steps: int = 32, baseline: float = 0.0,
    seconds: float | None = None, on_progress: Progress | None = None,
) -> Attribution:
    """The gradient summed over the way from an empty picture to this one, times the difference of the two.

    Args:
        steps: points on the way; where ``seconds`` do not allow as many, fewer (at least 4) are taken and the result is not
            ``complete``.
        baseline: every value of the empty picture, after normalisation: 0 is the mean colour.

    References:
        Sundararajan, Taly & Yan (2017), "Axiomatic attribution for deep networks", ICML, arXiv:1703.01365.
    """
    from captum.attr import IntegratedGradients

    picture = one_picture(batch)
    require(steps=steps)
    network = Touched(model, {}, picture)
    target, logit, probability = _answer(network, picture, target)
    taken = steps
    if seconds is not None:
        taken = min(steps, max(LEAST_STEPS, int(seconds / _seconds_a_step(network, picture, target))))
    done = 0

    def counted(pictures: torch.Tensor) -> torch.Tensor:
        nonlocal done
        scores = network(pictures)
        if torch.is_grad_enabled() and on_progress is not None:
            done = min(done + len(pictures), taken)
            on_progress(done, taken)
        return scores

    method = IntegratedGradients(counted)
    empty = torch.full_like(picture, baseline)
    parts = method.attribute(picture.requires_grad_(), empty, target, n_steps=taken, internal_batch_size=CHUNK).detach()
    with torch.no_grad():
        gap = float(parts.double().sum()) - float((network(picture) - network(empty))[0, target])
    return Attribution("integrated_gradients", target, _array(parts[0].sum(0)), True, logit, probability, complete=taken == steps,
                       gap=abs(gap))


def _seconds_a_step(network: Touched, picture: torch.Tensor, target: int) -> float:
    started = time.perf_counter()
    chunk = picture.expand(CHUNK, -1, -1, -1).clone().requires_grad_()
    torch.autograd.grad(network(chunk)[:, target].sum(), chunk)
    return max((time.perf_counter() - started) / CHUNK, 1e-6)


def occlusion(
    model: nn.Module, batch: torch.Tensor, target: int | None = None, *, patch: int | None = None, stride: int | None = None,
    baseline: float = 0.0, score: str = "logit", batch_size: int = 16, seconds: float | None = None,
    on_progress: Progress | None = None, stop: Callable[[], bool] | None = None,
) -> Attribution:
    """How far the class's score falls when a square of the picture is covered; the mean over all squares that cover a pixel.

    Args:
        patch, stride: side of the square and its step, in pixels; by default an eighth and a sixteenth of the shorter side.
        baseline: what the square is filled with, after normalisation: 0 is the mean colour.
        score: "logit" or "probability".
        seconds, stop: end early; what was not covered by then is 0, and the result not ``complete``.

    References:
        Zeiler & Fergus (2014), "Visualizing and understanding convolutional networks", ECCV, arXiv:1311.2901.
    """
    from captum.attr import Occlusion

    picture = one_picture(batch)
    height, width = picture.shape[-2:]
    patch = max(1, min(height, width) // 8) if patch is None else min(patch, height, width)
    stride = max(1, patch // 2) if stride is None else min(stride, patch)
    require(patch=patch, stride=stride, batch_size=batch_size)
    if score not in ("logit", "probability"):
        raise InspectionError(f"a score is a logit or a probability, not {score!r}", code="unknown_score", score=score)
    network = Touched(model, {}, picture)
    target, logit, probability = _answer(network, picture, target)
    rows, columns = (ceil((n - patch) / stride) + 1 for n in (height, width))
    covering = _Covering(network, target, score, rows * columns, seconds, on_progress, stop)
    with torch.no_grad():
        parts = Occlusion(covering).attribute(
            picture, (picture.shape[1], patch, patch), (picture.shape[1], stride, stride), baseline, target,
            perturbations_per_eval=batch_size)  # fmt: skip
    own = np.zeros(rows * columns, np.float32)
    own[: len(covering.falls)] = covering.falls
    return Attribution("occlusion", target, _array(parts[0, 0]), True, logit, probability,
                       own_map=own.reshape(columns, rows).T, complete=covering.complete)  # Captum goes down each column


class _Covering:
    """The network as Captum's occlusion calls it: once with the whole picture, then with batches of covered ones."""

    def __init__(
        self, network: Touched, target: int, score: str, total: int, seconds: float | None,
        on_progress: Progress | None, stop: Callable[[], bool] | None,
    ) -> None:
        self.network, self.target, self.score, self.total = network, target, score, total
        self.ends = None if seconds is None else time.perf_counter() + seconds
        self.on_progress, self.stop = on_progress, stop
        self.whole: torch.Tensor | None = None
        self.falls: list[float] = []
        self.complete = True

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        if self.whole is None:
            self.whole = self._scores(pictures)
            return self.whole
        over = self.ends is not None and time.perf_counter() > self.ends
        if not self.complete or over or (self.stop is not None and self.stop()):
            self.complete = False
            return self.whole.expand(len(pictures), -1)  # as if covering them changed nothing
        scores = self._scores(pictures)
        self.falls += (self.whole[0, self.target] - scores[:, self.target]).tolist()
        if self.on_progress is not None:
            self.on_progress(len(self.falls), self.total)
        return scores

    def _scores(self, pictures: torch.Tensor) -> torch.Tensor:
        scores = self.network(pictures)
        return scores.softmax(1) if self.score == "probability" else scores


def _answer(network: Touched, picture: torch.Tensor, target: int | None) -> tuple[int, float, float]:
    with torch.no_grad():
        logits = logits_of(network(picture))[0]
    target = chosen_target(logits, target)
    return target, float(logits[target]), float(logits.softmax(0)[target])


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().to("cpu", torch.float32).numpy()
