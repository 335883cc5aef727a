"""A linear model of several inputs."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 2, exercise 4: a linear model of several inputs.

Lesson 1 had one input and two loose numbers. Now each row has F inputs, each with a weight, and the weights stand in a
dict with the bias. A row's prediction is the sum of its inputs times their weights, plus the bias. For all rows at once
that is a product of a matrix with a vector, `@`. Write what `predict` returns.
"""

import jax.numpy as jnp


def predict(params, inputs):
    """Predictions [N] for inputs [N, F], by params {"weights": [F], "bias": []}."""
@hole@


def loss_fn(params, batch):
    return jnp.mean((predict(params, batch["inputs"]) - batch["targets"]) ** 2)
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    for columns in rng.permutation([2, 3, 5])[:2]:
        inputs = rng.normal(size=(rng.integers(6, 12), columns))
        weights, bias = rng.normal(size=columns), rng.normal()
        products = inputs * weights
        expect_close(
            f"predict(params, inputs) of {len(inputs)} rows, {columns} inputs each",
            learner.call("predict", {"weights": weights, "bias": np.array(bias)}, inputs),
            inputs @ weights + bias,
            mistakes={
                "the sum without the bias": inputs @ weights,
                "the bias added to each product, F times": np.sum(products + bias, axis=1),
                "the products, not yet summed": products + bias,
                "the products' mean, where their sum is asked for": products.mean(axis=1) + bias,
                "summed over the rows: the wrong axis": products.sum(axis=0) + bias,
                "the sum of everything": products.sum() + bias,
                "the bias subtracted": inputs @ weights - bias,
            },
        )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution='    return inputs @ params["weights"] + params["bias"]\n',
    hints=(
        'The weights are `params["weights"]`.',
        "`inputs @ weights` multiplies each row with the weights and sums: [N, F] @ [F] gives [N].",
        'Then add `params["bias"]`.',
    ),
    holds="One product computes all rows' predictions, for any number of inputs.",
    stands_in="lesson2.predict",
    check=check,
    planted=(
        Planted("no bias", '    return inputs @ params["weights"]\n', says="without the bias"),
        Planted("no sum", '    return inputs * params["weights"] + params["bias"]\n', says="not yet summed"),
        Planted(
            "bias in the sum",
            '    return jnp.sum(inputs * params["weights"] + params["bias"], axis=1)\n',
            says="F times",
        ),
        Planted(
            "mean", '    return jnp.mean(inputs * params["weights"], axis=1) + params["bias"]\n', says="products' mean"
        ),
        Planted(
            "wrong axis",
            '    return jnp.sum(inputs * params["weights"], axis=0) + params["bias"]\n',
            says="the wrong axis",
        ),
        Planted("no axis", '    return jnp.sum(inputs * params["weights"]) + params["bias"]\n', says="everything"),
    ),
    right={
        "a sum": '    return params["bias"] + jnp.sum(params["weights"] * inputs, axis=-1)\n',
        "einsum": '    return jnp.einsum("nf,f->n", inputs, params["weights"]) + params["bias"]\n',
        "a loop": '    return jnp.stack([jnp.dot(params["weights"], row) + params["bias"] for row in inputs])\n',
    },
    twin=Twin(
        given=lambda rng: {
            "params": {"weights": rng.normal(size=3), "bias": np.array(rng.normal())},
            "inputs": rng.normal(size=(7, 3)),
        },
        learner="out = learner.predict(params, inputs)",
        lesson="out = lesson.predict(params, inputs)",
    ),
)
