"""The weights of the best step."""

import numpy as np

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect

SOURCE = '''\
"""Lesson 4, exercise 6: the weights of the best step.

A network that is large beside its data learns the noise by heart: after a while the held-out loss rises again. One
remedy: train to the end, and keep the state that had the lowest held-out loss on the way.

Write the lines that each step ends with. With `take_best` they let `best` be that state, and `best_loss` its held-out
loss. Without it `best` is always the newest state, and `best_loss` its loss, so that the last one is returned.
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
        lowest, last, early = int(np.argmin(losses)) + 1, len(losses), int(np.argmax(np.diff(losses) > 0)) + 1
        best, end = (lowest, losses[lowest - 1]), (last, losses[-1])
        mistakes = {
            (0, np.inf): "a comparison turned around: no loss is ever the better one",
            end: "the last step, though its loss is not the lowest",
            (last, np.inf): "a best_loss that is never set: then each loss is lower than it",
            (last, min(losses)): "the lowest loss, with the last state: both are to be kept together",
            (lowest, np.inf): "the right state, and a loss that is not its own",
            (early, losses[early - 1]): "an end at the first rise; a loss may fall again after it",
            (int(np.argmax(losses)) + 1, max(losses)): "the highest loss; the best one is the lowest",
        }
        judge(learner, losses, True, best, mistakes)
        mistakes = {
            (0, np.inf): "nothing kept without take_best, where each new state should be",
            best: "the best one, where take_best=False asks for the last",
        }
        judge(learner, losses, False, end, mistakes)


def judge(learner: Learner, losses: list[float], take_best: bool, expected: tuple, mistakes: dict) -> None:
    with explaining(f"fit(train_step, eval_step, state, {len(losses)}, {take_best})", {}):
        out = learner.run(FIT, losses=losses, take_best=take_best)["out"]
    is_number = [isinstance(part, int | float | np.ndarray) and np.ndim(part) == 0 for part in out]
    got = tuple(round(float(part), 1) if right else np.nan for part, right in zip(out, is_number, strict=True))
    called = f"fit, take_best={take_best}, losses {' '.join(map(str, losses))}"
    step, lowest = expected
    wanted = f"the state of step {step}, and its loss {lowest}"
    expect(got == expected, called, wanted, f"that of step {got[0]:g}, and the loss {got[1]}", mistakes.get(got))


def curve(rng: np.random.Generator) -> list[float]:
    """Losses that rise once before they come to the lowest, which is not the last."""
    while True:
        losses = np.round(rng.uniform(1, 9, 7), 1).tolist()
        rises = np.diff(losses) > 0
        lowest = int(np.argmin(losses))
        if rises[:lowest].any() and lowest < 6 and len(set(losses)) == 7:
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
        "There are two reasons to keep the new state: it is better, or the last one is wanted anyway.",
        "Keep both together, best and best_loss, or the next comparison is with the wrong number.",
        "if not take_best or held_out_loss < best_loss: and then best, best_loss = state, held_out_loss",
    ),
    holds="What is kept is the state of the lowest held-out loss, however the loss goes on after it.",
    stands_in="lesson4.fit",
    check=check,
    planted=(
        Planted(
            "the comparison turned around",
            """\
        if not take_best or held_out_loss > best_loss:
            best, best_loss = state, held_out_loss
""",
            says="comparison turned around",
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
            "an end at the first rise",
            """\
        if take_best and held_out_loss > best_loss:
            break
        best, best_loss = state, held_out_loss
""",
            says="at the first rise",
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
