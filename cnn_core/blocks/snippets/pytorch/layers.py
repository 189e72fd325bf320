"""Single layers: batch normalisation, dropout, activations."""

from __future__ import annotations

from collections.abc import Sequence

from cnn_core.blocks.snippets.pytorch.text import text
from cnn_core.blocks.snippets.writing import literal


def batch_norm_pictures(
    x: float, mean: float, var: float, gamma: float = 1.0, beta: float = 0.0, training: bool = True, channels: int = 192, batch: int = 8,
    side: int = 32,
) -> str:  # fmt: skip
    return text(f"""
conv = nn.Conv2d(3, {channels}, kernel_size=5, bias=False)
block = nn.BatchNorm2d({channels}, momentum=0.1, eps=1e-5)

y = block.{"train" if training else "eval"}()(conv(torch.rand({batch}, 3, {side}, {side})))
print(tuple(y.shape))

x, mean, var = torch.tensor([[{literal(x)}]]), torch.tensor([{literal(mean)}]), torch.tensor([{literal(var)}])
gamma, beta = torch.tensor([{literal(gamma)}]), torch.tensor([{literal(beta)}])
y = nn.functional.batch_norm(x, mean, var, gamma, beta, eps=1e-5)
print(round(y.item(), 3))
""")


def batch_norm_numbers(
    rows: Sequence[Sequence[float]], n: int, gammas: Sequence[float], betas: Sequence[float], training: bool = True, seen: int = 20,
    mean: Sequence[float] = (), var: Sequence[float] = (),
) -> str:  # fmt: skip
    """``mean`` and ``var``, what is remembered after ``seen`` batches, come about by themselves here."""
    show = f"for row in block(rows[:{n}]).tolist():\n    print([round(value, 3) for value in row])"
    if training and n == 1:
        show = "try:\n    block(rows[:1])\nexcept ValueError as error:\n    print(error)"
    return text(f"""
block = nn.BatchNorm1d({len(gammas)}, momentum=0.1, eps=1e-5)
with torch.no_grad():
    block.weight.copy_(torch.tensor({literal(gammas)}))
    block.bias.copy_(torch.tensor({literal(betas)}))

rows = torch.tensor({literal(rows)})
for _ in range({seen}):
    block(rows)
block.{"train" if training else "eval"}()
{show}
""")


def dropout(
    p: float = 0.5, whole_maps: bool = True, training: bool = True, seed: int = 0, draws: int = 20, channel: int = 0,
    value: float | None = None, height: int = 5, width: int = 5,
) -> str:  # fmt: skip
    """``channel`` is where the value stands that is scaled on the screen; with a ``value`` the maps hold that and nothing else."""
    x = "torch.arange(1.0, 76.0).reshape(1, 3, 5, 5) % 9 + 1"
    show = f"print(y)\n\ntorch.manual_seed({seed})\nprint(block(x.expand({draws}, -1, -1, -1)).mean(dim=0)[:, 0])"
    if value is not None:
        x = f"torch.full((1, 3, {height}, {width}), {literal(value)})"
        show = "print(round(100 * (y == 0).float().mean().item()))"
    run = f"torch.manual_seed({seed})\ny = block.train()(x)\n{show}\nprint(round(x[0, {channel}, 0, 0].item() / (1 - {p}), 3))"
    return text(f"""
block = nn.{"Dropout2d" if whole_maps else "Dropout"}(p={p})

x = {x}
{run if training else "print(torch.equal(block.eval()(x), x))"}
""")


NAMES = {
    "relu": "ReLU()", "leaky_relu": "LeakyReLU(0.01)", "prelu": "PReLU(init=0.25)", "elu": "ELU()", "gelu": "GELU()", "silu": "SiLU()",
    "tanh": "Tanh()", "sigmoid": "Sigmoid()",
}  # fmt: skip
STARTS = {
    "xavier": "xavier_normal_(layer.weight, generator=generator)",
    "he": 'kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)',
    "small": "normal_(layer.weight, std=0.01, generator=generator)", "large": "normal_(layer.weight, std=0.2, generator=generator)",
}  # fmt: skip


def activation_curve(name: str = "relu", x: float = 2.0, channels: int = 64, side: int = 28) -> str:
    return text(f"""
conv = nn.Conv2d(3, {channels}, 3, padding=1)
block = nn.{NAMES[name]}
print(tuple(block(conv(torch.rand(1, 3, {side}, {side}))).shape))

x = torch.tensor({literal(x)}, requires_grad=True)
y = block(x)
y.backward()
print(round(y.item(), 4), round(x.grad.item(), 4))
""")


def activation_depth(
    name: str = "relu", start: str = "he", width: int = 128, depth: int = 20, samples: int = 256, seed: int = 0, noise_seed: int = 10_000,
) -> str:  # fmt: skip
    return text(f"""
generator = torch.Generator().manual_seed({seed})
block = nn.Sequential()
for _ in range({depth}):
    layer = nn.Linear({width}, {width}, bias=False, dtype=torch.float64)
    nn.init.{STARTS[start]}
    block.extend([layer, nn.{NAMES[name]}.double()])
print(f"{{block[0].weight.std(correction=0).item():.6g}}")

noise = torch.Generator().manual_seed({noise_seed})
signals = [torch.randn({samples}, {width}, dtype=torch.float64, generator=noise)]
before = []
for layer, activation in zip(block[::2], block[1::2]):
    before.append(layer(signals[-1]))
    before[-1].retain_grad()
    signals.append(activation(before[-1]))
weighing = torch.randn({samples}, {width}, dtype=torch.float64, generator=generator)
((signals[-1] * weighing).sum() / {samples}).backward()
for values in (signals[1], signals[-1], before[0].grad):
    print(f"{{values.square().mean().sqrt().item():.6g}}")

last = before[-1].detach().requires_grad_()
block[-1](last).sum().backward()
print(round(100 * (last.grad.abs() < 0.1).double().mean().item()))
""")
