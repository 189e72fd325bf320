"""The ideas that convolutional networks are built from, each as a small computation that can be taken apart.

One module an idea: ``normalising`` (batch normalisation), ``dropping`` (dropout), ``separating`` (separable convolution),
``residual``, ``gating`` (Squeeze-and-Excitation), ``branching`` (Inception), ``downsampling``, ``dense`` (fully connected as
convolution) and ``signals`` (activation and initialisation). Those import torch; this package, with the registry of cards and
the texts of code, does not. ``CARDS`` is the registry; ``snippets.SNIPPETS[card](**numbers)`` writes the code of a card.
"""

from __future__ import annotations

from cnn_core.blocks.cards import CARDS, Card

__all__ = ["CARDS", "Card"]
