"""Smaller maps, heads, and heads written as convolutions."""

from __future__ import annotations

from collections.abc import Sequence

from cnn_core.blocks.snippets.pytorch.text import text
from cnn_core.blocks.snippets.writing import literal

FILTERS = {
    "average": "conv.weight.copy_(torch.eye(3)[:, :, None, None] * torch.full((2, 2), 0.25))",
    "corner": "conv.weight.copy_(torch.eye(3)[:, :, None, None] * torch.tensor([[1.0, 0.0], [0.0, 0.0]]))",
    "random": "nn.init.kaiming_normal_(conv.weight, generator=torch.Generator().manual_seed({seed}))",
}


def halving(window: Sequence[Sequence[Sequence[float]]], channels: int = 96, filter: str = "average", seed: int = 0, side: int = 32) -> str:
    """``window``: the first 2×2 of red, green and blue, (3, 2, 2)."""
    return text(f"""
largest, mean = nn.MaxPool2d(2), nn.AvgPool2d(2)
block = nn.Conv2d({channels}, {channels}, 2, stride=2, bias=False)
x = torch.rand(1, {channels}, {side}, {side})
print(tuple(largest(x).shape), tuple(mean(x).shape), tuple(block(x).shape))

window = torch.tensor([{literal(window)}])
conv = nn.Conv2d(3, 3, 2, stride=2, bias=False)
with torch.no_grad():
    {FILTERS[filter].format(seed=seed)}
for layer in (largest, mean, conv):
    print(round(layer(window)[0, 0, 0, 0].item(), 2))
""", "largest", "mean", "block")  # fmt: skip


def heads(channels: int = 128, side: int = 7, classes: int = 10, rows: int = 4, cols: int = 4) -> str:
    return text(f"""
dense = nn.Sequential(nn.Flatten(), nn.Linear({channels} * {side} * {side}, {classes}))
gap = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear({channels}, {classes}))

x = torch.rand(1, {channels}, {side}, {side})
moved = x.roll(({rows}, {cols}), dims=(2, 3))
print(tuple(dense(x).shape), tuple(gap(x).shape))
print(round((gap(moved) - gap(x)).abs().max().item(), 3))
""", "dense", "gap")  # fmt: skip


def dense_numbers(
    x: Sequence[Sequence[float]] = ((1, 2), (3, 4)), weights: Sequence[Sequence[float]] = ((1.1, 1.2, 1.3, 1.4), (1.5, 1.6, 1.7, 1.8)),
    bias: Sequence[float] = (1.9, 2.0),
) -> str:  # fmt: skip
    return text(f"""
x = torch.tensor({literal(x)})
weights = torch.tensor({literal(weights)})
bias = torch.tensor({literal(bias)})

linear = nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.ReLU())
window = nn.Sequential(nn.Conv2d(1, 2, 2), nn.ReLU())
pixel = nn.Sequential(nn.Conv2d(4, 2, 1), nn.ReLU())
with torch.no_grad():
    for layer in (linear[1], window[0], pixel[0]):
        layer.weight.copy_(weights.reshape(layer.weight.shape))
        layer.bias.copy_(bias)

for network, given in ((linear, x[None]), (window, x[None, None]), (pixel, x.reshape(1, 4, 1, 1))):
    print([round(value, 1) for value in network(given).flatten().tolist()])
""", "linear", "window", "pixel")  # fmt: skip


def _both_forms(channels: int, height: int, width: int, hidden: int, classes: int) -> str:
    return f"""head = nn.Sequential(
    nn.Flatten(),
    nn.Linear({channels} * {height} * {width}, {hidden}), nn.ReLU(),
    nn.Linear({hidden}, {classes}),
)
block = nn.Sequential(
    nn.Conv2d({channels}, {hidden}, ({height}, {width})), nn.ReLU(),
    nn.Conv2d({hidden}, {classes}, 1),
)"""


COPIED = """    for conv, linear in ((block[0], head[1]), (block[2], head[3])):
        conv.weight.copy_(linear.weight.reshape(conv.weight.shape))
        conv.bias.copy_(linear.bias)"""


def dense_head(channels: int = 128, height: int = 7, width: int = 7, hidden: int = 64, classes: int = 10, larger: int = 4) -> str:
    return text(f"""
torch.manual_seed(0)
{_both_forms(channels, height, width, hidden, classes)}
with torch.no_grad():
{COPIED}

generator = torch.Generator().manual_seed(0)
x = torch.randn(1, {channels}, {height}, {width}, generator=generator)
print([round(value, 3) for value in head(x).flatten().tolist()])
print([round(value, 3) for value in block(x).flatten().tolist()])
x = torch.randn(1, {channels}, {height + larger}, {width + larger}, generator=generator)
print(tuple(block(x).shape))
""", "head", "block")  # fmt: skip


def dense_picture(hidden: Sequence[float], side: int = 8, height: int = 96, width: int = 96) -> str:
    """``hidden``: what the first layer answers at the place on the screen, after ReLU; one unit and one class for each piece."""
    n = len(hidden)
    others = f"1 / {n - 1}" if n > 1 else "1.0"
    return text(f"""
{_both_forms(3, side, side, n, n)}
others = {others}
with torch.no_grad():
    head[3].weight.copy_((1 + others) * torch.eye({n}) - others)
    head[3].bias.zero_()
{COPIED}

hidden = torch.tensor({literal(hidden)})
print([round(value, 3) for value in head[3](hidden).tolist()])
print([round(value, 3) for value in block[2](hidden[:, None, None]).flatten().tolist()])
print(tuple(block(torch.rand(1, 3, {height}, {width})).shape))
""", "head", "block")  # fmt: skip
