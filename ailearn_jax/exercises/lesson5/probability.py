"""From logits to probabilities."""

import numpy as np

from ailearn_jax.exercises.checking import dense, different_sizes, explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close
from ailearn_jax.exercises.xor import random_network

SOURCE = '''\
"""Lesson 5, exercise 2: from logits to probabilities.

The network's output is a logit, which may be any number. That is best for the loss; for people, the sigmoid,
`nn.sigmoid`, turns it into a probability: a logit of 0 into one half, a large one nearly into 1, one far below 0 nearly
into 0.

Write `predict`: run the model with these params, as in lesson 3, and return the probability that the answer is 1.
"""

import flax.linen as nn
import jax.numpy as jnp


class Neural(nn.Module):
    """A hidden layer with ReLU, then one logit for each row [B]: above 0 it says 1, below 0 it says 0."""

    hidden: int

    @nn.compact
    def __call__(self, inputs):
        hidden = nn.relu(nn.Dense(self.hidden, name="hidden")(inputs))  # [B, U]
        return nn.Dense(1, name="out")(hidden)[:, 0]


def predict(model, params, inputs):
    """The probability [B] that the answer is 1."""
@hole@
'''

EXPLAINED = {
    "ScopeCollectionNotFound": 'a dict without the key "params"; apply wants {"params": params}',
    "Can't call compact": "a call of the model itself, which has no weights; call model.apply",
    "ScopeParamShapeError": "another model than the one that `predict` is given",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows, hidden = different_sizes(rng, 2)
    params, inputs = random_network(rng, hidden), rng.normal(size=(num_rows, 2))
    raw = np.maximum(dense(params["hidden"], inputs), 0) @ params["out"]["kernel"]
    params["out"]["bias"] = -np.median(raw, axis=0)
    params["out"]["bias"] += 0.5  # so that some say 1, some say 0, and none is in doubt
    logits = raw[:, 0] + params["out"]["bias"]
    probabilities = 1 / (1 + np.exp(-logits))
    code = "probabilities = learner.predict(learner.Neural(hidden), params, inputs)"
    called = f"predict(Neural({hidden}), params, inputs) on {num_rows} rows"
    with explaining(called, EXPLAINED):
        got = learner.run(code, params=params, inputs=inputs, hidden=hidden)["probabilities"]
    softmax = np.exp(logits - logits.max())
    other = dense(params["out"], np.maximum(dense(params["hidden"], 1 / (1 + np.exp(-inputs))), 0))
    mistakes = {
        "the logits, not yet probabilities": logits,
        "the sigmoid of the inputs; it belongs on the logits": other[:, 0],
        "the answers, true or false; how sure the model is, is wanted": probabilities > 0.5,
        "the probability of a 0, 1 - p": 1 - probabilities,
        "a softmax over the rows: each row is a question of its own": softmax / softmax.sum(),
        "a tanh, which goes from -1 to 1": np.tanh(logits),
        "the answers, 0 or 1; how sure the model is, is wanted": np.round(probabilities),
        "the sigmoid taken twice": 1 / (1 + np.exp(-probabilities)),
        "logits cut off at 0 and 1": np.clip(logits, 0, 1),
    }
    expect_close(called, got, probabilities, mistakes)


def given(rng: np.random.Generator) -> dict:
    return {"params": random_network(rng, 5), "inputs": rng.normal(size=(7, 2))}


LOGITS = '    logits = model.apply({"params": params}, inputs)\n'

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution='    return nn.sigmoid(model.apply({"params": params}, inputs))\n',
    hints=(
        "Two steps: the model gives the logits, nn.sigmoid turns them into probabilities.",
        'The logits are model.apply({"params": params}, inputs).',
    ),
    holds="The answer is 1 where the probability is above one half, which is where the logit is above 0.",
    stands_in="lesson5.predict",
    check=check,
    planted=(
        Planted("logits", '    return model.apply({"params": params}, inputs)\n', says="not yet probabilities"),
        Planted("of a 0", LOGITS + "    return nn.sigmoid(-logits)\n", says="the probability of a 0"),
        Planted("softmax", LOGITS + "    return nn.softmax(logits)\n", says="a softmax"),
        Planted("tanh", LOGITS + "    return nn.tanh(logits)\n", says="a tanh"),
        Planted("answers", LOGITS + "    return jnp.where(logits > 0, 1.0, 0.0)\n", says="the answers, 0 or 1"),
        Planted("true or false", LOGITS + "    return logits > 0\n", says="the answers, true or false"),
        Planted(
            "of the inputs",
            '    return model.apply({"params": params}, nn.sigmoid(inputs))\n',
            says="the sigmoid of the inputs",
        ),
        Planted(
            "another model",
            '    return nn.sigmoid(Neural(16).apply({"params": params}, inputs))\n',
            says="another model than",
        ),
        Planted("twice", LOGITS + "    return nn.sigmoid(nn.sigmoid(logits))\n", says="the sigmoid taken twice"),
        Planted("cut off", LOGITS + "    return jnp.clip(logits, 0, 1)\n", says="cut off at 0 and 1"),
        Planted("bare params", "    return nn.sigmoid(model.apply(params, inputs))\n", says="without the key"),
        Planted("the model called", "    return nn.sigmoid(model(params, inputs))\n", says="a call of the model"),
    ),
    right={
        "written out": LOGITS + "    return 1 / (1 + jnp.exp(-logits))\n",
        "by a tanh": LOGITS + "    return (jnp.tanh(logits / 2) + 1) / 2\n",
        "the other way around": LOGITS + "    return 1 - nn.sigmoid(-logits)\n",
        "a softmax against 0": LOGITS
        + "    return nn.softmax(jnp.stack([jnp.zeros_like(logits), logits], axis=1), axis=1)[:, 1]\n",
    },
    twin=Twin(
        given=given,
        learner="out = learner.predict(learner.Neural(5), params, inputs)",
        lesson="out = lesson.predict(lesson.Neural(5), params, inputs)",
    ),
)
