"""The sigmoid cross-entropy of a logit."""

import numpy as np

from ailearn_jax.exercises.checking import different_sizes, explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 5, exercise 1: the sigmoid cross-entropy of a logit.

The network gives one number for each row, the logit z: above 0 it says 1, below 0 it says 0. The sigmoid of the logit,
p = 1 / (1 + exp(-z)), is the probability of a 1. How surprising is the right answer? In nats, the surprise is -ln p if
the answer is 1, and -ln (1 - p) if it is 0. Put the formula for p into these, and they become

    -ln p = ln(1 + exp(z)) - z        -ln (1 - p) = ln(1 + exp(z))

Write `cross_entropy`: the mean surprise over the rows. It must be right for logits of 200 and -200 too. There p is
rounded to 1 or 0, and its logarithm is lost. So work with z, and use `jax.nn.softplus(z)` for ln(1 + exp(z)).
"""

import jax
import jax.numpy as jnp
import optax


def cross_entropy(logits, labels):
    """The mean surprise over the rows, in nats; logits [B], labels [B] of 0 and 1."""
@hole@
'''

SLOPES = "slopes = jax.jit(jax.grad(learner.cross_entropy))(logits, labels)"

EXPLAINED = {
    "is ambiguous": "an `if` of Python, for one number; labels * logits or jnp.where take arrays",
    "TracerArrayConversion": "numpy, which jax.grad cannot look through; jnp does the same",
    "Abstract tracer": "float() or the like, which jax.grad cannot look through",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    [num_rows] = different_sizes(rng, 1)
    labels = rng.permutation([0.0, 1.0, *rng.integers(0, 2, num_rows - 2)])
    logits = rng.uniform(0.5, 3, num_rows) * rng.choice([-1, 1], num_rows)
    called = f"cross_entropy(logits, labels) of {num_rows} rows"
    p = 1 / (1 + np.exp(-logits))
    surprise = np.logaddexp(0, logits) - labels * logits
    mistakes = {
        "the surprise of each row, where their mean is wanted": surprise,
        "the sum over the rows, where the mean is wanted": surprise.sum(),
        "the mean of one part alone; take the mean of the difference": np.logaddexp(0, logits).mean() - labels * logits,
        "the surprise at a 0 in each row: labels of 1 are ignored": np.logaddexp(0, logits).mean(),
        "labels taken for -1 and 1; here they are 0 and 1": np.logaddexp(0, -labels * logits).mean(),
        "logits and labels exchanged in softplus": np.mean(np.logaddexp(0, labels) - labels * logits),
        "a plus for the minus: labels * logits is subtracted": np.mean(np.logaddexp(0, logits) + labels * logits),
        "the surprise at the wrong answers: labels 0 and 1 are exchanged": np.mean(
            surprise + (2 * labels - 1) * logits
        ),
        "the logarithm without its minus: surprise is never below 0": -surprise.mean(),
        "the squared error of the probability, which is lesson 2's loss": np.mean((p - labels) ** 2),
        "the surprise at a 1 in each row: labels of 0 are ignored": np.mean(-np.log(p)),
        "the rows of label 1 alone: a 0 can surprise as well": np.mean(-labels * np.log(p)),
        "bits, by log2; nats are by the natural logarithm": surprise.mean() / np.log(2),
        "a sigmoid too many: the loss wants logits, not probabilities": np.mean(np.logaddexp(0, p) - labels * p),
    }
    with explaining(called, EXPLAINED):
        got = learner.call("cross_entropy", logits, labels)
    expect_close(called, got, surprise.mean(), mistakes)
    with explaining("the gradient with respect to the logits", EXPLAINED):
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
    mistake = "the log of a sigmoid rounded to 0, or exp of too large a number"
    expect(np.isfinite(got), called, f"{expected:.4g}", f"{np.asarray(got):g}", mistake)
    mistake = "probabilities kept away from 0 and 1: a large surprise becomes too small"
    is_near = np.isclose(got, expected, rtol=1e-4)
    expect(is_near, called, f"{expected:.4g}", f"{np.asarray(got):.4g}", mistake if got < expected else None)
    slopes = learner.run(SLOPES, logits=logits, labels=labels)["slopes"]
    mistake = "a jnp.where whose unused side overflows: that makes the gradient nan"
    expect(np.isfinite(slopes).all(), f"the gradient of {called}", "finite numbers", "nan among them", mistake)
    expect_close(f"the gradient of {called}", slopes, (1 / (1 + np.exp(-logits)) - labels) / 5)


def given(rng: np.random.Generator) -> dict:
    return {"logits": 3 * rng.normal(size=7), "labels": rng.integers(0, 2, 7).astype(float)}


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return jnp.mean(jax.nn.softplus(logits) - labels * logits)\n",
    hints=(
        "Both surprises contain ln(1 + exp(z)); if the label is 1, z is subtracted from it.",
        "Since labels are 0 or 1, labels * logits is z where the label is 1, and 0 where it is 0.",
        "jax.nn.softplus(logits) - labels * logits is the surprise of each row; take its jnp.mean.",
    ),
    holds="The loss is the mean surprise. The lesson uses optax.sigmoid_binary_cross_entropy for each row's.",
    stands_in="lesson5.loss_fn",
    check=check,
    planted=(
        Planted(
            "a row each", "    return jax.nn.softplus(logits) - labels * logits\n", says="the surprise of each row"
        ),
        Planted("the sum", "    return jnp.sum(jax.nn.softplus(logits) - labels * logits)\n", says="the sum over"),
        Planted(
            "the mean of one part",
            "    return jnp.mean(jax.nn.softplus(logits)) - labels * logits\n",
            says="the mean of one part",
        ),
        Planted("no labels", "    return jnp.mean(jax.nn.softplus(logits))\n", says="labels of 1 are ignored"),
        Planted("z always", "    return jnp.mean(jax.nn.softplus(-logits))\n", says="labels of 0 are ignored"),
        Planted(
            "labels of -1 and 1", "    return jnp.mean(jax.nn.softplus(-labels * logits))\n", says="taken for -1 and 1"
        ),
        Planted(
            "exchanged",
            "    return optax.sigmoid_binary_cross_entropy(labels, logits).mean()\n",
            says="logits and labels exchanged",
        ),
        Planted("a plus", "    return jnp.mean(jax.nn.softplus(logits) + labels * logits)\n", says="a plus for"),
        Planted(
            "an if",
            """\
    if labels == 1:
        return jax.nn.softplus(logits) - logits
    return jax.nn.softplus(logits)
""",
            says="an `if` of Python",
        ),
        Planted(
            "numpy",
            """\
    import numpy as np

    return np.mean(np.logaddexp(0, logits) - labels * logits)
""",
            says="jnp does the same",
        ),
        Planted(
            "a float",
            "    return float(jnp.mean(jax.nn.softplus(logits) - labels * logits))\n",
            says="float() or the like",
        ),
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
            says="a sigmoid too many",
        ),
        Planted(
            "the logarithm of a probability",
            """\
    p = 1 / (1 + jnp.exp(-logits))
    return -jnp.mean(jnp.where(labels == 1, jnp.log(p), jnp.log(1 - p)))
""",
            says="rounded to 0",
        ),
        Planted(
            "probabilities cut off",
            """\
    p = jnp.clip(jax.nn.sigmoid(logits), 1e-6, 1 - 1e-6)
    return -jnp.mean(labels * jnp.log(p) + (1 - labels) * jnp.log(1 - p))
""",
            says="kept away from",
        ),
        Planted(
            "two sides",
            """\
    right = jnp.where(labels == 1, -logits, logits)
    return jnp.mean(jnp.where(right > 0, right + jnp.log1p(jnp.exp(-right)), jnp.log1p(jnp.exp(right))))
""",
            says="whose unused side overflows",
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
