"""The best straight line for XOR."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ailearn_jax.exercises.checking import alike, explaining, is_number
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, brief, expect, expect_close
from ailearn_jax.exercises.xor import INPUTS

SOURCE = '''\
"""Lesson 5, exercise 3: the best straight line for XOR.

The inputs of XOR are the corners (0, 0), (0, 1), (1, 0) and (1, 1) of a square; its labels are 0, 1, 1 and 0. A
straight line gives each corner a score, and says 1 where the score is above a threshold, 0 where it is not:

    w1 * first input + w2 * second input > threshold

How many of the four can the best line get right? There are infinitely many lines, but only a few ways to part four
corners. The small grid below has a line for each of these ways, so it is enough to try the grid.

Write `best_of_lines`. A line is a w1 and a w2 out of WEIGHTS and a threshold out of THRESHOLDS. For each line count the
rows where it says what the label says, and return the highest count, a whole number.
`itertools.product(WEIGHTS, WEIGHTS, THRESHOLDS)` goes through all lines. The check also tries other labels than XOR's,
and rows that come more than once.
"""

import itertools

import numpy as np

WEIGHTS, THRESHOLDS = (-1, 0, 1), (-1.5, -0.5, 0.5, 1.5)


def best_of_lines(inputs, labels):
    """The most right answers that one line gives; inputs [N, 2] are corners of the square, labels [N] are 0 or 1."""
@hole@
'''

WAYS = np.array(list(itertools.product([0.0, 1.0], repeat=4)))  # all labellings of the four corners [16, 4]
IS_DIAGONAL = (WAYS[:, 0] == WAYS[:, 3]) & (WAYS[:, 1] == WAYS[:, 2]) & (WAYS[:, 0] != WAYS[:, 1])
PARTED = WAYS[~IS_DIAGONAL]  # a line can do all of them but XOR and its opposite [14, 4]
NAMES = {
    (0, 1, 1, 0): "XOR",
    (0, 0, 0, 1): "AND",
    (0, 1, 1, 1): "OR",
    (1, 0, 0, 1): "the opposite of XOR",
    (1, 1, 1, 0): "the opposite of AND",
    (1, 0, 0, 0): "the opposite of OR",
    (0, 0, 1, 1): "the first input",
    (0, 1, 0, 1): "the second input",
}
LINES = np.array(list(itertools.product((-1, 0, 1), (-1, 0, 1), (-1.5, -0.5, 0.5, 1.5))))  # w1, w2, threshold [36, 3]
W1, W2, T = LINES.T
TRIED = {  # which of the lines are left by a mistake
    "a return in the loop over w1: only its first value is tried": W1 == -1,
    "a return in the loop over w2: only the first weights are tried": (W1 == -1) & (W2 == -1),
    "the lines of the last w1 alone: the best so far is forgotten": W1 == 1,
    "w1 = w2 = 1 alone: no weights, or the best so far forgotten": (W1 == 1) & (W2 == 1),
    "weights of 0 and 1 alone; a line may also have -1": (W1 >= 0) & (W2 >= 0),
    "one weight for both inputs; w1 and w2 may differ": W1 == W2,
    "zip, which takes the first with the first; product takes each with each": (W1 == W2) & (T == W1 - 0.5),
    "one threshold for all lines, 0.5 or 0; try all of THRESHOLDS": T == 0.5,
    "one threshold for all lines, -0.5; try all of THRESHOLDS": T == -0.5,
    "one threshold for all lines, 1.5; try all of THRESHOLDS": T == 1.5,
    "one threshold for all lines, -1.5; try all of THRESHOLDS": T == -1.5,
    "thresholds above 0 alone; try all of THRESHOLDS": T > 0,
    "the threshold -1.5 left out; try all of THRESHOLDS": T > -1,
    "the threshold 1.5 left out; try all of THRESHOLDS": T < 1,
}

EXPLAINED = {
    "is ambiguous": "many answers where one is wanted: bracket each comparison, then .sum()",
    "broadcast": "shapes that do not fit: one score a row, one threshold at a time",
    "core dimension": "not a weight for each input: inputs @ np.array([w1, w2])",
    "values to unpack": "names and values that differ in number; three tuples go into itertools.product",
    "cannot unpack": "one tuple gone through; itertools.product(...) goes through three",
    "object is not iterable": "max or sum of one number; both want many",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    runs = []
    for called, corners, labels in examples(rng):
        with explaining(called, EXPLAINED):
            got = learner.call("best_of_lines", INPUTS[corners], labels)
        count = int((PARTED[:, corners] == labels).sum(axis=1).max())
        runs.append((called, got, count, mistaken(INPUTS[corners], labels, count)))
    # A count may be right or another mistake's by chance: a kind of mistake has to give all of them.
    kinds = [kind for kind in runs[0][3] if all(alike(as_float(got), mistakes[kind]) for _, got, _, mistakes in runs)]
    for called, got, count, _ in runs:
        is_other = isinstance(as_float(got), float) and as_float(got) != count  # a share too is told by its value
        expect(not is_other, called, brief(count), brief(got), next(iter(kinds), None))
        expect_close(called, got, count, {kind: got for kind in kinds[:1]})


def examples(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """What to say is called, the rows' corners and their labels: the 16 labellings, then rows drawn at random."""
    named = np.array(list(NAMES), float)
    others = [way for way in WAYS if tuple(way) not in NAMES]
    for way in (*named, *rng.permutation(others)):
        name = NAMES.get(tuple(way.astype(int).tolist()))
        written = "[" + ", ".join(f"{label:g}" for label in way) + "]"
        yield f"best_of_lines(corners, {written})" + (f", {name}" if name else ""), np.arange(4), way
    for num_rows in rng.permutation([5, 6, 7, 8, 9, 10, 11])[:4].tolist():
        called = f"best_of_lines(inputs, labels) of {num_rows} rows, labels at random"
        yield called, rng.integers(0, 4, num_rows), rng.integers(0, 2, num_rows).astype(float)


def as_float(got: Any) -> Any:
    """A number as a float, whatever kind it is; anything else as it is."""
    return float(got) if is_number(got) else got


def mistaken(rows: np.ndarray, labels: np.ndarray, count: int) -> dict[str, Any]:
    """What mistakes would give."""
    scores = rows @ LINES[:, :2].T  # [N, 36]
    is_right = (scores > T) == (labels[:, None] == 1)
    right = is_right.sum(axis=0)
    best = right.argmax()
    alone = [((column[:, None] * (W1 + W2) > T) == (labels[:, None] == 1)) for column in rows.T]
    values = {
        "the right number, not as a whole number; int() makes it one": count,
        "the first line alone: a return in the loop ends it": right[0],
        "an end at the first line with a right answer; try all": right[right > 0][0],
        "the last line alone; keep the highest count so far": right[-1],
        "the fewest right answers of a line, or the best one's wrong ones": right.min(),
        "a share of the rows; how many are right is wanted": count / len(rows),
        "the answers of all lines added up; the best line's are wanted": right.sum(),
        "the mean of all lines; the best one is wanted": right.mean(),
        "all rows: labels not compared, or another line for each row": len(rows),
        "the first four rows alone; there are N": is_right[:4].sum(axis=0).max(),
        "only ones counted; a line that says 0 to a 0 is right too": labels.sum(),
        "the best line's number, as by argmax; its count is wanted": best,
        "how many lines do as well as the best; its count is wanted": (right == right.max()).sum(),
        "how many lines there are; the best one's count is wanted": len(LINES),
        "a sum over the lines; the rows of each line are to be counted": is_right.sum(axis=1).max(),
        "the score itself compared with the label, not what it says": (scores == labels[:, None]).sum(0).max(),
        "the first input for both weights; the second is inputs[:, 1]": alone[0].sum(axis=0).max(),
        "the second input for both weights; the first is inputs[:, 0]": alone[1].sum(axis=0).max(),
        "no count is ever kept: a comparison turned round, or no `best =`": 0,
    } | {kind: right[mask].max() for kind, mask in TRIED.items()}
    return {kind: float(value) for kind, value in values.items()} | {
        "a count for each line; take the highest of them": right.tolist(),
        "the best line; how many rows it gets right is wanted": (int(W1[best]), int(W2[best]), float(T[best])),
    }


def given(rng: np.random.Generator) -> dict:
    corners = rng.permutation(np.append(np.arange(4), rng.integers(0, 4, rng.integers(8))))
    return {"inputs": INPUTS[corners], "labels": rng.integers(0, 2, len(corners)).astype(float)}


MOST = """\
    return max(
        int(((inputs @ np.array([w1, w2]) > threshold) == (labels == 1)).sum())
        for w1, w2, threshold in itertools.product(WEIGHTS, WEIGHTS, THRESHOLDS)
    )
"""
LOOP = """\
    best = 0
    for w1, w2, threshold in itertools.product(WEIGHTS, WEIGHTS, THRESHOLDS):
        says = w1 * inputs[:, 0] + w2 * inputs[:, 1] > threshold
        right = np.sum(says == labels)
        if right > best:
            best = right
    return best
"""
NESTED = """\
    best = 0
    for w1 in WEIGHTS:
        for w2 in WEIGHTS:
            for threshold in THRESHOLDS:
                right = np.sum((inputs @ [w1, w2] > threshold) == labels)
                best = max(best, right)
    return best
"""
COUNTS = """\
    w1, w2, threshold = np.array(list(itertools.product(WEIGHTS, WEIGHTS, THRESHOLDS))).T
    scores = inputs[:, :1] * w1 + inputs[:, 1:] * w2
    is_right = (scores > threshold) == labels[:, None]
"""

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution=MOST,
    hints=(
        "Begin with one line: inputs @ np.array([w1, w2]) has the scores of all rows; compare them with the threshold.",
        "A line is right where (scores > threshold) == (labels == 1), brackets and all; .sum() counts these rows.",
        "In a loop over itertools.product(WEIGHTS, WEIGHTS, THRESHOLDS), best = max(best, right) keeps the highest.",
    ),
    holds="No straight line gets more than 3 of XOR's 4 corners right, whichever way it parts them.",
    stands_in="lesson5.best_of_lines",
    check=check,
    planted=(
        Planted(
            "the first line",
            LOOP.replace("if right > best:\n            best = right\n    return best", "return right"),
            says="the first line alone",
        ),
        Planted("the last line", LOOP.replace("return best", "return right"), says="the last line alone"),
        Planted("the fewest", MOST.replace("max(", "min("), says="the fewest right answers"),
        Planted("a share", MOST.replace("int(", "float(").replace(".sum()", ".mean()"), says="a share of the rows"),
        Planted("all lines added up", MOST.replace("max(", "sum("), says="all lines added up"),
        Planted("labels not compared", MOST.replace(" == (labels == 1)", ""), says="labels not compared"),
        Planted("ones alone", MOST.replace(" == (labels == 1)", " & (labels == 1)"), says="only ones counted"),
        Planted("argmax", COUNTS + "    return np.argmax(is_right.sum(axis=0))\n", says="as by argmax"),
        Planted("another axis", COUNTS + "    return is_right.sum(axis=1).max()\n", says="a sum over the lines"),
        Planted("a count each", COUNTS + "    return is_right.sum(axis=0)\n", says="a count for each line"),
        Planted(
            "the best line",
            """\
    return max(
        itertools.product(WEIGHTS, WEIGHTS, THRESHOLDS),
        key=lambda line: np.sum((inputs @ line[:2] > line[2]) == labels),
    )
""",
            says="the best line; how many",
        ),
        Planted("a floating point number", MOST.replace("int(", "float("), says="not as a whole"),
        Planted("no threshold", MOST.replace("> threshold", "> 0"), says="0.5 or 0; try all"),
        Planted("one threshold", NESTED.replace("> threshold", "> THRESHOLDS[-1]"), says="all lines, 1.5; try"),
        Planted("thresholds above 0", LOOP.replace("THRESHOLDS)", "THRESHOLDS[2:])"), says="thresholds above 0"),
        Planted("WEIGHTS as thresholds", MOST.replace("THRESHOLDS", "WEIGHTS"), says="-1.5 left out"),
        Planted("four rows", LOOP.replace("says == labels", "(says == labels)[:4]"), says="the first four rows"),
        Planted("an early end", LOOP.replace("best = right\n", "return right\n"), says="an end at the first line"),
        Planted("weights from 0", MOST.replace("WEIGHTS, WEIGHTS", "WEIGHTS[1:], (0, 1)"), says="weights of 0 and 1"),
        Planted(
            "one weight",
            """\
    return max(
        int(((w * inputs.sum(axis=1) > threshold) == labels).sum())
        for w, threshold in itertools.product(WEIGHTS, THRESHOLDS)
    )
""",
            says="one weight for both",
        ),
        Planted("zip", MOST.replace("itertools.product", "zip"), says="zip, which takes"),
        Planted("one input", LOOP.replace("inputs[:, 1]", "inputs[:, 0]"), says="the first input for both"),
        Planted(
            "the score compared",
            MOST.replace("(inputs @ np.array([w1, w2]) > threshold)", "inputs @ np.array([w1, w2])"),
            says="the score itself",
        ),
        Planted("turned around", LOOP.replace("right > best", "right < best"), says="no count is ever"),
        Planted("a return too far in", NESTED.replace("    return best", "        return best"), says="loop over w1"),
        Planted(
            "the best forgotten",
            NESTED.replace("    best = 0\n    for w1 in WEIGHTS:\n", "    for w1 in WEIGHTS:\n        best = 0\n"),
            says="of the last w1 alone",
        ),
        Planted(
            "no brackets",
            LOOP.replace("says = ", "right = np.sum(").replace("threshold\n", "threshold == labels)\n", 1),
            says="bracket each comparison",
        ),
        Planted("rows for columns", LOOP.replace("inputs[:, ", "inputs["), says="shapes that do not fit"),
        Planted("all weights at once", MOST.replace("[w1, w2]", "WEIGHTS"), says="not a weight for each input"),
        Planted("no product", MOST.replace("itertools.product(", "("), says="differ in number"),
    ),
    right={
        "a loop": LOOP,
        "three loops": NESTED,
        "all lines at once": COUNTS + "    return is_right.sum(axis=0).max()\n",
        "an einsum": """\
    weights = np.array(list(itertools.product(WEIGHTS, WEIGHTS)))
    scores = np.einsum("nf,lf->ln", inputs, weights)[:, None, :]
    wrong = np.abs((scores > np.array(THRESHOLDS)[:, None]) - labels).sum(axis=-1)
    return len(labels) - int(wrong.min())
""",
        "the line turned round": """\
    best = 0
    for w1, w2, threshold in itertools.product(WEIGHTS, WEIGHTS, THRESHOLDS):
        right = sum((w1 * a + w2 * b > threshold) == bool(label) for (a, b), label in zip(inputs, labels))
        best = max(best, right, len(labels) - right)
    return best
""",
        "a set of labellings": """\
    lines = itertools.product(WEIGHTS, WEIGHTS, THRESHOLDS)
    said = {tuple((inputs @ [w1, w2] >= threshold).tolist()) for w1, w2, threshold in lines}
    return sorted(sum(a == b for a, b in zip(way, labels.tolist())) for way in said)[-1]
""",
        "in JAX": """\
    import jax.numpy as jnp

    w1, w2, threshold = jnp.array(list(itertools.product(WEIGHTS, WEIGHTS, THRESHOLDS))).T
    says = jnp.outer(inputs[:, 0], w1) + jnp.outer(inputs[:, 1], w2) > threshold
    return jnp.max(jnp.sum(says == (labels == 1)[:, None], axis=0))
""",
    },
    twin=Twin(
        given=given,
        learner="out = learner.best_of_lines(inputs, labels)",
        lesson="""
_kept = lesson.INPUTS, lesson.LABELS
lesson.INPUTS, lesson.LABELS = inputs, labels  # the lesson's own code, on other rows than XOR's
out = lesson.best_of_lines()
lesson.INPUTS, lesson.LABELS = _kept
""",
    ),
    arrays="numpy",
)
