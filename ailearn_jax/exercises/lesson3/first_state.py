"""The state before the first step."""

import numpy as np

from ailearn_jax.exercises.checking import alike, described, different_sizes, explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect

SOURCE = '''\
"""Lesson 3, exercise 3: the state before the first step.

All that a step of training updates is one value, `TrainState`: how many steps were made, the weights, and what the
optimizer remembers (Adam keeps two means for each weight). Write `init_state`:

- step: 0, as an array of no dimension and of the type int32;
- params: `model.init(key, inputs)` makes random weights to fit the inputs, in a dict by kind as `apply` takes it: of
  that, what stands under "params";
- opt_state: `optimizer.init` makes the first memory, to fit the weights.
"""

from typing import Any

import flax.linen as nn
import flax.struct
import jax
import jax.numpy as jnp


class Linear(nn.Module):
    """Predictions [N] for inputs [N, F]."""

    @nn.compact
    def __call__(self, inputs):
        return nn.Dense(1, name="dense")(inputs)[:, 0]


model = Linear()


@flax.struct.dataclass
class TrainState:
    """All that a step updates. A step returns a new state and leaves the old one as it was."""

    step: jax.Array  # int32 []
    params: Any  # a tree of arrays
    opt_state: Any


def init_state(optimizer, key, inputs):
    """The state before the first step."""
@hole@
'''

STATES = """
optimizer = optax.adam(0.1)
state = learner.init_state(optimizer, jax.random.key(seed), inputs)
kind = type(state).__name__
step, params, opt_state = (getattr(state, name, None) for name in ("step", "params", "opt_state"))
memory = jax.tree.leaves(opt_state)
other_params = getattr(learner.init_state(optimizer, jax.random.key(seed + 1), inputs), "params", None)
"""
CALLED = "init_state(optimizer, key, inputs)"


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows, num_features = different_sizes(rng, 2)
    inputs = rng.normal(size=(num_rows, num_features))
    with explaining(CALLED, {"missing": "a field of TrainState left out: it has step, params and opt_state"}):
        got = learner.run(STATES, inputs=inputs, seed=int(rng.integers(1000)))
    expect(got["kind"] == "TrainState", CALLED, "a TrainState", f"a value of type {got['kind']}")
    check_params(got["params"], got["other_params"], num_features)
    check_step(got["step"])

    shapes = sorted(np.shape(array) for array in got["memory"])
    wanted = sorted([(), (1,), (1,), (num_features, 1), (num_features, 1)])
    mistake = "the optimizer's memory left out: optimizer.init(params) makes it" if not shapes else None
    if len(shapes) == len(wanted) and (num_features, 1) not in shapes:
        mistake = "a memory made to fit something else than params"
    expect(
        shapes == wanted,
        f"{CALLED}.opt_state",
        "Adam's: a count, and two means a weight",
        f"shapes {shapes}" if shapes else "no arrays",
        mistake,
    )


def check_params(params: dict, other: dict, num_features: int) -> None:
    wanted = described({"dense": {"bias": np.zeros(1), "kernel": np.zeros((num_features, 1))}})
    is_nested = isinstance(params, dict) and list(params) == ["params"]
    mistake = 'the whole dict that model.init makes; the weights are what stands under "params"' if is_nested else None
    found = described(params) if isinstance(params, dict) else f"a value of type {type(params).__name__}"
    expect(found == wanted, f"{CALLED}.params, {num_features} features", wanted, found, mistake)
    is_same = alike(params, other)
    mistake = "a key of your own: the weights must depend on `key`"
    expect(not is_same, f"{CALLED} with two keys", "two different params", "twice the same", mistake)


def check_step(step: object) -> None:
    called, expected = f"{CALLED}.step", "0, a whole number of no dimension"
    got = np.asarray(step)
    mistake = {
        "f": "a zero of floating point; jnp.zeros((), jnp.int32) is a whole number",
        "i": "a count from 1: no step was made yet" if got.ndim == 0 and got == 1 else None,
    }.get(got.dtype.kind)
    is_zero = got.shape == () and got.dtype.kind == "i" and got == 0
    expect(is_zero, called, expected, f"{step!s}, of type {got.dtype} and shape {got.shape}", mistake)


def given(rng: np.random.Generator) -> dict:
    return {"inputs": rng.normal(size=(5, 2)), "seed": int(rng.integers(1000))}


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    params = model.init(key, inputs)["params"]
    return TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
""",
    hints=(
        "First the weights, for the optimizer's memory is made to fit them.",
        'params = model.init(key, inputs)["params"]; the memory is optimizer.init(params).',
        "TrainState(step, params, opt_state), where step is jnp.zeros((), jnp.int32).",
    ),
    holds="All that training changes is in one value, from which it can be started, saved and started again.",
    stands_in="lesson3.train",
    check=check,
    planted=(
        Planted(
            "the dict around params kept",
            """\
    params = model.init(key, inputs)
    return TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
""",
            says="the whole dict",
        ),
        Planted(
            "no memory",
            """\
    params = model.init(key, inputs)["params"]
    return TrainState(jnp.zeros((), jnp.int32), params, None)
""",
            says="memory left out",
        ),
        Planted(
            "a field forgotten",
            """\
    params = model.init(key, inputs)["params"]
    return TrainState(params, optimizer.init(params))
""",
            says="a field of TrainState",
        ),
        Planted(
            "memory for the inputs",
            """\
    params = model.init(key, inputs)["params"]
    return TrainState(jnp.zeros((), jnp.int32), params, optimizer.init({"a": inputs, "b": inputs}))
""",
            says="fit something else",
        ),
        Planted(
            "an own key",
            """\
    params = model.init(jax.random.key(0), inputs)["params"]
    return TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
""",
            says="a key of your own",
        ),
        Planted(
            "a floating point count",
            """\
    params = model.init(key, inputs)["params"]
    return TrainState(jnp.zeros(()), params, optimizer.init(params))
""",
            says="a zero of floating point",
        ),
        Planted(
            "counting from 1",
            """\
    params = model.init(key, inputs)["params"]
    return TrainState(jnp.ones((), jnp.int32), params, optimizer.init(params))
""",
            says="no step was made yet",
        ),
    ),
    right={
        "by names": """\
    variables = model.init(key, inputs)
    return TrainState(
        opt_state=optimizer.init(variables["params"]), params=variables["params"], step=jnp.array(0, dtype="int32")
    )
""",
        "one row to see the shape": """\
    params = model.init(key, inputs[:1])["params"]
    return TrainState(step=jnp.int32(0), params=params, opt_state=optimizer.init(params))
""",
        "a key made from the key": """\
    params = model.init(jax.random.fold_in(key, 7), jnp.zeros_like(inputs)).pop("params")
    return TrainState(jnp.zeros([], int), params, optimizer.init(params))
""",
    },
    twin=Twin(
        given=given,
        learner="out = jax.tree.leaves(learner.init_state(optax.adam(0.1), jax.random.key(seed), inputs))",
        lesson="""
_params = lesson.model.init(jax.random.key(seed), inputs)["params"]
out = jax.tree.leaves(lesson.TrainState(jnp.zeros((), jnp.int32), _params, optax.adam(0.1).init(_params)))
""",
    ),
)
