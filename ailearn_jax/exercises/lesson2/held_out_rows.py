"""Rows held out."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close
from ailearn_jax.exercises.lesson2.derivatives_for_free import example, loss_and_grads, moved

SOURCE = '''\
"""Lesson 2, exercise 7: rows held out.

A loss on the rows that train says how well they are remembered. To know how well others are predicted, some rows are
held out: they are measured, and no step is ever taken on them. Write the loop in `fit`: take a step on `batch`, and
add the loss that `train_step` returns, the one before the step, to `losses`; then add the loss on `held_out` with the
new params, by `eval_step`, to `held_out_losses`.
"""

import jax
import jax.numpy as jnp


def loss_fn(params, batch):
    return jnp.mean((batch["inputs"] @ params["weights"] + params["bias"] - batch["targets"]) ** 2)


@jax.jit
def train_step(params, batch, learning_rate):
    loss, grads = jax.value_and_grad(loss_fn)(params, batch)
    return jax.tree.map(lambda weight, grad: weight - learning_rate * grad, params, grads), loss


eval_step = jax.jit(loss_fn)


def fit(params, batch, held_out, learning_rate, num_steps):
    """The trained params, the training loss before each step, the held-out loss after each step."""
    losses, held_out_losses = [], []
@hole@
    return params, jnp.array(losses), jnp.array(held_out_losses)
'''


def fit(params: dict, batch: dict, held_out: dict, rate: float, num_steps: int, reset: bool = False) -> tuple:
    """What is asked for; with `reset`, each step begins at the first params."""
    losses, before, after, same, now = [], [], [], [], params
    for _ in range(num_steps):
        now = params if reset else now
        loss, grads = loss_and_grads(now, batch)
        losses.append(loss)
        before.append(loss_and_grads(now, held_out)[0])
        now = moved(now, grads, rate)
        after.append(loss_and_grads(now, held_out)[0])
        same.append(loss_and_grads(now, batch)[0])
    return now, *map(np.array, (losses, after, before, same))


def check(learner: Learner, rng: np.random.Generator) -> None:
    params, batch = example(rng)
    rows = int(rng.integers(13, 18))
    held_out = {"inputs": rng.normal(size=(rows, len(params["weights"]))) + 0.5, "targets": rng.normal(size=rows)}
    rate, num_steps = rng.uniform(0.05, 0.15), int(rng.integers(4, 7))
    trained, losses, after, before, same = fit(params, batch, held_out, rate, num_steps)
    leaked, leaked_losses, leaked_after, *_ = fit(params, held_out, held_out, rate, num_steps)
    start = fit(params, batch, held_out, rate, num_steps, reset=True)
    short = fit(params, batch, held_out, rate, num_steps - 1)
    expect_close(
        f"fit(params, batch, held_out, {rate:.3f}, num_steps={num_steps})",
        learner.call("fit", params, batch, held_out, rate, num_steps),
        (trained, losses, after),
        mistakes={
            "trained on the held-out rows: they may only be measured": (leaked, leaked_losses, leaked_after),
            "measured on the training rows, not on the held-out ones": (trained, losses, same),
            "the held-out loss before the step, not after it": (trained, losses, before),
            "each step from the beginning: keep what it returns": (params, start[1], start[2]),
            "both losses after the step": (trained, same, after),
            "the lists in each other's place": (trained, after, losses),
            "one step too few": short[:3],
        },
    )


LOOP = "    for step in range(num_steps):\n"
STEP = "        params, loss = train_step(params, batch, learning_rate)\n"
KEEP = "        losses.append(loss)\n"
MEASURE = "        held_out_losses.append(eval_step(params, held_out))\n"

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution=(
        "    for step in range(1, num_steps + 1):\n"
        "        params, loss = train_step(params, batch, learning_rate)  # the loss before this step\n"
        + KEEP
        + MEASURE
    ),
    hints=(
        "The loop is lesson 1's, with a dict of params in the place of w and b.",
        "`train_step` returns two values: params, loss = train_step(…).",
        "`eval_step(params, held_out)` takes no step: it only measures.",
    ),
    holds="No step was taken on the held-out rows, so their loss is that of rows never seen.",
    stands_in="lesson2.train",
    check=check,
    planted=(
        Planted(
            "trained on all that is there",
            LOOP + STEP.replace("batch", "held_out") + KEEP + MEASURE,
            says="may only be measured",
        ),
        Planted(
            "measured on batch",
            LOOP + STEP + KEEP + MEASURE.replace("held_out)", "batch)"),
            says="on the training rows",
        ),
        Planted("measured before", LOOP + MEASURE + STEP + KEEP, says="the held-out loss before the step"),
        Planted(
            "params dropped",
            LOOP + STEP.replace("params, loss", "new, loss") + KEEP + MEASURE.replace("(params", "(new"),
            says="each step from the beginning",
        ),
        Planted(
            "both after",
            LOOP + STEP.replace("loss =", "_ =") + "        losses.append(loss_fn(params, batch))\n" + MEASURE,
            says="both losses after",
        ),
        Planted("one too few", LOOP.replace("(num", "(1, num") + STEP + KEEP + MEASURE, says="one step too few"),
    ),
    right={
        "a while": "    while len(losses) < num_steps:\n" + STEP + KEEP + MEASURE,
        "measured by loss_fn": (
            LOOP + "        losses.append(loss_fn(params, batch))\n"
            "        params, _ = train_step(params, batch, learning_rate)\n"
            "        held_out_losses.append(loss_fn(params, held_out))\n"
        ),
        "measured afterwards": (
            "    all_params = []\n" + LOOP + STEP + KEEP + "        all_params.append(params)\n"
            "    held_out_losses = [eval_step(each, held_out) for each in all_params]\n"
        ),
    },
    twin=Twin(
        given=lambda rng: dict(zip(("params", "batch"), example(rng), strict=True)),
        learner="out = learner.fit(params, batch, batch, 0.1, 3)",
        lesson="""\
losses, held_out_losses = [], []
for _ in range(3):
    params, loss = lesson.train_step(params, batch, 0.1)
    losses.append(loss)
    held_out_losses.append(lesson.eval_step(params, batch))
out = (params, jnp.array(losses), jnp.array(held_out_losses))
""",
    ),
)
