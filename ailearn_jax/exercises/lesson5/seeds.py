"""Many seeds at once: vmap."""

import numpy as np

from ailearn_jax.exercises.checking import KINDS, different_sizes, expect_state_and, explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close
from ailearn_jax.exercises.xor import COUNTED, INIT_STATE, LEARN, PARTS, TO_THE_STEP, network_steps

SOURCE = (
    '''\
"""Lesson 5, exercise 7: many seeds at once.

Did the network learn XOR by luck? To find out, train it from many keys, each of which gives other first weights.
`jax.vmap` turns a function of one key into a function of an array of keys, which computes all of them side by side, in
one program:

    jax.vmap(function)(keys)

Write `learn_seeds`: for each key `init_state`, then `learn` with parts.num_steps.
"""
'''
    + TO_THE_STEP
    + PARTS
    + INIT_STATE
    + LEARN
    + '''\
    return jax.lax.scan(lambda state, _: step(state, batch), state, length=num_steps)


def learn_seeds(parts, keys):
    """For S keys [S]: the last states, each array in them with an axis [S, ...] in front, and losses [S, num_steps]."""
@hole@
'''
)

CODE = (
    COUNTED
    + """
parts = learner.Parts(learner.Neural(hidden), optimizer, num_steps)
keys = jax.random.split(jax.random.key(seed), num_seeds)
_init_params = jax.vmap(lambda key: learner.init_state(parts, key).params)
starts, result = jax.jit(lambda keys: (_init_params(keys), learner.learn_seeds(parts, keys)))(keys)
"""
    + KINDS
    + """
last, losses = result if is_pair else (None, None)
params = getattr(last, "params", None)
"""
)
# A Python loop over the keys calls the training again for each of them, compiled or not.
CALLS = """
parts = learner.Parts(learner.Neural(hidden), optax.sgd(0.1), 2)
calls = [
    str(jax.make_jaxpr(lambda keys: learner.learn_seeds(parts, keys))(keys)).count("jit[")
    for keys in (jax.random.split(jax.random.key(0), 2), jax.random.split(jax.random.key(0), 3))
]
"""
EXPLAINED = {
    "Argument 'Neural(": "more than the keys mapped over; parts is the same for all of them",
    "RNGs should be of shape": "all keys at once, where one is wanted: jax.vmap gives one at a time",
    "function <lambda> at": "a function that is returned; call it with keys",
    "has no attribute params": "no state handed to learn; init_state(parts, key) makes it",
    "has no attribute model": "key and parts exchanged: parts comes first",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    hidden, num_steps = different_sizes(rng, 2)
    num_seeds = 2 * int(rng.integers(2, 5))  # even, the others are odd
    learning_rate, seed = rng.uniform(0.1, 0.5), int(rng.integers(100_000))
    names = {"hidden": hidden, "num_steps": num_steps, "num_seeds": num_seeds}
    called = f"learn_seeds(parts, keys), {num_seeds} keys, {num_steps} steps"
    with explaining(called, EXPLAINED):
        got = learner.run(CODE, seed=seed, learning_rate=learning_rate, **names)
    expect_state_and("losses", called, got["kinds"])

    starts = [
        {layer: {part: array[i] for part, array in arrays.items()} for layer, arrays in got["starts"].items()}
        for i in range(num_seeds)
    ]
    ends, losses = zip(*(network_steps(start, learning_rate, num_steps) for start in starts), strict=True)
    losses = np.stack(losses)
    mistakes = {
        "one key for all seeds: all of them start with the same weights": np.stack([losses[0]] * num_seeds),
        "the axes exchanged, [num_steps, S]; the seeds come first": losses.T,
        "the mean over the seeds; the losses of each seed are wanted": losses.mean(axis=0),
        "the last loss of each seed; the loss of each step is wanted": losses[:, -1],
        "the first seed alone": losses[0],
        "the losses of all seeds in one row": losses.reshape(-1),
    }
    expect_close(f"the losses of {called}", got["losses"], losses, mistakes)
    params = {
        layer: {part: np.stack([end[layer][part] for end in ends]) for part in ("kernel", "bias")}
        for layer in ("hidden", "out")
    }
    mistake = "the first state of each seed; the last one is wanted"
    expect_close(f"the params of {called}", got["params"], params, {mistake: got["starts"]})
    times = len(got["compiling"])
    mistake = "a Python loop over the keys: one training after the other"
    expect(times <= 3, called, "train_step run by Python once", f"run {times} times", mistake)
    one, other = learner.run(CALLS, hidden=hidden)["calls"]
    expect(one == other, called, "one program for any number of keys", "a longer one for more keys", mistake)


def given(rng: np.random.Generator) -> dict:
    return {"seed": int(rng.integers(1000)), "num_seeds": 3}


TWIN = """
_make = lambda: {module}.Parts({module}.Neural(5), optax.sgd(0.5), 4)
_parts = {module}.__dict__.get("parts_of_seeds") or {module}.__dict__.setdefault("parts_of_seeds", _make())
_keys = jax.random.split(jax.random.key(seed), num_seeds)
"""

LINE = "    return jax.vmap(lambda key: learn(parts, init_state(parts, key), parts.num_steps))(keys)\n"

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution=LINE,
    hints=(
        "First write it for one key: init_state makes a state from it, learn trains that state.",
        "The function for vmap takes only the key, since parts is the same for all: lambda key: ...",
        "The function is lambda key: learn(parts, init_state(parts, key), parts.num_steps); call vmap of it with keys.",
    ),
    holds="All seeds are trained side by side in one program, each from its own key.",
    stands_in="lesson5.learn",
    check=check,
    planted=(
        Planted("one key for all", LINE.replace("(parts, key)", "(parts, keys[0])"), says="one key for all seeds"),
        Planted(
            "a Python loop",
            """\
    runs = [learn(parts, init_state(parts, key), parts.num_steps) for key in keys]
    return jax.tree.map(lambda *arrays: jnp.stack(arrays), *runs)
""",
            says="run by Python once",
        ),
        Planted(
            "a Python loop of a compiled function",
            """\
    compiled = jax.jit(lambda key: learn(parts, init_state(parts, key), parts.num_steps))
    runs = [compiled(key) for key in keys]
    return jax.tree.map(lambda *arrays: jnp.stack(arrays), *runs)
""",
            says="a longer one for more keys",
        ),
        Planted(
            "a list of runs",
            "    return [learn(parts, init_state(parts, key), parts.num_steps) for key in keys]\n",
            says="a pair for each",
        ),
        Planted(
            "axes exchanged",
            LINE.replace("return ", "states, losses = ") + "    return states, losses.T\n",
            says="the axes exchanged",
        ),
        Planted(
            "the mean",
            LINE.replace("return ", "states, losses = ") + "    return states, losses.mean(axis=0)\n",
            says="the mean over the seeds",
        ),
        Planted("the losses alone", LINE.replace("(keys)", "(keys)[1]"), says="the losses alone; the state"),
        Planted("the states alone", LINE.replace("(keys)", "(keys)[0]"), says="the state alone"),
        Planted("not called", LINE.replace("(keys)", ""), says="call it with keys"),
        Planted("no state", LINE.replace("init_state(parts, key)", "key"), says="no state handed"),
        Planted("key first", LINE.replace("(parts, key)", "(key, parts)"), says="key and parts exchanged"),
        Planted(
            "no vmap",
            "    return learn(parts, init_state(parts, keys), parts.num_steps)\n",
            says="all keys at once",
        ),
        Planted(
            "parts mapped over too",
            """\
    return jax.vmap(lambda parts, key: learn(parts, init_state(parts, key), parts.num_steps))(parts, keys)
""",
            says="more than the keys mapped over",
        ),
        Planted(
            "the first states",
            """\
    states = jax.vmap(partial(init_state, parts))(keys)
    _, losses = jax.vmap(lambda state: learn(parts, state, parts.num_steps))(states)
    return states, losses
""",
            says="the first state of each seed",
        ),
    ),
    right={
        "in two parts": """\
    states = jax.vmap(partial(init_state, parts))(keys)
    return jax.vmap(learn, in_axes=(None, 0, None))(parts, states, parts.num_steps)
""",
        "a function by name": """\
    @jax.jit
    def learn_one(key):
        state = init_state(parts, key)
        return learn(parts, state, parts.num_steps)

    return jax.vmap(learn_one)(keys)
""",
        "one after the other, in one program": """\
    return jax.lax.map(lambda key: learn(parts, init_state(parts, key), parts.num_steps), keys)
""",
    },
    twin=Twin(
        given=given,
        learner=TWIN.format(module="learner")
        + "out = jax.tree.leaves(jax.jit(learner.learn_seeds, static_argnums=0)(_parts, _keys))\n",
        lesson=TWIN.format(module="lesson")
        + """
_learn = jax.jit(lesson.learn, static_argnums=(0, 2))
_runs = [_learn(_parts, lesson.init_state(_parts, _key), _parts.num_steps) for _key in _keys]
out = jax.tree.leaves(jax.tree.map(lambda *arrays: jnp.stack(arrays), *_runs))
""",
    ),
)
