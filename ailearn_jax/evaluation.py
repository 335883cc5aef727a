"""Measuring a model on whole sets of rows. Introduced in lesson 6."""

import jax
import numpy as np

from ailearn_jax.sharding import row_sharding
from ailearn_jax.training import Batch, LossFn, Metrics, Params


def make_eval_step(loss_fn: LossFn):
    """Compiles (params, batch) -> the metrics of each row [B], without dropout."""

    @jax.jit
    def eval_step(params: Params, batch: Batch) -> Metrics:
        def measure(row: Batch) -> Metrics:
            loss, metrics = loss_fn(params, jax.tree.map(lambda array: array[None], row), None)
            return {"loss": loss, **metrics}

        return jax.vmap(measure)(batch)

    return eval_step


def evaluate(eval_step, params: Params, rows: Batch, batch_size: int) -> dict[str, float]:
    """The means of the metrics over all `rows`, measured `batch_size` rows at a time.

    `batch_size` is rounded up until each device that has `params`, JAX arrays, measures as many rows as the others.
    The last batch is padded to the size of the others, so that one program serves all. The padding is not counted.
    """
    num_rows, sharding = len(rows["inputs"]), row_sharding(params)
    batch_size += -batch_size % sharding.num_devices
    totals: dict[str, float] = {}
    for start in range(0, num_rows, batch_size):
        batch = {name: array[start : start + batch_size] for name, array in rows.items()}
        count = len(batch["inputs"])
        padded = {name: np.resize(array, (batch_size, *array.shape[1:])) for name, array in batch.items()}
        for name, values in jax.device_get(eval_step(params, jax.device_put(padded, sharding))).items():
            totals[name] = totals.get(name, 0.0) + float(values[:count].sum(dtype=np.float64))
    return {name: total / num_rows for name, total in totals.items()}
