"""The first weights, drawn from a key."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, brief, expect, expect_close

SOURCE = '''\
"""Lesson 2, exercise 3: the first weights.

Weights are kept in a dict. Training begins at small random ones: "weights" [2] are normal numbers with the standard
deviation 0.1, and "bias" is the single number 0. JAX has no hidden generator: `jax.random.normal(key, shape)` gives the
same numbers for the same key, always. Write `init_params`.
"""

import jax
import jax.numpy as jnp


def init_params(key):
    """{"weights": [2], "bias": []}: small random weights, no bias."""
@hole@


if __name__ == "__main__":
    print(init_params(jax.random.key(0)))
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    seed = int(rng.integers(2**20))
    once, again = (learner.run("out = learner.init_params(jax.random.key(seed))", seed=seed)["out"] for _ in range(2))
    called = f"init_params(jax.random.key({seed}))"
    zeros = {"weights": np.zeros(2), "bias": np.array(0.0)}
    if isinstance(once, dict) and np.shape(once.get("weights", 0)) == (2,):
        zeros["weights"] = np.asarray(once["weights"])  # which they may be is looked at below
    expect_close(
        called,
        once,
        zeros,
        mistakes={"the bias as an array [1]: a single number has the shape ()": zeros | {"bias": np.zeros(1)}},
    )
    expect_close(f"{called}, called again", again, once, mistakes=None)
    many = learner.run("out = jax.vmap(learner.init_params)(jax.random.split(jax.random.key(seed), 300))", seed=seed)[
        "out"
    ]
    weights = many["weights"]  # [300, 2]
    called = "the weights of init_params(key), for 300 keys"
    different = np.ptp(weights, axis=0).min() > 0
    expect(
        different,
        called,
        "other numbers for each key",
        f"{brief(weights[0])} for all of them",
        "the key that comes in is not used",
    )
    alike = np.allclose(weights[:, 0], weights[:, 1])
    expect(not alike, called, "two numbers a key", "the same one twice", "one number drawn, and used twice")
    std = weights.std()
    kind = {True: "a standard deviation of 1: they are to be small", False: None}[bool(0.8 < std < 1.2)]
    expect(0.085 < std < 0.115, called, "a standard deviation of 0.1", f"{std:.3f}", kind)
    mean = weights.mean()
    expect(abs(mean) < 0.025, called, "a mean of 0", f"{mean:.3f}", "numbers of one sign: jax.random.uniform, perhaps")


NORMAL = "jax.random.normal(key, (2,))"

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution=f'    return {{"weights": 0.1 * {NORMAL}, "bias": jnp.zeros(())}}\n',
    hints=(
        "`jax.random.normal(key, (2,))` draws two numbers with the standard deviation 1.",
        "0.1 times that has the standard deviation 0.1.",
        "A single zero is `jnp.zeros(())`: an array whose shape has no member.",
    ),
    holds="The same key gives the same first weights, and another key gives other weights.",
    stands_in="lesson2.init_params",
    check=check,
    planted=(
        Planted("not small", f'    return {{"weights": {NORMAL}, "bias": jnp.zeros(())}}\n', says="to be small"),
        Planted(
            "a key of its own",
            '    return {"weights": 0.1 * jax.random.normal(jax.random.key(0), (2,)), "bias": jnp.zeros(())}\n',
            says="not used",
        ),
        Planted(
            "an array for the bias",
            f'    return {{"weights": 0.1 * {NORMAL}, "bias": jnp.zeros(1)}}\n',
            says="as an array [1]",
        ),
        Planted(
            "uniform",
            '    return {"weights": 0.35 * jax.random.uniform(key, (2,)), "bias": jnp.zeros(())}\n',
            says="one sign",
        ),
        Planted(
            "one number twice",
            '    return {"weights": 0.1 * jax.random.normal(key) * jnp.ones(2), "bias": jnp.zeros(())}\n',
            says="used twice",
        ),
        Planted("a tuple", f"    return 0.1 * {NORMAL}, jnp.zeros(())\n", says="a dict with the keys"),
    ),
    right={
        "divided": f"    weights = {NORMAL}\n    return dict(bias=jnp.array(0.0), weights=weights / 10)\n",
        "uniform of that size": (
            '    return {"weights": jax.random.uniform(key, (2,), minval=-0.173, maxval=0.173), "bias": 0.0}\n'
        ),
        "a loop over keys": (
            "    weights = jnp.array([0.1 * jax.random.normal(each) for each in jax.random.split(key)])\n"
            '    return {"weights": weights, "bias": 0.0}\n'
        ),
    },
    twin=Twin(
        given=lambda rng: {"seed": int(rng.integers(2**20))},
        learner="out = learner.init_params(jax.random.key(seed))",
        lesson="out = lesson.init_params(jax.random.key(seed))",
    ),
)
