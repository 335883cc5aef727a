"""The compiled step."""

import numpy as np

from ailearn_jax.exercises.checking import different_sizes, explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close
from ailearn_jax.exercises.xor import COUNTED, INPUTS, LABELS, TO_THE_STEP, network_steps, random_network

SOURCE = (
    '''\
"""Lesson 5, exercise 5: the compiled step.

`jax.jit` calls a function once with tracers, which have a shape and no value, in the place of its arrays. It records
what is computed and compiles that; later calls run the compiled program, without Python. A model or an optimizer is not
an array. Such an argument must be declared static: `static_argnums` names them by their places, counted from 0, and jit
compiles again when one of them changes.

Write the last line: `compiled_step` is `train_step` compiled, for any model and any optimizer.
"""
'''
    + TO_THE_STEP
    + """

@hole@
"""
)

STEPS = (
    COUNTED
    + """
model = learner.Neural(hidden)
state = learner.TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
losses = []
for _ in range(4):
    state, loss = learner.compiled_step(model, optimizer, state, batch)
    losses.append(loss)
step, params = state.step, state.params
"""
)
EXPLAINED = {
    "partial(": "a step that has its model already; here it is handed over at each call",
    "Error interpreting argument": "a model or an optimizer not declared static; static_argnums counts from 0",
    "Non-hashable static": "too many static arguments: state and batch are arrays, which change from step to step",
    "'NoneType' object is not callable": "your own line is still to come",
    "attribute 'compiled_step'": "another name; the line begins with compiled_step =",
    "cannot unpack non-iterable": "a function that does not return (state, loss)",
}
CALLED = "compiled_step(model, optimizer, state, batch), 4 times"


def check(learner: Learner, rng: np.random.Generator) -> None:
    [hidden] = different_sizes(rng, 1)
    learning_rate, start = rng.uniform(0.1, 0.5), random_network(rng, hidden)
    batch = {"inputs": INPUTS, "labels": LABELS}
    with explaining(CALLED, EXPLAINED):
        got = learner.run(STEPS, params=start, batch=batch, hidden=hidden, learning_rate=learning_rate)
    params, losses = network_steps(start, learning_rate, 4)
    expect_close(f"the losses of {CALLED}", got["losses"], list(losses))
    expect_close(f"the params after {CALLED}", got["params"], params)
    expect_close(f"the step after {CALLED}", got["step"], np.int32(4))
    check_compiled(got["compiling"])


def check_compiled(compiling: list[bool]) -> None:
    """Whether Python ran the step once, to compile it."""
    times = f"run by Python {len(compiling)} times"
    mistake = "a step that is not compiled: jax.jit is still missing"
    expect(all(compiling), CALLED, "run by Python once, to compile it", times, mistake)
    mistake = "a new compiled function at each call; make it once, outside of the function"
    expect(len(compiling) <= 2, CALLED, "compiled once", f"compiled {len(compiling)} times", mistake)


def given(rng: np.random.Generator) -> dict:
    return {"params": random_network(rng, 5), "batch": {"inputs": rng.normal(size=(7, 2)), "labels": np.eye(7)[0]}}


TWIN = """
_optimizer = {module}.__dict__.setdefault("exercise_optimizer", optax.sgd(0.5))
_state = {module}.TrainState(jnp.zeros((), jnp.int32), params, _optimizer.init(params))
_state, _loss = {module}.{step}({module}.Neural(5), _optimizer, _state, batch)
out = jax.tree.leaves((_state, _loss))
"""

EXERCISE = Exercise(
    source=SOURCE,
    starter="compiled_step = None  # your turn\n",
    solution="compiled_step = jax.jit(train_step, static_argnums=(0, 1))\n",
    hints=(
        "jax.jit takes a function and returns the compiled one; it is called once, here, not at each step.",
        "train_step takes (model, optimizer, state, batch). The first two are not arrays.",
        "static_argnums=(0, 1) names the first two arguments.",
    ),
    holds="The step is compiled once and then run as often as you like, without Python.",
    stands_in="lesson5.train",
    check=check,
    planted=(
        Planted("not compiled", "compiled_step = train_step\n", says="a step that is not compiled"),
        Planted("nothing static", "compiled_step = jax.jit(train_step)\n", says="an optimizer not declared static"),
        Planted(
            "the state static too",
            "compiled_step = jax.jit(train_step, static_argnums=(0, 1, 2))\n",
            says="too many static arguments",
        ),
        Planted("another name", "step = jax.jit(train_step, static_argnums=(0, 1))\n", says="another name; the line"),
        Planted(
            "the function returned",
            """\
def compiled_step(model, optimizer, state, batch):
    return jax.jit(train_step, static_argnums=(0, 1))
""",
            says="does not return (state, loss)",
        ),
        Planted(
            "compiled at each call",
            """\
def compiled_step(model, optimizer, state, batch):
    return jax.jit(partial(train_step, model, optimizer))(state, batch)
""",
            says="a new compiled function at each call",
        ),
        Planted(
            "one model for all",
            "compiled_step = jax.jit(partial(train_step, Neural(16), optax.adam(0.05)))\n",
            says="has its model already",
        ),
    ),
    right={
        "by names": 'compiled_step = jax.jit(train_step, static_argnames=("model", "optimizer"))\n',
        "as a decorator": """\
@partial(jax.jit, static_argnums=[0, 1])
def compiled_step(model, optimizer, state, batch):
    return train_step(model, optimizer, state, batch)
""",
        "by keyword": "compiled_step = jax.jit(train_step, static_argnums=(1, 0), donate_argnums=())\n",
        "kept by model and optimizer": """\
STEPS = {}


def compiled_step(model, optimizer, state, batch):
    if (model, optimizer) not in STEPS:
        STEPS[model, optimizer] = jax.jit(partial(train_step, model, optimizer))
    return STEPS[model, optimizer](state, batch)
""",
    },
    twin=Twin(
        given=given,
        learner=TWIN.format(module="learner", step="compiled_step"),
        lesson=TWIN.format(module="lesson", step="train_step"),
    ),
)
