"""Surprise, in nats."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close
from ailearn_jax.exercises.transformer import softmax

SOURCE = '''\
"""Lesson 8, exercise 5: surprise, in nats.

For each token the model gives V logits, one for each symbol; the softmax turns them into probabilities. The loss of a
token is minus the logarithm of the probability of the symbol that really came, and the loss of a batch is the mean over
all its tokens. A model that knows nothing gives each symbol 1 / V and has the loss ln V: 4.13 for 62 symbols.

Logits may lie far apart. Then a probability is so small that it is rounded to 0, and its logarithm is no number. optax
has this loss without that flaw: optax.softmax_cross_entropy_with_integer_labels(logits, targets), [B, T].
"""

import jax
import jax.numpy as jnp
import optax


def loss_fn(logits, targets):
    """The cross-entropy, in nats per token, of logits [B, T, V] and the ids [B, T] that really came."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    B, T, V = int(rng.integers(2, 4)), int(rng.integers(5, 7)), int(rng.integers(8, 12))
    targets = rng.integers(V, size=(B, T))
    for spread in (2.0, 0.0, 300.0):
        logits = spread * rng.normal(size=(B, T, V))
        probabilities = np.maximum(softmax(logits), 1e-300)
        likelihood = np.take_along_axis(softmax(logits), targets[..., None], axis=-1)[..., 0]
        picked = np.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
        highest = logits.max(axis=-1)
        losses = np.log(np.exp(logits - highest[..., None]).sum(axis=-1)) + highest - picked
        twice = np.log(np.exp(probabilities).sum(axis=-1)) - likelihood
        with np.errstate(divide="ignore"):
            rounded = -np.log(likelihood.astype(np.float32)).mean()
        expect_close(
            f"loss_fn(logits, targets) of {B * T} tokens"
            + {0.0: ", all logits 0", 300.0: ", logits far apart"}.get(spread, ""),
            learner.call("loss_fn", logits, targets),
            losses.mean(),
            mistakes={
                "the sum over the tokens, where the mean is asked for": losses.sum(),
                "bits, not nats: the logarithm to the base 2": losses.mean() / np.log(2),
                "the loss of each token, without the mean": losses,
                "the sum over a window's tokens, and the mean over the windows": losses.sum(axis=1).mean(),
                "the loss of the last token of each window alone": losses[:, -1].mean(),
                "the sign turned around: this would be made as unlikely as can be": -losses.mean(),
                "one minus the probability, without a logarithm": (1 - likelihood).mean(),
                "minus the probability, without a logarithm": -likelihood.mean(),
                "minus the logit: the softmax is missing": -picked.mean(),
                "a softmax of the softmax: the loss makes probabilities of logits by itself": twice.mean(),
                "the logarithm of the mean probability, not the mean of the logarithms": -np.log(likelihood.mean()),
                "the mean over the symbols too: only the one that came counts": losses.mean() / V,
                "the model's own doubt: the symbols that really came play no part": -(
                    probabilities * np.log(probabilities)
                )
                .sum(axis=-1)
                .mean(),
                "a probability that was rounded to 0 before its logarithm: log_softmax has no such flaw": rounded,
                **other_means(losses),
                **other_losses(logits, targets),
            },
            rtol=1e-3,
            atol=1e-4,
        )


def other_means(losses: np.ndarray) -> dict[str, np.ndarray]:
    """What is made of the losses [B, T] wrongly."""
    with np.errstate(over="ignore"):
        perplexity = np.exp(losses.mean())
    return {
        "the exponential of the loss (perplexity)": perplexity,
        "the mean over the windows alone: one number for each place": losses.mean(axis=0),
        "the mean over the places alone: one number for each window": losses.mean(axis=1),
        "the sum over the windows, and the mean over the places": losses.sum(axis=0).mean(),
    }


def other_losses(logits: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Other losses than the one asked for."""
    shares, ones = softmax(logits), np.eye(logits.shape[-1])[targets]
    all_logs = logits - logits.max(axis=-1, keepdims=True)
    all_logs = all_logs - np.log(np.exp(all_logs).sum(axis=-1, keepdims=True))
    sigmoids = np.logaddexp(0.0, logits) - logits * ones
    with np.errstate(divide="ignore"):
        other_axis = -np.log((softmax(logits, axis=1) * ones).sum(axis=-1)).mean()
    tiny_added = {
        f"{tiny:g} added in the logarithm: no loss can be above {-np.log(tiny):.1f}": -np.log(
            (shares * ones).sum(axis=-1) + tiny
        ).mean()
        for tiny in (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12)
    }
    return {
        "the mean over all symbols: targets are not used": -all_logs.mean(),
        "the softmax along the tokens, not along the symbols": other_axis,
        "targets that were shifted once more: they are shifted already": -(
            (all_logs[:, :-1] * ones[:, 1:]).sum(axis=-1).mean()
        ),
        "the mean squared error of the probabilities": ((shares - ones) ** 2).mean(),
        "the share of tokens that were the likeliest symbol (accuracy)": (logits.argmax(axis=-1) == targets).mean(),
        "a sigmoid for each symbol, in place of one softmax over all": sigmoids.mean(),
        "a sigmoid for each symbol, in place of one softmax over all, and their sum": sigmoids.sum(axis=-1).mean(),
        **tiny_added,
    }


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return optax.softmax_cross_entropy_with_integer_labels(logits, targets).mean()\n",
    hints=(
        "optax gives one loss for each token, [B, T]. What is left to do?",
        "Its mean over all tokens: .mean().",
    ),
    holds="The loss says how surprised the model is by what really comes next, in nats per token.",
    stands_in="lesson8.loss_fn",
    check=check,
    planted=(
        Planted(
            "sum",
            "    return optax.softmax_cross_entropy_with_integer_labels(logits, targets).sum()\n",
            says="where the mean is asked for",
        ),
        Planted(
            "no mean",
            "    return optax.softmax_cross_entropy_with_integer_labels(logits, targets)\n",
            says="the loss of each token",
        ),
        Planted(
            "softmax twice",
            "    return optax.softmax_cross_entropy_with_integer_labels(jax.nn.softmax(logits), targets).mean()\n",
            says="a softmax of the softmax",
        ),
        Planted(
            "logarithm of a rounded softmax",
            """\
    probabilities = jax.nn.softmax(logits)
    return -jnp.log(jnp.take_along_axis(probabilities, targets[..., None], axis=-1)).mean()
""",
            says="rounded to 0 before its logarithm",
        ),
        Planted(
            "bits",
            """\
    return optax.softmax_cross_entropy_with_integer_labels(logits, targets).mean() / jnp.log(2.0)
""",
            says="bits, not nats",
        ),
        Planted(
            "last token",
            "    return optax.softmax_cross_entropy_with_integer_labels(logits[:, -1], targets[:, -1]).mean()\n",
            says="the last token of each window",
        ),
        Planted(
            "sign",
            """\
    log_probabilities = jax.nn.log_softmax(logits)
    return jnp.take_along_axis(log_probabilities, targets[..., None], axis=-1).mean()
""",
            says="the sign turned around",
        ),
        Planted(
            "all symbols",
            """\
    ones = jax.nn.one_hot(targets, logits.shape[-1])
    return -(ones * jax.nn.log_softmax(logits)).mean()
""",
            says="the mean over the symbols too",
        ),
        Planted(
            "perplexity",
            "    return jnp.exp(optax.softmax_cross_entropy_with_integer_labels(logits, targets).mean())\n",
            says="perplexity",
        ),
        Planted(
            "targets unused",
            "    return -jax.nn.log_softmax(logits).mean()\n",
            says="targets are not used",
        ),
        Planted(
            "shifted twice",
            "    return optax.softmax_cross_entropy_with_integer_labels(logits[:, :-1], targets[:, 1:]).mean()\n",
            says="shifted once more",
        ),
        Planted(
            "a tiny number added",
            """\
    probabilities = jax.nn.softmax(logits)
    return -jnp.log(jnp.take_along_axis(probabilities, targets[..., None], axis=-1) + 1e-9).mean()
""",
            says="added in the logarithm",
        ),
        Planted(
            "sigmoids",
            """\
    ones = jax.nn.one_hot(targets, logits.shape[-1])
    return optax.sigmoid_binary_cross_entropy(logits, ones).mean()
""",
            says="a sigmoid for each symbol",
        ),
        Planted(
            "logarithm of the mean",
            """\
    probabilities = jax.nn.softmax(logits)
    return -jnp.log(jnp.take_along_axis(probabilities, targets[..., None], axis=-1).mean())
""",
            says="the logarithm of the mean probability",
        ),
    ),
    right={
        "log_softmax": """\
    log_probabilities = jax.nn.log_softmax(logits)
    return -jnp.take_along_axis(log_probabilities, targets[..., None], axis=-1).mean()
""",
        "einsum": """\
    ones = jax.nn.one_hot(targets, logits.shape[-1])
    return -jnp.einsum("btv,btv->", ones, jax.nn.log_softmax(logits)) / targets.size
""",
        "a loop": """\
    losses = []
    for row, ids in zip(logits, targets):
        losses.append(jax.nn.logsumexp(row, axis=-1) - row[jnp.arange(len(ids)), ids])
    return jnp.mean(jnp.array(losses))
""",
        "labels as ones": """\
    ones = jax.nn.one_hot(targets, logits.shape[-1])
    return jnp.mean(optax.softmax_cross_entropy(logits, ones))
""",
    },
    twin=Twin(
        given=lambda rng: {"logits": rng.normal(size=(2, 7, 11)), "targets": rng.integers(11, size=(2, 7))},
        learner="out = learner.loss_fn(logits, targets)",
        lesson="""\
import types
_model = types.SimpleNamespace(
    apply=lambda variables, inputs, dropout_keys: (variables["params"], None), use_bfloat16=False
)
out = lesson.loss_fn(_model, logits, {"inputs": None, "targets": targets}, None)[0]
""",
    ),
)
