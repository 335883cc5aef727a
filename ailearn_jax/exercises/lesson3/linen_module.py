"""A linen module."""

import numpy as np

from ailearn_jax.exercises.checking import dense, described, different_sizes, explaining, random_layer
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 3, exercise 1: a linen module.

A module says what is done with the inputs, no more. Its weights are kept outside of it, in a tree of arrays, `params`.

Write `__call__`: one layer `nn.Dense` with one output and the name "dense", so that its weights are params["dense"].
The layer gives a table of one column, [N, 1]; return that column, [N].
"""

import flax.linen as nn


class Linear(nn.Module):
    """Predictions [N] for inputs [N, F]."""

    @nn.compact  # the layers may be made right where they are used
    def __call__(self, inputs):
        """What the module does with the inputs."""
@hole@
'''

EXPLAINED = {
    "object is not subscriptable": "a layer that is not called: nn.Dense(...)(inputs) is the table",
    "SetAttributeFrozenModule": "a layer kept in self; keep it in a variable of `__call__`",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows, num_features = different_sizes(rng, 2)
    inputs = rng.normal(size=(num_rows, num_features))
    with explaining("Linear().init(key, inputs)", EXPLAINED):
        code = "params = learner.Linear().init(jax.random.key(0), inputs).get('params', {})"
        made = learner.run(code, inputs=inputs)["params"]
    check_layers(made, num_features)

    layer = random_layer(rng, num_features, 1)
    layer["bias"] = -np.mean(inputs @ layer["kernel"], axis=0)  # so that some predictions are below 0
    predictions = dense(layer, inputs)[:, 0]
    code = "predictions = learner.Linear().apply({'params': params}, inputs)"
    got = learner.run(code, params={"dense": layer}, inputs=inputs)["predictions"]
    mistakes = {
        "the whole table, [N, 1]; [:, 0] takes its only column out": predictions[:, None],
        "the first row, [0]; [:, 0] is the first column": predictions[:1],
        "a ReLU too many: nothing comes out below 0": np.maximum(predictions, 0),
    }
    expect_close(f"Linear() on inputs [{num_rows}, {num_features}]", got, predictions, mistakes)


def check_layers(made: dict, num_features: int) -> None:
    """The module's weights: one layer, its name and its shapes."""
    layer = made.get("dense")
    mistake = None
    if not made:
        mistake = "no layer, or one that is not called with the inputs"
    elif list(made) == ["Dense_0"]:
        mistake = 'a layer without name="dense", so that flax named it itself'
    elif layer is None:
        mistake = 'another name; the layer\'s name is "dense"'
    elif len(made) > 1:
        mistake = "more than one layer; this module has one"
    elif isinstance(layer, dict) and "bias" not in layer:
        mistake = "a layer without its bias"
    elif isinstance(layer, dict) and np.shape(layer.get("kernel", 0))[1:] != (1,):
        mistake = "another number of outputs; nn.Dense(1) has one, and finds the number of inputs by itself"
    wanted = described({"dense": {"bias": np.zeros(1), "kernel": np.zeros((num_features, 1))}})
    called = f"Linear().init(key, inputs)['params'], {num_features} features"
    expect(described(made) == wanted, called, wanted, described(made) or "no weights", mistake)


def given(rng: np.random.Generator) -> dict:
    return {
        "inputs": rng.normal(size=(5, 2)),
        "params": {"dense": random_layer(rng, 2, 1)},
        "seed": int(rng.integers(1000)),
    }


TWIN = """
_model = {module}.Linear()
out = _model.apply({{"params": params}}, inputs), _model.init_with_output(jax.random.key(seed), inputs)
"""

EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution='        return nn.Dense(1, name="dense")(inputs)[:, 0]\n',
    hints=(
        "A layer is made first and then called with the inputs: nn.Dense(...)(inputs).",
        "nn.Dense takes the number of outputs, not of inputs; name= is the key of its weights in params.",
        'layer = nn.Dense(1, name="dense"); layer(inputs) is [N, 1], and table[:, 0] is the first column of a table.',
    ),
    holds="The module says what is done with the inputs; the weights come from outside, in params.",
    stands_in="lesson3.Linear",
    check=check,
    planted=(
        Planted("no name", "        return nn.Dense(1)(inputs)[:, 0]\n", says="flax named it"),
        Planted(
            "not called",
            '        layer = nn.Dense(1, name="dense")\n        return layer[:, 0]\n',
            says="is not called: nn",
        ),
        Planted("nothing made", "        return inputs[:, 0]\n", says="no layer, or one that"),
        Planted("another name", '        return nn.Dense(1, name="linear")(inputs)[:, 0]\n', says="another name"),
        Planted(
            "two layers",
            """\
        hidden = nn.Dense(8, name="hidden")(inputs)
        return nn.Dense(1, name="dense")(hidden)[:, 0]
""",
            says="more than one layer",
        ),
        Planted(
            "kept in self",
            """\
        self.dense = nn.Dense(1)
        return self.dense(inputs)[:, 0]
""",
            says="kept in self",
        ),
        Planted("column kept", '        return nn.Dense(1, name="dense")(inputs)\n', says="the whole table"),
        Planted("first row", '        return nn.Dense(1, name="dense")(inputs)[0]\n', says="the first row"),
        Planted(
            "no bias",
            '        return nn.Dense(1, use_bias=False, name="dense")(inputs)[:, 0]\n',
            says="without its bias",
        ),
        Planted(
            "as many outputs as inputs",
            '        return nn.Dense(inputs.shape[-1], name="dense")(inputs)[:, 0]\n',
            says="another number of outputs",
        ),
        Planted("a ReLU", '        return nn.relu(nn.Dense(1, name="dense")(inputs))[:, 0]\n', says="a ReLU too many"),
        Planted("no return", '        nn.Dense(1, name="dense")(inputs)[:, 0]\n', says="nothing is returned"),
    ),
    right={
        "two lines": """\
        layer = nn.Dense(features=1, name="dense")
        return layer(inputs).squeeze(-1)
""",
        "reshaped": '        return nn.Dense(1, name="dense")(inputs).reshape(-1)\n',
        "the sum over one column": '        return nn.Dense(name="dense", features=1)(inputs).sum(axis=1)\n',
        "row by row": """\
        layer = nn.Dense(1, name="dense")
        return nn.vmap(lambda layer, row: layer(row)[0], {"params": None}, {"params": False})(layer, inputs)
""",
    },
    twin=Twin(given=given, learner=TWIN.format(module="learner"), lesson=TWIN.format(module="lesson")),
)
