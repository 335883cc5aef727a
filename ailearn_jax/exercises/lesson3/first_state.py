"""The state before the first step."""

import numpy as np

from ailearn_jax.exercises.checking import alike, described, described_kind, different_sizes, explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect

SOURCE = '''\
"""Lesson 3, exercise 3: the state before the first step.

All that a step of training updates is one value, `TrainState`: the number of steps so far, the weights, and what the
optimizer remembers (Adam keeps two means for each weight). Write `init_state`:

- step: 0, as an array of shape () and type int32;
- params: `model.init(key, inputs)` makes random weights that fit the inputs. They come in a dict by kind, as `apply`
  takes it: keep what is under "params";
- opt_state: `optimizer.init` is given the weights and returns the memory for them.
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
    """All that a step updates. A step returns a new state and does not change the old one."""

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
memory = [leaf.shape for leaf in jax.tree.leaves(opt_state) if hasattr(leaf, "shape")]
_fitting = optimizer.init({"dense": {"kernel": inputs[:1].T, "bias": inputs[0, :1]}})
fits = jax.tree.structure(opt_state) == jax.tree.structure(_fitting)
other_params = getattr(learner.init_state(optimizer, jax.random.key(seed + 1), inputs), "params", None)
"""
CALLED = "init_state(optimizer, key, inputs)"
EXPLAINED = {
    "TrainState.__init__() missing": "a field of TrainState left out: it has step, params and opt_state",
    "__call__() missing": "model.init without the inputs, which tell it the shapes",
    "init_fn() missing": "optimizer.init without the weights that it makes the memory for",
    "RNGs should be": "the inputs first; model.init takes the key, then the inputs",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows, num_features = different_sizes(rng, 2)
    inputs = rng.normal(size=(num_rows, num_features))
    with explaining(CALLED, EXPLAINED):
        got = learner.run(STATES, inputs=inputs, seed=int(rng.integers(1000)))
    mistake = "the three values alone; TrainState(...) makes one value of them" if got["kind"] == "tuple" else None
    expect(got["kind"] == "TrainState", CALLED, "a TrainState", described_kind(got["kind"]), mistake)
    check_params(got["params"], got["other_params"], num_features)
    check_step(got["step"])

    shapes = sorted(got["memory"])
    wanted = sorted([(), (1,), (1,), (num_features, 1), (num_features, 1)])
    called, expected = f"{CALLED}.opt_state", "a count, and two means for each array in params"
    mistake = "a memory made for something else than params"
    if not shapes:
        mistake = "the optimizer's memory left out: optimizer.init(params) makes it"
    expect(shapes == wanted, called, expected, f"shapes {shapes}" if shapes else "no arrays", mistake)
    mistake = "another tree handed to optimizer.init; it wants just the params"
    expect(got["fits"], called, expected, "other names for the means", mistake)


def check_params(params: dict, other: dict, num_features: int) -> None:
    wanted = described({"dense": {"bias": np.zeros(1), "kernel": np.zeros((num_features, 1))}})
    mistake = "the fields in another order: step, params, opt_state"
    if isinstance(params, dict):
        mistake = {
            "params": 'the whole dict that model.init makes; the weights are under "params"',
            "bias": 'one level too deep; keep all that is under "params"',
        }.get(min(params, default=""))
    found = described(params) if isinstance(params, dict) else described_kind(type(params).__name__)
    expect(found == wanted, f"{CALLED}.params, {num_features} features", wanted, found, mistake)
    is_same = alike(params, other)
    mistake = "weights that do not depend on `key`: use just what model.init makes of it"
    expect(not is_same, f"{CALLED}.params for two keys", "different weights", "the same weights", mistake)


def check_step(step: object) -> None:
    called, expected = f"{CALLED}.step", "0, of type int32 and shape ()"
    is_array = isinstance(step, np.ndarray)
    got = np.asarray(step)
    mistake = {
        "f": "a zero of floating point; jnp.zeros((), jnp.int32) is a whole number",
        "i": "a count from 1: no step was made yet" if got.ndim == 0 and got == 1 else None,
    }.get(got.dtype.kind)
    if isinstance(step, int):
        mistake = "a number of Python; jnp.zeros((), jnp.int32) is an array"
    elif got.shape == (1,):
        mistake = "an array with one number, shape (1,); shape () has no axis"
    is_zero = is_array and got.shape == () and got.dtype == np.int32 and got == 0
    found = f"{step}, of type {got.dtype} and shape {got.shape}" if is_array else described_kind(type(step).__name__)
    expect(is_zero, called, expected, found, mistake)


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
        "First make the weights, then the optimizer's memory, which is made for them.",
        'params = model.init(key, inputs)["params"]; the memory is optimizer.init(params).',
        "TrainState(step, params, opt_state), where step is jnp.zeros((), jnp.int32).",
    ),
    holds="All that training changes is in one value, which can be saved and gone on from.",
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
            says="for something else",
        ),
        Planted(
            "memory for the whole dict",
            """\
    variables = model.init(key, inputs)
    return TrainState(jnp.zeros((), jnp.int32), variables["params"], optimizer.init(variables))
""",
            says="wants just the params",
        ),
        Planted(
            "no inputs",
            """\
    params = model.init(key)["params"]
    return TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
""",
            says="without the inputs",
        ),
        Planted(
            "inputs first",
            """\
    params = model.init(inputs, key)["params"]
    return TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
""",
            says="the inputs first",
        ),
        Planted(
            "another order",
            """\
    params = model.init(key, inputs)["params"]
    return TrainState(params, optimizer.init(params), jnp.zeros((), jnp.int32))
""",
            says="in another order",
        ),
        Planted(
            "the layer's weights",
            """\
    params = model.init(key, inputs)["params"]["dense"]
    return TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
""",
            says="one level too deep",
        ),
        Planted(
            "a plain number",
            """\
    params = model.init(key, inputs)["params"]
    return TrainState(0, params, optimizer.init(params))
""",
            says="a number of Python",
        ),
        Planted(
            "an axis",
            """\
    params = model.init(key, inputs)["params"]
    return TrainState(jnp.zeros(1, jnp.int32), params, optimizer.init(params))
""",
            says="shape () has no axis",
        ),
        Planted(
            "no TrainState",
            """\
    params = model.init(key, inputs)["params"]
    return jnp.zeros((), jnp.int32), params, optimizer.init(params)
""",
            says="the three values alone",
        ),
        Planted(
            "an own key",
            """\
    params = model.init(jax.random.key(0), inputs)["params"]
    return TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
""",
            says="do not depend on `key`",
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
