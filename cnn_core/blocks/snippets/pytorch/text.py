"""What every text in PyTorch begins and ends with."""

from __future__ import annotations


def text(body: str, *networks: str) -> str:
    """The body between its imports and the count of ``block``'s weights, or of several networks' in the order of the card's table."""
    count = "sum(p.numel() for p in block.parameters())\nprint(params)"
    if networks:
        count = f"[sum(p.numel() for p in network.parameters()) for network in ({', '.join(networks)})]\nprint(*params)"
    return f"import torch\nfrom torch import nn\n\n{body.strip()}\n\nparams = {count}\n"
