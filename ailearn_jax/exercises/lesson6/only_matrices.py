"""An optimizer that holds weights small."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ailearn_jax.exercises.checking import adam, alike, explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 6, exercise 8: an optimizer that holds weights small.

Two things are added to Adam, in this order:

- clipping: where all gradients together, as one long vector, are longer than `clip_norm`, they are all divided by the
  same number, so that the vector is just so long. One odd batch then does no harm;
- weight decay: each step also takes learning_rate * weight_decay times a weight off that weight. What the data does
  not ask for becomes small. Only matrices decay: a bias has nothing to gain from being small.

optax.chain(a, b) is an optimizer that hands to b what a makes of the gradients. optax.clip_by_global_norm(clip_norm)
clips; optax.adamw(learning_rate, weight_decay=..., mask=...) is Adam with weight decay, where `mask` is a function from
the weights to a tree like them that is True where a weight decays.
"""

import jax
import optax


def make_optimizer(learning_rate, weight_decay, clip_norm):
    """AdamW behind a clip of the gradients' global norm; only matrices decay."""
@hole@
'''

STEPS = """
optimizer = learner.make_optimizer(learning_rate, weight_decay, clip_norm)
params, opt_state = start, optimizer.init(start)
weights = []


@jax.jit  # the whole check takes 1.7 s, operation by operation 4.7
def step(params, opt_state, grads):
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state


for grads in all_grads:
    params, opt_state = step(params, opt_state, grads)
    weights.append(params)
del optimizer, step, params, opt_state, grads
"""
SHAPES = {"bias": (3,), "kernel": (2, 3), "out": (3, 1), "scale": (2,)}
Tree = dict[str, np.ndarray]


def check(learner: Learner, rng: np.random.Generator) -> None:
    start, *all_grads = ({name: rng.normal(size=shape) for name, shape in SHAPES.items()} for _ in range(5))
    all_grads[1] = {name: 0.01 * grads for name, grads in all_grads[1].items()}  # too short to be clipped
    sizes: dict[str, Any] = {
        "learning_rate": float(np.round(rng.uniform(0.3, 0.5), 3)),  # large, so that clipping the updates would show
        "weight_decay": float(np.round(rng.uniform(0.5, 1.0), 2)),
        "clip_norm": float(np.round(rng.uniform(0.5, 0.9), 2)),
    }
    called = f"make_optimizer({', '.join(map(str, sizes.values()))})"
    with explaining(called, {}):
        got = learner.run(STEPS, start=start, all_grads=all_grads, **sizes)

    def steps(**changed: Any) -> list[Tree]:
        return trained(start, all_grads, **(sizes | changed))

    mistakes = {
        "everything decays, biases too: mask says what does": steps(decays=dict.fromkeys(SHAPES, True)),
        "nothing decays": steps(decays=dict.fromkeys(SHAPES, False)),
        "the mask turned around: it is True for what decays": steps(
            decays={name: len(shape) < 2 for name, shape in SHAPES.items()}
        ),
        "no clipping": steps(clip=lambda grads, _: grads),
        "each number clipped by itself, not all by their common length": steps(clip=clip_values),
        "each array clipped by its own length, not by the common one": steps(clip=clip_arrays),
        "short gradients made longer; only what is too long is scaled": steps(clip=always_scaled),
        "weight decay added to the gradients, and so rescaled by Adam": steps(inside=True),
        "clipping after Adam: it clips updates, not gradients": steps(after=True),
        "a decay by weight_decay alone, without the learning rate": steps(
            weight_decay=sizes["weight_decay"] / sizes["learning_rate"]
        ),
    }
    for i, expected in enumerate(steps()):
        expect_close(
            f"{called}, the weights after step {i + 1}",
            got["weights"][i],
            expected,
            mistakes={kind: weights[i] for kind, weights in mistakes.items() if alike(got["weights"], weights)},
        )


# --- The same in numpy, and with each mistake -------------------------------------------------------------------------


def norm(tree: Tree) -> float:
    return float(np.sqrt(sum((array**2).sum() for array in tree.values())))


def clip_all(grads: Tree, clip_norm: float) -> Tree:
    shorter = min(1.0, clip_norm / norm(grads))
    return {name: shorter * array for name, array in grads.items()}


def clip_values(grads: Tree, clip_norm: float) -> Tree:
    return {name: np.clip(array, -clip_norm, clip_norm) for name, array in grads.items()}


def clip_arrays(grads: Tree, clip_norm: float) -> Tree:
    return {name: clip_all({name: array}, clip_norm)[name] for name, array in grads.items()}


def always_scaled(grads: Tree, clip_norm: float) -> Tree:
    return {name: array * clip_norm / norm(grads) for name, array in grads.items()}


def trained(
    params: Tree,
    all_grads: list[Tree],
    learning_rate: float,
    weight_decay: float,
    clip_norm: float,
    clip: Callable[[Tree, float], Tree] = clip_all,
    decays: dict[str, bool] | None = None,
    inside: bool = False,
    after: bool = False,
) -> list[Tree]:
    """The weights after each step."""
    decays = decays or {name: len(shape) >= 2 for name, shape in SHAPES.items()}
    memories: dict[str, tuple | None] = dict.fromkeys(SHAPES)
    weights = []
    for grads in all_grads:
        clipped = grads if after else clip(grads, clip_norm)
        updates: Tree = {}
        for name, array in params.items():
            decay = weight_decay * decays[name]
            grad = clipped[name] + decay * array * inside
            new, memories[name] = adam(
                array, grad, memories[name], learning_rate, weight_decay=0.0 if inside else decay
            )
            updates[name] = new - array
        if after:
            updates = clip(updates, clip_norm)
        params = {name: array + updates[name] for name, array in params.items()}
        weights.append(params)
    return weights


MASK = """\
    def mask(params):
        return jax.tree.map(lambda weights: weights.ndim >= 2, params)

"""

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    return optax.chain(
        optax.clip_by_global_norm(clip_norm),
        optax.adamw(
            learning_rate,
            weight_decay=weight_decay,
            mask=lambda params: jax.tree.map(lambda weights: weights.ndim >= 2, params),
        ),
    )
""",
    hints=(
        "optax.chain takes the two in the order in which the gradients pass through them.",
        "A matrix is an array with `ndim` 2; jax.tree.map(f, params) calls f for each array of the tree.",
        "mask=lambda params: jax.tree.map(lambda weights: weights.ndim >= 2, params)",
    ),
    holds="Long gradients are shortened together, and only matrices decay.",
    stands_in="optimizers.make_optimizer",
    check=check,
    planted=(
        Planted(
            "everything decays",
            """\
    return optax.chain(
        optax.clip_by_global_norm(clip_norm), optax.adamw(learning_rate, weight_decay=weight_decay)
    )
""",
            says="everything decays",
        ),
        Planted(
            "nothing decays",
            """\
    return optax.chain(optax.clip_by_global_norm(clip_norm), optax.adam(learning_rate))
""",
            says="nothing decays",
        ),
        Planted(
            "mask upside down",
            """\
    def mask(params):
        return jax.tree.map(lambda weights: weights.ndim < 2, params)

    return optax.chain(
        optax.clip_by_global_norm(clip_norm), optax.adamw(learning_rate, weight_decay=weight_decay, mask=mask)
    )
""",
            says="the mask turned around",
        ),
        Planted(
            "not clipped",
            MASK
            + """\
    return optax.adamw(learning_rate, weight_decay=weight_decay, mask=mask)
""",
            says="no clipping",
        ),
        Planted(
            "each value clipped",
            MASK
            + """\
    return optax.chain(
        optax.clip(clip_norm), optax.adamw(learning_rate, weight_decay=weight_decay, mask=mask)
    )
""",
            says="each number clipped by itself",
        ),
        Planted(
            "always scaled",
            MASK
            + """\
    def scale(grads, params):
        return jax.tree.map(lambda grad: grad * clip_norm / optax.tree.norm(grads), grads)

    return optax.chain(optax.stateless(scale), optax.adamw(learning_rate, weight_decay=weight_decay, mask=mask))
""",
            says="short gradients made longer",
        ),
        Planted(
            "clipped after Adam",
            MASK
            + """\
    return optax.chain(
        optax.adamw(learning_rate, weight_decay=weight_decay, mask=mask), optax.clip_by_global_norm(clip_norm)
    )
""",
            says="clipping after Adam",
        ),
        Planted(
            "decay without the rate",
            MASK
            + """\
    return optax.chain(
        optax.clip_by_global_norm(clip_norm),
        optax.adam(learning_rate),
        optax.add_decayed_weights(-weight_decay, mask),
    )
""",
            says="without the learning rate",
        ),
        Planted(
            "decay in the gradients",
            MASK
            + """\
    return optax.chain(
        optax.clip_by_global_norm(clip_norm),
        optax.add_decayed_weights(weight_decay, mask),
        optax.adam(learning_rate),
    )
""",
            says="weight decay added to the gradients",
        ),
    ),
    right={
        "AdamW from its parts": """\
    def is_matrix(params):
        return {name: len(array.shape) > 1 for name, array in params.items()}

    return optax.chain(
        optax.clip_by_global_norm(clip_norm),
        optax.scale_by_adam(),
        optax.add_decayed_weights(weight_decay, mask=is_matrix),
        optax.scale_by_learning_rate(learning_rate),
    )
""",
        "a named chain": """\
    return optax.named_chain(
        ("clip", optax.clip_by_global_norm(clip_norm)),
        (
            "adamw",
            optax.adamw(
                learning_rate,
                weight_decay=weight_decay,
                mask=lambda params: jax.tree.map(lambda weights: weights.ndim > 1, params),
            ),
        ),
    )
""",
        "written by hand": """\
    adam = optax.adam(learning_rate)

    def update(grads, state, params):
        length = optax.tree.norm(grads)
        shorter = jax.numpy.minimum(1.0, clip_norm / length)
        updates, state = adam.update(jax.tree.map(lambda grad: shorter * grad, grads), state)

        def decayed(update, weights):
            return update - learning_rate * weight_decay * weights if weights.ndim == 2 else update

        return jax.tree.map(decayed, updates, params), state

    return optax.GradientTransformation(adam.init, update)
""",
    },
    twin=Twin(
        given=lambda rng: {
            "params": {name: rng.normal(size=shape) for name, shape in SHAPES.items()},
            "grads": {name: rng.normal(size=shape) for name, shape in SHAPES.items()},
        },
        learner="""\
_optimizer = learner.make_optimizer(optax.warmup_cosine_decay_schedule(0.1, 0.1, 0, 100, 0.01), 0.5, 0.7)
_state = _optimizer.init(params)
for _ in range(3):
    _updates, _state = _optimizer.update(grads, _state, params)
    params = optax.apply_updates(params, _updates)
out = params
""",
        lesson="""\
_optimizer = lesson.make_optimizer(
    100,
    learning_rate=0.1,
    final_learning_rate=0.01,
    warmup_steps=0,
    weight_decay=0.5,
    beta2=0.999,
    clip_norm=0.7,
)
_state = _optimizer.init(params)
for _ in range(3):
    _updates, _state = _optimizer.update(grads, _state, params)
    params = optax.apply_updates(params, _updates)
out = params
""",
    ),
)
