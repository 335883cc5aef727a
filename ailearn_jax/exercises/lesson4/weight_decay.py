"""Weight decay."""

import numpy as np

from ailearn_jax.exercises.checking import adam, explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 4, exercise 7: weight decay.

Here is the other remedy against learning the noise by heart. Large weights make sharp bends, so each step also takes a
little off each weight: learning_rate * weight_decay times the weight. Adam with that is AdamW, `optax.adamw`.

Write `make_optimizer`, and take care with the order of optax's arguments: help(optax.adamw) shows it.
"""

import jax
import optax


def make_optimizer(learning_rate, weight_decay):
    """AdamW; each step takes learning_rate * weight_decay of each weight off it."""
@hole@
'''

EXPLAINED = {
    "has no attribute 'init'": "no optimizer; return what optax.adamw(...) makes",
    "TypeError: adam() got": "optax.adam, which has no weight decay; optax.adamw has",
}

STEPS = """
optimizer = learner.make_optimizer(learning_rate, weight_decay)
opt_state, out = optimizer.init(weights), []
for grads in all_grads:
    updates, opt_state = optimizer.update(grads, opt_state, weights)
    weights = optax.apply_updates(weights, updates)
    out.append(weights)
"""


def check(learner: Learner, rng: np.random.Generator) -> None:
    learning_rate, decay = rng.uniform(0.05, 0.1), rng.uniform(1.0, 2.0)
    start = rng.choice([-1, 1], 5) * rng.uniform(1, 2, 5)
    grads = rng.normal(size=(3, 5))
    grads[:, 4] = 0  # where there is no gradient, decay is all that moves
    with explaining("make_optimizer(learning_rate, weight_decay)", EXPLAINED):
        names = {"learning_rate": learning_rate, "weight_decay": decay}
        got = learner.run(STEPS, weights=start, all_grads=list(grads), **names)["out"]

    def steps(learning_rate: float = learning_rate, **kwargs: float) -> list[np.ndarray]:
        return adam_steps(start, grads, learning_rate, **kwargs)

    untouched = "no decay: a weight without a gradient does not change"
    default = "the default decay, 0.0001: weight_decay is not handed on"  # so little that it looks nearly like none
    mistakes = {
        untouched if np.float32(start[4]) == got[-1][4] else default: steps(),
        "weight_decay in the second place, which is b1: write weight_decay=": steps(b1=decay, weight_decay=1e-4),
        "weight_decay in the first place, which is the learning rate": steps(
            decay, b1=learning_rate, weight_decay=1e-4
        ),
        "a plus for the minus: weights that grow": steps(weight_decay=-decay),
        "decay that is not multiplied by the learning rate": steps(weight_decay=decay / learning_rate),
        "decay that is multiplied by the learning rate twice": steps(weight_decay=decay * learning_rate),
        "decay added to the gradients, which Adam evens out: add it after Adam": pulled_steps(
            start, grads, learning_rate, decay
        ),
        "learning_rate and weight_decay in each other's place": steps(decay, weight_decay=learning_rate),
    }
    called = f"three steps of make_optimizer({learning_rate:.3f}, {decay:.2f})"
    expect_close(called, got, steps(weight_decay=decay), mistakes)


def adam_steps(weights: np.ndarray, grads: np.ndarray, learning_rate: float, **kwargs: float) -> list[np.ndarray]:
    path, memory = [], None
    for grad in grads:
        weights, memory = adam(weights, grad, memory, learning_rate, **kwargs)
        path.append(weights)
    return path


def pulled_steps(weights: np.ndarray, grads: np.ndarray, learning_rate: float, weight_decay: float) -> list[np.ndarray]:
    """Plain Adam, with the decay in its gradients."""
    path, memory = [], None
    for grad in grads:
        weights, memory = adam(weights, grad + weight_decay * weights, memory, learning_rate)
        path.append(weights)
    return path


def given(rng: np.random.Generator) -> dict:
    return {
        "weights": rng.normal(size=5),
        "all_grads": list(rng.normal(size=(2, 5))),
        "learning_rate": float(rng.uniform(0.05, 0.1)),
        "weight_decay": float(rng.uniform(1.0, 2.0)),
    }


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return optax.adamw(learning_rate, weight_decay=weight_decay)\n",
    hints=(
        "optax.adamw makes the optimizer; its first argument is the learning rate.",
        "Its second argument is not the decay, so write the name: weight_decay=...",
    ),
    holds="Each step takes the same share off each weight, so only weights that the data need stay large.",
    stands_in="lesson4.train",
    check=check,
    planted=(
        Planted("second place", "    return optax.adamw(learning_rate, weight_decay)\n", says="which is b1"),
        Planted("exchanged", "    return optax.adamw(weight_decay, learning_rate)\n", says="in the first place"),
        Planted(
            "Adam's name", "    return optax.adam(learning_rate, weight_decay=weight_decay)\n", says="optax.adam, which"
        ),
        Planted("no decay", "    return optax.adam(learning_rate)\n", says="no decay"),
        Planted("the default", "    return optax.adamw(learning_rate)\n", says="the default decay"),
        Planted(
            "in the gradients",
            "    return optax.chain(optax.add_decayed_weights(weight_decay), optax.adam(learning_rate))\n",
            says="added to the gradients",
        ),
        Planted(
            "without the learning rate",
            "    return optax.chain(optax.adam(learning_rate), optax.add_decayed_weights(-weight_decay))\n",
            says="not multiplied by the learning rate",
        ),
        Planted(
            "growing",
            """\
    decay = optax.add_decayed_weights(learning_rate * weight_decay)
    return optax.chain(optax.adam(learning_rate), decay)
""",
            says="weights that grow",
        ),
        Planted(
            "multiplied twice",
            "    return optax.adamw(learning_rate, weight_decay=learning_rate * weight_decay)\n",
            says="twice",
        ),
        Planted("not returned", "    optax.adamw(learning_rate, weight_decay=weight_decay)\n", says="no optimizer"),
    ),
    right={
        "its parts": """\
    return optax.chain(
        optax.scale_by_adam(), optax.add_decayed_weights(weight_decay), optax.scale_by_learning_rate(learning_rate)
    )
""",
        "Adam, then decay": """\
    adam = optax.adam(learning_rate)
    return optax.chain(adam, optax.add_decayed_weights(-learning_rate * weight_decay))
""",
        "by hand": """\
    adam = optax.adam(learning_rate)

    def update(grads, opt_state, params):
        updates, opt_state = adam.update(grads, opt_state, params)
        decayed = jax.tree.map(lambda u, weight: u - learning_rate * weight_decay * weight, updates, params)
        return decayed, opt_state

    return optax.GradientTransformation(adam.init, update)
""",
        "by names": "    return optax.adamw(weight_decay=weight_decay, learning_rate=learning_rate)\n",
    },
    twin=Twin(
        given=given,
        learner=STEPS,
        lesson=STEPS.replace(
            "learner.make_optimizer(learning_rate, weight_decay)",
            "lesson.optax.adamw(learning_rate, weight_decay=weight_decay)",
        ),
    ),
)
