"""Residual blocks: the sum taken apart, the identity at zero weights, and gradients by depth with and without skips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_core.architectures.building import seeded
from cnn_core.architectures.layers import he_initialise
from cnn_core.blocks.threads import one_thread

Form = Literal["same", "projection", "padded"]
FORMS: tuple[Form, ...] = ("same", "projection", "padded")
INITIALISATIONS = ("pytorch", "he")
DEPTHS = (2, 4, 6, 10, 16, 24, 36, 50, 70, 100)
CHANNELS, SIDE, BATCH = 8, 8, 4  # small enough that a hundred layers answer within a moment


class PaddedShortcut(nn.Module):
    """Every second pixel, and channels of zeros for the new ones: a resized shortcut without weights (He et al.'s option A)."""

    def __init__(self, out_channels: int, stride: int) -> None:
        super().__init__()
        self.out_channels, self.stride = out_channels, stride

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, 0, self.out_channels - x.shape[1]))


class ResidualBlock(nn.Module):
    """``ReLU(shortcut(a) + conv2(ReLU(conv1(a))))``; without skip the shortcut is left out.

    Args:
        form: "same" size, the shortcut is the input itself; "projection", half the size and twice the channels, the shortcut
            a 1×1 convolution with stride 2; "padded", the same with every second pixel and channels of zeros.
    """

    def __init__(self, channels: int, form: Form = "same", *, skip: bool = True, batch_norm: bool = False) -> None:
        super().__init__()
        out, stride = (channels, 1) if form == "same" else (2 * channels, 2)
        self.conv1 = nn.Conv2d(channels, out, 3, stride, padding=1, bias=not batch_norm)
        self.norm1 = nn.BatchNorm2d(out) if batch_norm else nn.Identity()
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=not batch_norm)
        self.norm2 = nn.BatchNorm2d(out) if batch_norm else nn.Identity()
        self.shortcut: nn.Module | None = None
        if skip:
            self.shortcut = _shortcut(channels, out, form, stride)

    def computed(self, a: Tensor) -> Tensor:
        """z, what the two convolutions answer."""
        return self.norm2(self.conv2(self.relu(self.norm1(self.conv1(a)))))

    def forward(self, a: Tensor) -> Tensor:
        z = self.computed(a)
        return self.relu(z if self.shortcut is None else z + self.shortcut(a))


def _shortcut(channels: int, out: int, form: Form, stride: int) -> nn.Module:
    """Only what is needed is made: a layer draws its weights, and both kinds of a deep network start from the same ones."""
    if form == "projection":
        return nn.Conv2d(channels, out, 1, stride, bias=False)
    return nn.Identity() if form == "same" else PaddedShortcut(out, stride)


@dataclass(frozen=True)
class Parts:
    """The pieces of one pass, (C, H, W) float32: what came in, what was computed, the shortcut (None without), the answer."""

    a: NDArray[np.float32]
    z: NDArray[np.float32]
    shortcut: NDArray[np.float32] | None
    out: NDArray[np.float32]


def drawn_block(channels: int, form: Form, *, skip: bool, strength: float, seed: int) -> ResidualBlock:
    """A block with He's random weights times ``strength``; at 0 all are zero. A projection starts as the identity."""
    generator = torch.Generator().manual_seed(seed)
    block = ResidualBlock(channels, form, skip=skip)
    with torch.no_grad():
        for conv in (block.conv1, block.conv2):
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu", generator=generator).mul_(strength)
            nn.init.zeros_(conv.bias)
        if isinstance(block.shortcut, nn.Conv2d):
            nn.init.dirac_(block.shortcut.weight)
    return block


@one_thread()
def run(block: ResidualBlock, image: NDArray[np.uint8]) -> Parts:
    """The block on a picture (H, W, 3) of values 0 to 1, which, as after a ReLU, are not negative."""
    a = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        shortcut = None if block.shortcut is None else block.shortcut(a)[0].numpy()
        return Parts(a[0].numpy(), block.computed(a)[0].numpy(), shortcut, block(a)[0].numpy())


def stack(depth: int, *, skip: bool, init: str, batch_norm: bool, seed: int) -> nn.Sequential:
    """``depth`` 3×3 convolutions (an even number) of 8 channels, two a block, in double precision."""
    with seeded(seed):
        network = nn.Sequential(*(ResidualBlock(CHANNELS, skip=skip, batch_norm=batch_norm) for _ in range(depth // 2)))
        if init == "he":
            he_initialise(network)
    return network.double()


@one_thread()
def gradient_norms(
    depth: int, *, skip: bool, init: str = "pytorch", batch_norm: bool = False, seed: int = 0
) -> NDArray[np.float64]:
    """The norm of the loss's gradient at each convolution's weights, (depth,), first layer first.

    The loss is a random weighing of the last layer's maps, the input noise; both from the seed, the same for every depth.

    References:
        He et al. (2016), CVPR, section 1 (degradation); Balduzzi et al. (2017), ICML, arXiv:1702.08591 (gradients).
    """
    network = stack(depth, skip=skip, init=init, batch_norm=batch_norm, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    x, read_out = (torch.randn(BATCH, CHANNELS, SIDE, SIDE, dtype=torch.float64, generator=generator) for _ in range(2))
    (network(x) * read_out).mean().backward()
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    return np.array([float(torch.linalg.vector_norm(conv.weight.grad)) for conv in convolutions])
