# pyright: reportMissingImports=false
"""Whether both sides compute the same: with our parameters, the peer has our loss and our gradients.

Both compute in float64 for once: in float32 a number just beside ReLU's kink can fall on either side of it, by rounding
alone, and change a gradient by a thousandth. Nothing is timed here, so both libraries may share a process.
"""

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch
from ml_collections import ConfigDict
from torch.nn import functional as F

from ailearn_jax import training
from ailearn_jax.lessons import lesson5, lesson6, lesson8
from scripts.measure.ours import bike_rows
from scripts.peers import bikes as bikes_peer
from scripts.peers import gpt as gpt_peer
from scripts.peers import xor as xor_peer

Config = dict[str, Any]
Differences = dict[str, float]  # relative

NUM_STEPS = 10  # of both optimizers, from equal parameters on


def difference(theirs: Any, ours: Any) -> float:
    """The length of the difference, relative to ours."""
    theirs, ours = np.asarray(theirs, np.float64), np.asarray(ours, np.float64)
    assert theirs.shape == ours.shape, (theirs.shape, ours.shape)
    return float(np.linalg.norm(theirs - ours) / np.linalg.norm(ours))


def compare(
    model: torch.nn.Module,
    params: Any,
    loss_of_peer: Callable[[], torch.Tensor],
    loss_of_ours: Callable[[Any], jax.Array],
    from_ours: Callable[[Any], dict[str, np.ndarray]],
) -> Differences:
    """Copies `params` into the peer's `model`, all of them; the differences of the losses and of the worst gradient.

    Args:
        from_ours: turns our tree of parameters or gradients into the peer's names and layout.
    """
    params = jax.tree.map(np.float64, jax.device_get(params))
    model.double().load_state_dict({name: torch.tensor(array) for name, array in from_ours(params).items()})
    with jax.enable_x64(True):
        loss_ours, grads_ours = jax.jit(jax.value_and_grad(loss_of_ours))(params)
    loss_theirs = loss_of_peer()
    loss_theirs.backward()
    grads = from_ours(jax.device_get(grads_ours))
    worst = 0.0
    for name, weights in model.named_parameters():
        assert weights.grad is not None, name
        worst = max(worst, difference(weights.grad.numpy(), grads[name]))
    return {"loss": difference(loss_theirs.item(), loss_ours), "gradients": worst}


def gpt(config: Config, vocab_size: int = 65) -> Differences:
    """Lesson 8. Also the loss after some steps of both optimizers; and PyTorch's logits with its cache and without."""
    parts = lesson8.build(ConfigDict(config), vocab_size)
    length, size = config["model"]["context_length"], config["train"]["batch_size"]
    windows = np.random.default_rng(0).integers(vocab_size, size=(size, length + 1))
    batch = {"inputs": windows[:, :-1].astype(np.int32), "targets": windows[:, 1:].astype(np.int32)}
    inputs, targets = torch.tensor(windows[:, :-1]), torch.tensor(windows[:, 1:])
    params = training.init_state(parts, batch["inputs"], config["seed"]).params
    # Weights larger than the first ones, so that attention looks at some tokens more than at others.
    params = jax.tree.map(lambda weights: 3 * np.float64(weights), params)
    model = gpt_peer.make_model(config, vocab_size)
    found = compare(
        model,
        params,
        lambda: model(inputs, targets),
        lambda params: parts.loss_fn(params, batch, None)[0],
        gpt_peer.from_ours,
    )
    model.zero_grad()
    trainer = gpt_peer.Trainer(model, config, itertools.repeat((inputs, targets)), compiled=False)
    found["steps"] = difference(trainer.train(NUM_STEPS), _loss_after_steps(parts, params, batch))
    return found | {"cache": _difference_by_cache(model.float(), inputs[:1])}


def _loss_after_steps(parts: training.Parts, params: Any, batch: training.Batch) -> float:
    with jax.enable_x64(True):
        first = training.TrainState(jnp.zeros((), jnp.int32), params, parts.optimizer.init(params), jax.random.key(0))
        batches = jax.tree.map(lambda array: np.stack([array] * NUM_STEPS), batch)
        run_steps = training.compile_steps(
            training.make_train_step(parts.loss_fn, parts.optimizer, parts.schedule.accumulate, mesh=None)
        )
        return float(run_steps(first, batches)[1]["loss"][-1])


@torch.inference_mode()
def _difference_by_cache(model: gpt_peer.GPT, tokens: torch.Tensor) -> float:
    """The logits of `tokens` [1, T], half of them at once and the others one by one, beside those of all at once."""
    cache, half = model.empty_cache(), tokens.shape[1] // 2
    pieces = [model(tokens[:, :half], cache=cache)]
    pieces += [model(tokens[:, i : i + 1], cache=cache, position=i) for i in range(half, tokens.shape[1])]
    return difference(torch.cat(pieces, dim=1).numpy(), model(tokens).numpy())


def bikes(config: Config) -> Differences:
    """Lesson 6."""
    rows = bike_rows(config)[0].train
    batch = {name: array[: config["train"]["batch_size"]].astype(np.float64) for name, array in rows.items()}
    parts = lesson6.build(ConfigDict(config), "neural", len(rows["inputs"]))
    params = training.init_state(parts, batch["inputs"], config["seed"]).params
    model = bikes_peer.make_model(batch["inputs"].shape[1], tuple(config["model"]["hidden"]))
    inputs, targets = torch.tensor(batch["inputs"]), torch.tensor(batch["targets"])
    return compare(
        model,
        params,
        lambda: F.mse_loss(model(inputs).squeeze(1), targets),
        lambda params: parts.loss_fn(params, batch, None)[0],
        bikes_peer.from_ours,
    )


def xor(config: Config) -> Differences:
    """Lesson 5."""
    parts = lesson5.build(ConfigDict(config))
    params = lesson5.init_state(parts, jax.random.key(config["seed"])).params
    model = xor_peer.make_model(config["model"]["hidden"])
    inputs, labels = xor_peer.INPUTS.double(), xor_peer.LABELS.double()
    return compare(
        model,
        params,
        lambda: F.binary_cross_entropy_with_logits(model(inputs).squeeze(1), labels),
        partial(lesson5.loss_fn, parts.model, batch={"inputs": lesson5.INPUTS, "labels": lesson5.LABELS}),
        xor_peer.from_ours,
    )
