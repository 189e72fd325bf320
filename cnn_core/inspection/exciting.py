"""An image made to excite one channel: gradient ascent on the pixels, from a start that is shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from cnn_core.errors import InspectionError
from cnn_core.inspection.arranging import through_maps
from cnn_core.inspection.touching import Reached, Touched, check_channel, not_run, require

MOST_STEPS = 1_000
NOISE = 0.08  # standard deviation of the start, of a range of 1, around middle grey
BLUR_EVERY = 4  # a blur at every step would wash out what the gradient writes


@dataclass(frozen=True)
class Excited:
    """The image after some steps.

    Attributes:
        image: (H, W, 3) or (H, W, 1) uint8.
        activation: what it is made to raise: the mean of the channel's map, one unit of it, or a class's logit.
    """

    step: int
    steps: int
    image: np.ndarray
    activation: float


def excite(
    model: nn.Module, path: str, channel: int, *, input_shape: Sequence[int], unit: tuple[int, int] | None = None,
    start: np.ndarray | None = None, seed: int = 0, steps: int = 96, step_size: float = 0.02, jitter: int = 4,
    blur: float = 0.5, variation: float = 0.05, mean: Sequence[float] | float = 0.5, std: Sequence[float] | float = 0.25,
    every: int = 8, seconds: float | None = None, stop: Callable[[], bool] | None = None,
) -> Iterator[Excited]:
    """Raise a channel's activation step by step, and show the image on the way: first the start itself, last the result.

    Args:
        path: the layer, as `capture` names it; "" is the network's output, and ``channel`` a class.
        input_shape: (C, H, W) of what the network takes.
        unit: (row, column) of one unit; None for the mean of the whole map.
        start: (H, W) or (H, W, C) uint8 to begin with, of the input's size; None for grey noise made from ``seed``.
        step_size: mean change of a pixel at a step, of a range of 1.
        jitter: the image is shifted by up to this many pixels before each step, so that no pattern is tied to the grid.
        blur: standard deviation, in pixels, of a light blur at every fourth step.
        variation: weight of the total variation, which keeps neighbouring pixels alike.
        mean, std: the normalisation of the network's weights, of values between 0 and 1.
        seconds, stop: end early; the last image is shown in any case.

    Raises:
        InspectionError: no such layer, channel, unit or class, or a start of another size.

    References:
        Erhan et al. (2009), "Visualizing higher-layer features of a deep network"; Mahendran & Vedaldi (2016), "Visualizing
        deep convolutional neural networks using natural pre-images", arXiv:1512.02017 (jitter, total variation); Yosinski et
        al. (2015), "Understanding neural networks through deep visualization", arXiv:1506.06579 (blur).
    """
    require(steps=steps, every=every)
    if steps > MOST_STEPS:
        raise InspectionError(f"at most {MOST_STEPS} steps, not {steps}", code="too_many_steps", steps=steps, most=MOST_STEPS)
    chance = torch.Generator().manual_seed(seed)
    image = _start(tuple(input_shape), start, chance)
    goal = _Goal(model, path, channel, unit, image, mean, std)
    # The first answer is asked for here, so that a wrong layer is told before anybody waits for an image.
    return _climb(goal, image, goal.measure(image), chance, steps, step_size, jitter, blur, variation, every, seconds, stop)


def _climb(
    goal: _Goal, image: torch.Tensor, activation: float, chance: torch.Generator, steps: int, step_size: float, jitter: int,
    blur: float, variation: float, every: int, seconds: float | None, stop: Callable[[], bool] | None,
) -> Iterator[Excited]:
    ends = None if seconds is None else time.perf_counter() + seconds
    yield Excited(0, steps, _shown(image), activation)
    for step in range(1, steps + 1):
        shift = torch.randint(-jitter, jitter + 1, (2,), generator=chance).tolist() if jitter > 0 else [0, 0]
        moved = image.roll(shift, (2, 3)).requires_grad_()
        with torch.enable_grad():
            wish = goal.of(moved) - variation * _variation(moved)
            gradient = torch.autograd.grad(wish, moved)[0]
        with torch.no_grad():
            size = gradient.abs().mean()
            if size > 0:
                moved = moved + step_size * gradient / size
            image = moved.detach().roll([-by for by in shift], (2, 3))
            if blur > 0 and step % BLUR_EVERY == 0:
                image = _blurred(image, blur)
            image = image.clamp(0.0, 1.0)
        over = (ends is not None and time.perf_counter() > ends) or (stop is not None and stop())
        if step % every == 0 or step == steps or over:
            yield Excited(step, steps, _shown(image), goal.measure(image))
        if over:
            return


class _Goal:
    """The number that is to grow."""

    def __init__(
        self, model: nn.Module, path: str, channel: int, unit: tuple[int, int] | None, image: torch.Tensor,
        mean: Sequence[float] | float, std: Sequence[float] | float,
    ) -> None:
        self.path, self.channel, self.unit = path, channel, unit
        self.mean, self.std = (torch.as_tensor(n, dtype=torch.float32).reshape(-1, 1, 1) for n in (mean, std))
        self.size = (image.shape[-2], image.shape[-1])
        self.value: torch.Tensor | None = None
        self.network = Touched(model, {path: self._read}, image)
        weight = next(self.network.network.parameters(), None)
        self.device = torch.device("cpu") if weight is None else weight.device
        self.dtype = torch.float32 if weight is None else weight.dtype

    def of(self, image: torch.Tensor) -> torch.Tensor:
        self.value = None
        with suppress(Reached):
            self.network(((image - self.mean) / self.std).to(self.device, self.dtype))
        if self.value is None:
            raise not_run(self.path, 1)
        return self.value

    def measure(self, image: torch.Tensor) -> float:
        with torch.no_grad():
            return float(self.of(image))

    def _read(self, output: torch.Tensor) -> torch.Tensor:
        through_maps(output, self.size, self._take)
        raise Reached

    def _take(self, maps: torch.Tensor) -> torch.Tensor:
        _, channels, rows, columns = maps.shape
        check_channel(self.path, self.channel, channels)
        plane = maps[0, self.channel]
        if self.unit is None:
            self.value = plane.mean()
            return maps
        row, column = self.unit
        if not (0 <= row < rows and 0 <= column < columns):
            raise InspectionError(
                f"position {self.unit} is outside of the layer's output of {rows}×{columns}", code="value_position",
                position=str(self.unit), shape=f"{rows}×{columns}")
        self.value = plane[row, column]
        return maps


def _start(shape: tuple[int, ...], start: np.ndarray | None, chance: torch.Generator) -> torch.Tensor:
    channels, height, width = shape
    if start is None:
        noise = torch.randn(1, channels, height, width, generator=chance)
        image = (0.5 + NOISE * noise).clamp(0, 1)
        return (image * 255).round() / 255  # as it is shown
    pixels = np.asarray(start)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    if pixels.dtype != np.uint8 or pixels.shape != (height, width, channels):
        raise InspectionError(
            f"the start must be {height}×{width}×{channels} pixels of 8 bits, not {'×'.join(map(str, pixels.shape))}",
            code="start_size", wanted=f"{height}×{width}×{channels}", got="×".join(map(str, pixels.shape)))
    return torch.from_numpy(pixels.transpose(2, 0, 1)[None].astype(np.float32)) / 255


def _shown(image: torch.Tensor) -> np.ndarray:
    return (image[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()


def _variation(image: torch.Tensor) -> torch.Tensor:
    """Mean difference of neighbouring pixels, squared differences being kinder to edges than to noise."""
    return image.diff(dim=2).square().mean() + image.diff(dim=3).square().mean() if min(image.shape[2:]) > 1 else image.sum() * 0


def _blurred(image: torch.Tensor, sigma: float) -> torch.Tensor:
    radius = max(1, round(3 * sigma))
    radius = min(radius, *(n - 1 for n in image.shape[2:]))
    if radius < 1:
        return image
    places = torch.arange(-radius, radius + 1, dtype=image.dtype)
    weights = torch.exp(-0.5 * (places / sigma) ** 2)
    weights = (weights / weights.sum()).repeat(image.shape[1], 1, 1, 1)
    image = F.conv2d(F.pad(image, (radius, radius, 0, 0), mode="reflect"), weights, groups=image.shape[1])
    return F.conv2d(F.pad(image, (0, 0, radius, radius), mode="reflect"), weights.transpose(2, 3), groups=image.shape[1])
