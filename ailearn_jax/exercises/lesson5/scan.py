"""The loop as one program: lax.scan."""

import numpy as np

from ailearn_jax.exercises.checking import KINDS, different_sizes, expect_state_and, explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close
from ailearn_jax.exercises.xor import COUNTED, LEARN, PARTS, TO_THE_STEP, network_step, network_steps, random_network

SOURCE = (
    '''\
"""Lesson 5, exercise 6: the loop as one program.

A Python loop calls a compiled step again and again. `jax.lax.scan` puts the loop itself into the program:

    jax.lax.scan(body, state, length=num_steps)  returns  (last state, what each step has given to keep)

`body` takes two arguments: what is carried from step to step, and a slice of data, which is None here, since each step
uses the same four rows. It returns two values: what is carried on, and what is to be kept.

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
"""
    + KINDS
    + """
last, losses = result if is_pair else (state, None)
step, params = last.step, last.params
"""
)
# In a loop that Python unrolls, each step calls the compiled step again.
CALLS = """
parts = learner.Parts(learner.Neural(hidden), optax.sgd(0.1), 9)
state = learner.TrainState(jnp.zeros((), jnp.int32), params, parts.optimizer.init(params))
calls = [
    str(jax.make_jaxpr(lambda state: learner.learn(parts, state, num_steps))(state)).count("jit[")
    for num_steps in (2, 3)
]
"""
EXPLAINED = {
    "scan body output must": "a body that does not return two: what is carried on, what is kept",
    "carry": "the body's pair turned around: first what is carried on, then what is kept",
    "but 2 were given": "a body that takes one argument; scan gives it two: state and a slice",
    "scan got no values": "a scan that does not know its length: length=num_steps",
    "Too many indices": "the batch as scan's data, of which each step gets one row",
    "disagrees": "the batch as scan's data, of which each step gets one row",
    "no leading axis": "num_steps as scan's data; write length=num_steps",
    "'NoneType' object is not": "the slice, which is None, as the batch: step(state, batch)",
    "train_step() missing": "train_step, which also takes model and optimizer; use step",
    "should be a callable": "no function in the first place: lambda state, _: step(state, batch)",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    hidden, num_steps = different_sizes(rng, 2)
    learning_rate, start = rng.uniform(0.1, 0.5), random_network(rng, hidden)
    called = f"learn(parts, state, {num_steps})"
    with explaining(called, EXPLAINED):
        got = learner.run(CODE, params=start, hidden=hidden, learning_rate=learning_rate, num_steps=num_steps)
    expect_state_and("losses", called, got["kinds"])

    params, losses = network_steps(start, learning_rate, num_steps)
    steps = {
        "the state that came in; scan returns the last one": np.int32(0),
        "one step alone: the body must go on from the state that it is given": np.int32(1),
        "parts.num_steps; the argument num_steps is wanted": np.int32(num_steps + 4),
        "one step too few": np.int32(num_steps - 1),
    }
    called_step = f"state.step after {called}"
    expect_close(called_step, got["step"], np.int32(num_steps), steps)
    mistakes = {
        "the last loss alone; keep the loss of each step": losses[-1],
        "nothing kept: the body's second value should be the loss": None,
        "a Python loop and list; scan makes one array of the losses": list(losses),
        "the same loss in each step: the state is not carried on": np.full(num_steps, losses[0]),
        "each loss after its step; train_step returns the one before": np.append(
            losses[1:], network_step(params, learning_rate)[1]
        ),
        "the sum of the losses": losses.sum(),
        "the mean of the losses": losses.mean(),
    }
    expect_close(f"the losses of {called}", got["losses"], losses, mistakes)
    expect_close(f"state.params after {called}", got["params"], params)
    times = len(got["compiling"])
    mistake = "a Python loop: the program grows with each step"
    expect(times <= 3, called, "train_step run by Python once", f"run {times} times", mistake)
    one, other = learner.run(CALLS, params=start, hidden=hidden)["calls"]
    expect(one == other, called, "one program for any number of steps", "a longer one for more steps", mistake)


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
        "What is carried from step to step? The state. What is kept of each step? Its loss.",
        "The body is lambda state, _: step(state, batch); the underscore is the slice of data that nobody needs.",
        "return jax.lax.scan(the body, the first state, length=num_steps)",
    ),
    holds="The whole training is one program, which is no longer for many steps than for one.",
    stands_in="lesson5.learn",
    check=check,
    planted=(
        Planted("the state not carried", LINE.replace("lambda state, _:", "lambda *_:"), says="one step alone"),
        Planted("parts.num_steps", LINE.replace("=num_steps", "=parts.num_steps"), says="parts.num_steps; the"),
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
        Planted("a body of one", LINE.replace("lambda state, _:", "lambda state:"), says="a body that takes"),
        Planted("no length", LINE.replace(", length=num_steps", ""), says="does not know its length"),
        Planted(
            "the last loss",
            """\
    return jax.lax.fori_loop(0, num_steps, lambda _, pair: step(pair[0], batch), (state, jnp.zeros(())))
""",
            says="the last loss alone",
        ),
        Planted("one value", LINE.replace("batch),", "batch)[0],"), says="does not return two"),
        Planted("the batch as data", "    return jax.lax.scan(step, state, batch)\n", says="each step gets one row"),
        Planted("the length as data", LINE.replace("length=", ""), says="num_steps as scan's data"),
        Planted("None as the batch", LINE.replace("step(state, batch)", "step(state, _)"), says="the slice, which is"),
        Planted("train_step", LINE.replace(" step(", " train_step("), says="takes model and optimizer"),
        Planted("a call", LINE.replace("lambda state, _: ", ""), says="no function in"),
        Planted(
            "the states kept",
            """\
    def body(state, _):
        state, loss = step(state, batch)
        return state, state

    return jax.lax.scan(body, state, length=num_steps)
""",
            says="two states; the second",
        ),
        Planted(
            "nothing kept",
            """\
    def body(state, _):
        state, loss = step(state, batch)
        return state, None

    return jax.lax.scan(body, state, length=num_steps)
""",
            says="nothing kept",
        ),
        Planted("one step too few", LINE.replace("=num_steps", "=num_steps - 1"), says="one step too few"),
        Planted(
            "a compiled step in a Python loop",
            """\
    losses, compiled = [], jax.jit(step)
    for _ in range(num_steps):
        state, loss = compiled(state, batch)
        losses.append(loss)
    return state, jnp.stack(losses)
""",
            says="a longer one for more steps",
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
            says="run by Python once",
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
