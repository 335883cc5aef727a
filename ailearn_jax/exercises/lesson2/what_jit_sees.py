"""What jit sees."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 2, exercise 6: what jit sees.

`jax.jit(f)` runs the Python lines of f once, with stand-ins that have a shape and no value, and compiles what they do
to arrays. From then on it runs the compiled program. A side effect, such as the `append` below, is no part of that:
it happens once. Only arguments of a new shape make Python run the lines again.

Make `eval_step` the compiled `loss_fn`. Then write `python_runs`, which predicts, without calling it, how often Python
will run the lines of `loss_fn` while a new `eval_step` is called on each of the batches in turn.
"""

import jax
import jax.numpy as jnp

runs = []


def loss_fn(params, batch):
    runs.append("Python was here")  # a side effect
    return jnp.mean((batch["inputs"] @ params["weights"] + params["bias"] - batch["targets"]) ** 2)


@hole@


if __name__ == "__main__":
    params = {"weights": jnp.ones(2), "bias": jnp.zeros(())}
    batches = [{"inputs": jnp.ones((num_rows, 2)), "targets": jnp.ones(num_rows)} for num_rows in (5, 5, 5, 8, 5)]
    print("predicted:", python_runs(batches))
    for batch in batches:
        eval_step(params, batch)
    print("runs:", len(runs))
'''

FORETELL = '''\


def python_runs(batches):
    """How often Python runs the lines of loss_fn while eval_step is called on each of these batches."""
'''

CALLS = """\
learner.runs.clear()
losses = [learner.eval_step(params, batch) for batch in batches]
runs = len(learner.runs)
"""


def check(learner: Learner, rng: np.random.Generator) -> None:
    first, second, third = (int(size) for size in rng.permutation(np.arange(4, 12))[:3])
    params = {"weights": rng.normal(size=2), "bias": np.array(rng.normal())}
    for sizes in ([first] * 4, [second, third, second, second, third]):
        batches = [{"inputs": rng.normal(size=(rows, 2)), "targets": rng.normal(size=rows)} for rows in sizes]
        errors = [batch["inputs"] @ params["weights"] + params["bias"] - batch["targets"] for batch in batches]
        reply = learner.run(CALLS, params=params, batches=batches)
        called = f"eval_step on batches of {', '.join(map(str, sizes))} rows"
        expect_close(f"{called}: losses", reply["losses"], [np.mean(error**2) for error in errors])
        runs, shapes = reply["runs"], len(set(sizes))
        mistake = {
            len(sizes): "Python's lines run at each call: nothing is compiled, or it is compiled anew each time",
            0: "eval_step does not come from loss_fn",
        }.get(runs)
        expect(
            runs == shapes,
            called,
            f"Python's lines run {shapes} times" if shapes > 1 else "Python's lines run once",
            f"{runs} times",
            mistake,
        )
        expect_close(
            f"python_runs(batches of {', '.join(map(str, sizes))} rows)",
            learner.call("python_runs", batches),
            shapes,
            mistakes={
                "one for each call: a compiled shape is not compiled again": len(sizes),
                "one for all: another shape needs another program": 1,
                "one for each change: a program is kept, and used again": 1 + np.sum(np.diff(sizes) != 0),
            },
        )


JIT = "eval_step = jax.jit(loss_fn)\n"
SHAPES = '    return len({batch["inputs"].shape for batch in batches})\n'

EXERCISE = Exercise(
    source=SOURCE,
    starter="eval_step = loss_fn  # your turn: compile it\n"
    + FORETELL
    + "    raise NotImplementedError  # your turn\n",
    solution=JIT + FORETELL + SHAPES,
    hints=(
        "`jax.jit` takes a function and returns the compiled one: do not call loss_fn, write its name alone.",
        "Python's lines run once for each shape that comes for the first time.",
        'A set keeps each shape once: {batch["inputs"].shape for batch in batches}. How many are in it?',
    ),
    holds="Python's lines run once for each shape, and the compiled program at every call.",
    stands_in="lesson2.eval_step",
    check=check,
    planted=(
        Planted("not compiled", "eval_step = loss_fn\n" + FORETELL + SHAPES, says="nothing is compiled"),
        Planted("a run a call", JIT + FORETELL + "    return len(batches)\n", says="is not compiled again"),
        Planted("a run for all", JIT + FORETELL + "    return 1\n", says="needs another program"),
        Planted(
            "a run a change",
            JIT + FORETELL + '    sizes = [len(batch["targets"]) for batch in batches]\n'
            "    return 1 + sum(old != new for old, new in zip(sizes, sizes[1:]))\n",
            says="is kept, and used again",
        ),
        Planted(
            "another function",
            "eval_step = jax.jit(lambda params, batch: jnp.mean(\n"
            '    (batch["inputs"] @ params["weights"] + params["bias"] - batch["targets"]) ** 2\n'
            "))\n" + FORETELL + SHAPES,
            says="does not come from",
        ),
        Planted(
            "called instead of compiled",
            "eval_step = jax.jit(loss_fn(None, None))\n" + FORETELL + SHAPES,
            says="raised",
        ),
    ),
    right={
        "a decorated function": (
            "@jax.jit\ndef eval_step(params, batch):\n    return loss_fn(params, batch)\n" + FORETELL + SHAPES
        ),
        "a loop": (
            JIT + FORETELL + "    seen = []\n"
            "    for batch in batches:\n"
            '        if batch["targets"].shape not in seen:\n'
            '            seen.append(batch["targets"].shape)\n'
            "    return len(seen)\n"
        ),
        "by sizes": JIT
        + FORETELL
        + '    return jnp.unique(jnp.array([len(batch["targets"]) for batch in batches])).size\n',
    },
    twin=Twin(
        given=lambda rng: {
            "params": {"weights": rng.normal(size=2), "bias": np.array(rng.normal())},
            "batch": {"inputs": rng.normal(size=(7, 2)), "targets": rng.normal(size=7)},
        },
        learner="out = (learner.eval_step(params, batch), learner.python_runs([batch, batch]))",
        lesson="out = (lesson.eval_step(params, batch), 1)",
    ),
)
