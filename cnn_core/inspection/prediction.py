"""From a network's last numbers to its best guesses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnn_core.errors import InspectionError


@dataclass(frozen=True)
class Guess:
    """One class and how sure the network is of it. ``name`` is empty where nobody knows the classes' names."""

    index: int
    name: str
    logit: float
    probability: float


def top_k(logits: Any, class_names: Sequence[str] = (), k: int = 5) -> tuple[Guess, ...]:
    """The ``k`` most likely classes, best first, with softmax probabilities; fewer where there are fewer classes.

    Args:
        logits: (K,) or (1, K), an array or a tensor.
        class_names: K names, or none.

    Raises:
        InspectionError: not one picture's scores (``no_class_scores``), or names for another number of classes
            (``class_names_differ``).

    >>> [(guess.name, round(guess.probability, 3)) for guess in top_k([0.0, 2.0, 1.0], ("a", "b", "c"), k=2)]
    [('b', 0.665), ('c', 0.245)]
    """
    values = np.asarray(logits.detach().cpu() if hasattr(logits, "detach") else logits, dtype=np.float64)
    if values.ndim == 2 and len(values) == 1:
        values = values[0]
    if values.ndim != 1 or not values.size:
        shape = "×".join(map(str, values.shape))
        raise InspectionError(f"the network answers with {shape}, not with one score a class", code="no_class_scores", shape=shape)
    if class_names and len(class_names) != values.size:
        raise InspectionError(
            f"{len(class_names)} names for {values.size} classes", code="class_names_differ", names=len(class_names),
            classes=values.size)
    powers = np.exp(values - values.max())
    shares = powers / powers.sum()
    best = np.argsort(-values, kind="stable")[: max(k, 0)]
    return tuple(Guess(int(i), class_names[i] if class_names else "", float(values[i]), float(shares[i])) for i in best)
