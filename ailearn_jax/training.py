"""The training step and the loop around it. Introduced in lesson 6.

The loop hands the device K batches at a time: one compiled call runs K steps, and the host looks once after each call.
Whatever it does then (a row of metrics, an evaluation, a save) happens at multiples of K only, so that a run which was
interrupted and goes on repeats exactly the calls that it would have made.
"""

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import flax.struct
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh

from ailearn_jax import nonfinite
from ailearn_jax.checkpoints import Checkpoints, Facts
from ailearn_jax.reporting import Run
from ailearn_jax.schedules import Schedule
from ailearn_jax.sharding import check_batch_size, mean_over_devices, on_own_devices, put_batches

Params = Any  # a tree of arrays
Batch = dict[str, Any]  # {"inputs": [B, ...], "targets": [B, ...]}
Metrics = dict[str, Any]  # named scalars, means over rows
LossFn = Callable[[Params, Batch, jax.Array | None], tuple[jax.Array, Metrics]]  # keys [B], or None: no dropout
Batches = Generator[Batch, None, None]  # one after the other, without an end
BatchesFrom = Callable[[int], Batches]  # step -> the batches of step, step + 1, …; a function of the step alone


@flax.struct.dataclass
class TrainState:
    """All that a step updates, and the key that it does not: the key of a step is `fold_in(key, step)`."""

    step: jax.Array  # int32 []
    params: Params
    opt_state: optax.OptState
    key: jax.Array


class Stopped(Exception):
    """A signal asked to stop; the state is saved at `step`."""

    def __init__(self, signal: int, step: int) -> None:
        super().__init__(f"stopped by signal {signal}, saved at step {step}")
        self.signal, self.step = signal, step


class NonFiniteLoss(Exception):
    """The loss of `step` is infinite or no number; `where` it came from. The last checkpoint stands as it was."""

    def __init__(self, step: int, where: str) -> None:
        super().__init__(f"the loss of step {step:,} is not finite: {where}")
        self.step, self.where = step, where


class Parts(NamedTuple):
    """What a lesson builds from its config before it sees any data."""

    model: Any  # a flax module
    loss_fn: LossFn
    optimizer: optax.GradientTransformation
    schedule: Schedule


def init_state(parts: Parts, inputs: Any, seed: int) -> TrainState:
    """The state before the first step. Of `inputs` only the shape [B, ...] counts."""
    init_key, step_key = jax.random.split(jax.random.key(seed))
    params = jax.jit(parts.model.init)(init_key, inputs[:1])["params"]
    opt_state = parts.optimizer.init(params)
    return TrainState(step=jnp.zeros((), jnp.int32), params=params, opt_state=opt_state, key=step_key)


def make_train_step(loss_fn: LossFn, optimizer: optax.GradientTransformation, accumulate: int, mesh: Mesh | None):
    """The pure function (state, batch) -> (state, metrics) of one step; not compiled yet.

    With `accumulate` above 1 the batch is computed in so many parts, one after the other: the same step in less memory.
    Each device of a `mesh` computes its own rows; without a mesh one device computes all.
    """
    loss_and_grads = mean_over_devices(mesh, in_parts(jax.value_and_grad(loss_fn, has_aux=True), accumulate))

    def train_step(state: TrainState, batch: Batch) -> tuple[TrainState, Metrics]:
        (loss, metrics), grads = loss_and_grads(state.params, batch, step_keys(state, batch))
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        params = optax.apply_updates(state.params, updates)
        return TrainState(state.step + 1, params, opt_state, state.key), {"loss": loss, **metrics}

    return train_step


def in_parts(mean_over_rows: Callable[..., Any], num_parts: int) -> Callable[..., Any]:
    """`mean_over_rows(params, batch, keys)`, computed as the mean over `num_parts` parts of the rows."""
    if num_parts == 1:
        return mean_over_rows

    def mean_over_parts(params: Params, batch: Batch, keys: jax.Array) -> Any:
        def add(total: Any, part: Any) -> tuple[Any, None]:
            return jax.tree.map(jnp.add, total, mean_over_rows(params, *part)), None

        # [B, ...] -> [num_parts, B / num_parts, ...]
        parts = jax.tree.map(lambda rows: rows.reshape(num_parts, -1, *rows.shape[1:]), (batch, keys))
        shapes = jax.eval_shape(mean_over_rows, params, *jax.tree.map(lambda rows: rows[0], parts))
        zero = jax.tree.map(lambda like: jnp.zeros(like.shape, like.dtype), shapes)
        total, _ = jax.lax.scan(add, zero, parts)
        return jax.tree.map(lambda sum_of_means: sum_of_means / num_parts, total)

    return mean_over_parts


def num_parameters(params: Params) -> int:
    """How many numbers a model learns."""
    return sum(array.size for array in jax.tree.leaves(params))


def step_keys(state: TrainState, batch: Batch) -> jax.Array:
    """A key for each row [B]: what is dropped from it then depends on its place in the batch, not on its device."""
    key = jax.random.fold_in(state.key, state.step)
    return jax.vmap(jax.random.fold_in, (None, 0))(key, jnp.arange(len(batch["inputs"])))


def shapes_of(model: Any, inputs: Any) -> Params:
    """The shapes and dtypes of the parameters of `model` for `inputs` like these, without computing anything."""
    return jax.eval_shape(model.init, jax.random.key(0), inputs)["params"]


def compile_steps(train_step):
    """Compiles (state, batches [K, B, ...]) -> (state, metrics [K]): K steps in one call.

    One call for many steps spares the dispatch of each, and the state is updated in place (donated).
    """

    def run_steps(state: TrainState, batches: Batch) -> tuple[TrainState, Metrics]:
        return jax.lax.scan(train_step, state, batches)

    return jax.jit(run_steps, donate_argnums=0)


def chunks(batches: Batches, sizes: Iterable[int], place: Callable[[Batch], Batch]) -> Iterator[Batch]:
    """Stacks the next K batches, K from `sizes`, to arrays [K, B, ...]; a thread makes the next chunk meanwhile."""

    def stack(size: int) -> Batch:
        return place(jax.tree.map(lambda *arrays: np.stack(arrays), *(next(batches) for _ in range(size))))

    with closing(batches), ThreadPoolExecutor(max_workers=1) as thread:
        ahead = None
        for size in sizes:
            behind, ahead = ahead, thread.submit(stack, size)
            if behind:
                yield behind.result()
        if ahead:
            yield ahead.result()


def explain_loss(parts: Parts, run_steps, good: TrainState, batches_from: BatchesFrom, step: int) -> str:
    """Trains once more from the state `good` to `step`, by the same calls, and goes through the next call step by step.

    Returns:
        Where a loss, a gradient or a parameter stops being finite.
    """
    start, schedule = int(good.step), parts.schedule
    calls = islice(schedule.calls_after(start), (step - start) // schedule.steps_per_call)
    for batches in chunks(batches_from(start), calls, place=lambda batches: batches):
        good, _ = run_steps(good, batches)
    next_call = islice(batches_from(step), next(schedule.calls_after(step)))
    train_step = make_train_step(parts.loss_fn, parts.optimizer, schedule.accumulate, mesh=None)
    found = nonfinite.find_step(train_step, good, next_call)
    if found is None:
        return "not reproduced one step at a time"
    state, batch = found
    where = nonfinite.find_module(parts.loss_fn, state.params, batch, step_keys(state, batch))
    return f"in step {int(state.step) + 1:,} {where} is not finite"


def train_loop(
    state: TrainState,
    parts: Parts,
    batches_from: BatchesFrom,
    run: Run,
    checkpoints: Checkpoints,
    facts: Facts,
    evaluate: Callable[[Params], dict[str, float]],
) -> TrainState:
    """Trains from `state.step` to the schedule's end and leaves the checkpoints behind.

    Raises:
        Stopped: a signal came; the state is saved.
        NonFiniteLoss: a loss is no finite number; the last checkpoint is untouched.
    """
    schedule = parts.schedule
    check_batch_size(run.mesh, schedule.batch_size, schedule.accumulate)
    run_steps = compile_steps(make_train_step(parts.loss_fn, parts.optimizer, schedule.accumulate, run.mesh))
    step, history = int(state.step), facts.history
    started = time.perf_counter() - (history[-1]["seconds"] or 0.0 if history else 0.0)

    def record(loss: float | None, measured: dict[str, float]) -> None:
        validation = {f"validation_{name}": value for name, value in measured.items()}
        history.append({"step": step, "seconds": time.perf_counter() - started, "loss": loss, **validation})
        run.reporter.row(history[-1])

    run.reporter.start(checkpoints.folder, schedule.num_steps, history)
    if not history:
        record(None, evaluate(on_own_devices(run.mesh, state.params)))
    good = jax.tree.map(jnp.copy, state)  # as in the last checkpoint
    stacked = chunks(batches_from(step), schedule.calls_after(step), partial(put_batches, run.mesh))
    for batches in stacked:
        state, metrics = run_steps(state, batches)
        losses = jax.device_get(metrics["loss"])  # the one host read of a call: it waits for the device
        if not np.isfinite(losses).all():
            bad_step = step + 1 + int(np.isfinite(losses).argmin())
            raise NonFiniteLoss(bad_step, explain_loss(parts, run_steps, good, batches_from, step))
        step += len(losses)
        run.reporter.step(step)
        measured = evaluate(on_own_devices(run.mesh, state.params)) if schedule.due(step, schedule.eval_every) else {}
        if measured or schedule.due(step, schedule.log_every):
            record(float(losses.mean()), measured)
        signal = run.stop()
        if signal or schedule.due(step, schedule.checkpoint_every):
            checkpoints.save(step, state, facts, measured.get("loss"))
            del good  # or for a moment there were three of them
            good = jax.tree.map(jnp.copy, state)
        if signal:
            raise Stopped(signal, step)
    run.reporter.finish()
    return state
