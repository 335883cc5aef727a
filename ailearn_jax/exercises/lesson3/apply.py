"""Weights outside of the module."""

import numpy as np

from ailearn_jax.exercises.checking import alike, dense, different_sizes, explaining, random_layer
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 3, exercise 2: weights outside of the module.

The module of exercise 1 holds no weights: its method `apply` is given them at each call. The first argument of `apply`
is a dict of all that belongs to a model, by its kind. Our model has one kind, "params". Then come the inputs.

Write `predict`, which runs `model` with these `params`.
"""

import flax.linen as nn


class Linear(nn.Module):
    """Predictions [N] for inputs [N, F]."""

    @nn.compact
    def __call__(self, inputs):
        return nn.Dense(1, name="dense")(inputs)[:, 0]


model = Linear()


def predict(params, inputs):
    """Predictions [N] for inputs [N, F], with the weights `params`."""
@hole@
'''

EXPLAINED = {
    "ScopeCollectionNotFound": 'a dict without the key "params"; apply wants {"params": params}',
    "Could not find parameter": 'weights one level too deep: the model itself looks for "dense" in params',
    "Can't call compact": "a call of the model itself, which has no weights; call model.apply",
    "ApplyScopeInvalidVariablesStructure": 'one "params" too many: {"params": params} is enough',
    "__contains__": "inputs first; apply takes the dict with the weights first",
    "Can only call init": "the class Linear, where its instance `model` is wanted",
    "to an init function": "model.init, which makes new weights; model.apply uses those in params",
    "unhashable type: 'dict'": 'a set, {..., ...}; a dict has a colon: {"params": params}',
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows, num_features = different_sizes(rng, 2)
    inputs = rng.normal(size=(num_rows, num_features))
    layers = [random_layer(rng, num_features, 1) for _ in range(2)]
    called = f"predict(params, inputs), inputs [{num_rows}, {num_features}]"
    with explaining(called, EXPLAINED):
        one, other = (learner.call("predict", {"dense": layer}, inputs) for layer in layers)
    predictions = dense(layers[0], inputs)[:, 0]
    mistakes = {
        "a prediction without the bias": predictions - layers[0]["bias"],
        "a table of one column, [N, 1], where [N] is wanted": predictions[:, None],
    }
    is_same = one is not None and alike(one, other)
    mistake = "new weights made in `predict`: those in params are not used"
    expect(not is_same, f"{called}, with two params", "different predictions", "the same predictions", mistake)
    expect_close(called, one, predictions, mistakes)


def given(rng: np.random.Generator) -> dict:
    return {"inputs": rng.normal(size=(5, 2)), "params": {"dense": random_layer(rng, 2, 1)}}


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution='    return model.apply({"params": params}, inputs)\n',
    hints=(
        "model(inputs) does not work, for the model has no weights. It has a method that is given them.",
        'model.apply(variables, inputs), where `variables` is a dict with the key "params".',
        'The dict is {"params": params}.',
    ),
    holds="The model is a function of its weights: its predictions depend on params and inputs alone.",
    stands_in="lesson3.predict",
    check=check,
    planted=(
        Planted("bare params", "    return model.apply(params, inputs)\n", says="without the key"),
        Planted(
            '"params" twice', '    return model.apply({"params": {"params": params}}, inputs)\n', says="too many: {"
        ),
        Planted("inputs first", '    return model.apply(inputs, {"params": params})\n', says="inputs first"),
        Planted("the class", '    return Linear.apply({"params": params}, inputs)\n', says="the class Linear"),
        Planted("init", '    return model.init({"params": params}, inputs)\n', says="model.init, which"),
        Planted("a set", '    return model.apply({"params", params}, inputs)\n', says="a dict has a colon"),
        Planted(
            "a level too deep",
            '    return model.apply({"params": params["dense"]}, inputs)\n',
            says="one level too deep",
        ),
        Planted("the model called", "    return model(params, inputs)\n", says="a call of the model itself"),
        Planted(
            "new weights",
            """\
    import jax

    return model.init_with_output(jax.random.key(0), inputs)[0]
""",
            says="new weights made",
        ),
        Planted("no bias", '    return inputs @ params["dense"]["kernel"][:, 0]\n', says="without the bias"),
        Planted(
            "column kept",
            '    return inputs @ params["dense"]["kernel"] + params["dense"]["bias"]\n',
            says="a table of one column",
        ),
    ),
    right={
        "the model bound to its weights": '    return model.bind({"params": params})(inputs)\n',
        "by hand": '    return inputs @ params["dense"]["kernel"][:, 0] + params["dense"]["bias"][0]\n',
        "by names": "    return model.apply(variables=dict(params=params), inputs=inputs)\n",
        "the layer alone": '    return nn.Dense(1).apply({"params": params["dense"]}, inputs).squeeze(axis=1)\n',
    },
    twin=Twin(
        given=given, learner="out = learner.predict(params, inputs)", lesson="out = lesson.predict(params, inputs)"
    ),
)
