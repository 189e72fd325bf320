"""The code of each view in Keras 3; one function a view, its arguments the view's numbers."""

from cnn_core.blocks.snippets.keras.heads import dense_head, dense_numbers, dense_picture, halving, heads
from cnn_core.blocks.snippets.keras.layers import activation_curve, batch_norm_numbers, batch_norm_pictures, dropout
from cnn_core.blocks.snippets.keras.networks import inception, residual_block, se_gate, separable

__all__ = [
    "activation_curve", "batch_norm_numbers", "batch_norm_pictures", "dense_head", "dense_numbers", "dense_picture", "dropout", "halving",
    "heads", "inception", "residual_block", "se_gate", "separable",
]  # fmt: skip
