"""Which arithmetic belongs to a layer: its class decides, never its path."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from cnn_core.architectures.lenet import RBFOutput, ScaledTanh
from cnn_core.arithmetic import same_padding
from cnn_core.inspection.values import activations, norms, pooling, products
from cnn_core.inspection.worked import FormulaStep, WorkedValue

Place = tuple[int, ...]
"""(picture, position …): an index into the output with its batch."""

Worker = Callable[[nn.Module, torch.Tensor, Place], WorkedValue]

MOVERS = (
    nn.Identity, nn.Flatten, nn.Unflatten, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout,
    nn.FeatureAlphaDropout, nn.ChannelShuffle, nn.PixelShuffle, nn.PixelUnshuffle, nn.ReflectionPad2d, nn.ReplicationPad2d,
    nn.CircularPad2d, nn.ConstantPad2d,
)  # fmt: skip
MOVER_NAMES = ("Permute", "StochasticDepth", "SwapAxes", "WindowPartition", "WindowDepartition", "DropPath")
"""Movers of torchvision and timm, which are not imported only to ask."""


def worker(layer: nn.Module) -> Worker | None:
    """The function that works out a value of this layer; None where its arithmetic is not written down here."""
    if layer._modules:
        return None  # what holds layers of its own does more than its base class
    if _library(layer) == "timm" and type(layer).__name__ in TIMM_ACTIVATIONS:
        return _fixed(TIMM_ACTIVATIONS[type(layer).__name__])
    for base, function in WORKERS.items():
        if isinstance(layer, base):
            return function if _forward(type(layer)) is _forward(base) or _name(layer) in KNOWN_SUBCLASSES else None
    return moved if is_mover(layer) else None


def is_mover(layer: nn.Module) -> bool:
    """Whether every output value is an input value (or padding), only elsewhere."""
    if isinstance(layer, nn.Upsample):
        return layer.mode == "nearest"
    return isinstance(layer, MOVERS) or (_library(layer) in ("torchvision", "timm") and type(layer).__name__ in MOVER_NAMES)


def _forward(kind: type[nn.Module]) -> Callable[..., torch.Tensor]:
    return kind.forward


KNOWN_SUBCLASSES = ("timm.Conv2dSame", "torchvision.LayerNorm2d", "timm.LayerNorm2d", "timm.Linear")
"""Layers that compute in their own way what their base class computes, or what is told apart here."""

TIMM_ACTIVATIONS = {"Sigmoid": "sigmoid", "Tanh": "tanh", "Swish": "silu", "HardSwish": "hardswish", "HardSigmoid": "hardsigmoid"}


def _name(layer: nn.Module) -> str:
    return f"{_library(layer)}.{type(layer).__name__}"


def _library(layer: nn.Module) -> str:
    return type(layer).__module__.split(".")[0]


def spread(value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)


# Products ----------------------------------------------------------------------------------------------------------------


def _convolution(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    padding = padding_before(layer.padding, layer.kernel_size, layer.dilation)
    if _library(layer) == "timm" and type(layer).__name__ == "Conv2dSame":  # pads as TensorFlow does, by the input's size
        sizes = x.shape[-len(layer.kernel_size):]
        padding = tuple(same_padding(int(n), k, s, d)[0] for n, k, s, d in zip(
            sizes, layer.kernel_size, layer.stride, layer.dilation, strict=True))
    return products.convolution(
        x[place[0]], place[1:], layer.weight, layer.bias, stride=layer.stride, padding=padding, dilation=layer.dilation,
        groups=layer.groups, mode=layer.padding_mode)


def padding_before(padding: str | int | Sequence[int], kernel: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    """Pixels in front of each axis. An even "same" puts the odd one behind."""
    if padding == "same":
        return tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
    return (0,) * len(kernel) if isinstance(padding, str) else spread(padding, len(kernel))


def _transposed(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    return products.transposed(x[place[0]], place[1:], layer.weight, layer.bias, stride=layer.stride, padding=layer.padding,
                               dilation=layer.dilation, groups=layer.groups)


def _linear(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    return products.linear(x[place[0]], place[1:], layer.weight, layer.bias)


def _distance(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    return products.distance(x[place[0]], place[1:], layer.codes)


# Poolings ----------------------------------------------------------------------------------------------------------------


def _maximum(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    rank, stride = x.dim() - 2, layer.stride
    return pooling.maximum(
        x[place[0]], place[1:], kernel=spread(layer.kernel_size, rank), stride=spread(stride, rank),
        padding=spread(layer.padding, rank), dilation=spread(layer.dilation, rank))


def _average(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    rank = x.dim() - 2
    return pooling.average(
        x[place[0]], place[1:], kernel=spread(layer.kernel_size, rank), stride=spread(layer.stride, rank),
        padding=spread(layer.padding, rank), count_include_pad=layer.count_include_pad,
        divisor=getattr(layer, "divisor_override", None))


def _adaptive(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    largest = isinstance(layer, nn.AdaptiveMaxPool1d | nn.AdaptiveMaxPool2d | nn.AdaptiveMaxPool3d)
    wanted = spread(layer.output_size, x.dim() - 2)
    size = [n if m is None else m for n, m in zip(x.shape[2:], wanted, strict=True)]
    return pooling.adaptive(x[place[0]], place[1:], output_size=size, largest=largest)


# Normalisations ----------------------------------------------------------------------------------------------------------


def _batch_norm(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    single = isinstance(layer, nn.modules.instancenorm._InstanceNorm)
    if single and x.dim() == layer._get_no_batch_dim():
        x, place = x[None], (0, *place)
    channel = place[1]
    name = "instance_norm" if single else "batch_norm"
    if layer.running_mean is not None:
        return norms.with_statistics(
            name, x[place[0]], place[1:], channel, mean=float(layer.running_mean[channel]),
            variance=float(layer.running_var[channel]), epsilon=layer.eps, weight=layer.weight, bias=layer.bias)
    values = x[place[0], channel] if single else x[:, channel]
    return norms.of_values(name, x[place[0]], place[1:], channel, values[None], epsilon=layer.eps, weight=layer.weight,
                           bias=layer.bias, channels=np.array([channel]))


def _layer_norm(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    if _library(layer) in ("torchvision", "timm") and type(layer).__name__ == "LayerNorm2d":  # over channels, which come first
        picture, channel, *spot = place
        values = x[(picture, slice(None), *spot)]
        return norms.of_values("layer_norm", x[picture], place[1:], channel, values, epsilon=layer.eps, weight=layer.weight,
                               bias=layer.bias, channels=np.arange(x.shape[1]))
    return layer_norm(x, place, tuple(layer.normalized_shape), layer.weight, layer.bias, layer.eps)


def layer_norm(
    x: torch.Tensor, place: Place, shape: tuple[int, ...], weight: torch.Tensor | None, bias: torch.Tensor | None, epsilon: float
) -> WorkedValue:
    """Over the last dimensions, ``shape`` of them."""
    rank = len(shape)
    own = int(np.ravel_multi_index(place[-rank:], shape))
    values = x[place[:-rank]]
    return norms.of_values("layer_norm", x[place[0]], place[1:], own, values, epsilon=epsilon, weight=weight, bias=bias,
                           channels=np.arange(values.shape[0]))


def _group_norm(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    channel, size = place[1], x.shape[1] // layer.num_groups
    first = channel // size * size
    return norms.of_values(
        "group_norm", x[place[0]], place[1:], channel, x[place[0], first : first + size], epsilon=layer.eps,
        weight=layer.weight, bias=layer.bias, channels=np.arange(first, first + size))


def _local_response(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    return norms.local_response(x[place[0]], place[1:], size=layer.size, alpha=layer.alpha, beta=layer.beta, k=layer.k)


# Activations -------------------------------------------------------------------------------------------------------------


def _softmax(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    dim = 1 if isinstance(layer, nn.Softmax2d) else layer.dim
    if dim is None:
        dim = 0 if x.dim() in (0, 1, 3) else 1  # torch's old implicit choice
    return softmax(x, place, dim, logarithm=isinstance(layer, nn.LogSoftmax), sign=-1.0 if isinstance(layer, nn.Softmin) else 1.0)


def softmax(x: torch.Tensor, place: Place, dim: int, *, logarithm: bool = False, sign: float = 1.0) -> WorkedValue:
    """Along a dimension that is counted with the batch."""
    dim = dim % x.dim()
    if dim == 0:  # along the batch itself: nothing is one picture's alone
        return activations.softmax(x, place, 0, logarithm=logarithm, sign=sign)
    return activations.softmax(x[place[0]], place[1:], dim - 1, logarithm=logarithm, sign=sign)


def _pointwise(operation: str, **names: str) -> Worker:
    """An activation whose settings are the layer's own attributes: setting = attribute."""

    def work(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
        settings = {setting: float(getattr(layer, name)) for setting, name in names.items()}
        return activations.pointwise(x[place[0]], place[1:], operation, settings)

    return work


def _gelu(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    return activations.pointwise(x[place[0]], place[1:], "gelu_tanh" if layer.approximate == "tanh" else "gelu", {})


def _prelu(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    index = place[1] if layer.weight.numel() > 1 else 0
    return activations.pointwise(x[place[0]], place[1:], "prelu", {"slope": float(layer.weight.detach()[index])})


def _rrelu(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    return activations.pointwise(x[place[0]], place[1:], "rrelu", {"slope": (layer.lower + layer.upper) / 2})


def _fixed(operation: str, **settings: float) -> Worker:
    return lambda layer, x, place: activations.pointwise(x[place[0]], place[1:], operation, settings)


# Values that only move ---------------------------------------------------------------------------------------------------


def moved(layer: nn.Module, x: torch.Tensor, place: Place) -> WorkedValue:
    """Where the value came from: the layer itself says, when it is given the numbers of the places in place of the values."""
    places = torch.arange(1, x.numel() + 1, dtype=torch.float64, device=x.device).reshape(x.shape)
    with torch.no_grad():
        number = float(layer(places)[place])
    whole = number == int(number) and 1 <= number <= x.numel()
    if not whole or (isinstance(layer, nn.ConstantPad2d) and _in_padding(layer, x, place)):
        return _constant(layer, place, number)
    source = tuple(int(at) for at in np.unravel_index(int(number) - 1, tuple(x.shape)))
    own = float(x[source])
    same = np.array(source[1:2] or (0,))
    return WorkedValue(
        "moved", "moved", place[1:], same, np.array([own]), own, (FormulaStep("moved", "x", (own,), own),),
        taps=tuple(np.array([at]) for at in source[2:]), inside=np.ones((1,) * max(len(source) - 2, 0), bool),
        region=tuple((at, at) for at in source[2:]), numbers={"value": own}, magnitude=abs(own))


def _in_padding(layer: nn.Module, x: torch.Tensor, place: Place) -> bool:
    left, _, top, _ = layer.padding
    return not (0 <= place[-2] - top < x.shape[-2] and 0 <= place[-1] - left < x.shape[-1])


def _constant(layer: nn.Module, place: Place, number: float) -> WorkedValue:
    return WorkedValue("moved", "padding", place[1:], np.array([], int), np.array([]), number,
                       (FormulaStep("padding", "0", (number,), number),), magnitude=abs(number))


WORKERS: dict[type[nn.Module], Worker] = {
    **dict.fromkeys((nn.Conv1d, nn.Conv2d, nn.Conv3d), _convolution),
    **dict.fromkeys((nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d), _transposed),
    nn.Linear: _linear,
    RBFOutput: _distance,
    **dict.fromkeys((nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d), _maximum),
    **dict.fromkeys((nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d), _average),
    **dict.fromkeys((nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d,
                     nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d), _adaptive),
    nn.modules.batchnorm._BatchNorm: _batch_norm,
    nn.modules.instancenorm._InstanceNorm: _batch_norm,
    nn.LayerNorm: _layer_norm,
    nn.GroupNorm: _group_norm,
    nn.LocalResponseNorm: _local_response,
    **dict.fromkeys((nn.Softmax, nn.Softmax2d, nn.LogSoftmax, nn.Softmin), _softmax),
    nn.ReLU6: _fixed("relu6", low=0.0, high=6.0),  # before Hardtanh, of which it is one
    nn.ReLU: _fixed("relu"),
    nn.Hardtanh: _pointwise("hardtanh", low="min_val", high="max_val"),
    nn.LeakyReLU: _pointwise("leaky_relu", slope="negative_slope"),
    nn.PReLU: _prelu,
    nn.RReLU: _rrelu,
    nn.ELU: _pointwise("elu", alpha="alpha"),
    nn.SELU: _fixed("selu", alpha=1.6732632423543772, scale=1.0507009873554805),  # Klambauer et al. (2017)
    nn.CELU: _pointwise("celu", alpha="alpha", inner="alpha"),
    nn.GELU: _gelu,
    nn.SiLU: _fixed("silu"),
    nn.Mish: _fixed("mish"),
    nn.Hardswish: _fixed("hardswish"),
    nn.Hardsigmoid: _fixed("hardsigmoid"),
    nn.Sigmoid: _fixed("sigmoid"),
    nn.Tanh: _fixed("tanh"),
    ScaledTanh: _fixed("scaled_tanh", scale=1.7159, slope=2 / 3),
    nn.Softplus: _pointwise("softplus", beta="beta", threshold="threshold"),
    nn.Softsign: _fixed("softsign"),
    nn.LogSigmoid: _fixed("log_sigmoid"),
    nn.Hardshrink: _pointwise("hardshrink", edge="lambd"),
    nn.Softshrink: _pointwise("softshrink", edge="lambd"),
    nn.Tanhshrink: _fixed("tanhshrink"),
    nn.Threshold: _pointwise("threshold", threshold="threshold", otherwise="value"),
}
