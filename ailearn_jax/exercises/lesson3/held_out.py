"""The loop, and the held-out loss in it."""

import numpy as np

from ailearn_jax.exercises.checking import adam, different_sizes, explaining, linear_grads, linear_loss, linear_params
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, brief, expect, expect_close

SOURCE = '''\
"""Lesson 3, exercise 6: the loop, and the held-out loss in it.

The loss on the training rows may be low because the model knows them by heart. What counts is the loss on rows that
were held out. So it is measured after each step, with the weights that the step has made.

Write the lines that the loop repeats: take one step on `batch`, which gives the next state and a loss; add that loss to
the end of `losses`; add the loss of the new weights on `held_out` to the end of `held_out_losses`.
"""

from typing import Any

import flax.linen as nn
import flax.struct
import jax
import jax.numpy as jnp
import optax


class Linear(nn.Module):
    """Predictions [N] for inputs [N, F]."""

    @nn.compact
    def __call__(self, inputs):
        return nn.Dense(1, name="dense")(inputs)[:, 0]


model = Linear()
optimizer = optax.adam(0.1)


def loss_fn(params, batch):
    """The mean squared error."""
    return jnp.mean((model.apply({"params": params}, batch["inputs"]) - batch["targets"]) ** 2)


@flax.struct.dataclass
class TrainState:
    """All that a step updates. A step returns a new state and does not change the old one."""

    step: jax.Array  # int32 []
    params: Any  # a tree of arrays
    opt_state: optax.OptState


@jax.jit
def train_step(state, batch):
    """The next state, and the loss on `batch` before it."""
    loss, grads = jax.value_and_grad(loss_fn)(state.params, batch)
    updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
    return TrainState(state.step + 1, optax.apply_updates(state.params, updates), opt_state), loss


eval_step = jax.jit(loss_fn)  # (params, batch) -> loss


def fit(state, batch, held_out, num_steps):
    """The last state, the loss of each step on `batch`, and the loss after each step on `held_out`."""
    losses, held_out_losses = [], []
    for _ in range(num_steps):
@hole@
    return state, losses, held_out_losses
'''

FIT = """
state = learner.TrainState(jnp.zeros((), jnp.int32), params, learner.optimizer.init(params))
state, losses, held_out_losses = learner.fit(state, batch, held_out, num_steps)
step, params = state.step, state.params
"""
EXPLAINED = {
    "object has no attribute 'append'": "a list replaced by what append returns, None; write losses.append(...)",
    "has no attribute 'params'": "loss and state exchanged: train_step returns the state first",
    "InvalidVariablesTypeError": "the whole state handed to eval_step, which takes state.params",
    "KeyError: 'inputs'": "the rows first; eval_step takes the params, then the rows",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows, num_held_out, num_features, num_steps = different_sizes(rng, 4)
    batch, held_out = (
        {"inputs": rng.normal(size=(rows, num_features)), "targets": rng.normal(size=rows)}
        for rows in (num_rows, num_held_out)
    )
    start = rng.normal(size=num_features + 1)
    path = descent(start, batch, num_steps)
    called = f"fit(state, batch, held_out, {num_steps})"
    with explaining(called, EXPLAINED):
        got = learner.run(FIT, params=linear_params(start), batch=batch, held_out=held_out, num_steps=num_steps)
        lists = {name: got[name] for name in ("losses", "held_out_losses")}
    for name, losses in lists.items():
        mistake = f"another value for {name}; {name}.append adds to the list"
        expect(isinstance(losses, list), f"{name} after {called}", "a list", brief(losses), mistake)
        mistake = {
            0: f"nothing added to {name} in the loop",
            1: "lines behind the loop, or a return or break in it",
        }.get(len(losses))
        expect(len(losses) == num_steps, f"len({name}) after {called}", f"{num_steps}", f"{len(losses)}", mistake)

    kinds = {
        "one state for all steps: what train_step returns must become `state`": np.int32(0),
        "two steps in each round of the loop: one is enough, on `batch`": np.int32(2 * num_steps),
    }
    expect_close(f"state.step after {called}", got["step"], np.int32(num_steps), kinds)
    taught = descent(start, held_out, num_steps)[-1]
    taught_mistakes = {"weights that learned from the held-out rows": linear_params(taught)}
    expect_close(f"state.params after {called}", got["params"], linear_params(path[-1]), taught_mistakes)
    before, after = ([linear_loss(weights, batch) for weights in part] for part in (path[:-1], path[1:]))
    held_out_losses = [linear_loss(weights, held_out) for weights in path[1:]]
    mistakes = {
        "the loss after the step; train_step returns the one before": after,
        "the two lists exchanged": held_out_losses,
    }
    expect_close(f"losses after {called}", lists["losses"], before, mistakes)
    mistakes = {
        "the loss on the training rows, not on held_out": after,
        "the training loss, a second time": before,
        "the weights before the step, not the new ones": [linear_loss(weights, held_out) for weights in path[:-1]],
    }
    expect_close(f"held_out_losses after {called}", lists["held_out_losses"], held_out_losses, mistakes)


def descent(weights: np.ndarray, batch: dict, num_steps: int) -> list[np.ndarray]:
    """The weights before and after each of Adam's steps."""
    path, memory = [weights], None
    for _ in range(num_steps):
        weights, memory = adam(weights, linear_grads(weights, batch), memory, 0.1)
        path.append(weights)
    return path


def given(rng: np.random.Generator) -> dict:
    batch, held_out = ({"inputs": rng.normal(size=(rows, 2)), "targets": rng.normal(size=rows)} for rows in (5, 3))
    return {"params": linear_params(rng.normal(size=3)), "batch": batch, "held_out": held_out, "num_steps": 4}


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        state, loss = train_step(state, batch)
        losses.append(loss)
        held_out_losses.append(eval_step(state.params, held_out))
""",
    hints=(
        "train_step returns a pair; the next round of the loop starts from the state in it.",
        "state, loss = train_step(state, batch), then losses.append(loss).",
        "eval_step(state.params, held_out) is the held-out loss, where state is the new one.",
    ),
    holds="Each step starts from the state that the last one returned, and is judged on rows that it never saw.",
    stands_in="lesson3.train",
    check=check,
    planted=(
        Planted(
            "state thrown away",
            """\
        _, loss = train_step(state, batch)
        losses.append(loss)
        held_out_losses.append(eval_step(state.params, held_out))
""",
            says="one state for all steps",
        ),
        Planted(
            "measured on the training rows",
            """\
        state, loss = train_step(state, batch)
        losses.append(loss)
        held_out_losses.append(eval_step(state.params, batch))
""",
            says="not on held_out",
        ),
        Planted(
            "measured before the step",
            """\
        held_out_losses.append(eval_step(state.params, held_out))
        state, loss = train_step(state, batch)
        losses.append(loss)
""",
            says="the weights before the step",
        ),
        Planted(
            "trained on the held-out rows",
            """\
        state, loss = train_step(state, held_out)
        losses.append(loss)
        held_out_losses.append(eval_step(state.params, held_out))
""",
            says="learned from the held-out rows",
        ),
        Planted(
            "the training loss twice",
            """\
        state, loss = train_step(state, batch)
        losses.append(loss)
        held_out_losses.append(loss)
""",
            says="a second time",
        ),
        Planted(
            "the loss after the step",
            """\
        state, loss = train_step(state, batch)
        losses.append(eval_step(state.params, batch))
        held_out_losses.append(eval_step(state.params, held_out))
""",
            says="returns the one before",
        ),
        Planted(
            "nothing held out",
            """\
        state, loss = train_step(state, batch)
        losses.append(loss)
""",
            says="nothing added to held_out_losses",
        ),
        Planted(
            "lists exchanged",
            """\
        state, loss = train_step(state, batch)
        held_out_losses.append(loss)
        losses.append(eval_step(state.params, held_out))
""",
            says="lists exchanged",
        ),
        Planted(
            "behind the loop",
            """\
        state, loss = train_step(state, batch)
    losses.append(loss)
    held_out_losses.append(eval_step(state.params, held_out))
""",
            says="behind the loop",
        ),
        Planted(
            "another value",
            """\
        state, losses = train_step(state, batch)
        held_out_losses = eval_step(state.params, held_out)
""",
            says="losses.append adds",
        ),
        Planted(
            "what append returns",
            """\
        state, loss = train_step(state, batch)
        losses = losses.append(loss)
        held_out_losses = held_out_losses.append(eval_step(state.params, held_out))
""",
            says="what append returns",
        ),
        Planted(
            "a step on the held-out rows too",
            """\
        state, loss = train_step(state, batch)
        losses.append(loss)
        state, loss = train_step(state, held_out)
        held_out_losses.append(loss)
""",
            says="two steps in each round",
        ),
        Planted(
            "loss and state exchanged",
            """\
        loss, state = train_step(state, batch)
        losses.append(loss)
        held_out_losses.append(eval_step(state.params, held_out))
""",
            says="loss and state exchanged",
        ),
        Planted(
            "the whole state",
            """\
        state, loss = train_step(state, batch)
        losses.append(loss)
        held_out_losses.append(eval_step(state, held_out))
""",
            says="the whole state",
        ),
    ),
    right={
        "another order": """\
        new_state, loss = train_step(state, batch)
        held_out_losses.append(loss_fn(new_state.params, held_out))
        losses.append(loss)
        state = new_state
""",
        "as numbers": """\
        result = train_step(state, batch)
        state = result[0]
        losses += [float(result[1])]
        held_out_losses += [float(eval_step(state.params, held_out))]
""",
        "the loss measured before": """\
        losses.append(eval_step(state.params, batch))
        state = train_step(state, batch)[0]
        predictions = model.apply({"params": state.params}, held_out["inputs"])
        held_out_losses.append(((predictions - held_out["targets"]) ** 2).mean())
""",
    },
    twin=Twin(
        given=given,
        learner=FIT + "out = losses, held_out_losses, step, params\n",
        lesson="""
_optimizer = optax.adam(0.1)
_train_step = lesson.make_train_step(_optimizer)
_state = lesson.TrainState(jnp.zeros((), jnp.int32), params, _optimizer.init(params))
_losses, _held_out_losses = [], []
for _ in range(num_steps):
    _state, _loss = _train_step(_state, batch)
    _losses.append(_loss)
    _held_out_losses.append(lesson.eval_step(_state.params, held_out))
out = _losses, _held_out_losses, _state.step, _state.params
""",
    ),
)
