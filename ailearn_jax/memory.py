"""How much memory training takes, told from shapes before anything is computed. Introduced in lesson 6."""

from typing import Any

import jax

from ailearn_jax.errors import InputError
from ailearn_jax.schedules import Schedule

# What a large desktop or a large GPU has. A model that takes more is a slip in a config far more often than a plan, and
# asking the machine for it ends in a library's words or, worse, in the end of other programs.
MOST = 64  # GB


def check_memory(model: Any, row: jax.ShapeDtypeStruct, schedule: Schedule) -> None:
    """Raises InputError where training `model` on inputs, each shaped as `row`, takes more than MOST gigabytes."""
    num_weights, gigabytes = needed(model, row, schedule)
    if gigabytes > MOST:
        raise InputError(
            f"config.model: expected at most {MOST} GB of memory for training, got {gigabytes:,.0f} GB for "
            f"{num_weights:,} weights and {schedule.batch_size:,} rows a step; "
            "take smaller sizes, a lower train.batch_size or train.steps_per_call, or a higher train.accumulate"
        )


def needed(model: Any, row: jax.ShapeDtypeStruct, schedule: Schedule) -> tuple[int, float]:
    """The number of weights, and the gigabytes that training takes, rather too many than too few.

    Counted are 16 bytes a weight (itself, its gradient, AdamW's two means), every array of the way forward, because the
    way back reads them again, and the inputs and targets of two calls, since one call's are made during the other.
    """
    num_rows = schedule.batch_size // schedule.accumulate  # at a time
    inputs = jax.ShapeDtypeStruct((num_rows, *row.shape), row.dtype)
    variables = jax.eval_shape(model.init, jax.random.key(0), inputs)
    forward = jax.make_jaxpr(model.apply)(variables, inputs)
    num_weights = sum(array.size for array in jax.tree.leaves(variables["params"]))
    num_numbers = sum(variable.aval.size for equation in forward.eqns for variable in equation.outvars)
    num_batches = min(schedule.steps_per_call, schedule.num_steps) * schedule.accumulate  # of such rows, in a call
    return num_weights, (16 * num_weights + 4 * num_numbers + 16 * num_batches * inputs.size) / 1e9
