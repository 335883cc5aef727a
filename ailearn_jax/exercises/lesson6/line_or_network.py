"""A line is a network without hidden layers."""

from collections.abc import Callable

import numpy as np

from ailearn_jax.exercises.checking import gelu
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close
from ailearn_jax.exercises.linen import expect_params

SOURCE = '''\
"""Lesson 6, exercise 5: a line is a network without hidden layers.

One module serves both models of this lesson: MLP(hidden=(64, 64)) is the network, and MLP(hidden=()) the straight line.
For each size in `hidden` there is a dense layer with ReLU after it, named hidden0, hidden1 and so on; then a dense
layer with one output, named out, without ReLU. A checkpoint finds the weights by these names.

Return one number for each row: [B], not [B, 1], and for a batch of one row [1].
"""

import flax.linen as nn


class MLP(nn.Module):
    """Hidden layers of the given sizes with ReLU between them: [B, F] -> [B]. Without any it is the linear model."""

    hidden: tuple[int, ...]

    @nn.compact
    def __call__(self, x):
@hole@
'''


def draw_params(rng: np.random.Generator, sizes: tuple[int, ...]) -> dict[str, dict[str, np.ndarray]]:
    """Weights of layers from each size to the next, by the names that they have."""
    names = (*(f"hidden{i}" for i in range(len(sizes) - 2)), "out")
    kernels = [rng.normal(size=size) for size in zip(sizes, sizes[1:], strict=False)]
    return {
        name: {"kernel": kernel, "bias": rng.normal(size=kernel.shape[1])}
        for name, kernel in zip(names, kernels, strict=True)
    }


def forward(
    params: dict[str, dict[str, np.ndarray]],
    x: np.ndarray,
    relu_last: bool = False,
    relus: bool = True,
    between: Callable[[np.ndarray], np.ndarray] = lambda x: np.maximum(x, 0.0),
) -> np.ndarray:
    """The network by numpy, [B, F] -> [B], with the mistakes that can be asked for."""
    for i in range(len(params) - 1):
        x = x @ params[f"hidden{i}"]["kernel"] + params[f"hidden{i}"]["bias"]
        x = between(x) if relus else x
    x = (x @ params["out"]["kernel"] + params["out"]["bias"])[:, 0]
    return np.maximum(x, 0.0) if relu_last else x


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows, num_features = 11, int(rng.integers(4, 7))
    x = rng.normal(size=(num_rows, num_features))
    for hidden in ((), (int(rng.integers(7, 10)), 3), (int(rng.integers(7, 10)),)):
        called = f"MLP(hidden={hidden}) on rows [{num_rows}, {num_features}]"
        params = draw_params(rng, (num_features, *hidden, 1))
        expect_params(
            learner,
            f"MLP({hidden})",
            "x",
            {f"{name}/{part}": [*array.shape] for name, layer in params.items() for part, array in layer.items()},
            mistake="a layer that does not read what the layer before it returned, or has another size",
            x=x,
        )
        got = learner.run("out = learner.MLP(hidden).apply({'params': params}, x)", hidden=hidden, params=params, x=x)
        expect_close(
            called,
            got["out"],
            forward(params, x),
            mistakes={
                "[B, 1], one column: take its numbers, [B]": forward(params, x)[:, None],
                "the first row alone: take the first column, [:, 0]": forward(params, x)[:1],
                "ReLU after the last layer too: no prediction can be below 0": forward(params, x, relu_last=True),
                "no ReLU at all: then all layers together are one line": forward(params, x, relus=False),
                "ReLU before each hidden layer, not after it": relu_first(params, x),
                "ReLU on the inputs, or without a hidden layer: negative numbers are lost": forward(
                    params, np.maximum(x, 0.0)
                ),
                "tanh, not ReLU": forward(params, x, between=np.tanh),
                "GELU, not ReLU": forward(params, x, between=gelu),
            },
            rtol=1e-3,
            atol=1e-3,
        )
    expect_one_row(learner, rng)


def expect_one_row(learner: Learner, rng: np.random.Generator) -> None:
    """A batch of one row keeps its axis; the straight line is enough to see that, and quick."""
    x, params = rng.normal(size=(1, 5)), draw_params(rng, (5, 1))
    got = learner.run("out = learner.MLP(()).apply({'params': params}, x)", params=params, x=x)
    expect_close(
        "MLP(hidden=()) on one row [1, 5]",
        got["out"],
        forward(params, x),
        mistakes={"a squeeze of all axes of length 1, the batch axis too: take column 0": forward(params, x)[0]},
        rtol=1e-3,
        atol=1e-3,
    )


def relu_first(params: dict[str, dict[str, np.ndarray]], x: np.ndarray) -> np.ndarray:
    """ReLU on what goes into a hidden layer, none on what comes out of it."""
    for i in range(len(params) - 1):
        x = np.maximum(x, 0.0) @ params[f"hidden{i}"]["kernel"] + params[f"hidden{i}"]["bias"]
    return (x @ params["out"]["kernel"] + params["out"]["bias"])[:, 0]


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        for i, size in enumerate(self.hidden):
            x = nn.relu(nn.Dense(size, name=f"hidden{i}")(x))  # [B, size]
        return nn.Dense(1, name="out")(x)[:, 0]
""",
    hints=(
        "A loop over the sizes: each layer reads x, and what it returns is the new x. Without sizes it does nothing.",
        'A layer with a name: nn.Dense(1, name="out")(x). enumerate(self.hidden) gives each size with its number.',
        "The last line: the layer out gives [B, 1], and [:, 0] takes its one column.",
    ),
    holds="One module is the straight line or a network, as the sizes of the hidden layers say.",
    stands_in="models.MLP",
    check=check,
    planted=(
        Planted(
            "a column",
            """\
        for i, size in enumerate(self.hidden):
            x = nn.relu(nn.Dense(size, name=f"hidden{i}")(x))
        return nn.Dense(1, name="out")(x)
""",
            says="[B, 1], one column",
        ),
        Planted(
            "ReLU after the last layer",
            """\
        for i, size in enumerate(self.hidden):
            x = nn.relu(nn.Dense(size, name=f"hidden{i}")(x))
        return nn.relu(nn.Dense(1, name="out")(x))[:, 0]
""",
            says="ReLU after the last layer too",
        ),
        Planted(
            "no ReLU",
            """\
        for i, size in enumerate(self.hidden):
            x = nn.Dense(size, name=f"hidden{i}")(x)
        return nn.Dense(1, name="out")(x)[:, 0]
""",
            says="no ReLU at all",
        ),
        Planted(
            "ReLU before the layer",
            """\
        for i, size in enumerate(self.hidden):
            x = nn.Dense(size, name=f"hidden{i}")(nn.relu(x))
        return nn.Dense(1, name="out")(x)[:, 0]
""",
            says="ReLU before each hidden layer",
        ),
        Planted(
            "no names",
            """\
        for size in self.hidden:
            x = nn.relu(nn.Dense(size)(x))
        return nn.Dense(1)(x)[:, 0]
""",
            says="a layer without its name",
        ),
        Planted(
            "each layer on the inputs",
            """\
        hidden = x
        for i, size in enumerate(self.hidden):
            hidden = nn.relu(nn.Dense(size, name=f"hidden{i}")(x))
        return nn.Dense(1, name="out")(hidden)[:, 0]
""",
            says="does not read what the layer before it returned",
        ),
        Planted(
            "squeeze of all axes",
            """\
        for i, size in enumerate(self.hidden):
            x = nn.relu(nn.Dense(size, name=f"hidden{i}")(x))
        return nn.Dense(1, name="out")(x).squeeze()
""",
            says="a squeeze of all axes",
        ),
        Planted(
            "counted from 1",
            """\
        for i, size in enumerate(self.hidden, start=1):
            x = nn.relu(nn.Dense(size, name=f"hidden{i}")(x))
        return nn.Dense(1, name="out")(x)[:, 0]
""",
            says="there is hidden2 and no hidden0",
        ),
        Planted(
            "tanh",
            """\
        for i, size in enumerate(self.hidden):
            x = nn.tanh(nn.Dense(size, name=f"hidden{i}")(x))
        return nn.Dense(1, name="out")(x)[:, 0]
""",
            says="tanh, not ReLU",
        ),
    ),
    right={
        "a list of layers": """\
        layers = [nn.Dense(size, name=f"hidden{i}") for i, size in enumerate(self.hidden)]
        for layer in layers:
            x = layer(x).clip(0)
        return nn.Dense(1, name="out")(x).squeeze(axis=-1)
""",
        "all layers in one loop": """\
        for i, size in enumerate((*self.hidden, 1)):
            last = i == len(self.hidden)
            x = nn.Dense(size, name="out" if last else f"hidden{i}")(x)
            x = x if last else nn.relu(x)
        return x.reshape(-1)
""",
        "its own kernels": """\
        for i, size in enumerate(self.hidden):
            x = nn.Dense(size, name="hidden" + str(i))(x)
            x = x * (x > 0)
        return nn.Dense(1, name="out")(x).sum(axis=1)
""",
    },
    twin=Twin(
        given=lambda rng: {"x": rng.normal(size=(9, 5)), "params": draw_params(rng, (5, 7, 3, 1))},
        learner="out = learner.MLP((7, 3)).apply({'params': params}, x)",
        lesson="out = lesson.MLP((7, 3)).apply({'params': params}, x)",
    ),
)
