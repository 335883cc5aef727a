"""What a step costs."""

from typing import Any

import numpy as np

from ailearn_jax.exercises.checking import explaining, is_number
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 7, exercise 8: what a step costs.

Does a loader pay? Measure it: the seconds from asking for a batch until the result of its step is there. Two things
make such a number wrong.

JAX returns before the work is done. What train_step gives at once are arrays whose numbers are still to come, and a
clock that is read then has measured how long it takes to ask. `jax.block_until_ready(tree)` waits for all arrays of a
tree. Wait in this way for each step, before the next batch is asked for.

The first call of train_step compiles it, and the first batch may wait for a loader that starts. So make one whole step
before the clock is read. It does not count; the next `num_steps` do.
"""

import jax


def seconds_a_step(train_step, state, batches, num_steps, clock):
    """The mean seconds of a step, over `num_steps` steps after the first.

    train_step(state, batch), compiled by jax.jit, returns (state, loss), of which no more is known here. Nothing has
    to be learned: each step may get the same state. next(batches) is the next batch. clock() is the time in seconds, as
    time.perf_counter() is.
    """
@hole@
'''

# A small world with a clock of its own. Its device works on one step after the other while Python goes on; whoever
# waits for a result, or wants to see its number, moves the clock to where it is done. `log` says what was done.
WORLD = """\
import types as _types
_world = _types.SimpleNamespace(now=started, free=started, compiled=False)
log = []


class _Result:
    def __init__(self, number):
        self.number, self.done = number, _world.free

    def block_until_ready(self):
        _world.now = max(_world.now, self.done)
        log.append(("wait", self.number))
        return self

    def __float__(self):
        self.block_until_ready()
        return 0.0

    item = __float__

    def __repr__(self):
        return str(float(self))

    def __format__(self, form):
        return format(float(self), form)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(float(self), dtype)


def _batches():
    for number, seconds in enumerate(loading):
        _world.now += seconds
        log.append(("batch", number))
        yield {"number": number}


def _train_step(state, batch):
    if not isinstance(state, _Result) or not isinstance(batch, dict):
        raise TypeError("train_step takes a state and a batch")
    _world.now += asking + (0 if _world.compiled else compiling)
    _world.compiled = True
    _world.free = max(_world.now, _world.free) + working[batch["number"]]
    log.append(("step", batch["number"]))
    return _Result(batch["number"]), _Result(batch["number"])


def _clock():
    log.append(("clock", 0))
    return _world.now


_state = _Result(-1)
"""
MEASURE = (
    WORLD
    + """
seconds = learner.seconds_a_step(_train_step, _state, _batches(), num_steps, _clock)
"""
)


def draw_world(rng: np.random.Generator) -> dict[str, Any]:
    """How long all takes: the compilation longer than all steps, a step's work longer than the rest of it."""
    num_steps = int(rng.integers(4, 9))
    return {
        "num_steps": num_steps,
        "started": rng.uniform(100, 200),
        "compiling": rng.uniform(100, 200),
        "asking": rng.uniform(0.1, 0.2),
        "loading": [rng.uniform(5, 9), *rng.uniform(0.5, 1.5, num_steps + 3).tolist()],
        "working": rng.uniform(2, 4, num_steps + 4).tolist(),
    }


EXPLAINED = {
    "no attribute 'block_until_ready'": "a tuple or a dict has no such method; jax.block_until_ready is a function",
    "Error interpreting argument": "jax.jit once more; train_step is compiled already",
    "StopIteration": "more batches than num_steps + 1: two a step, or a loop without an end",
    "'_Result' object has no attribute": "a state or a loss looked into; jax.block_until_ready waits for it as it is",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    for _ in range(2):
        world = draw_world(rng)
        called = f"seconds_a_step(train_step, state, batches, {world['num_steps']}, clock)"
        with explaining(called, EXPLAINED):
            got = learner.run(MEASURE, **world)
        steps = seconds_of_steps(world)
        log, seconds = got["log"], number_in(got["seconds"])
        mistake = in_waiting(log) or in_number(seconds, world, steps) or in_counting(log, seconds, world)
        expect_close(called, got["seconds"], np.mean(steps), mistakes={mistake: got["seconds"]} if mistake else None)


def number_in(value: Any) -> float:
    """What the learner's code returned, NaN where that is no number."""
    return float(value) if is_number(value) else float("nan")


def seconds_of_steps(world: dict[str, Any]) -> np.ndarray:
    """Loading, asking and working of each step that counts."""
    counted = slice(1, world["num_steps"] + 1)
    return np.array(world["loading"][counted]) + world["asking"] + np.array(world["working"][counted])


# --- What may have gone wrong, asked where the number is wrong --------------------------------------------------------

Log = list[tuple[str, int]]


def in_waiting(log: Log) -> str | None:
    """A step of which the result is not there when the next batch is asked for, or when the clock is read."""
    made = [number for what, number in log if what == "step"]
    if not made:
        return "no step at all: train_step is never called"
    if not any(what == "wait" for what, _ in log):
        return "no wait: train_step returns before its work is done, and no clock has measured that work"
    if not any(what == "wait" and number >= 0 for what, number in log):
        return "a wait for the state that went in; wait for what train_step returns"
    late = {number: what for number in made if (what := before_its_wait(log, number)) != "wait"}
    match [*late]:
        case []:
            return None
        case [0] if len(made) > 1:
            return "a first step that is not done when the clock is read: it works while the next one is measured"
        case [number] if number == made[-1]:
            return "a last step that is not done when the clock is read: its work is missing"
        case _ if {*late.values()} == {"clock"}:
            return "a clock that is read before the result is there; wait first, then read it"
        case _ if made[-1] not in late:
            return "one wait after the last step: each of the others works while the next batch is loaded"
    return "a step that is not waited for before the next batch is asked for, or before the clock is read"


def before_its_wait(log: Log, number: int) -> str:
    """What came first after step `number` was asked for; "wait" if it is waited for at once."""
    after = log[log.index(("step", number)) + 1 :]
    return next((what for what, of in after if what != "wait" or of == number), "end")


def in_number(seconds: float, world: dict[str, Any], steps: np.ndarray) -> str | None:
    """A number that is made of the right measurements in a wrong way."""
    num_steps, loading = len(steps), np.array(world["loading"][1 : len(steps) + 1])
    started = sum([world["started"], world["loading"][0], world["compiling"], world["asking"], world["working"][0]])
    wrong = {
        "the seconds of all steps; asked for is the mean": steps.sum(),
        "divided by one step too many: the first one is not among those measured": steps.sum() / (num_steps + 1),
        "divided by one step too few": steps.sum() / (num_steps - 1),
        "steps a second; asked for are seconds a step": 1 / steps.mean(),
        "the later time taken from the earlier one": -steps.mean(),
        "the last step alone: the clock is started anew in each": steps[-1],
        "the last step alone, divided: the clock is started anew in each": steps[-1] / num_steps,
        "brackets missing: it is divided before it is subtracted": started + steps.sum() - started / num_steps,
        "the median; asked for is the mean": np.median(steps),
        "the fastest step; asked for is the mean": steps.min(),
        "the slowest step; asked for is the mean": steps.max(),
        "steps without their batches: each next(batches) belongs between two looks at the clock": np.mean(
            steps - loading
        ),
    }
    return next((kind for kind, value in wrong.items() if np.isclose(seconds, value)), None)


def in_counting(log: Log, seconds: float, world: dict[str, Any]) -> str | None:
    """The clock read at the wrong time, or a wrong number of batches or steps."""
    made = [number for what, number in log if what == "step"]
    looks = [i for i, (what, _) in enumerate(log) if what == "clock"]
    if np.isnan(seconds):
        return None
    if not looks:
        return "another clock: clock() is never called"
    if len(looks) == 1:
        return "one look at the clock; what the steps take is the difference of two"
    num_before = sum(what == "step" for what, _ in log[: looks[0]])
    num_batches = sum(what == "batch" for what, _ in log)
    if num_before == 0 and seconds * (world["num_steps"] + 1) > world["compiling"]:
        return "a first step that counts too: its call compiles"
    if num_batches < len(made):
        return "a batch that is used more than once: next(batches) belongs to each step"
    if num_batches > len(made):
        return "more batches than steps: one thrown away, or zip(batches, ...), which asks for one more before it ends"
    if num_before > 1:
        return f"{num_before} steps before the clock is read; the task asks for one"
    measured = len(made) - 1
    if measured != world["num_steps"]:
        return f"{'more' if measured > world['num_steps'] else 'fewer'} steps measured than num_steps says: {measured}"
    return None


USE = """\
    def use(batch):
        jax.block_until_ready(train_step(state, batch))

"""
FIRST = """\
    use(next(batches))  # the loader's start and the compilation do not count
"""
START = """\
    started = clock()
"""
STEPS = """\
    for _ in range(num_steps):
        use(next(batches))
"""
MEAN = """\
    return (clock() - started) / num_steps
"""
ASK = """\
    def use(batch):
        train_step(state, batch)

"""
LOOP_OF_ALL = START + STEPS + MEAN

# The lesson's own function, in the same world.
TWIN = """\
from unittest import mock as _mock
_fakes = {
    "time": _types.SimpleNamespace(perf_counter=_clock),
    "jax": _types.SimpleNamespace(jit=lambda step: step, block_until_ready=jax.block_until_ready),
    "training": _types.SimpleNamespace(make_train_step=lambda *parts: _train_step),
    "loaders": _types.SimpleNamespace(grain_batches=lambda files, num_workers: lambda step: _batches()),
}
with _mock.patch.multiple(lesson, **_fakes):
    out = lesson.time_large_table(_mock.Mock(), _state, range(num_steps + 1))["read when needed"]
"""

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution=USE + FIRST + LOOP_OF_ALL,
    hints=(
        "Write the steps first: ask for a batch, call train_step, wait. Then, where does the clock have to be read?",
        "jax.block_until_ready(train_step(state, next(batches))) is one whole step. Make one before the clock is read.",
        "started = clock() stands before the loop of num_steps. After it, (clock() - started) / num_steps is the mean.",
    ),
    holds="The clock measures steps that are done, and neither the compilation nor the loader's start.",
    stands_in="lesson7.time_large_table",
    check=check,
    planted=(
        Planted("no wait", ASK + FIRST + LOOP_OF_ALL, says="no wait:"),
        Planted(
            "waits for the state",
            """\
    def use(batch):
        train_step(jax.block_until_ready(state), batch)

"""
            + FIRST
            + LOOP_OF_ALL,
            says="the state that went in",
        ),
        Planted("compilation counted", USE + START + FIRST + STEPS + MEAN, says="its call compiles"),
        Planted(
            "one wait at the end",
            USE
            + FIRST
            + START
            + """\
    for _ in range(num_steps):
        result = train_step(state, next(batches))
    jax.block_until_ready(result)
"""
            + MEAN,
            says="one wait after the last step",
        ),
        Planted(
            "first step not waited for",
            USE + "    train_step(state, next(batches))\n" + LOOP_OF_ALL,
            says="a first step that is not done",
        ),
        Planted(
            "no batch in it",
            USE
            + FIRST
            + """\
    seconds = 0
    for _ in range(num_steps):
        batch = next(batches)
        started = clock()
        use(batch)
        seconds += clock() - started
    return seconds / num_steps
""",
            says="steps without their batches",
        ),
        Planted(
            "one batch for all",
            USE
            + """\
    batch = next(batches)
    use(batch)
    started = clock()
    for _ in range(num_steps):
        use(batch)
"""
            + MEAN,
            says="used more than once",
        ),
        Planted(
            "clock before the wait",
            USE
            + FIRST
            + """\
    seconds = 0
    for _ in range(num_steps):
        started = clock()
        result = train_step(state, next(batches))
        seconds += clock() - started
        jax.block_until_ready(result)
    return seconds / num_steps
""",
            says="before the result is there",
        ),
        Planted("not divided", USE + FIRST + START + STEPS + "    return clock() - started\n", says="of all steps"),
        Planted(
            "divided by all steps",
            USE + FIRST + START + STEPS + "    return (clock() - started) / (num_steps + 1)\n",
            says="one step too many",
        ),
        Planted(
            "steps a second",
            USE + FIRST + START + STEPS + "    return num_steps / (clock() - started)\n",
            says="steps a second",
        ),
        Planted(
            "the first is one of them",
            USE
            + FIRST
            + START
            + STEPS.replace("num_steps", "num_steps - 1")
            + MEAN.replace("num_steps", "(num_steps - 1)"),
            says="fewer steps measured",
        ),
        Planted(
            "a clock of its own",
            "    import time\n\n    clock = time.perf_counter\n" + USE + FIRST + LOOP_OF_ALL,
            says="another clock",
        ),
        Planted(
            "all batches",
            USE
            + FIRST
            + START
            + """\
    for batch in batches:
        use(batch)
"""
            + MEAN,
            says="more steps measured",
        ),
        Planted(
            "zip the wrong way",
            USE
            + FIRST
            + START
            + """\
    for batch, _ in zip(batches, range(num_steps)):
        use(batch)
"""
            + MEAN,
            says="one more before it ends",
        ),
    ),
    right={
        "one loop": """\
    for step in range(num_steps + 1):
        state, loss = jax.block_until_ready(train_step(state, next(batches)))
        if step == 0:
            started = clock()
    return (clock() - started) / num_steps
""",
        "each step by itself": """\
    seconds = []
    for _ in range(1 + num_steps):
        started = clock()
        _, loss = train_step(state, next(batches))
        loss.block_until_ready()
        seconds.append(clock() - started)
    return sum(seconds[1:]) / len(seconds[1:])
""",
        "a number waits too": """\
    import itertools

    float(train_step(state, next(batches))[1])
    started = clock()
    for batch in itertools.islice(batches, num_steps):
        state, loss = train_step(state, batch)
        float(loss)
    return (clock() - started) / num_steps
""",
        "leaf by leaf": """\
    times = []
    for _ in range(num_steps + 1):
        result = train_step(state, next(batches))
        jax.tree.map(lambda leaf: leaf.block_until_ready(), result)
        times.append(clock())
    return (times[-1] - times[0]) / num_steps
""",
        "a while": """\
    import numpy as np

    state, loss = train_step(state, next(batches))
    np.asarray(loss)
    started, left = clock(), num_steps
    while left:
        state, loss = train_step(state, next(batches))
        jax.block_until_ready((state, loss))
        left -= 1
    stopped = clock()
    return (stopped - started) / num_steps
""",
    },
    twin=Twin(
        given=draw_world,
        learner=WORLD + "out = learner.seconds_a_step(_train_step, _state, _batches(), num_steps, _clock)\n",
        lesson=WORLD + TWIN,
    ),
    arrays="numpy",
)
