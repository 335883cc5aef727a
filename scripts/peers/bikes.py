# pyright: reportMissingImports=false
"""Lesson 6's network in PyTorch, as one writes it there: TensorDataset, DataLoader, fused Adam.

The rows come from the course's own `bikes.py`, which imports JAX without starting it.
"""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from ailearn_jax import bikes

Config = dict[str, Any]


def make_model(num_inputs: int, hidden: tuple[int, ...]) -> nn.Sequential:
    """Dense layers with ReLU between them: [B, F] -> [B, 1]."""
    sizes = [num_inputs, *hidden]
    layers: list[nn.Module] = []
    for size_in, size_out in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(size_in, size_out), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 1))


def from_ours(params: Any) -> dict[str, Any]:
    """Lesson 6's parameters, or gradients, under the names and in the layout that they have here."""
    arrays = {}
    for i, name in enumerate([*sorted(name for name in params if name != "out"), "out"]):
        arrays[f"{2 * i}.weight"] = params[name]["kernel"].T
        arrays[f"{2 * i}.bias"] = params[name]["bias"]
    return arrays


def epoch(config: Config, num_epochs: int, num_workers: int, threads: int) -> Callable[[], dict[str, float]]:
    """Measures the seconds of an epoch, over `num_epochs` of them.

    The optimizer is plain Adam at one rate, without lesson 6's clipping, decay and schedule: less work than ours does.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(config["seed"])
    split = bikes.load_bikes(**config["data"])
    rows = bikes.Normalizer.fit(split.train).normalize(split.train)
    dataset = TensorDataset(torch.from_numpy(rows["inputs"]), torch.from_numpy(rows["targets"]))
    loader = DataLoader(
        dataset,
        batch_size=config["train"]["batch_size"],
        shuffle=True,
        drop_last=True,
        num_workers=num_workers,
        persistent_workers=num_workers > 0,
    )
    model = make_model(rows["inputs"].shape[1], tuple(config["model"]["hidden"]))
    optimizer = torch.optim.Adam(model.parameters(), lr=config["optimizer"]["learning_rate"], fused=True)

    def train() -> None:
        for inputs, targets in loader:
            loss = F.mse_loss(model(inputs).squeeze(1), targets)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()

    def measure() -> dict[str, float]:
        started = time.perf_counter()
        for _ in range(num_epochs):
            train()
        return {"seconds": (time.perf_counter() - started) / num_epochs}

    train()  # starts the workers
    return measure
