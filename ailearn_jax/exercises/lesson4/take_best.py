"""The weights of the best step."""

import numpy as np

from ailearn_jax.exercises.checking import explaining, is_number
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, brief, expect

SOURCE = '''\
"""Lesson 4, exercise 6: the weights of the best step.

A network that is large for its data learns the noise by heart: after a while the held-out loss rises again. One remedy
is to train to the end, and to keep the state that had the lowest held-out loss on the way.

Write the lines at the end of each step. With `take_best` they keep in `best` the state with the lowest held-out loss so
far, and in `best_loss` its loss. Without `take_best` they always keep the newest state and its loss, so that the last
one is returned.
"""


def fit(train_step, eval_step, state, num_steps, take_best):
    """The best state and its held-out loss; the last state and its loss if `take_best` is False.

    Here train_step(state) is the next state and eval_step(state) its held-out loss, a number.
    """
    best, best_loss = state, float("inf")
    for _ in range(num_steps):
        state = train_step(state)
        held_out_loss = eval_step(state)
@hole@
    return best, best_loss
'''

# In the check a state is the number of steps that were made.
FIT = """
held_out_losses = [float("nan"), *losses]
out = learner.fit(lambda state: state + 1, lambda state: held_out_losses[state], 0, len(losses), take_best)
"""


def check(learner: Learner, rng: np.random.Generator) -> None:
    for _ in range(3):
        losses = curve(rng)
        fall = max(step for step in range(1, 8) if step == 1 or losses[step - 1] < losses[step - 2])
        lowest, last, early = int(np.argmin(losses)) + 1, len(losses), int(np.argmax(np.diff(losses) > 0)) + 1
        best, end = (lowest, losses[lowest - 1]), (last, losses[-1])
        mistakes = {
            (int(np.argmax(losses)) + 1, max(losses)): "the highest loss; the best one is the lowest",
            (fall, losses[-1]): "each loss compared with the one before, not with the lowest so far",
            (0, np.inf): "no state is ever kept: a comparison turned around, or nothing assigned",
            (0, min(losses)): "best_loss set before the comparison, which then never holds",
            end: "the last step, though its loss is not the lowest",
            (last, np.inf): "a best_loss that is never set: then each loss is lower than it",
            (last, min(losses)): "the lowest loss, with the last state: both are to be kept together",
            (1, losses[0]): "an end after the first step: no return or break belongs here",
            (early, losses[early - 1]): "nothing kept after the first rise; the loss may fall again later",
        }
        judge(learner, losses, True, best, mistakes)
        mistakes = {
            (0, np.inf): "nothing kept without take_best, where each new state should be",
            (last, np.inf): "best_loss not set without take_best",
            best: "the best state, where take_best=False asks for the last",
        }
        judge(learner, losses, False, end, mistakes)


def judge(learner: Learner, losses: list[float], take_best: bool, expected: tuple, mistakes: dict) -> None:
    with explaining(f"fit(train_step, eval_step, state, {len(losses)}, {take_best})", {}):
        out = learner.run(FIT, losses=losses, take_best=take_best)["out"]
    got = tuple(round(float(part), 1) if is_number(part) else np.nan for part in out)
    called = f"fit, take_best={take_best}, losses {' '.join(map(str, losses))}"
    step, lowest = expected
    wanted = f"the state of step {step}, and its loss {lowest}"
    found = f"the state of step {got[0]:g}, and the loss {got[1]}" if all(map(is_number, out)) else brief(out)
    expect(got == expected, called, wanted, found, mistakes.get(got))


def curve(rng: np.random.Generator) -> list[float]:
    """Losses that fall at first, rise at last, and rise once before they come to the lowest."""
    while True:
        losses = np.round(rng.uniform(1, 9, 7), 1).tolist()
        rises = np.diff(losses) > 0
        lowest = int(np.argmin(losses))
        if not rises[0] and rises[:lowest].any() and rises[-1] and len(set(losses)) == 7:
            return losses


def given(rng: np.random.Generator) -> dict:
    return {"losses": curve(rng), "take_best": bool(rng.integers(2))}


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        if not take_best or held_out_loss < best_loss:
            best, best_loss = state, held_out_loss
""",
    hints=(
        "There are two reasons to keep the new state: it is better, or take_best is False.",
        "Keep best and best_loss together, or the next comparison is with the wrong number.",
        "if not take_best or held_out_loss < best_loss: and then best, best_loss = state, held_out_loss",
    ),
    holds="The state with the lowest held-out loss is kept, even if the loss rises after it.",
    stands_in="lesson4.fit",
    check=check,
    planted=(
        Planted(
            "the comparison turned around",
            """\
        if not take_best or held_out_loss > best_loss:
            best, best_loss = state, held_out_loss
""",
            says="no state is ever kept",
        ),
        Planted(
            "the loss not remembered",
            """\
        if not take_best or held_out_loss < best_loss:
            best = state
""",
            says="never set",
        ),
        Planted("always the newest", "        best, best_loss = state, held_out_loss\n", says="is not the lowest"),
        Planted(
            "the state not kept with its loss",
            """\
        best = state
        best_loss = min(best_loss, held_out_loss) if take_best else held_out_loss
""",
            says="kept together",
        ),
        Planted(
            "take_best not asked",
            """\
        if held_out_loss < best_loss:
            best, best_loss = state, held_out_loss
""",
            says="asks for the last",
        ),
        Planted(
            "nothing without take_best",
            """\
        if take_best and held_out_loss < best_loss:
            best, best_loss = state, held_out_loss
""",
            says="nothing kept without",
        ),
        Planted(
            "set before the comparison",
            """\
        if take_best:
            best_loss = min(best_loss, held_out_loss)
            if held_out_loss < best_loss:
                best = state
        else:
            best, best_loss = state, held_out_loss
""",
            says="set before the comparison",
        ),
        Planted(
            "compared with the one before",
            """\
        if not take_best or held_out_loss < best_loss:
            best = state
        best_loss = held_out_loss
""",
            says="with the one before",
        ),
        Planted(
            "a return",
            """\
        if not take_best or held_out_loss < best_loss:
            return state, held_out_loss
""",
            says="after the first step",
        ),
        Planted(
            "the loss not kept without take_best",
            """\
        if take_best and held_out_loss < best_loss:
            best, best_loss = state, held_out_loss
        elif not take_best:
            best = state
""",
            says="best_loss not set",
        ),
        Planted(
            "an end at the first rise",
            """\
        if take_best and held_out_loss > best_loss:
            break
        best, best_loss = state, held_out_loss
""",
            says="after the first rise",
        ),
    ),
    right={
        "two cases": """\
        if take_best:
            if best_loss > held_out_loss:
                best_loss = held_out_loss
                best = state
        else:
            best, best_loss = state, held_out_loss
""",
        "the smaller of two pairs": """\
        new = (held_out_loss, state)
        best_loss, best = min((best_loss, best), new) if take_best else new
""",
        "go on if not better": """\
        if take_best and held_out_loss >= best_loss:
            continue
        best, best_loss = state, held_out_loss
""",
    },
    twin=Twin(
        given=given,
        learner=FIT,
        lesson="""
from types import SimpleNamespace

_kept = lesson.make_train_step, lesson.eval_step
_model = SimpleNamespace(init=lambda key, inputs: {"params": 0})
lesson.make_train_step = lambda model, optimizer: lambda state, batch: (
    lesson.TrainState(state.step + 1, state.params + 1, state.opt_state), 0.0
)
lesson.eval_step = lambda model, params, held_out: losses[params - 1]
_fit = lesson.fit(_model, optax.sgd(0.1), None, {"inputs": None}, None, len(losses), 100, take_best)
out = _fit.step, float(_fit.held_out_losses[_fit.step - 1])
lesson.make_train_step, lesson.eval_step = _kept
""",
    ),
)
