"""A chain as PyTorch code that runs as it stands."""

from __future__ import annotations

from cnn_core.chains.chain import Chain

BATCH = 2  # the smallest that batch normalisation can train on


def to_pytorch(chain: Chain) -> str:
    """A program that builds ``model``, sends a batch ``x`` through it and prints the output's shape.

    Raises:
        GeometryError: a row that cannot work, as ``Chain.check``.
    """
    lines, shape = [], tuple(chain.input_shape)
    for row in chain.check():
        lines.append((f"    nn.{row.layer.pytorch(shape)},", row.output_shape))
        shape = row.output_shape or shape
    width = max((len(line) for line, _ in lines), default=0)
    body = [f"{line:<{width}}  # {_shape(after)}" for line, after in lines]
    batch = (BATCH, *chain.input_shape)
    return "\n".join(
        [
            "import torch",
            "from torch import nn",
            "",
            "model = nn.Sequential(",
            *body,
            ")",
            f"x = torch.randn{batch}",
            f"print(model(x).shape)  # torch.Size([{', '.join(map(str, (BATCH, *shape)))}])",
            "",
        ]
    )


def _shape(shape: tuple[int, ...] | None) -> str:
    return "×".join(map(str, shape or ()))
