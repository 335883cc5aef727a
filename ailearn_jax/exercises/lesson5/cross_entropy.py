"""The sigmoid cross-entropy of a logit."""

import numpy as np

from ailearn_jax.exercises.checking import different_sizes
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 5, exercise 1: the sigmoid cross-entropy of a logit.

The network says how sure it is of a 1 by one number a row, the logit z: above 0 for a 1, below 0 for a 0. Its sigmoid,
1 / (1 + exp(-z)), is a probability p. How surprised is one by the right answer? By -ln p if that is 1, by -ln (1 - p)
if it is 0, in nats. Put p in and that is

    -ln p = ln(1 + exp(z)) - z        -ln (1 - p) = ln(1 + exp(z))

Write `cross_entropy`: the mean surprise over the rows. It must hold for logits of 200 and -200 too, where p is so near
to 1 or 0 that its logarithm is lost: work with z, and take ln(1 + exp(z)) from `jax.nn.softplus(z)`, which minds that.
"""

import jax
import jax.numpy as jnp
import optax


def cross_entropy(logits, labels):
    """The mean over the rows of the surprise, in nats; logits [B], labels [B] of 0 and 1."""
@hole@
'''

SLOPES = "slopes = jax.jit(jax.grad(learner.cross_entropy))(logits, labels)"


def check(learner: Learner, rng: np.random.Generator) -> None:
    [num_rows] = different_sizes(rng, 1)
    labels = rng.permutation([0.0, 1.0, *rng.integers(0, 2, num_rows - 2)])
    logits = rng.uniform(0.5, 3, num_rows) * rng.choice([-1, 1], num_rows)
    called = f"cross_entropy(logits, labels) of {num_rows} rows"
    p = 1 / (1 + np.exp(-logits))
    surprise = np.logaddexp(0, logits) - labels * logits
    mistakes = {
        "one surprise a row, where their mean is asked for": surprise,
        "the sum over the rows, where the mean is asked for": surprise.sum(),
        "the surprise at the wrong answers: labels 0 and 1 are exchanged": np.mean(
            surprise + (2 * labels - 1) * logits
        ),
        "the logarithm without its minus: surprise is never below 0": -surprise.mean(),
        "the squared error of the probability, which is lesson 2's loss": np.mean((p - labels) ** 2),
        "the surprise at a 1 in each row: labels of 0 are not minded": np.mean(-np.log(p)),
        "the rows of label 1 alone: a 0 can surprise as well": np.mean(-labels * np.log(p)),
        "bits, by log2; nats are by the natural logarithm": surprise.mean() / np.log(2),
        "the sigmoid taken twice: logits are wanted, not probabilities": np.mean(np.logaddexp(0, p) - labels * p),
    }
    expect_close(called, learner.call("cross_entropy", logits, labels), surprise.mean(), mistakes)
    slopes = learner.run(SLOPES, logits=logits, labels=labels)["slopes"]
    expect_close("the gradient with respect to the logits", slopes, (p - labels) / num_rows)
    check_far(learner, rng)


def check_far(learner: Learner, rng: np.random.Generator) -> None:
    """Far from 0, where a sigmoid in 32 bits is 0 or 1."""
    far = rng.uniform(120, 240)
    logits, labels = np.array([far, -far, far / 2, -far / 2, 1.0]), np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    got = learner.call("cross_entropy", logits, labels)
    expected = np.mean(np.logaddexp(0, logits) - labels * logits)
    called = f"cross_entropy with logits of {far:.0f} and {-far:.0f}"
    mistake = "log of a sigmoid that is 0 in 32 bits, or exp of a number too large"
    expect(np.isfinite(got), called, f"{expected:.4g}", f"{np.asarray(got):g}", mistake)
    mistake = "probabilities cut off before the logarithm: a large surprise gets too small"
    is_near = np.isclose(got, expected, rtol=1e-4)
    expect(is_near, called, f"{expected:.4g}", f"{np.asarray(got):.4g}", mistake if got < expected else None)
    slopes = learner.run(SLOPES, logits=logits, labels=labels)["slopes"]
    mistake = "a jnp.where whose other side overflows: its gradient is nan all the same"
    expect(np.isfinite(slopes).all(), f"the gradient of {called}", "finite numbers", "nan among them", mistake)
    expect_close(f"the gradient of {called}", slopes, (1 / (1 + np.exp(-logits)) - labels) / 5)


def given(rng: np.random.Generator) -> dict:
    return {"logits": 3 * rng.normal(size=7), "labels": rng.integers(0, 2, 7).astype(float)}


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return jnp.mean(jax.nn.softplus(logits) - labels * logits)\n",
    hints=(
        "Both surprises have ln(1 + exp(z)) in them, and that for a 1 has a - z besides.",
        "Since labels are 0 or 1, labels * logits is z for a 1, and nothing for a 0.",
        "jax.nn.softplus(logits) - labels * logits is the surprise of each row; jnp.mean is what is left to do.",
    ),
    holds="The loss is the mean surprise, ln 2 for a coin; optax.sigmoid_binary_cross_entropy is the same a row.",
    stands_in="lesson5.loss_fn",
    check=check,
    planted=(
        Planted("a row each", "    return jax.nn.softplus(logits) - labels * logits\n", says="one surprise a row"),
        Planted("the sum", "    return jnp.sum(jax.nn.softplus(logits) - labels * logits)\n", says="the sum over"),
        Planted(
            "the wrong answers",
            "    return jnp.mean(jax.nn.softplus(logits) - (1 - labels) * logits)\n",
            says="the wrong answers",
        ),
        Planted(
            "no minus", "    return jnp.mean(labels * logits - jax.nn.softplus(logits))\n", says="without its minus"
        ),
        Planted(
            "the squared error", "    return jnp.mean((jax.nn.sigmoid(logits) - labels) ** 2)\n", says="lesson 2's loss"
        ),
        Planted(
            "ones alone", "    return -jnp.mean(labels * jax.nn.log_sigmoid(logits))\n", says="the rows of label 1"
        ),
        Planted(
            "the sigmoid twice",
            "    return optax.sigmoid_binary_cross_entropy(jax.nn.sigmoid(logits), labels).mean()\n",
            says="the sigmoid taken twice",
        ),
        Planted(
            "the logarithm of a probability",
            """\
    p = 1 / (1 + jnp.exp(-logits))
    return -jnp.mean(jnp.where(labels == 1, jnp.log(p), jnp.log(1 - p)))
""",
            says="that is 0 in 32 bits",
        ),
        Planted(
            "probabilities cut off",
            """\
    p = jnp.clip(jax.nn.sigmoid(logits), 1e-6, 1 - 1e-6)
    return -jnp.mean(labels * jnp.log(p) + (1 - labels) * jnp.log(1 - p))
""",
            says="cut off before the logarithm",
        ),
        Planted(
            "two sides",
            """\
    right = jnp.where(labels == 1, -logits, logits)
    return jnp.mean(jnp.where(right > 0, right + jnp.log1p(jnp.exp(-right)), jnp.log1p(jnp.exp(right))))
""",
            says="whose other side overflows",
        ),
    ),
    right={
        "the library's": "    return optax.sigmoid_binary_cross_entropy(logits, labels).mean()\n",
        "two logarithms of the sigmoid": """\
    surprise = jnp.where(labels == 1, -jax.nn.log_sigmoid(logits), -jax.nn.log_sigmoid(-logits))
    return surprise.mean()
""",
        "turned towards the right answer": """\
    wrong = (1 - 2 * labels) * logits
    return jnp.logaddexp(0, wrong).sum() / len(labels)
""",
        "a loop": """\
    total = 0.0
    for logit, label in zip(logits, labels, strict=True):
        total += jax.nn.softplus(logit) - label * logit
    return total / logits.shape[0]
""",
    },
    twin=Twin(
        given=given,
        learner="out = jax.value_and_grad(learner.cross_entropy)(logits, labels)",
        lesson="""
from types import SimpleNamespace

_model = SimpleNamespace(apply=lambda variables, inputs: variables["params"])  # its weights are its logits
out = jax.value_and_grad(lambda logits: lesson.loss_fn(_model, logits, {"inputs": None, "labels": labels}))(logits)
""",
    ),
)
