"""From a picture to what a network takes, in steps that can be shown: resized, cropped, normalised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from cnn_core import images

if TYPE_CHECKING:
    from torch import Tensor

Interpolation = Literal["bilinear", "bicubic", "area"]
Pixels = NDArray[np.uint8]

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # torchvision's, of ImageNet's training pictures
PADDED_AT_MOST = 4  # px by which small pictures are widened with zeros rather than stretched, as in training: MNIST's 28 for LeNet-5's 32
LONGEST = 8  # times the shorter side: of a longer strip only the middle is resized, as only the middle is cut out


@dataclass(frozen=True)
class Prepared:
    """A picture on its way into a network.

    Attributes:
        resized: (h, w, C) uint8.
        cropped: (H, W, C) uint8: what the network sees, with the colours a person sees.
        tensor: (1, C, H, W) float32, normalised.
    """

    resized: Pixels
    cropped: Pixels
    tensor: Tensor


@dataclass(frozen=True)
class Preprocessing:
    """How pictures are made fit for a set of weights.

    Attributes:
        channels: 3 for RGB; 1 for networks that see grey.
        resize: the shorter side becomes so many pixels long; None leaves the picture at its size. With "area", a picture that is up to
            ``PADDED_AT_MOST`` pixels smaller than the crop keeps its size, as training keeps it.
        crop: (H, W) cut out of the middle; where the picture is smaller, zeros surround it, as around MNIST's digits.
        interpolation: "bilinear" and "bicubic" as Pillow does them, and torchvision's weights were measured with; "area" is the mean
            of the covered area, as small training images are made here.
        mean, std: of values in 0 to 1, one a channel; (value − mean) / std goes into the network.
        invert: dark becomes light first. MNIST's digits are white on black; a photograph of ink on paper is the other way round.
            Nobody but the user knows which it is, so nobody but the user sets this.
    """

    channels: Literal[1, 3]
    resize: int | None
    crop: tuple[int, int]
    interpolation: Interpolation
    mean: tuple[float, ...]
    std: tuple[float, ...]
    invert: bool = False

    def apply(self, image: Pixels) -> Prepared:
        """All steps for an upright picture, (H, W, 3) uint8."""
        picture = _middle(image)
        if self.invert:
            picture = 255 - picture
        if self.channels == 1:
            picture = np.rint(images.to_grey(picture) * 255).astype(np.uint8)
        resized = self._resized(picture)
        resized = resized.reshape(*resized.shape[:2], self.channels)
        cropped = _crop(resized, self.crop)
        return Prepared(resized, cropped, self.normalise(cropped[None]))

    def normalise(self, pictures: Pixels) -> Tensor:
        """(N, H, W, C) uint8 of the right size already → (N, C, H, W) float32."""
        import torch

        batch = torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy()).float().div_(255)  # a copy: torch writes nowhere else
        mean, std = (torch.tensor(values, dtype=torch.float32).view(-1, 1, 1) for values in (self.mean, self.std))
        return batch.sub_(mean).div_(std)

    def fit(self, pictures: Pixels) -> Tensor:
        """A data set's images, (N, h, w) or (N, h, w, C) uint8 → (N, C, H, W) float32, each through all steps."""
        pictures = pictures[..., None] if pictures.ndim == 3 else pictures
        if not self.invert and pictures.shape[3] == self.channels and self._stays(*pictures.shape[1:3]):
            return self.normalise(np.stack([_crop(picture, self.crop) for picture in pictures]))
        import torch

        rgb = np.broadcast_to(pictures, (*pictures.shape[:3], 3))
        return torch.cat([self.apply(np.ascontiguousarray(picture)).tensor for picture in rgb])

    def _stays(self, height: int, width: int) -> bool:
        """Whether a picture of that size is not resized."""
        if self.resize is None or min(height, width) == self.resize:
            return True
        wider = (self.crop[0] - height, self.crop[1] - width)
        return self.interpolation == "area" and self.resize == min(self.crop) and all(0 <= extra <= PADDED_AT_MOST for extra in wider)

    def _resized(self, picture: Pixels) -> Pixels:
        height, width = picture.shape[:2]
        if self.resize is None or self._stays(height, width):
            return picture
        # As torchvision rounds: the longer side is cut to a whole number.
        long = int(self.resize * max(height, width) / min(height, width))
        new_width, new_height = (self.resize, long) if width <= height else (long, self.resize)
        if self.interpolation == "area":
            return images.resize(picture, new_width, new_height)
        from PIL import Image

        filter_ = Image.Resampling.BICUBIC if self.interpolation == "bicubic" else Image.Resampling.BILINEAR
        return np.asarray(Image.fromarray(picture).resize((new_width, new_height), filter_))


def _middle(image: Pixels) -> Pixels:
    """A very long strip's middle part: at 256 pixels on the short side the whole would be gigabytes."""
    height, width = image.shape[:2]
    most = LONGEST * min(height, width)
    if max(height, width) <= most:
        return image
    top, left = max(0, (height - most) // 2), max(0, (width - most) // 2)
    return np.ascontiguousarray(image[top : top + most, left : left + most])


def _crop(picture: Pixels, size: tuple[int, int]) -> Pixels:
    """The middle, rounded as torchvision does; a smaller picture lies in the middle of zeros."""
    height, width = size
    down, right = max(0, height - picture.shape[0]), max(0, width - picture.shape[1])
    if down or right:
        picture = np.pad(picture, ((down // 2, (down + 1) // 2), (right // 2, (right + 1) // 2), (0, 0)))
    top, left = round((picture.shape[0] - height) / 2), round((picture.shape[1] - width) / 2)
    return np.ascontiguousarray(picture[top : top + height, left : left + width])
