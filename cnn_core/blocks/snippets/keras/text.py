"""What every text in Keras begins and ends with."""

from __future__ import annotations


def text(body: str, *networks: str) -> str:
    """The body between its imports and the count of ``block``'s weights, or of several networks' in the order of the card's table."""
    count = "sum(math.prod(w.shape) for w in block.trainable_weights)\nprint(params)"
    if networks:
        listed = ", ".join(networks)
        count = f"[sum(math.prod(w.shape) for w in network.trainable_weights) for network in ({listed})]\nprint(*params)"
    arrays = "import numpy as np\n" if "np." in body else ""
    return f"import math\n\nimport keras\n{arrays}from keras import layers\n\n{body.strip()}\n\nparams = {count}\n"
