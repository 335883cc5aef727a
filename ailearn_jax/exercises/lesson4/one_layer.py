"""Why two linear layers are one."""

import numpy as np

from ailearn_jax.exercises.checking import dense, different_sizes, explaining, random_layer
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 4, exercise 2: why two linear layers are one.

Without ReLU between them, a second layer adds nothing: there is one layer that predicts the same as both together.
Multiply out what both do, and you see its kernel and its bias:

    (inputs @ A + a) @ B + b  =  inputs @ kernel + bias

Here A and a are the kernel [F, U] and the bias [U] of the hidden layer, B and b the kernel [U, 1] and the bias [1] of
the second. Write the lines of `one_layer` that make the kernel, [F, 1], and the bias, [1], of the one layer.
"""

import jax.numpy as jnp


def two_layers(params, inputs):
    """Predictions [N, 1] for inputs [N, F]: two layers in a row, and no ReLU."""
    hidden, dense = params["hidden"], params["dense"]
    return (inputs @ hidden["kernel"] + hidden["bias"]) @ dense["kernel"] + dense["bias"]


def one_layer(params):
    """The layer that does what `two_layers` does with these params: {"kernel": [F, 1], "bias": [1]}."""
    hidden, dense = params["hidden"], params["dense"]
@hole@
    return {"kernel": kernel, "bias": bias}
'''

EXPLAINED = {
    "'kernel' is not defined": "a name that is missing; the last line wants kernel and bias",
    "'bias' is not defined": "a name that is missing; the last line wants kernel and bias",
    "dot_general": "sizes that do not fit: the kernel is [F, U] @ [U, 1], a part of the bias [U] @ [U, 1]",
    "incompatible shapes": "* or + where @ belongs, which multiplies and sums over the units",
} | {f"name '{name}' is not defined": 'short names of the text; A is hidden["kernel"], and so on' for name in "AaBb"}


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows, num_features, num_hidden = different_sizes(rng, 3)
    hidden, last = random_layer(rng, num_features, num_hidden), random_layer(rng, num_hidden, 1)
    called = f"one_layer(params), {num_features} features, {num_hidden} hidden units"
    with explaining(called, EXPLAINED):
        got = learner.call("one_layer", {"hidden": hidden, "dense": last})
    kernel = hidden["kernel"] @ last["kernel"]
    through = hidden["bias"] @ last["kernel"]
    mistakes = {
        "* where @ belongs, which sums over the hidden units": hidden["bias"] * last["kernel"] + last["bias"],
        "the hidden bias left out: it goes through the second layer too": last["bias"],
        "the last layer's bias left out": through,
        "a hidden bias that was not multiplied by the second kernel": hidden["bias"] + last["bias"],
        "the hidden biases added up, not weighted by the second kernel": hidden["bias"].sum() + last["bias"],
        "a bias with a minus: it is added on both sides": -through - last["bias"],
    }
    expect_close(
        called,
        got,
        {"kernel": kernel, "bias": through + last["bias"]},
        {kind: {"kernel": kernel, "bias": bias} for kind, bias in mistakes.items()}
        | {
            "kernels multiplied number by number; @ sums over the hidden units": {
                "kernel": hidden["kernel"] * last["kernel"][:, 0],
                "bias": through + last["bias"],
            }
        },
    )
    inputs = rng.normal(size=(num_rows, num_features))
    expect_close("inputs @ kernel + bias", dense(got, inputs), dense(last, dense(hidden, inputs)))


def given(rng: np.random.Generator) -> dict:
    return {
        "params": {"hidden": random_layer(rng, 2, 5), "dense": random_layer(rng, 5, 1)},
        "inputs": rng.normal(size=(7, 2)),
    }


KERNEL = '    kernel = hidden["kernel"] @ dense["kernel"]\n'

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn: kernel = ..., bias = ...\n",
    solution=KERNEL + '    bias = hidden["bias"] @ dense["kernel"] + dense["bias"]\n',
    hints=(
        "(x A + a) B + b = x (A B) + (a B + b). Which part is multiplied by x, and which is not?",
        'A is hidden["kernel"] and B is dense["kernel"], so the new kernel is hidden["kernel"] @ dense["kernel"].',
        'The bias is a B + b: hidden["bias"] @ dense["kernel"] + dense["bias"].',
    ),
    holds="Two linear layers in a row are one linear layer. To bend, something must come between them.",
    stands_in="lesson4.Neural",
    check=check,
    planted=(
        Planted("hidden bias lost", KERNEL + '    bias = dense["bias"]\n', says="the hidden bias left out"),
        Planted(
            "last bias lost",
            KERNEL + '    bias = hidden["bias"] @ dense["kernel"]\n',
            says="last layer's bias left out",
        ),
        Planted(
            "biases added", KERNEL + '    bias = hidden["bias"] + dense["bias"]\n', says="not multiplied by the second"
        ),
        Planted("biases summed", KERNEL + '    bias = hidden["bias"].sum() + dense["bias"]\n', says="not weighted"),
        Planted(
            "the other order",
            """\
    kernel = dense["kernel"] @ hidden["kernel"]
    bias = hidden["bias"] @ dense["kernel"] + dense["bias"]
""",
            says="sizes that do not fit",
        ),
        Planted(
            "place by place",
            """\
    kernel = hidden["kernel"] * dense["kernel"][:, 0]
    bias = hidden["bias"] @ dense["kernel"] + dense["bias"]
""",
            says="number by number",
        ),
        Planted("no bias at all", KERNEL, says="a name that is missing"),
        Planted("the text's names", "    kernel = A @ B\n    bias = a @ B + b\n", says="short names of the text"),
        Planted(
            "a star for the bias",
            KERNEL + '    bias = hidden["bias"] * dense["kernel"] + dense["bias"]\n',
            says="* where @ belongs",
        ),
        Planted(
            "a star for the kernel",
            """\
    kernel = hidden["kernel"] * dense["kernel"]
    bias = hidden["bias"] @ dense["kernel"] + dense["bias"]
""",
            says="* or + where @ belongs",
        ),
    ),
    right={
        "einsum": """\
    kernel = jnp.einsum("fu,uo->fo", hidden["kernel"], dense["kernel"])
    bias = jnp.einsum("u,uo->o", hidden["bias"], dense["kernel"]) + dense["bias"]
""",
        "by asking both layers": """\
    num_features = hidden["kernel"].shape[0]
    bias = two_layers(params, jnp.zeros((1, num_features)))[0]
    kernel = two_layers(params, jnp.eye(num_features)) - bias
""",
        "a loop over the hidden units": """\
    kernel, bias = jnp.zeros((hidden["kernel"].shape[0], 1)), dense["bias"]
    for unit, weight in enumerate(dense["kernel"][:, 0]):
        kernel += weight * hidden["kernel"][:, unit, None]
        bias += weight * hidden["bias"][unit]
""",
        "transposed": """\
    bias = dense["bias"] + dense["kernel"].T @ hidden["bias"]
    kernel = (dense["kernel"].T @ hidden["kernel"].T).T
""",
    },
    twin=Twin(
        given=given,
        learner="out = nn.Dense(1).apply({'params': learner.one_layer(params)}, inputs)[:, 0]",
        lesson="""
_linear = lesson.nn.relu
lesson.nn.relu = lambda x: x
out = lesson.predict(lesson.Neural(5), params, inputs)
lesson.nn.relu = _linear
""",
    ),
)
