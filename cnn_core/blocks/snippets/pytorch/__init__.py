"""The code of each view in PyTorch; one function a view, its arguments the view's numbers."""

from cnn_core.blocks.snippets.pytorch.heads import dense_head, dense_numbers, dense_picture, halving, heads
from cnn_core.blocks.snippets.pytorch.layers import (
    activation_curve,
    activation_depth,
    batch_norm_numbers,
    batch_norm_pictures,
    dropout,
)
from cnn_core.blocks.snippets.pytorch.networks import inception, residual_block, residual_depth, se_gate, separable

__all__ = [
    "activation_curve", "activation_depth", "batch_norm_numbers", "batch_norm_pictures", "dense_head", "dense_numbers", "dense_picture",
    "dropout", "halving", "heads", "inception", "residual_block", "residual_depth", "se_gate", "separable",
]  # fmt: skip
