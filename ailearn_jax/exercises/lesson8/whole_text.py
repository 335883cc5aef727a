"""A whole text in windows."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 8, exercise 4: a whole text in windows.

Training takes windows at random. To validate, each character of the text is asked for once: cut the text into windows
one after the other, without a gap and without an overlap. The target of the last token of a window is the first token
of the next; so N ids have N - 1 tokens with a target, and what is left of these and fills no window is left out.
"""

import numpy as np


def consecutive_windows(ids, context_length):
    """The windows of ids [N], one after the other: {"inputs", "targets"}, both [number of windows, T]."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    T, full = int(rng.integers(4, 8)), int(rng.integers(3, 9))
    full += full == T
    for num_ids in (full * T + int(rng.integers(2, T)), full * T, full * T + 1):
        ids = rng.permutation(5 * num_ids)[:num_ids]
        num_windows = (num_ids - 1) // T
        starts = T * np.arange(num_windows)[:, None]
        expect_close(
            f"consecutive_windows(ids, context_length={T}) of {num_ids} ids",
            learner.call("consecutive_windows", ids, T),
            batch(ids, starts, T),
            mistakes={
                "targets that are the inputs": {
                    "inputs": ids[starts + np.arange(T)],
                    "targets": ids[starts + np.arange(T)],
                },
                "windows that overlap: each begins one token after the one before": batch(
                    ids, np.arange(num_ids - T)[:, None], T
                ),
                "targets moved around within a window: the last target is the window's first input": {
                    "inputs": ids[starts + np.arange(T)],
                    "targets": np.roll(ids[starts + np.arange(T)], -1, axis=1),
                },
                "tokens from all over the text in a window: reshaped the other way round and turned": {
                    "inputs": ids[: num_windows * T].reshape(T, num_windows).T,
                    "targets": ids[1 : num_windows * T + 1].reshape(T, num_windows).T,
                },
                "a gap: each window begins one token too late, after the last target of the one before": batch(
                    ids, (T + 1) * np.arange(num_ids // (T + 1))[:, None], T
                ),
                "one window too few": batch(ids, starts[:-1], T),
                "one long row, not cut into windows": {
                    "inputs": ids[: num_windows * T],
                    "targets": ids[1 : num_windows * T + 1],
                },
                "a last target that wraps around to the beginning of the text": {
                    "inputs": ids[: num_ids // T * T].reshape(-1, T),
                    "targets": np.roll(ids, -1)[: num_ids // T * T].reshape(-1, T),
                },
            },
        )


def batch(ids: np.ndarray, starts: np.ndarray, context_length: int) -> dict[str, np.ndarray]:
    """The windows that begin at `starts` [N, 1]."""
    places = starts + np.arange(context_length)
    return {"inputs": ids[places], "targets": ids[places + 1]}


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    num_windows = (len(ids) - 1) // context_length
    length = num_windows * context_length
    inputs, targets = ids[:length], ids[1 : length + 1]
    return {
        "inputs": inputs.reshape(num_windows, context_length),
        "targets": targets.reshape(num_windows, context_length),
    }
""",
    hints=(
        "How many whole windows do N - 1 tokens fill? So many tokens are inputs.",
        "The targets are the same long row, begun one id later. Take both rows first, and cut them last.",
        "ids[:length] and ids[1 : length + 1], each with .reshape(num_windows, context_length).",
    ),
    holds="Each character of the text is asked for once, so the loss is that of the whole text.",
    stands_in="text.consecutive_windows",
    check=check,
    planted=(
        Planted(
            "number of ids, not of targets",
            """\
    num_windows = len(ids) // context_length
    length = num_windows * context_length
    return {
        "inputs": ids[:length].reshape(num_windows, context_length),
        "targets": ids[1 : length + 1].reshape(num_windows, context_length),
    }
""",
            says="cannot reshape array",
        ),
        Planted(
            "wraps around",
            """\
    length = len(ids) // context_length * context_length
    return {
        "inputs": ids[:length].reshape(-1, context_length),
        "targets": np.roll(ids, -1)[:length].reshape(-1, context_length),
    }
""",
            says="wraps around to the beginning",
        ),
        Planted(
            "targets are the inputs",
            """\
    num_windows = (len(ids) - 1) // context_length
    windows = ids[: num_windows * context_length].reshape(num_windows, context_length)
    return {"inputs": windows, "targets": windows}
""",
            says="targets that are the inputs",
        ),
        Planted(
            "shifted within a window",
            """\
    num_windows = (len(ids) - 1) // context_length
    windows = ids[: num_windows * context_length].reshape(num_windows, context_length)
    return {"inputs": windows, "targets": np.roll(windows, -1, axis=1)}
""",
            says="the window's first input",
        ),
        Planted(
            "overlapping",
            """\
    windows = np.lib.stride_tricks.sliding_window_view(ids, context_length + 1)
    return {"inputs": windows[:, :-1], "targets": windows[:, 1:]}
""",
            says="windows that overlap",
        ),
        Planted(
            "a gap",
            """\
    num_windows = len(ids) // (context_length + 1)
    windows = ids[: num_windows * (context_length + 1)].reshape(num_windows, context_length + 1)
    return {"inputs": windows[:, :-1], "targets": windows[:, 1:]}
""",
            says="a gap",
        ),
        Planted(
            "not cut",
            """\
    length = (len(ids) - 1) // context_length * context_length
    return {"inputs": ids[:length], "targets": ids[1 : length + 1]}
""",
            says="not cut into windows",
        ),
        Planted(
            "turned",
            """\
    num_windows = (len(ids) - 1) // context_length
    length = num_windows * context_length
    inputs, targets = ids[:length], ids[1 : length + 1]
    return {
        "inputs": inputs.reshape(context_length, num_windows).T,
        "targets": targets.reshape(context_length, num_windows).T,
    }
""",
            says="from all over the text",
        ),
    ),
    right={
        "a loop": """\
    inputs, targets = [], []
    start = 0
    while start + context_length < len(ids):
        inputs.append(ids[start : start + context_length])
        targets.append(ids[start + 1 : start + 1 + context_length])
        start += context_length
    return {"inputs": np.stack(inputs), "targets": np.stack(targets)}
""",
        "places": """\
    starts = np.arange(0, len(ids) - context_length, context_length)
    places = starts[:, None] + np.arange(context_length)
    return {"targets": ids[places + 1], "inputs": ids[places]}
""",
        "overlapping windows, every T-th": """\
    windows = np.lib.stride_tricks.sliding_window_view(ids, context_length + 1)[::context_length]
    return {"inputs": windows[:, :-1], "targets": windows[:, 1:]}
""",
    },
    twin=Twin(
        given=lambda rng: {
            "ids": rng.integers(65, size=int(rng.integers(20, 80))),
            "context_length": int(rng.integers(3, 15)),
        },
        learner="out = learner.consecutive_windows(ids.astype(np.int32), context_length)",
        lesson="out = lesson.consecutive_windows(ids, context_length)",
    ),
    arrays="numpy",
)
