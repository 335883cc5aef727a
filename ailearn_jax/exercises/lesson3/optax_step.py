"""An optax step."""

import numpy as np

from ailearn_jax.exercises.checking import adam, described_kind, explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 3, exercise 4: an optax step.

An optax optimizer turns gradients into updates, which are to be added to the weights, and remembers what it needs for
the next step. There are two calls:

- `optimizer.update(grads, opt_state, params)` returns the updates and the new opt_state;
- `optax.apply_updates(params, updates)` returns the new weights.

Write `apply_grads`, which makes both calls.
"""

import jax
import optax


def apply_grads(optimizer, params, opt_state, grads):
    """The weights and the optimizer's memory after one step: (params, opt_state)."""
@hole@
'''

STEPS = """
optimizer = optax.adamw(learning_rate, weight_decay=weight_decay)
params, opt_state = start, optimizer.init(start)
weights, counts = [], []
for grads in all_grads:
    result = learner.apply_grads(optimizer, params, opt_state, grads)
    _names = {jax.tree.structure(params): "params", jax.tree.structure(opt_state): "opt_state"}
    _parts = result if isinstance(result, list | tuple) else [result]
    kinds = [_names.get(jax.tree.structure(part), type(part).__name__) for part in _parts]
    if kinds != ["params", "opt_state"]:
        break
    params, opt_state = result
    weights.append(params)
    counts.append(optax.tree.get(opt_state, "count"))
"""
CALLED = "apply_grads(optimizer, params, opt_state, grads)"
EXPLAINED = {
    "current value of parameters": "params not handed to optimizer.update",
    "pytree structure error": "no updates: optimizer.update returns (updates, opt_state)",
    "number of updates and states": "another order; optimizer.update takes grads, opt_state, params",
    "for +: 'dict' and 'dict'": "+ between trees of arrays; optax.apply_updates adds them",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_weights, num_steps = 5, 3
    start, grads = rng.normal(size=num_weights), rng.normal(size=(num_steps, num_weights))
    learning_rate, weight_decay = rng.uniform(0.05, 0.2), rng.uniform(0.5, 1.0)
    with explaining(CALLED, EXPLAINED):
        got = learner.run(
            STEPS,
            start=tree(start),
            all_grads=[tree(row) for row in grads],
            learning_rate=learning_rate,
            weight_decay=weight_decay,
        )
    kinds = got["kinds"]
    mistake = "the pair the other way around" if kinds == ["opt_state", "params"] else None
    alone = "params alone" if kinds == ["params"] else described_kind(kinds[0])
    found = alone if len(kinds) == 1 else f"({', '.join(kinds)})"
    expect(kinds == ["params", "opt_state"], CALLED, "(params, opt_state)", found, mistake)

    weights, memory = adam(start, grads[0], None, learning_rate, weight_decay=weight_decay)
    exchanged = adam(start, start, None, learning_rate)[0] - learning_rate * weight_decay * grads[0]
    mistakes = {
        "updates subtracted; add them, their minus sign is already inside": tree(2 * start - weights),
        "the gradients added to the weights; add the updates": tree(start + grads[0]),
        "the updates alone, not yet added to the weights": tree(weights - start),
        "the old weights: the updates are made and not used": tree(start),
        "the updates added twice": tree(2 * weights - start),
        "params and grads exchanged in optimizer.update": tree(exchanged),
    }
    expect_close(f"{CALLED}[0]", got["weights"][0], tree(weights), mistakes)
    mistake = "the opt_state that came in; return what optimizer.update gives"
    counts = [int(count) for count in got["counts"]]
    expect(counts[0] == 1, f"{CALLED}[1]", "a count of 1 step", f"a count of {counts[0]} steps", mistake)
    for i in range(1, num_steps):
        fresh, _ = adam(weights, grads[i], None, learning_rate, weight_decay=weight_decay)
        weights, memory = adam(weights, grads[i], memory, learning_rate, weight_decay=weight_decay)
        mistakes = {"a new memory in each step: Adam forgets the steps before": tree(fresh)}
        expect_close(f"{CALLED}[0], step {i + 1}", got["weights"][i], tree(weights), mistakes)
        expect(counts[i] == i + 1, f"{CALLED}[1], step {i + 1}", f"a count of {i + 1} steps", f"a count of {counts[i]}")


def tree(weights: np.ndarray) -> dict:
    """Five numbers as the weights of a linear model with four features."""
    return {"dense": {"bias": weights[4:], "kernel": weights[:4, None]}}


def given(rng: np.random.Generator) -> dict:
    return {"params": tree(rng.normal(size=5)), "grads": [tree(rng.normal(size=5)) for _ in range(2)]}


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state
""",
    hints=(
        "optimizer.update returns a pair. The first part is for the weights, the second for the next step.",
        "updates, opt_state = optimizer.update(grads, opt_state, params)",
        "Return optax.apply_updates(params, updates) and the opt_state that came out of optimizer.update.",
    ),
    holds="A step adds the optimizer's updates to the weights and hands its memory on to the next step.",
    stands_in="lesson3.make_train_step",
    check=check,
    planted=(
        Planted(
            "subtracted",
            """\
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return jax.tree.map(lambda weight, update: weight - update, params, updates), opt_state
""",
            says="already inside",
        ),
        Planted(
            "gradients for updates",
            """\
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, grads), opt_state
""",
            says="the gradients added",
        ),
        Planted(
            "old memory",
            """\
    updates, _ = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state
""",
            says="the opt_state that came in",
        ),
        Planted(
            "new memory each step",
            """\
    updates, opt_state = optimizer.update(grads, optimizer.init(params), params)
    return optax.apply_updates(params, updates), opt_state
""",
            says="a new memory in each step",
        ),
        Planted(
            "updates returned", "    return optimizer.update(grads, opt_state, params)\n", says="the updates alone"
        ),
        Planted(
            "updates unused",
            """\
    _, opt_state = optimizer.update(grads, opt_state, params)
    return params, opt_state
""",
            says="the old weights",
        ),
        Planted(
            "the other way around",
            """\
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return opt_state, optax.apply_updates(params, updates)
""",
            says="the other way around",
        ),
        Planted(
            "params not handed over",
            """\
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state
""",
            says="params not handed",
        ),
        Planted(
            "not unpacked",
            """\
    updates = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state
""",
            says="no updates: optimizer",
        ),
        Planted(
            "params and grads exchanged",
            """\
    updates, opt_state = optimizer.update(params, opt_state, grads)
    return optax.apply_updates(params, updates), opt_state
""",
            says="exchanged in",
        ),
        Planted(
            "another order",
            """\
    updates, opt_state = optimizer.update(params, grads, opt_state)
    return optax.apply_updates(params, updates), opt_state
""",
            says="another order",
        ),
        Planted(
            "trees added",
            """\
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return params + updates, opt_state
""",
            says="+ between trees",
        ),
        Planted(
            "no memory returned",
            """\
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates)
""",
            says="params alone",
        ),
        Planted(
            "two steps",
            """\
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(optax.apply_updates(params, updates), updates), opt_state
""",
            says="added twice",
        ),
    ),
    right={
        "a list": """\
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return [optax.apply_updates(params, updates), opt_state]
""",
        "added by jax.tree.map": """\
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return jax.tree.map(lambda weight, update: weight + update, params, updates), opt_state
""",
        "by names, the weights last": """\
    updates, memory = optimizer.update(params=params, state=opt_state, updates=grads)
    params = optax.apply_updates(updates=updates, params=params)
    return params, memory
""",
        "leaf by leaf": """\
    updates, memory = optimizer.update(grads, opt_state, params)
    leaves, form = jax.tree.flatten(params)
    sums = [leaf + update for leaf, update in zip(leaves, jax.tree.leaves(updates), strict=True)]
    return jax.tree.unflatten(form, sums), memory
""",
    },
    twin=Twin(
        given=given,
        learner="""
_optimizer = optax.adam(0.1)
_opt_state = _optimizer.init(params)
for _grads in grads:
    params, _opt_state = learner.apply_grads(_optimizer, params, _opt_state, _grads)
out = params, jax.tree.leaves(_opt_state)
""",
        lesson="""
_optimizer = optax.adam(0.1)
_loss_fn = lesson.loss_fn
lesson.loss_fn = lambda params, grads: sum((a * b).sum() for a, b in zip(*map(jax.tree.leaves, (params, grads))))
_step = lesson.make_train_step(_optimizer)
_state = lesson.TrainState(jnp.zeros((), jnp.int32), params, _optimizer.init(params))
for _grads in grads:
    _state, _ = _step(_state, _grads)
lesson.loss_fn = _loss_fn
out = _state.params, jax.tree.leaves(_state.opt_state)
""",
    ),
)
