"""The rows of the benchmark: what is measured against what, how often, and what it is to reach.

Nothing here imports JAX or PyTorch: the sides do, in processes of their own.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ailearn_jax import machine
from ailearn_jax.app import configs
from ailearn_jax.app.course import ROOT
from scripts.measure import flops
from scripts.measure.quiet import Watch
from scripts.measure.sides import Measured, Samples, SideFailed, Task, alternate, collect, once
from scripts.measure.table import (
    Line,
    at_most,
    compare,
    number,
    ratio_at_most,
    render,
    share_at_least,
    spread,
)

OURS, GPT, BIKES, XOR = "scripts.measure.ours", "scripts.peers.gpt", "scripts.peers.bikes", "scripts.peers.xor"
EQUALITY, REGRESSOR = "scripts.peers.equality", "scripts.peers.regressor"
SHAKESPEARE, TINY_SHAKESPEARE = (ROOT / "data" / name for name in ("shakespeare.txt", "tinyshakespeare.txt"))
RUN = [sys.executable, str(ROOT / "scripts" / "run.py")]


class Outcome(NamedTuple):
    """Lines of the table, and what has to be said besides."""

    lines: list[Line]
    notes: list[str]


Row = Callable[[bool, Watch], Outcome]  # whether to be quick; where the machine is watched


def settings(name: str, **overrides: object) -> dict[str, Any]:
    """A config of the course as a nested dict. An override's name has two underscores for the dot."""
    texts = {key.replace("__", "."): str(value) for key, value in overrides.items()}
    return configs.unflatten(configs.load(configs.find(name), texts))


def threads() -> list[int]:
    """The numbers of threads that PyTorch is tried with: for small arrays one is often the fastest."""
    return sorted({1, machine.num_cores()})


def fastest(samples: dict[str, Samples], names: list[str]) -> str:
    """Of the peer's forms `names` the one with the lowest median."""
    return min(names, key=lambda name: statistics.median(samples[name]["seconds"]))


def said(samples: dict[str, Samples]) -> str:
    """The seconds of every side, in one line."""
    return "; ".join(f"{name} {spread(values['seconds'])}" for name, values in samples.items() if "seconds" in values)


# --- Lesson 8 ---------------------------------------------------------------------------------------------------------


def step(quick: bool, watch: Watch) -> Outcome:
    """Lesson 8's training step with nanoGPT's CPU settings, and its share of the machine's matrix-product rate."""
    config, path = settings("lesson8_nanogpt_cpu"), str(SHAKESPEARE)
    num_steps = 10 if quick else 100
    if quick:
        config["train"] |= dict.fromkeys(("steps_per_call", "log_every", "eval_every", "checkpoint_every"), 5)
    peer = {"config": config, "path": path, "num_steps": num_steps}
    num_calls = num_steps // config["train"]["steps_per_call"]
    samples = alternate(
        {
            "ours": Task(f"{OURS}:gpt_step", {"config": config, "path": path, "num_calls": num_calls}),
            "PyTorch eager": Task(f"{GPT}:training_step", peer | {"compiled": False}),
            "torch.compile": Task(f"{GPT}:training_step", peer | {"compiled": True}, optional=True),
            "rate": Task(f"{OURS}:matmul_rate"),
        },
        turns=2 if quick else 10,
        watch=watch,
    )
    ours, rates = samples["ours"]["seconds"], samples.pop("rate")["rate"]
    lines = [
        compare("lesson 8: training step", ours, name, samples[name]["seconds"], at_least=1.2)
        for name in samples
        if name != "ours"
    ]
    sizes = sizes_of(config, SHAKESPEARE)
    operations = flops.gpt_step(**sizes)
    shares = [operations / seconds / rate for seconds, rate in zip(ours, rates, strict=True)]
    lines.append(share_at_least("lesson 8: share of the matrix-product rate", shares, 0.6))
    notes = [
        f"A step is 3 · 2 N (12 L D² + D V + 2 L T D) = {operations / 1e9:.2f} GFLOP with N = B T and "
        f"{', '.join(f'{name} {value}' for name, value in sizes.items())}; "
        f"float32 matrix products ran at {spread([rate / 1e9 for rate in rates], 'GFLOP/s')}."
    ]
    if "torch.compile" not in samples:
        notes.append("torch.compile does not work here; why is on standard error.")
    return Outcome(lines, notes)


def sizes_of(config: dict[str, Any], path: Path) -> dict[str, int]:
    """What the operations of a step of lesson 8 on the text at `path` are counted from."""
    sizes = {name: config["model"][name] for name in ("context_length", "num_layers", "embed_dim")}
    return sizes | {"batch_size": config["train"]["batch_size"], "vocab_size": len(set(path.read_text("utf-8")))}


def generate(quick: bool, watch: Watch) -> Outcome:
    """Lesson 8: writing 500 characters, batch 1."""
    config = settings("lesson8_nanogpt_cpu")
    options = {"config": config, "vocab_size": 65, "length": 100 if quick else 500}
    tasks = {"ours": Task(f"{OURS}:generation", options)}
    forms: dict[str, list[str]] = {"anew": [], "cached": []}
    for form in forms:
        for count in threads():
            name = f"PyTorch, {form}, threads: {count}"
            tasks[name] = Task(f"{GPT}:generation", options | {"cached": form == "cached", "threads": count})
            forms[form].append(name)
    samples = alternate(tasks, turns=2 if quick else 5, watch=watch)
    what, ours = f"lesson 8: generating {options['length']} characters", samples["ours"]["seconds"]
    anew, cached = (fastest(samples, names) for names in forms.values())
    return Outcome(
        [
            compare(what, ours, f"nanoGPT's way: {anew}", samples[anew]["seconds"], at_least=10),
            compare(what, ours, f"a cache: {cached}", samples[cached]["seconds"], at_least=2),
        ],
        [f"Generation: {said(samples)}; our first call, which compiles: {samples['ours']['first'][0]:.2f} s."],
    )


def loss(quick: bool, watch: Watch) -> Outcome:
    """Lesson 8: wall time to a validation loss of 1.88 on Tiny Shakespeare, compiling included."""
    path, goal, every = (SHAKESPEARE, 3.2, 50) if quick else (TINY_SHAKESPEARE, 1.88, 200)
    if not path.exists():
        return _absent(path)
    configs_by_seed = [settings("lesson8_nanogpt_cpu", seed=seed) for seed in range(1 if quick else 5)]
    peers = {"PyTorch eager": {"compiled": False}, "torch.compile": {"compiled": True}}
    what = f"lesson 8: time to validation loss {goal}, compiling included"
    return time_to_loss(what, configs_by_seed, {"path": str(path), "goal": goal, "every": every}, peers, 1.2, watch)


def _absent(path: Path) -> Outcome:
    name = path.relative_to(ROOT).as_posix()
    return Outcome([], [f"Time to a validation loss: skipped, {name} is absent. lesson8_nanogpt_cpu downloads it."])


def time_to_loss(
    what: str,
    configs_by_seed: list[dict[str, Any]],
    options: dict[str, Any],
    peers: dict[str, dict[str, Any]],
    at_least: float,
    watch: Watch,
) -> Outcome:
    """Trainings of lesson 8 with each config in turn, on both sides, until a loss.

    Args:
        peers: a name -> what only this form of the peer is called with. One that compiles may fail.
    """
    measured: dict[str, list[Measured]] = {"ours": [], **{name: [] for name in peers}}
    watch.look(1.0)
    for config in configs_by_seed:
        measured["ours"].append(once(Task(f"{OURS}:gpt_time_to_loss", {"config": config} | options)))
        watch.look()
        for name in [*measured][1:]:
            try:
                measured[name].append(once(Task(f"{GPT}:time_to_loss", {"config": config} | options | peers[name])))
            except SideFailed:
                if not peers[name]["compiled"]:
                    raise
                del measured[name]  # it does not work here; why is on standard error
            watch.look()
    samples = {name: collect(values) for name, values in measured.items()}
    steps = [f"{name} {spread(values['steps'], 'steps')}" for name, values in samples.items()]
    ours = samples.pop("ours")
    return Outcome(
        [compare(what, ours["seconds"], name, samples[name]["seconds"], at_least) for name in samples],
        [f"To validation loss {options['goal']} it took {'; '.join(steps)}; inf where a seed did not come to it."],
    )


# Products in bfloat16, dense, in operations a second, by NVIDIA's data sheets. Other forms of a GPU have other peaks.
PEAKS = {
    "NVIDIA H100 80GB HBM3": 989e12,
    "NVIDIA H100 PCIe": 756e12,
    "NVIDIA H200": 989e12,
    "NVIDIA A100-SXM4-40GB": 312e12,
    "NVIDIA A100-SXM4-80GB": 312e12,
}
ON_GPU = "torch.compile, bfloat16"


def gpu(quick: bool, watch: Watch) -> Outcome:
    """Where a GPU is found: lesson 8 with nanoGPT's GPU settings, in bfloat16, against `torch.compile`."""
    peer = {"compiled": True, "device": "cuda"}
    path, goal, every = (SHAKESPEARE, 3.2, 50) if quick else (TINY_SHAKESPEARE, 1.47, 250)
    watch.look(1.0)
    with gpus_in_sight():
        names = [str(once(Task(task))["name"]) for task in (f"{OURS}:gpu", f"{GPT}:gpu")]
        if not all(names):
            return Outcome([], ["Rows of a GPU: left out, since JAX and PyTorch do not both find one here."])
        a_step = gpu_step(settings("lesson8_nanogpt_gpu"), peer, names[0], quick, watch)
        if not path.exists():
            return Outcome(a_step.lines, a_step.notes + _absent(path).notes)
        configs_by_seed = [settings("lesson8_nanogpt_gpu", seed=seed) for seed in range(1 if quick else 5)]
        what = f"lesson 8 on a GPU: time to validation loss {goal}, compiling included"
        options = {"path": str(path), "goal": goal, "every": every}
        whole = time_to_loss(what, configs_by_seed, options, {ON_GPU: peer}, 1.0, watch)
    return Outcome(a_step.lines + whole.lines, a_step.notes + whole.notes)


def gpu_step(config: dict[str, Any], peer: dict[str, Any], gpu_name: str, quick: bool, watch: Watch) -> Outcome:
    """A training step, the tokens in a second, and the share of the GPU's peak, where that is known.

    Args:
        peer: what PyTorch's side is called with, besides what both are.
    """
    num_calls, options = 1 if quick else 4, {"config": config, "path": str(SHAKESPEARE)}
    peer = options | peer | {"num_steps": num_calls * config["train"]["steps_per_call"]}
    samples = alternate(
        {
            "ours": Task(f"{OURS}:gpt_step", options | {"num_calls": num_calls}),
            ON_GPU: Task(f"{GPT}:training_step", peer, optional=peer["compiled"]),
        },
        turns=2 if quick else 10,
        watch=watch,
    )
    sizes = sizes_of(config, SHAKESPEARE)
    tokens, operations = sizes["batch_size"] * sizes["context_length"], flops.gpt_step(**sizes)
    seconds = {side: values["seconds"] for side, values in samples.items()}

    def each_second(amount: float, unit: str) -> str:
        rates = {side: [amount / second for second in times] for side, times in seconds.items()}
        return "; ".join(f"{side} {spread(values, unit)}" for side, values in rates.items())

    notes = [f"nanoGPT's GPU settings on {gpu_name}: {each_second(tokens, 'tokens/s')}."]
    if peak := PEAKS.get(gpu_name):
        notes.append(f"Of its peak, {peak / 1e12:,.0f} TFLOP/s: {each_second(100 * operations / peak, '%')}.")
    ours, *theirs = seconds.values()
    if not theirs:
        notes.append("torch.compile does not work here; why is on standard error.")
    what = "lesson 8 on a GPU: training step"
    return Outcome([compare(what, ours, ON_GPU, times, at_least=1.0) for times in theirs], notes)


@contextmanager
def gpus_in_sight() -> Iterator[None]:
    """Sides that begin inside may compute on a GPU, and share its memory."""
    names = ("JAX_PLATFORMS", "XLA_PYTHON_CLIENT_PREALLOCATE")
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # or ours would leave PyTorch a quarter of the memory
    try:
        yield
    finally:
        del os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"]
        os.environ |= before


def memory(quick: bool, watch: Watch) -> Outcome:
    """Peak memory of lesson 8's default training; 100 of its steps, since all that it does is done by then."""
    options = {"config": settings("lesson8", train__num_steps=10 if quick else 100)}
    samples = alternate(
        {
            "ours": Task(f"{OURS}:gpt_memory", options, fresh=True),
            "PyTorch": Task(f"{GPT}:memory", options | {"path": str(SHAKESPEARE)}, fresh=True),
        },
        turns=1 if quick else 5,
        watch=watch,
    )
    ours, theirs = ([value / 1e6 for value in samples[name]["bytes"]] for name in ("ours", "PyTorch"))
    return Outcome([ratio_at_most("lesson 8: peak memory of training", ours, "PyTorch", theirs, 2, "MB")], [])


def compiling(quick: bool, watch: Watch) -> Outcome:
    """Compiling in the first and the second `train` of the same config of lesson 8."""
    config = settings("lesson8", train__num_steps=50)  # few steps: the programs are those of any number
    firsts, seconds = [], []
    watch.look(1.0)
    for _ in range(1 if quick else 5):
        with tempfile.TemporaryDirectory() as folder:
            for times in (firsts, seconds):
                times.append(once(Task(f"{OURS}:gpt_compiling", {"config": config, "cache": folder})))
                watch.look()
    first, second = collect(firsts), collect(seconds)
    return Outcome(
        [at_most("lesson 8: compiling in the second `train`", second["seconds"], 1.0)],
        [
            f"Compiling in the first `train`: {spread(first['seconds'])}. Tracing and lowering, which no cache "
            f"spares: {spread(first['tracing'])}, then {spread(second['tracing'])}."
        ],
    )


# --- Lessons 5 to 7 ---------------------------------------------------------------------------------------------------


def bikes(quick: bool, watch: Watch) -> Outcome:
    """Lessons 6 and 7: an epoch of bike training."""
    names = []
    tasks = {
        "lesson 6": Task(
            f"{OURS}:bike_epoch", {"config": settings("lesson6"), "num_epochs": 1 if quick else 20, "by_grain": False}
        ),
        "lesson 7": Task(
            f"{OURS}:bike_epoch", {"config": settings("lesson7"), "num_epochs": 1 if quick else 20, "by_grain": True}
        ),
    }
    for num_workers in (0, 2):
        for count in threads():
            names.append(f"PyTorch, workers: {num_workers}, threads: {count}")
            options = {"config": settings("lesson6"), "num_epochs": 1 if quick else 5}
            tasks[names[-1]] = Task(f"{BIKES}:epoch", options | {"num_workers": num_workers, "threads": count})
    samples = alternate(tasks, turns=2 if quick else 5, watch=watch)
    best = fastest(samples, names)
    theirs = samples[best]["seconds"]
    return Outcome(
        [
            compare("lesson 6: an epoch", samples["lesson 6"]["seconds"], best, theirs, at_least=8),
            compare("lesson 7: an epoch by grain", samples["lesson 7"]["seconds"], best, theirs, at_least=1),
        ],
        [f"An epoch of 190 batches of 64: {said(samples)}."],
    )


def regressor(quick: bool, watch: Watch) -> Outcome:
    """Lesson 6: wall time to the validation RMSE of scikit-learn's MLPRegressor, compiling included."""
    ours: list[Measured] = []
    theirs: list[Measured] = []
    watch.look(1.0)
    for seed in range(1 if quick else 5):
        config = settings("lesson6", seed=seed)
        options = {"config": config, "seed": seed} | ({"max_iter": 3} if quick else {})
        theirs.append(once(Task(f"{REGRESSOR}:fit", options)))
        watch.look()
        goal = {"goal": theirs[-1]["rmse"], "every": config["train"]["steps_per_call"]}
        ours.append(once(Task(f"{OURS}:bikes_time_to_rmse", {"config": config, **goal})))
        watch.look()
    our, their = collect(ours), collect(theirs)
    what = "lesson 6: time to MLPRegressor's validation RMSE"
    return Outcome(
        [compare(what, our["seconds"], "scikit-learn's fit", their["seconds"], at_least=1)],
        [
            f"MLPRegressor ends with a validation RMSE of {spread(their['rmse'], 'bikes')}; "
            f"ours is there after {spread(our['steps'], 'steps')} of 19,000. Importing is counted on neither side."
        ],
    )


def xor(quick: bool, watch: Watch) -> Outcome:
    """Lesson 5: one training as one program, and a study of 100 seeds as one program."""
    config = settings("lesson5")
    num_steps, num_seeds = (200, 10) if quick else (config["train"]["num_steps"], 100)
    samples = alternate(
        {
            "ours": Task(f"{OURS}:xor", {"config": config, "num_steps": num_steps, "num_seeds": num_seeds}),
            "PyTorch": Task(f"{XOR}:training", {"config": config, "num_steps": num_steps}),
        },
        turns=2 if quick else 5,
        watch=watch,
    )
    ours, theirs = samples["ours"], samples["PyTorch"]["seconds"]
    study = [num_seeds * seconds for seconds in theirs]  # one run times their number: nothing else differs between runs
    lines = [
        compare(f"lesson 5: {num_steps:,} steps", ours["one"], "PyTorch eager", theirs, at_least=50),
        compare(
            f"lesson 5: {num_seeds} seeds", ours["study"], f"PyTorch eager, a run × {num_seeds}", study, at_least=500
        ),
    ]
    return Outcome(
        lines,
        [
            f"Compiling takes {spread(ours[f'{name}_compiling'])} for {what}; with it ours is ahead "
            f"from {break_even(ours[name], ours[f'{name}_compiling'], peer, num_steps):,.0f} steps on."
            for name, what, peer in (("one", "one training", theirs), ("study", "the study", study))
        ],
    )


def break_even(ours: list[float], compiling: list[float], theirs: list[float], num_steps: int) -> float:
    """From how many steps on ours is ahead although it compiles first; all times are for `num_steps` steps.

    >>> break_even([1.0], [10.0], [3.0], num_steps=100)
    500.0
    """
    our, once_, their = (statistics.median(values) for values in (ours, compiling, theirs))
    return once_ / (their - our) * num_steps if their > our else float("inf")


# --- Whole processes --------------------------------------------------------------------------------------------------


def start(quick: bool, watch: Watch) -> Outcome:
    """Whole processes: lesson 1, `predict`, `--help`, a wrong config."""
    with tempfile.TemporaryDirectory() as folder:
        trained = f"--workdir={folder}/trained"
        seconds_of([*RUN, "--config=lesson6", "--config.train.num_epochs=1", trained], 0)
        hour = [f"--{name}={value}" for name, value in (("hr", 17), ("temp", 0.44), ("hum", 0.82), ("windspeed", 0.28))]
        commands = {
            "import jax": ([sys.executable, "-c", "import jax"], 0),
            "predict": ([*RUN, "predict", "--config=lesson6", trained, *hour, "--workingday=1"], 0),
            "help": ([*RUN, "--help"], 0),
            "field": ([*RUN, "--config=lesson6", "--config.train.batch_sise=64", f"--workdir={folder}/wrong"], 2),
            "value": ([*RUN, "--config=lesson6", "--config.train.batch_size=0", f"--workdir={folder}/wrong"], 2),
            "size": ([*RUN, "--config=lesson8", "--config.model.embed_dim=100000", f"--workdir={folder}/wrong"], 2),
        }
        for command, code in commands.values():  # warms the disk
            seconds_of(command, code)
        samples: dict[str, list[float]] = {name: [] for name in (*commands, "lesson 1")}
        watch.look(1.0)
        for turn in range(1 if quick else 5):
            lesson1 = {"lesson 1": ([*RUN, "--config=lesson1", f"--workdir={folder}/{turn}"], 0)}
            for name, (command, code) in (commands | lesson1).items():
                samples[name].append(seconds_of(command, code))
            watch.look()
    peer = '`python -c "import jax"`'
    return Outcome(
        [
            at_most("lesson 1, whole process", samples["lesson 1"], 3),
            at_most("`predict`, whole process", samples["predict"], 2),
            ratio_at_most("`predict`, whole process", samples["predict"], peer, samples["import jax"], 3),
            at_most("`--help`", samples["help"], 0.5),
            at_most("a config error: an unknown field", samples["field"], 0.5),
            at_most("a config error: a value out of range", samples["value"], 0.5),
            at_most("a config error: a model too large", samples["size"], 0.5),
        ],
        [],
    )


def seconds_of(command: list[str], expected_code: int) -> float:
    """Seconds of a whole process. Ends the program where it ended otherwise than expected."""
    started = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode != expected_code:
        sys.exit(f"{' '.join(command)}: expected exit code {expected_code}, got {done.returncode}\n{done.stderr}")
    return seconds


# --- How cost grows ---------------------------------------------------------------------------------------------------


class Point(NamedTuple):
    """A size of lesson 8."""

    context_length: int = 64
    embed_dim: int = 128
    batch_size: int = 12
    vocab_size: int = 65


def growth(quick: bool, watch: Watch) -> Outcome:
    """Lesson 8's step against context, width, batch and vocabulary; lesson 6's epoch against rows."""
    ways: dict[str, tuple[int, ...]] = {
        "context_length": (64, 128, 256, 512, 1024),
        "embed_dim": (64, 128, 256, 512),
        "batch_size": (3, 12, 48, 192),
        "vocab_size": (65, 1_000, 10_000, 50_000),
    }
    many_rows: tuple[int, ...] = (17_379, 50_000, 100_000, 300_000, 1_000_000)
    if quick:
        ways, many_rows = {"context_length": (64, 128)}, (17_379, 50_000)
    gpt = [["what grows", "to", "GFLOP a step", "ms a step", "GFLOP/s", "peak MB"]]
    rows = [["rows", "ms an epoch", "ns a row", "peak MB"]]
    watch.look(1.0)
    for way, values in ways.items():
        for value in values:
            gpt.append([way, f"{value:,}", *_grown_step(Point()._replace(**{way: value}), quick)])
            watch.look()
    for num_rows in many_rows:
        options = {"config": settings("lesson6"), "num_rows": num_rows}
        measured = once(Task(f"{OURS}:bike_growth", options))
        seconds = measured["seconds"]
        per_row = number(1e9 * seconds / num_rows)
        rows.append([f"{num_rows:,}", number(1000 * seconds), per_row, f"{measured['bytes'] / 1e6:,.0f}"])
        watch.look()
    return Outcome(
        [], [f"How lesson 8's step grows:\n\n{render(gpt)}", f"How lesson 6's epoch grows:\n\n{render(rows)}"]
    )


def _grown_step(point: Point, quick: bool) -> list[str]:
    """GFLOP and milliseconds of a step, GFLOP/s, and peak megabytes at some size."""
    operations, default = (
        flops.gpt_step(size.batch_size, size.context_length, 4, size.embed_dim, size.vocab_size)
        for size in (point, Point())
    )
    # A call takes about as long at any size, so that a large model does not take hours.
    per_call = max(2, min(50, round((5 if quick else 50) * default / operations)))
    intervals = ("steps_per_call", "log_every", "eval_every", "checkpoint_every")
    config = settings(
        "lesson8_nanogpt_cpu",
        model__context_length=point.context_length,
        model__embed_dim=point.embed_dim,
        train__batch_size=point.batch_size,
        **{f"train__{name}": per_call for name in intervals},
    )
    options = {"config": config, "vocab_size": point.vocab_size, "num_calls": 1}
    measured = once(Task(f"{OURS}:gpt_growth", options))
    seconds = measured["seconds"]
    figures = (operations / 1e9, 1000 * seconds, operations / 1e9 / seconds)
    return [*map(number, figures), f"{measured['bytes'] / 1e6:,.0f}"]


def corpus(quick: bool, watch: Watch) -> Outcome:
    """Loading a text of 100 MB."""
    megabytes = 5 if quick else 100
    with large_text(megabytes * 10**6) as path:
        samples = alternate(
            {"ours": Task(f"{OURS}:corpus_loading", {"path": str(path)}, fresh=True)},
            turns=1 if quick else 5,
            watch=watch,
        )["ours"]
    what = f"loading a text of {megabytes} MB"
    return Outcome(
        [at_most(what, samples["seconds"], 2), at_most(f"{what}: memory", samples["sizes"], 4, "× its size")], []
    )


@contextmanager
def large_text(size: int) -> Iterator[Path]:
    """A file of `size` bytes, the committed text over and over."""
    text = SHAKESPEARE.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "large.txt")
        with path.open("wb") as file:
            for start in range(0, size, len(text)):
                file.write(text[: size - start])
            os.fsync(file.fileno())  # or the disk would go on writing under the measurement
        yield path


ROWS: dict[str, Row] = {
    "step": step,
    "generate": generate,
    "bikes": bikes,
    "regressor": regressor,
    "loss": loss,
    "gpu": gpu,
    "xor": xor,
    "start": start,
    "compiling": compiling,
    "memory": memory,
    "growth": growth,
    "corpus": corpus,
}


# --- Equality ---------------------------------------------------------------------------------------------------------


def differences() -> dict[str, Measured]:
    """How far apart the sides are with equal parameters: loss, gradients and what else a lesson compares."""
    lessons = {"gpt": "lesson8_nanogpt_cpu", "bikes": "lesson6", "xor": "lesson5"}
    return {name: once(Task(f"{EQUALITY}:{name}", {"config": settings(lesson)})) for name, lesson in lessons.items()}
