# pyright: reportMissingImports=false
"""Lesson 5 in PyTorch."""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

INPUTS = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
LABELS = torch.tensor([0.0, 1.0, 1.0, 0.0])


def make_model(hidden: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, hidden), nn.ReLU(), nn.Linear(hidden, 1))


def from_ours(params: Any) -> dict[str, Any]:
    """Lesson 5's parameters, or gradients, under the names and in the layout that they have here."""
    return {
        f"{i}.{here}": params[layer][name].T
        for i, layer in ((0, "hidden"), (2, "out"))
        for here, name in (("weight", "kernel"), ("bias", "bias"))
    }


def training(config: dict[str, Any], num_steps: int) -> Callable[[], dict[str, float]]:
    """Measures the seconds of a whole training from new weights."""
    torch.set_num_threads(1)  # four rows leave nothing to share; two threads are slower

    def measure() -> dict[str, float]:
        started = time.perf_counter()
        model = make_model(config["model"]["hidden"])
        optimizer = torch.optim.Adam(model.parameters(), lr=config["optimizer"]["learning_rate"], fused=True)
        for _ in range(num_steps):
            loss = F.binary_cross_entropy_with_logits(model(INPUTS).squeeze(1), LABELS)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        return {"seconds": time.perf_counter() - started}

    measure()
    return measure
