"""A network with a hidden layer."""

import numpy as np

from ailearn_jax.exercises.checking import dense, described, different_sizes, explaining, random_layer
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 4, exercise 3: a network with a hidden layer.

With ReLU between them, two layers are more than one: each hidden unit is 0 on one side of a line and rises on the
other, and the second layer adds up what they give.

Write `__call__`: a layer with `self.hidden` outputs and the name "hidden", ReLU (`nn.relu`) on its outputs, then a
layer with one output and the name "dense". Return its only column, as in lesson 3.
"""

import flax.linen as nn


class Neural(nn.Module):
    """Two layers with ReLU between them: predictions [N] for inputs [N, F]."""

    hidden: int  # hidden units

    @nn.compact
    def __call__(self, inputs):
        """What the module does with the inputs."""
@hole@
'''

EXPLAINED = {
    "NameInUseError": 'two layers with one name; the first is "hidden", the second "dense"',
    "custom_jvp_call": "nn.relu of a layer that is not called: nn.relu(nn.Dense(...)(inputs))",
    "variable 'hidden'": "a name of no value yet; the number of hidden units is self.hidden",
}
INIT = """
_init = jax.jit(learner.Neural(hidden).init)
params = _init(jax.random.key(0), inputs).get("params", {})
"""


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows, num_features, num_hidden = different_sizes(rng, 3)
    inputs = rng.normal(size=(num_rows, num_features))
    names = {"inputs": inputs, "hidden": num_hidden}
    with explaining(f"Neural({num_hidden}).init(key, inputs)", EXPLAINED):
        made = learner.run(INIT, **names)
    check_layers(made["params"], num_features, num_hidden)

    hidden, last = random_layer(rng, num_features, num_hidden), random_layer(rng, num_hidden, 1)
    before = dense(hidden, inputs)
    bent, straight = (units @ last["kernel"] for units in (np.maximum(before, 0), before))
    last["bias"] = np.array([-max(bent.min(), straight.min()) - 0.1])  # so that both come out below 0 somewhere
    table = bent + last["bias"]
    code = "predictions = learner.Neural(hidden).apply({'params': params}, inputs)"
    got = learner.run(code, params={"hidden": hidden, "dense": last}, **names)["predictions"]
    mistakes = {
        "no ReLU: two linear layers in a row are one, and cannot bend": (straight + last["bias"])[:, 0],
        "ReLU after the last layer: nothing comes out below 0": np.maximum((straight + last["bias"])[:, 0], 0),
        "ReLU after both layers: nothing comes out below 0": np.maximum(table[:, 0], 0),
        "ReLU on the inputs: it belongs on what the hidden layer gives": dense(
            last, dense(hidden, np.maximum(inputs, 0))
        )[:, 0],
        "a table of one column, [N, 1]; [:, 0] takes the column out": table,
        "the first row, [0]; [:, 0] is the first column": table[0],
    }
    expect_close(f"Neural({num_hidden}) on inputs [{num_rows}, {num_features}]", got, table[:, 0], mistakes)


def check_layers(made: dict, num_features: int, num_hidden: int) -> None:
    """The network's weights: two layers, their names and shapes."""
    wanted = described(
        {
            "dense": {"bias": np.zeros(1), "kernel": np.zeros((num_hidden, 1))},
            "hidden": {"bias": np.zeros(num_hidden), "kernel": np.zeros((num_features, num_hidden))},
        }
    )
    found = described(made)
    shapes = {name: np.shape(layer.get("kernel", 0)) for name, layer in made.items() if isinstance(layer, dict)}
    mistake = None
    if any(name.startswith("Dense_") for name in made):
        mistake = "layers without name=, so that flax named them itself"
    elif shapes == {"dense": (num_features, num_hidden), "hidden": (num_hidden, 1)}:
        mistake = "the two names exchanged"
    elif len(made) != 2:
        mistake = "another number of layers; there are two"
    elif shapes.get("hidden") != (num_features, num_hidden):
        mistake = "another number of hidden units than self.hidden"
    elif shapes.get("dense") == (num_features, 1):
        mistake = "a last layer on the inputs; it must be called with the hidden units"
    elif shapes.get("dense") == (num_hidden, num_hidden):
        mistake = "a last layer with many outputs; it has one"
    expect(found == wanted, f"Neural({num_hidden}).init(key, inputs)['params']", wanted, found or "no weights", mistake)


def given(rng: np.random.Generator) -> dict:
    return {
        "inputs": rng.normal(size=(7, 2)),
        "params": {"hidden": random_layer(rng, 2, 5), "dense": random_layer(rng, 5, 1)},
        "seed": int(rng.integers(1000)),
    }


TWIN = """
_model = {module}.Neural(5)
out = _model.apply({{"params": params}}, inputs), _model.init_with_output(jax.random.key(seed), inputs)
"""

HIDDEN = '        hidden = nn.relu(nn.Dense(self.hidden, name="hidden")(inputs))\n'
LAST = '        return nn.Dense(1, name="dense")(hidden)[:, 0]\n'

EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution=HIDDEN + LAST,
    hints=(
        "Four steps: a Dense on the inputs, nn.relu on what comes out, another Dense on that, its only column.",
        'hidden = nn.relu(nn.Dense(self.hidden, name="hidden")(inputs))',
        'The second layer is called with `hidden`: nn.Dense(1, name="dense")(hidden), and then [:, 0].',
    ),
    holds="With ReLU between its two layers the network bends, once for each hidden unit.",
    stands_in="lesson4.Neural",
    check=check,
    planted=(
        Planted("no ReLU", '        hidden = nn.Dense(self.hidden, name="hidden")(inputs)\n' + LAST, says="no ReLU"),
        Planted(
            "ReLU last",
            """\
        hidden = nn.Dense(self.hidden, name="hidden")(inputs)
        return nn.relu(nn.Dense(1, name="dense")(hidden))[:, 0]
""",
            says="ReLU after the last layer",
        ),
        Planted(
            "ReLU twice",
            HIDDEN + '        return nn.relu(nn.Dense(1, name="dense")(hidden))[:, 0]\n',
            says="ReLU after both layers",
        ),
        Planted(
            "ReLU first",
            '        hidden = nn.Dense(self.hidden, name="hidden")(nn.relu(inputs))\n' + LAST,
            says="ReLU on the inputs",
        ),
        Planted(
            "sixteen units",
            '        hidden = nn.relu(nn.Dense(16, name="hidden")(inputs))\n' + LAST,
            says="another number of hidden units",
        ),
        Planted(
            "no names",
            """\
        hidden = nn.relu(nn.Dense(self.hidden)(inputs))
        return nn.Dense(1)(hidden)[:, 0]
""",
            says="flax named them",
        ),
        Planted("one name", HIDDEN + LAST.replace('"dense"', '"hidden"'), says="two layers with one name"),
        Planted(
            "the hidden layer passed over", HIDDEN + LAST.replace("(hidden)", "(inputs)"), says="on the inputs; it"
        ),
        Planted(
            "names exchanged",
            """\
        hidden = nn.relu(nn.Dense(self.hidden, name="dense")(inputs))
        return nn.Dense(1, name="hidden")(hidden)[:, 0]
""",
            says="names exchanged",
        ),
        Planted("one layer", HIDDEN.replace("hidden = ", "return ").replace("\n", "[:, 0]\n"), says="number of layers"),
        Planted("many outputs", HIDDEN + LAST.replace("1, ", "self.hidden, "), says="with many outputs"),
        Planted("first row", HIDDEN + LAST.replace("[:, 0]", "[0]"), says="the first row"),
        Planted("not self", HIDDEN.replace("self.hidden", "hidden") + LAST, says="of no value yet"),
        Planted(
            "ReLU of the layer",
            """\
        hidden = nn.relu(nn.Dense(self.hidden, name="hidden"))(inputs)
"""
            + LAST,
            says="nn.relu of a layer",
        ),
        Planted("column kept", HIDDEN + LAST.replace("[:, 0]", ""), says="takes the column out"),
    ),
    right={
        "step by step": """\
        before = nn.Dense(features=self.hidden, name="hidden")(inputs)
        after = before * (before > 0)
        return nn.Dense(features=1, name="dense")(after).squeeze(-1)
""",
        "the layers made first": """\
        hidden, dense = nn.Dense(self.hidden, name="hidden"), nn.Dense(1, name="dense")
        return dense(nn.relu(hidden(inputs))).reshape(-1)
""",
        "in a chain": """\
        x = inputs
        for layer in (nn.Dense(self.hidden, name="hidden"), nn.relu, nn.Dense(1, name="dense")):
            x = layer(x)
        return x.sum(axis=1)
""",
    },
    twin=Twin(given=given, learner=TWIN.format(module="learner"), lesson=TWIN.format(module="lesson")),
)
