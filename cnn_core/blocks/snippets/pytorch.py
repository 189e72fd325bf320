"""The code of each card in PyTorch; one function a card, its arguments the card's numbers."""

from __future__ import annotations

from collections.abc import Sequence


def _text(body: str) -> str:
    return f"import torch\nfrom torch import nn\n\n{body.strip()}\n\nparams = sum(p.numel() for p in block.parameters())\nprint(params)\n"


def batch_norm(channels: int = 192, batch: int = 8, side: int = 32) -> str:
    return _text(f"""
conv = nn.Conv2d(3, {channels}, kernel_size=5, bias=False)
block = nn.BatchNorm2d({channels}, momentum=0.1, eps=1e-5)

x = torch.rand({batch}, 3, {side}, {side})
y = block.train()(conv(x))
print(y.mean(dim=(0, 2, 3)), y.var(dim=(0, 2, 3)))
y = block.eval()(conv(x))
""")


def dropout(p: float = 0.5, whole_maps: bool = True) -> str:
    return _text(f"""
block = nn.{"Dropout2d" if whole_maps else "Dropout"}(p={p})

x = torch.rand(1, 3, 5, 5)
print(block.train()(x))
print(torch.equal(block.eval()(x), x))
""")


def separable(inputs: int = 1, outputs: int = 8, kernel: int = 3, side: int = 28) -> str:
    return _text(f"""
standard = nn.Conv2d({inputs}, {outputs}, {kernel}, padding={kernel // 2}, bias=False)
block = nn.Sequential(
    nn.Conv2d({inputs}, {inputs}, {kernel}, padding={kernel // 2}, groups={inputs}, bias=False),
    nn.Conv2d({inputs}, {outputs}, 1, bias=False),
)

x = torch.rand(1, {inputs}, {side}, {side})
print(standard(x).shape, block(x).shape)
print(sum(p.numel() for p in standard.parameters()))
""")


def residual(channels: int = 32, form: str = "same", skip: bool = True, side: int = 28) -> str:
    out, stride = (channels, 1) if form == "same" else (2 * channels, 2)
    shortcut = {
        "same": "x", "projection": "self.shortcut(x)",
        "padded": f"nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, {out - channels}))",
    }  # fmt: skip
    layer = f"\n        self.shortcut = nn.Conv2d({channels}, {out}, 1, stride={stride}, bias=False)"
    return _text(f"""
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d({channels}, {out}, 3, stride={stride}, padding=1)
        self.conv2 = nn.Conv2d({out}, {out}, 3, padding=1){layer if form == "projection" and skip else ""}

    def forward(self, x):
        z = self.conv2(torch.relu(self.conv1(x)))
        return torch.relu({f"z + {shortcut[form]}" if skip else "z"})


block = Block()
print(block(torch.rand(1, {channels}, {side}, {side})).shape)
""")


def se_gate(channels: int = 64, reduction: int = 16, side: int = 14) -> str:
    hidden = max(1, channels // reduction)
    return _text(f"""
block = nn.Sequential(
    nn.AdaptiveAvgPool2d(1),
    nn.Conv2d({channels}, {hidden}, 1), nn.ReLU(),
    nn.Conv2d({hidden}, {channels}, 1), nn.Sigmoid(),
)

x = torch.rand(1, {channels}, {side}, {side})
y = x * block(x)
print(y.shape)
""")


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
    return _text(f"""
block = nn.ModuleList([
    {branches}
])

x = torch.rand(1, {inputs}, {side}, {side})
y = torch.cat([branch(x) for branch in block], dim=1)
print(y.shape)
""")


def _branch(inputs: int, reduction: int, outputs: int, kernel: int) -> str:
    before = f"nn.Conv2d({inputs}, {reduction}, 1), nn.ReLU(), " if reduction else ""
    return f"nn.Sequential({before}nn.Conv2d({reduction or inputs}, {outputs}, {kernel}, padding={kernel // 2}), nn.ReLU()),"


def downsampling(channels: int = 128, side: int = 7, classes: int = 10) -> str:
    return _text(f"""
pooled = nn.MaxPool2d(2)
learned = nn.Conv2d({channels}, {channels}, 2, stride=2, bias=False)

dense = nn.Sequential(nn.Flatten(), nn.Linear({channels} * {side} * {side}, {classes}))
block = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear({channels}, {classes}))

x = torch.rand(1, {channels}, {side}, {side})
print(pooled(x).shape, learned(x).shape, dense(x).shape, block(x).shape)
print(sum(p.numel() for p in dense.parameters()))
""")


def dense_conv(channels: int = 1, height: int = 2, width: int = 2, hidden: int = 2, classes: int = 2) -> str:
    return _text(f"""
head = nn.Sequential(
    nn.Flatten(),
    nn.Linear({channels} * {height} * {width}, {hidden}), nn.ReLU(),
    nn.Linear({hidden}, {classes}),
)
block = nn.Sequential(
    nn.Conv2d({channels}, {hidden}, ({height}, {width})), nn.ReLU(),
    nn.Conv2d({hidden}, {classes}, 1),
)
with torch.no_grad():
    for conv, linear in ((block[0], head[1]), (block[2], head[3])):
        conv.weight.copy_(linear.weight.reshape(conv.weight.shape))
        conv.bias.copy_(linear.bias)

x = torch.rand(1, {channels}, {height}, {width})
print(torch.allclose(head(x), block(x).flatten(1), atol=1e-5))
print(block(torch.rand(1, {channels}, {height + 4}, {width + 4})).shape)
""")


NAMES = {
    "relu": "ReLU()", "leaky_relu": "LeakyReLU(0.01)", "prelu": "PReLU(init=0.25)", "elu": "ELU()", "gelu": "GELU()", "silu": "SiLU()",
    "tanh": "Tanh()", "sigmoid": "Sigmoid()",
}  # fmt: skip
STARTS = {
    "xavier": "nn.init.xavier_normal_(layer.weight)", "he": 'nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")',
    "small": "nn.init.normal_(layer.weight, std=0.01)", "large": "nn.init.normal_(layer.weight, std=0.2)",
}  # fmt: skip


def activation(name: str = "relu", start: str = "he", width: int = 128, depth: int = 20) -> str:
    return _text(f"""
block = nn.Sequential()
for _ in range({depth}):
    layer = nn.Linear({width}, {width}, bias=False)
    {STARTS[start]}
    block.extend([layer, nn.{NAMES[name]}])

x = torch.randn(256, {width})
for layer in block:
    x = layer(x)
print(x.square().mean().sqrt())
""")
