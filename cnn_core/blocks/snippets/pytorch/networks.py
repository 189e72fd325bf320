"""Blocks of several layers: separable, residual, SE, Inception."""

from __future__ import annotations

from collections.abc import Sequence

from cnn_core.blocks.snippets.pytorch.text import text
from cnn_core.blocks.snippets.writing import literal


def separable(inputs: int = 1, outputs: int = 8, kernel: int = 3, groups: int = 1, side: int = 28) -> str:
    shared = f"groups={groups}, " if groups > 1 else ""
    return text(f"""
standard = nn.Conv2d({inputs}, {outputs}, {kernel}, padding={kernel // 2}, {shared}bias=False)
block = nn.Sequential(
    nn.Conv2d({inputs}, {inputs}, {kernel}, padding={kernel // 2}, groups={inputs}, bias=False),
    nn.Conv2d({inputs}, {outputs}, 1, bias=False),
)

x = torch.rand(1, {inputs}, {side}, {side})
print(tuple(standard(x).shape), tuple(block(x).shape))
print(*(layer.weight.numel() for layer in block))
""", "standard", "block")  # fmt: skip


def residual_block(
    channels: int = 32, form: str = "same", skip: bool = True, side: int = 28, strength: float = 0.7, z: float = 0.0, a: float = 0.0,
) -> str:  # fmt: skip
    """``z`` and ``a``: a value that was computed and the one that is added to it, from the screen."""
    out, stride = (channels, 1) if form == "same" else (2 * channels, 2)
    shortcut = {
        "same": "x", "projection": "self.shortcut(x)",
        "padded": f"nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, {out - channels}))",
    }  # fmt: skip
    layer, start = "", ""
    if form == "projection" and skip:
        layer = f"\n        self.shortcut = nn.Conv2d({channels}, {out}, 1, stride={stride}, bias=False)"
        start = "\n    nn.init.dirac_(block.shortcut.weight)"
    kept = "x" if stride == 1 else f"x[:, :, ::{stride}, ::{stride}]"
    total = f"torch.tensor({literal(z)}) + torch.tensor({literal(a)})" if skip else f"torch.tensor({literal(z)})"
    return text(f"""
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d({channels}, {out}, 3, stride={stride}, padding=1)
        self.conv2 = nn.Conv2d({out}, {out}, 3, padding=1){layer}

    def forward(self, x):
        z = self.conv2(torch.relu(self.conv1(x)))
        return torch.relu({f"z + {shortcut[form]}" if skip else "z"})


block = Block()
with torch.no_grad():
    for conv in (block.conv1, block.conv2):
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu").mul_({strength})
        nn.init.zeros_(conv.bias){start}

x = torch.rand(1, {channels}, {side}, {side})
y = block(x)
print(tuple(y.shape), torch.allclose(y[:, :{channels}], {kept}, atol=1e-6))
print(round(torch.relu({total}).item(), 3))
""")


def residual_depth(
    depth: int = 50, init: str = "pytorch", batch_norm: bool = False, seed: int = 0, channels: int = 8, side: int = 8, batch: int = 4,
) -> str:  # fmt: skip
    conv = f"nn.Conv2d({channels}, {channels}, 3, padding=1{', bias=False' if batch_norm else ''})"
    norms = ["", ""]
    z = "self.conv2(torch.relu(self.conv1(x)))"
    if batch_norm:
        norms = [f"\n        self.norm{k} = nn.BatchNorm2d({channels})" for k in (1, 2)]
        z = "self.norm2(self.conv2(torch.relu(self.norm1(self.conv1(x)))))"
    start = ""
    if init == "he":
        start = """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")"""
        start += "" if batch_norm else "\n            nn.init.zeros_(layer.bias)"
    return text(f"""
class Block(nn.Module):
    def __init__(self, skip):
        super().__init__()
        self.skip = skip
        self.conv1 = {conv}{norms[0]}
        self.conv2 = {conv}{norms[1]}

    def forward(self, x):
        z = {z}
        return torch.relu(z + x if self.skip else z)


def build(skip):
    torch.manual_seed({seed})
    network = nn.Sequential(*(Block(skip) for _ in range({depth // 2}))){start}
    return network.double()


plain, skipped = build(skip=False), build(skip=True)
for network in (plain, skipped):
    generator = torch.Generator().manual_seed({seed})
    x, weighing = (torch.randn({batch}, {channels}, {side}, {side}, dtype=torch.float64, generator=generator) for _ in range(2))
    (network(x) * weighing).mean().backward()
    norms = [layer.weight.grad.norm().item() for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    print(f"{{norms[0]:.6g}} {{norms[-1]:.6g}} {{norms[0] / max(norms[-1], 1e-300):.6g}}")
""", "plain", "skipped")  # fmt: skip


def se_gate(
    means: Sequence[float], channels: int = 256, reduction: int = 16, how: str = "by_hand", shown_reduction: int = 1, strength: float = 6.0,
    seed: int = 0, side: int = 14,
) -> str:  # fmt: skip
    """``means``: of the maps on the screen, one each."""
    n = len(means)
    drawn = f"""    generator = torch.Generator().manual_seed({seed})
    nn.init.kaiming_normal_(shown[1].weight, generator=generator)
    nn.init.kaiming_normal_(shown[3].weight, generator=generator).mul_({strength})"""
    by_hand = f"""    eye = torch.eye({n})[:, :, None, None]
    shown[1].weight.copy_(eye)
    shown[3].weight.copy_({strength} * (eye - 1 / {n}))"""
    return text(f"""
def gate(channels, hidden):
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(1),
        nn.Conv2d(channels, hidden, 1), nn.ReLU(),
        nn.Conv2d(hidden, channels, 1), nn.Sigmoid(),
    )


block = gate({channels}, {max(1, channels // reduction)})
conv = nn.Conv2d({channels}, {channels}, 3, padding=1, bias=False)
x = torch.rand(1, {channels}, {side}, {side})
print(tuple((x * block(x)).shape))

means = torch.tensor({literal(means)}).reshape(1, {n}, 1, 1)
shown = gate({n}, {max(1, n // shown_reduction)})
with torch.no_grad():
{by_hand if how == "by_hand" else drawn}
    nn.init.zeros_(shown[1].bias)
    nn.init.zeros_(shown[3].bias)
print([round(value, 2) for value in shown[:3](means).flatten().tolist()])
print([round(value, 3) for value in shown(means).flatten().tolist()])
""", "block", "conv")  # fmt: skip


def inception(
    inputs: int = 16, one: int = 32, three: int = 32, five: int = 32, reduce_three: int = 0, reduce_five: int = 0, pool: int = 0,
    side: int = 28, on: Sequence[str] = ("one", "three", "five", "pool"),
) -> str:  # fmt: skip
    after = f", nn.Conv2d({inputs}, {pool}, 1), nn.ReLU()" if pool else ""
    lines = {
        "one": f"nn.Sequential(nn.Conv2d({inputs}, {one}, 1), nn.ReLU()),",
        "three": _branch(inputs, reduce_three, three, 3),
        "five": _branch(inputs, reduce_five, five, 5),
        "pool": f"nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1){after}),",
    }
    branches = "\n    ".join(line for name, line in lines.items() if name in on)
    return text(f"""
block = nn.ModuleList([
    {branches}
])

x = torch.rand(1, {inputs}, {side}, {side})
y = torch.cat([branch(x) for branch in block], dim=1)
print(tuple(y.shape))
""")


def _branch(inputs: int, reduction: int, outputs: int, kernel: int) -> str:
    before = f"nn.Conv2d({inputs}, {reduction}, 1), nn.ReLU(), " if reduction else ""
    return f"nn.Sequential({before}nn.Conv2d({reduction or inputs}, {outputs}, {kernel}, padding={kernel // 2}), nn.ReLU()),"
