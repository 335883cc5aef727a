"""Windows and shifted targets."""

import numpy as np

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 8, exercise 3: windows and shifted targets.

The text is one long row of ids. A training batch has batch_size windows of it, each beginning at a random place; and
the target of each token is the one that comes after it. So a window of T inputs needs T + 1 ids: all but the last are
inputs, all but the first are targets. Each window that fits into the text has to be possible.

Draw with the generator `rng` and with nothing else: a generator in the same state then gives the same batch again.
rng.integers(n, size=b) draws b whole numbers from 0 to n - 1.
"""

import numpy as np


def windows(ids, context_length, batch_size, rng):
    """A batch {"inputs", "targets"}, both [B, T], from ids [N]; rng is a numpy generator."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    context_length, batch_size, places = int(rng.integers(5, 9)), 150, int(rng.integers(3, 6))
    ids = rng.permutation(97)[: context_length + places]
    called = f"windows({len(ids)} ids, {context_length}, {batch_size}, rng)"
    past = "a window that reaches past the end: it needs T + 1 ids"
    with explaining(called, {"out of bounds": past, "must have the same shape": past}):
        seeds = [int(seed) for seed in rng.integers(2**30, size=2)]
        out, again, other = (
            learner.run(
                "out = learner.windows(ids, context_length, batch_size, np.random.default_rng(seed))",
                ids=ids,
                context_length=context_length,
                batch_size=batch_size,
                seed=seed,
            )["out"]
            for seed in (seeds[0], *seeds)
        )
    starts = expect_inputs(called, out, ids, batch_size, context_length)
    expect(
        starts.max() < places,
        called=f'{called}; its "inputs"',
        expected=f"windows that begin at 0 to {places - 1}",
        got=f"one that begins at {starts.max()}",
        mistake="inputs and targets the other way round, or a last input that has no target",
    )
    following = np.arange(context_length)
    expect_close(
        f'{called}; its "targets"',
        out["targets"],
        ids[starts + 1 + following],
        mistakes={
            "the inputs themselves: what is to be told has been seen": ids[starts + following],
            "the tokens before the inputs": np.roll(ids, 1)[starts + following],
            "the tokens two places after the inputs": np.roll(ids, -2)[starts + following],
            "only the last token of each window; each place has a target": ids[starts + context_length][:, 0],
            "inputs moved around within their window: the last target is its first input": np.roll(
                ids[starts + following], -1, axis=1
            ),
        },
    )
    expect_places(called, starts[:, 0], places)
    expect_given_generator(called, out["inputs"], again["inputs"], other["inputs"])


def expect_given_generator(called: str, inputs: np.ndarray, again: np.ndarray, other: np.ndarray) -> None:
    """The same batch by the same state of the generator, and another one by another."""
    expect(
        np.array_equal(inputs, again),
        called=f"{called}, twice with one seed",
        expected="the same batch twice",
        got="two batches",
        mistake="np.random or a generator of your own: the rng given is unused",
    )
    expect(
        not np.array_equal(inputs, other),
        called=f"{called}, with two generators",
        expected="two batches",
        got="the same batch twice",
        mistake="a generator made in the function: the rng given is unused",
    )


def expect_inputs(called: str, out: object, ids: np.ndarray, batch_size: int, context_length: int) -> np.ndarray:
    """The starts [B, 1] of the windows that are the inputs."""
    expect(
        isinstance(out, dict) and set(out) == {"inputs", "targets"},
        called=called,
        expected='a dict with "inputs" and "targets"',
        got=f"the keys {', '.join(map(str, out))}" if isinstance(out, dict) else f"a {type(out).__name__}",
    )
    assert isinstance(out, dict)
    inputs, place = out["inputs"], {int(token): i for i, token in enumerate(ids)}
    rowed = isinstance(inputs, np.ndarray) and inputs.ndim == 2 and inputs.dtype.kind in "iu" and inputs.shape[1]
    first = inputs[:, 0].tolist() if rowed and len(inputs) == batch_size else []
    known = first and all(token in place for token in first)
    starts = np.array([place[token] for token in first] if known else [0] * batch_size)[:, None]
    rows = np.minimum(starts + np.arange(context_length + 1), len(ids) - 1)
    expect_close(
        f'{called}; its "inputs"',
        inputs,
        ids[rows[:, :-1]],
        mistakes={
            "windows of T + 1 tokens: the last one is a target and no input": ids[rows],
            "windows down and batch across: it is transposed": ids[rows[:, :-1]].T,
            "numbers of places in the text, not the ids that stand there": rows[:, :-1],
            "a single window": ids[rows[0, :-1]],
        },
    )
    return starts


def expect_places(called: str, starts: np.ndarray, places: int) -> None:
    """Each place where a window fits begins one."""
    missing = sorted(set(range(places)) - set(starts.tolist()))
    expect(
        len(set(starts.tolist())) > 1 and (np.diff(starts) != 1).any(),
        called=called,
        expected="windows from all over the text",
        got=f"all of them begin at place {starts[0]}"
        if len(set(starts.tolist())) == 1
        else "one place after the other",
        mistake="one start for the whole batch; size=batch_size draws one for each window",
    )
    expect(
        not missing,
        called=called,
        expected=f"windows that begin at 0 to {places - 1}",
        got=f"none that begins at {', '.join(map(str, missing))}",
        mistake="a range of starts that ends too early: the last characters are never a target"
        if places - 1 in missing
        else "a range of starts that begins too late",
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    starts = rng.integers(len(ids) - context_length, size=batch_size)
    window = ids[starts[:, None] + np.arange(context_length + 1)]
    return {"inputs": window[:, :-1], "targets": window[:, 1:]}
""",
    hints=(
        "How many windows of T + 1 ids fit into N ids? So many starts are possible.",
        "starts[:, None] + np.arange(context_length + 1) are the places of all ids of all windows, [B, T + 1].",
        'window = ids[places]; {"inputs": window[:, :-1], "targets": window[:, 1:]}.',
    ),
    holds="Each place of each window asks for the token after it, and no window is out of reach.",
    stands_in="text.windows",
    check=check,
    planted=(
        Planted(
            "targets are the inputs",
            """\
    starts = rng.integers(len(ids) - context_length, size=batch_size)
    window = ids[starts[:, None] + np.arange(context_length)]
    return {"inputs": window, "targets": window}
""",
            says="what is to be told has been seen",
        ),
        Planted(
            "the other way round",
            """\
    starts = rng.integers(len(ids) - context_length, size=batch_size)
    window = ids[starts[:, None] + np.arange(context_length + 1)]
    return {"inputs": window[:, 1:], "targets": window[:, :-1]}
""",
            says="inputs and targets the other way round",
        ),
        Planted(
            "shifted within the window",
            """\
    starts = rng.integers(len(ids) - context_length, size=batch_size)
    window = ids[starts[:, None] + np.arange(context_length)]
    return {"inputs": window, "targets": np.roll(window, -1, axis=1)}
""",
            says="moved around within their window",
        ),
        Planted(
            "last token only",
            """\
    starts = rng.integers(len(ids) - context_length, size=batch_size)
    window = ids[starts[:, None] + np.arange(context_length + 1)]
    return {"inputs": window[:, :-1], "targets": window[:, -1]}
""",
            says="each place has a target",
        ),
        Planted(
            "inputs too long",
            """\
    starts = rng.integers(len(ids) - context_length, size=batch_size)
    window = ids[starts[:, None] + np.arange(context_length + 1)]
    return {"inputs": window, "targets": window[:, 1:]}
""",
            says="windows of T + 1 tokens",
        ),
        Planted(
            "ends too early",
            """\
    starts = rng.integers(len(ids) - context_length - 1, size=batch_size)
    window = ids[starts[:, None] + np.arange(context_length + 1)]
    return {"inputs": window[:, :-1], "targets": window[:, 1:]}
""",
            says="ends too early",
        ),
        Planted(
            "begins too late",
            """\
    starts = rng.integers(1, len(ids) - context_length, size=batch_size)
    window = ids[starts[:, None] + np.arange(context_length + 1)]
    return {"inputs": window[:, :-1], "targets": window[:, 1:]}
""",
            says="begins too late",
        ),
        Planted(
            "past the end",
            """\
    starts = rng.integers(len(ids), size=batch_size)
    window = ids[starts[:, None] + np.arange(context_length + 1)]
    return {"inputs": window[:, :-1], "targets": window[:, 1:]}
""",
            says="IndexError",
        ),
        Planted(
            "one start",
            """\
    start = rng.integers(len(ids) - context_length)
    window = np.stack([ids[start : start + context_length + 1]] * batch_size)
    return {"inputs": window[:, :-1], "targets": window[:, 1:]}
""",
            says="one start for the whole batch",
        ),
        Planted(
            "np.random",
            """\
    starts = np.random.randint(len(ids) - context_length, size=batch_size)
    window = ids[starts[:, None] + np.arange(context_length + 1)]
    return {"inputs": window[:, :-1], "targets": window[:, 1:]}
""",
            says="np.random or a generator of your own",
        ),
        Planted(
            "generator of its own",
            """\
    starts = np.random.default_rng(0).integers(len(ids) - context_length, size=batch_size)
    window = ids[starts[:, None] + np.arange(context_length + 1)]
    return {"inputs": window[:, :-1], "targets": window[:, 1:]}
""",
            says="a generator made in the function",
        ),
    ),
    right={
        "a loop": """\
    inputs, targets = [], []
    for _ in range(batch_size):
        start = rng.integers(0, len(ids) - context_length)
        inputs.append(ids[start : start + context_length])
        targets.append(ids[start + 1 : start + context_length + 1])
    return {"inputs": np.stack(inputs), "targets": np.array(targets)}
""",
        "all windows, then a choice": """\
    all_windows = np.lib.stride_tricks.sliding_window_view(ids, context_length + 1)
    window = all_windows[rng.choice(len(all_windows), batch_size)]
    return {"targets": window[:, 1:], "inputs": window[:, :context_length]}
""",
        "two rows of places": """\
    last = len(ids) - context_length - 1
    places = rng.integers(last, size=(batch_size, 1), endpoint=True) + np.arange(context_length)[None]
    return {"inputs": np.take(ids, places), "targets": np.take(ids, places + 1)}
""",
    },
    twin=Twin(
        given=lambda rng: {
            "ids": rng.integers(65, size=int(rng.integers(20, 60))),
            "context_length": int(rng.integers(3, 15)),
            "seed": int(rng.integers(1000)),
        },
        learner="""\
out = learner.windows(ids.astype(np.int32), context_length, 6, np.random.default_rng((seed, 0)))
""",
        lesson="out = next(lesson.windows(ids, context_length, 6, seed)(0))",
    ),
    arrays="numpy",
)
