"""The loop as courses teach it, the peer of ours: a DataLoader that transforms image by image, and ``.item()`` at every step."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision import transforms
from torchvision.datasets import MNIST, VisionDataset


def mnist(folder: Path, train: bool, pad: int = 0) -> VisionDataset:
    steps = [transforms.Pad(pad)] if pad else []
    transform = transforms.Compose([*steps, transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    return MNIST(str(folder), train=train, transform=transform)


def train(network: nn.Module, data: VisionDataset, images: int, batch: int, device: torch.device) -> float:
    """One epoch of Adam over the first images; gives images a second."""
    network.to(device).train()
    loader = DataLoader(Subset(data, range(images)), batch_size=batch, shuffle=True)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()
    losses = []
    start = time.perf_counter()
    for inputs, labels in loader:
        inputs, labels = inputs.to(device), labels.to(device)
        optimiser.zero_grad()
        outputs = network(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return images / (time.perf_counter() - start)


@torch.inference_mode()
def accuracy(network: nn.Module, data: VisionDataset, device: torch.device) -> float:
    network.eval()
    right = 0
    for inputs, labels in DataLoader(data, batch_size=500):
        right += int((network(inputs.to(device)).argmax(1).cpu() == labels).sum())
    return right / len(data)
