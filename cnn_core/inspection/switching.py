"""What the network would say without some of its channels."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from cnn_core.errors import InspectionError
from cnn_core.inspection.arranging import channel_axis
from cnn_core.inspection.touching import (
    Progress,
    Touched,
    check_channel,
    chosen_target,
    logits_of,
    not_apart,
    one_picture,
    require,
)


def with_channels_off(model: nn.Module, batch: torch.Tensor, off: Mapping[str, Sequence[int]]) -> torch.Tensor:
    """The logits, (N, K), with some channels of some layers set to zero where they leave the layer.

    Args:
        off: channels by layer, as `capture` names it; features of a layer without maps.

    Raises:
        InspectionError: no such layer (``no_such_layer``) or channel (``no_such_channel``).
    """
    size = (batch.shape[-2], batch.shape[-1])
    touches = {path: _switch(path, tuple(channels), size) for path, channels in off.items()}
    with torch.no_grad():
        return logits_of(Touched(model, touches, batch)(batch))


def _switch(path: str, channels: tuple[int, ...], size: tuple[int, int]) -> Callable[[torch.Tensor], torch.Tensor]:
    def off(output: torch.Tensor) -> torch.Tensor:
        axis = channel_axis(tuple(output.shape), size)
        for channel in channels:
            check_channel(path, channel, output.shape[axis])
        return output.index_fill(axis, torch.tensor(channels, dtype=torch.long, device=output.device), 0.0)

    return off


@dataclass(frozen=True)
class ChannelImportance:
    """What each channel of a layer is worth to a class, for one picture.

    Attributes:
        base: the class's score with all channels on.
        channels: (n,) the channels that were switched off, one at a time.
        change: (n,) score without the channel − base: negative where the class needs it; NaN where the time ended first.
    """

    path: str
    target: int
    score: str
    base: float
    channels: np.ndarray
    change: np.ndarray
    complete: bool


def channel_importance(
    model: nn.Module, batch: torch.Tensor, path: str, target: int | None = None, *, channels: Sequence[int] | None = None,
    score: str = "probability", batch_size: int = 32, seconds: float | None = None, on_progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> ChannelImportance:
    """How the class's score changes when each channel of a layer is switched off alone.

    The layers in front of the one in question see the picture once a batch of channels, those behind it once a channel.

    Args:
        channels: those to try; all by default.
        score: "probability" or "logit".

    Raises:
        InspectionError: no such layer, channel or class.
    """
    picture = one_picture(batch)
    require(batch_size=batch_size)
    if score not in ("logit", "probability"):
        raise InspectionError(f"a score is a logit or a probability, not {score!r}", code="unknown_score", score=score)
    trial = _Trial((picture.shape[-2], picture.shape[-1]))
    network = Touched(model, {path: trial}, picture)
    with torch.no_grad():
        logits = logits_of(network(picture))
        target = chosen_target(logits[0], target)
        base = _scores(logits, score)[0, target].item()
        tried = tuple(range(trial.count)) if channels is None else tuple(channels)
        for channel in tried:
            check_channel(path, channel, trial.count)
        change = np.full(len(tried), np.nan)
        ends = None if seconds is None else time.perf_counter() + seconds
        for first in range(0, len(tried), batch_size):
            if (ends is not None and time.perf_counter() > ends) or (stop is not None and stop()):
                break
            part = tried[first : first + batch_size]
            scores = _scores(trial.run(network, picture, part), score)[:, target]
            change[first : first + len(part)] = scores.double().cpu().numpy() - base
            if on_progress is not None:
                on_progress(first + len(part), len(tried))
    return ChannelImportance(path, target, score, base, np.array(tried, int), change, not np.isnan(change).any())


class _Trial:
    """Makes of a layer's one output several, each with another channel off."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.count = 0
        self.part: tuple[int, ...] = ()
        self.whole = False

    def __call__(self, output: torch.Tensor) -> torch.Tensor:
        axis = channel_axis(tuple(output.shape), self.size) % output.dim()
        self.count = output.shape[axis]
        if not self.part:
            if len(output) != 1:
                raise not_apart()
            return output
        output = output.expand(len(self.part), *output.shape[1:]).clone()
        flat = output.movedim(axis, 1)  # a view: writing to it switches off in ``output``
        for row, channel in enumerate(self.part):
            flat[row, channel] = 0.0
        return output

    def run(self, network: Touched, picture: torch.Tensor, part: tuple[int, ...]) -> torch.Tensor:
        self.part = part
        if not self.whole:
            try:
                logits = logits_of(network(picture))
                if len(logits) == len(part):
                    return logits
            except RuntimeError:  # a later layer joins this one with an earlier one, of which there is only one picture
                pass
            self.whole = True
        return logits_of(network(picture.expand(len(part), *picture.shape[1:])))


def _scores(logits: torch.Tensor, score: str) -> torch.Tensor:
    return logits.softmax(1) if score == "probability" else logits
