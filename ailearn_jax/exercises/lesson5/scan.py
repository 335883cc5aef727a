"""The loop as one program: lax.scan."""

import numpy as np

from ailearn_jax.exercises.checking import different_sizes, explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close
from ailearn_jax.exercises.xor import COUNTED, LEARN, PARTS, TO_THE_STEP, network_step, network_steps, random_network

SOURCE = (
    '''\
"""Lesson 5, exercise 5: the loop as one program.

A Python loop calls a compiled step again and again. `jax.lax.scan` puts the loop itself into the program:

    jax.lax.scan(body, state, length=num_steps)  is  (last state, what was kept of each step)

`body` takes two: what is carried from step to step, and a slice of data, which is None here, since each step has the
same four rows. It returns two: what is carried on, and what is to be kept.

Write the last line of `learn`; `step(state, batch)` returns (state, loss), just what is wanted.
"""
'''
    + TO_THE_STEP
    + PARTS
    + LEARN
    + "@hole@\n"
)

CODE = (
    COUNTED
    + """
parts = learner.Parts(learner.Neural(hidden), optimizer, num_steps + 4)
state = learner.TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
result = jax.jit(learner.learn, static_argnums=(0, 2))(parts, state, num_steps)
kinds = [type(part).__name__ for part in result] if isinstance(result, tuple) else [type(result).__name__]
last, losses = result if kinds[0] == "TrainState" and len(kinds) == 2 else (state, None)
step, params = last.step, last.params
"""
)
EXPLAINED = {
    "carry": "the body's pair turned around: first what is carried on, then what is kept",
    "but 2 were given": "a body that takes one; scan gives it two, the state and a slice of data",
    "scan got no values": "a scan that does not know how long it is: length=num_steps",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    hidden, num_steps = different_sizes(rng, 2)
    learning_rate, start = rng.uniform(0.1, 0.5), random_network(rng, hidden)
    called = f"learn(parts, state, {num_steps})"
    with explaining(called, EXPLAINED):
        got = learner.run(CODE, params=start, hidden=hidden, learning_rate=learning_rate, num_steps=num_steps)
    kinds = ", ".join(got["kinds"]).replace("ArrayImpl", "array")
    mistake = "the pair the other way around" if got["kinds"][-1] == "TrainState" and len(got["kinds"]) == 2 else None
    is_pair = got["kinds"][0] == "TrainState" and len(got["kinds"]) == 2
    expect(is_pair, called, "(state, losses)", f"({kinds})", mistake)

    params, losses = network_steps(start, learning_rate, num_steps)
    steps = {
        "the state that came in; scan returns the last one": np.int32(0),
        "one step alone: the body must go on from the state that it is given": np.int32(1),
        "parts.num_steps, where the argument num_steps is asked for": np.int32(num_steps + 4),
    }
    called_step = f"the step of the state after {called}"
    expect_close(called_step, got["step"], np.int32(num_steps), steps)
    mistakes = {
        "the last loss alone; that of each step is to be kept": losses[-1],
        "the same loss in each step: the state is not carried on": np.full(num_steps, losses[0]),
        "each loss after its step; train_step returns that before it": np.append(
            losses[1:], network_step(params, learning_rate)[1]
        ),
        "the losses summed up": losses.sum(),
        "the mean of the losses": losses.mean(),
    }
    expect_close(f"the losses of {called}", got["losses"], losses, mistakes)
    expect_close(f"the params after {called}", got["params"], params)
    times = len(got["compiling"])
    mistake = "a Python loop: the program grows with each step"
    expect(times <= 3, called, "train_step run by Python once", f"run {times} times", mistake)


def given(rng: np.random.Generator) -> dict:
    return {"params": random_network(rng, 5), "num_steps": 4}


TWIN = """
_make = lambda: {module}.Parts({module}.Neural(5), optax.sgd(0.5), 6)
_parts = {module}.__dict__.get("exercise_parts") or {module}.__dict__.setdefault("exercise_parts", _make())
_state = {module}.TrainState(jnp.zeros((), jnp.int32), params, _parts.optimizer.init(params))
out = jax.tree.leaves(jax.jit({module}.learn, static_argnums=(0, 2))(_parts, _state, num_steps))
"""

LINE = "    return jax.lax.scan(lambda state, _: step(state, batch), state, length=num_steps)\n"

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution=LINE,
    hints=(
        "What is carried from step to step? The state. What is kept of each? Its loss.",
        "The body is lambda state, _: step(state, batch); the underscore is the slice of data that nobody needs.",
        "return jax.lax.scan(the body, the first state, length=num_steps)",
    ),
    holds="The whole training is one program, of one step's size, however many steps it makes.",
    stands_in="lesson5.learn",
    check=check,
    planted=(
        Planted("the state not carried", LINE.replace("lambda state, _:", "lambda *_:"), says="one step alone"),
        Planted("parts.num_steps", LINE.replace("=num_steps", "=parts.num_steps"), says="parts.num_steps, where"),
        Planted(
            "the first state returned",
            LINE.replace("return ", "_, losses = ") + "    return state, losses\n",
            says="the state that came in",
        ),
        Planted(
            "the other way around",
            LINE.replace("return ", "state, losses = ") + "    return losses, state\n",
            says="the pair the other way around",
        ),
        Planted(
            "the body's pair turned around",
            LINE.replace("step(state, batch)", "step(state, batch)[::-1]"),
            says="the body's pair turned around",
        ),
        Planted("a body of one", LINE.replace("lambda state, _:", "lambda state:"), says="a body that takes one"),
        Planted("no length", LINE.replace(", length=num_steps", ""), says="how long it is"),
        Planted(
            "the last loss",
            """\
    return jax.lax.fori_loop(0, num_steps, lambda _, pair: step(pair[0], batch), (state, jnp.zeros(())))
""",
            says="the last loss alone",
        ),
        Planted(
            "a Python loop",
            """\
    losses = []
    for _ in range(num_steps):
        state, loss = step(state, batch)
        losses.append(loss)
    return state, jnp.stack(losses)
""",
            says="a Python loop",
        ),
    ),
    right={
        "a body by name": """\
    def body(state, nothing):
        state, loss = step(state, batch)
        return state, loss

    state, losses = jax.lax.scan(body, state, None, num_steps)
    return state, losses
""",
        "over the steps' numbers": """\
    return jax.lax.scan(f=lambda state, number: step(state, batch), init=state, xs=jnp.arange(num_steps))
""",
        "over copies of the batch": """\
    batches = jax.tree.map(lambda array: jnp.stack([array] * num_steps), batch)
    return jax.lax.scan(step, state, batches)
""",
        "a loop of the library's": """\
    def body(i, carried):
        state, losses = carried
        state, loss = step(state, batch)
        return state, losses.at[i].set(loss)

    return jax.lax.fori_loop(0, num_steps, body, (state, jnp.zeros(num_steps)))
""",
    },
    twin=Twin(given=given, learner=TWIN.format(module="learner"), lesson=TWIN.format(module="lesson")),
)
