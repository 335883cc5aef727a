"""The course's side of each comparison, in the form that `train` uses: its functions without reports and saves."""

import contextlib
import dataclasses
import io
import itertools
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from ml_collections import ConfigDict

from ailearn_jax import bikes, evaluation, loaders, sampling, text, training
from ailearn_jax.app import configs, environment
from ailearn_jax.lessons import lesson5, lesson6, lesson7, lesson8
from ailearn_jax.ranges import flatten
from ailearn_jax.reporting import Run
from ailearn_jax.sharding import make_mesh, on_own_devices, put_batches, replicate
from ailearn_jax.training import BatchesFrom, Params, Parts, TrainState
from scripts.measure.memory import peak_bytes

Measured = dict[str, float]
Config = dict[str, Any]


# --- Training steps ---------------------------------------------------------------------------------------------------


def train_mesh(config: Config) -> Mesh:
    """The devices that share a batch where `--devices` does not say; of GPUs one, as on the other side.

    Call it before the first use of a device.
    """
    num_devices = configs.cpu_devices(flatten(config))
    jax.config.update("jax_num_cpu_devices", num_devices)
    return make_mesh(num_devices if jax.default_backend() == "cpu" else 1)


def compile_steps(parts: Parts, mesh: Mesh):
    """The compiled call of `train_loop`."""
    return training.compile_steps(
        training.make_train_step(parts.loss_fn, parts.optimizer, parts.schedule.accumulate, mesh)
    )


def losses_of_calls(mesh: Mesh, parts: Parts, state: TrainState, batches_from: BatchesFrom) -> Iterator[np.ndarray]:
    """Trains as `train_loop` does, a compiled call for `steps_per_call` steps, and yields the losses of each call."""
    run_steps = compile_steps(parts, mesh)
    state = replicate(mesh, state)
    sizes = itertools.repeat(parts.schedule.steps_per_call)
    for batches in training.chunks(batches_from(0), sizes, partial(put_batches, mesh)):
        state, metrics = run_steps(state, batches)
        yield jax.device_get(metrics["loss"])


def steps(
    mesh: Mesh, parts: Parts, state: TrainState, batches_from: BatchesFrom, num_calls: int
) -> Callable[[], Measured]:
    """Measures the seconds of a step, over `num_calls` calls. The first two are not measured: they compile."""
    calls = losses_of_calls(mesh, parts, state, batches_from)

    def measure() -> Measured:
        started = time.perf_counter()
        for _ in range(num_calls):
            next(calls)
        return {"seconds": (time.perf_counter() - started) / (num_calls * parts.schedule.steps_per_call)}

    for _ in range(2):
        next(calls)
    return measure


def gpt_step(config: Config, path: str, num_calls: int) -> Callable[[], Measured]:
    """Lesson 8: the seconds of a step on a text."""
    mesh = train_mesh(config)
    parts, state, batches_from, _ = gpt(config, path)
    return steps(mesh, parts, state, batches_from, num_calls)


def gpt(config: Config, path: str) -> tuple[Parts, TrainState, BatchesFrom, np.ndarray]:
    """What lesson 8 trains by: parts, first state, batches, and the characters to validate on."""
    settings = ConfigDict(config)
    corpus = lesson8.load_corpus("", path, settings.model.context_length, None)
    parts = lesson8.build(settings, corpus.tokenizer.vocab_size)
    state = training.init_state(parts, np.zeros((1, settings.model.context_length), np.int32), settings.seed)
    length, size = settings.model.context_length, settings.train.batch_size
    return parts, state, text.windows(corpus.train_ids, length, size, settings.seed), corpus.valid_ids


def bike_rows(config: Config) -> tuple[bikes.Split, bikes.Normalizer]:
    """The normalized rows of lessons 6 and 7."""
    split = bikes.load_bikes(**config["data"])
    normalizer = bikes.Normalizer.fit(split.train)
    return bikes.Split(*map(normalizer.normalize, split)), normalizer


def bike_epoch(config: Config, num_epochs: int, by_grain: bool) -> Callable[[], Measured]:
    """Lesson 6, or lesson 7 by grain: the seconds of an epoch."""
    mesh = train_mesh(config)
    settings, rows = ConfigDict(config), bike_rows(config)[0].train
    num_rows, size = len(rows["inputs"]), settings.train.batch_size
    settings.train.num_epochs = 10**6  # so long that no measurement comes to its end
    if by_grain:
        parts = lesson7.build(settings, num_rows)
        source = lesson7.Batches(rows, size, parts.schedule.num_steps, settings.seed)
        batches_from = loaders.grain_batches(source, **settings.loader)
    else:
        parts = lesson6.build(settings, "neural", num_rows)
        batches_from = bikes.shuffled(rows, size, settings.seed)
    state = training.init_state(parts, rows["inputs"], settings.seed)
    steps_per_epoch = num_rows // size
    num_calls = max(1, num_epochs * steps_per_epoch // parts.schedule.steps_per_call)
    measure_step = steps(mesh, parts, state, batches_from, num_calls)
    return lambda: {"seconds": measure_step()["seconds"] * steps_per_epoch}


def matmul_rate(sizes: tuple[int, ...] = (512, 1024, 2048)) -> Callable[[], Measured]:
    """The machine's own rate: floating-point operations a second in float32 matrix products, the best of some sizes."""
    multiply = jax.jit(jnp.matmul)
    pairs = [
        jax.random.normal(jax.random.key(n), (2, n, n))  # a pair of square matrices
        for n in sizes
    ]

    def rate(pair: jax.Array) -> float:
        left, right = pair
        jax.block_until_ready(multiply(left, right))
        seconds = []
        for _ in range(5):
            started = time.perf_counter()
            jax.block_until_ready(multiply(left, right))
            seconds.append(time.perf_counter() - started)
        return 2 * len(left) ** 3 / statistics.median(seconds)

    return lambda: {"rate": max(map(rate, pairs))}


def gpu() -> dict[str, str]:
    """The name of the GPU that JAX computes on; empty where there is none."""
    device = jax.devices()[0]
    return {"name": device.device_kind if device.platform == "gpu" else ""}


# --- Training until a goal, compilation included ----------------------------------------------------------------------


def time_until(
    mesh: Mesh,
    parts: Parts,
    state: TrainState,
    batches_from: BatchesFrom,
    every: int,
    reached: Callable[[Params], bool],
) -> Measured:
    """Trains, asking every so many steps whether the goal is `reached`. The caller's clock runs."""
    run_steps, state = compile_steps(parts, mesh), replicate(mesh, state)
    stacked = training.chunks(batches_from(0), parts.schedule.calls_after(0), partial(put_batches, mesh))
    step = 0
    for batches in stacked:
        state, metrics = run_steps(state, batches)
        step += len(jax.device_get(metrics["loss"]))
        if parts.schedule.due(step, every) and reached(on_own_devices(mesh, state.params)):
            return {"steps": step}
    return {"steps": math.inf}


def gpt_time_to_loss(config: Config, path: str, goal: float, every: int) -> Measured:
    """Lesson 8: seconds until the validation loss, measured every so many steps, is at most `goal`."""
    settings = ConfigDict(config)
    corpus = lesson8.load_corpus("", path, settings.model.context_length, None)
    valid = text.consecutive_windows(corpus.valid_ids, settings.model.context_length)
    mesh = train_mesh(config)  # finds and wakes the devices: on neither side is that counted
    started = time.perf_counter()
    parts = lesson8.build(settings, corpus.tokenizer.vocab_size)
    state = training.init_state(parts, valid["inputs"], settings.seed)
    batches_from = text.windows(corpus.train_ids, parts.model.context_length, parts.schedule.batch_size, settings.seed)
    eval_step = evaluation.make_eval_step(parts.loss_fn)

    def reached(params: Params) -> bool:
        return lesson8.validate(eval_step, params, valid)["loss"] <= goal

    measured = time_until(mesh, parts, state, batches_from, every, reached)
    return measured | {"seconds": _seconds_since(started, measured)}


def bikes_time_to_rmse(config: Config, goal: float, every: int) -> Measured:
    """Lesson 6: seconds until the validation RMSE, measured every so many steps, is at most `goal` bikes."""
    mesh, settings = train_mesh(config), ConfigDict(config)
    rows, normalizer = bike_rows(config)
    started = time.perf_counter()
    parts = lesson6.build(settings, "neural", len(rows.train["inputs"]))
    state = training.init_state(parts, rows.train["inputs"], settings.seed)
    batches_from = bikes.shuffled(rows.train, parts.schedule.batch_size, settings.seed)
    eval_step = evaluation.make_eval_step(parts.loss_fn)

    def reached(params: Params) -> bool:
        loss = evaluation.evaluate(eval_step, params, rows.valid, len(rows.valid["inputs"]))["loss"]
        return normalizer.target_std * loss**0.5 <= goal

    measured = time_until(mesh, parts, state, batches_from, every, reached)
    return measured | {"seconds": _seconds_since(started, measured)}


def _seconds_since(started: float, measured: Measured) -> float:
    """The seconds that reaching the goal took; infinitely many where it was not reached."""
    return time.perf_counter() - started if math.isfinite(measured["steps"]) else math.inf


# --- Lesson 5, generation ---------------------------------------------------------------------------------------------


def xor(config: Config, num_steps: int, num_seeds: int) -> Callable[[], Measured]:
    """Lesson 5: seconds of one training and of a study of many seeds, each one program, and of compiling each."""
    parts = lesson5.build(ConfigDict(config))

    def train(key: jax.Array) -> jax.Array:
        return lesson5.learn(parts, lesson5.init_state(parts, key), num_steps)[1]

    def measure() -> Measured:
        jax.clear_caches()  # or the second turn would compile nothing
        keys = jax.random.split(jax.random.key(parts.num_steps), num_seeds)
        one, one_compiling = _warm_and_compiling(jax.jit(train), keys[0])
        study, study_compiling = _warm_and_compiling(jax.jit(jax.vmap(train)), keys)
        return {"one": one, "one_compiling": one_compiling, "study": study, "study_compiling": study_compiling}

    return measure


def _warm_and_compiling(function: Callable[[jax.Array], jax.Array], argument: jax.Array) -> tuple[float, float]:
    """Seconds of a call (the median of three), and what the first call took on top of it."""
    seconds = []
    for _ in range(4):
        started = time.perf_counter()
        jax.block_until_ready(function(argument))
        seconds.append(time.perf_counter() - started)
    warm = statistics.median(seconds[1:])
    return warm, seconds[0] - warm


def generation(config: Config, vocab_size: int, length: int) -> Callable[[], Measured]:
    """Lesson 8: the seconds for a text of `length` characters, and of the first such call, which compiles."""
    settings = ConfigDict(config)
    model = lesson8.build(settings, vocab_size).model
    prompt = np.zeros(1, np.int32)
    params = jax.jit(model.init)(jax.random.key(settings.seed), prompt[None])["params"]

    def seconds() -> float:
        started = time.perf_counter()
        drawn = sampling.generate(model, params, prompt, length, temperature=0.8, top_k=vocab_size, top_p=1.0, seed=0)
        assert sum(len(tokens) for tokens, _ in drawn) == length
        return time.perf_counter() - started

    first = seconds()
    return lambda: {"seconds": seconds(), "first": first}


# --- Whole trainings: memory and compilation --------------------------------------------------------------------------


def gpt_train(config: Config) -> None:
    """Lesson 8's own `train`, saves and baselines included, its reports unheard."""
    mesh = train_mesh(config)
    run = dataclasses.replace(Run.plain(), mesh=mesh)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        lesson8.train(ConfigDict(config), Path(folder), run)


def gpt_memory(config: Config) -> Measured:
    """The peak memory of a process that trains lesson 8."""
    gpt_train(config)
    return {"bytes": peak_bytes()}


def gpt_compiling(config: Config, cache: str) -> Measured:
    """The seconds that compiling takes in a training of lesson 8, with compiled programs kept in the folder `cache`.

    "seconds" is the time in the compiler, or in reading a program that was kept; "tracing" is what goes before, when
    Python functions become programs to be compiled, which no cache spares.
    """
    seconds = {"seconds": 0.0, "tracing": 0.0}

    def note(event: str, duration_secs: float, **_: object) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            seconds["seconds"] += duration_secs
        elif event.startswith("/jax/core/compile/"):
            seconds["tracing"] += duration_secs

    environment.prepare()
    jax.config.update("jax_compilation_cache_dir", cache)
    jax.monitoring.register_event_duration_secs_listener(note)
    gpt_train(config)
    return seconds


# --- How cost grows ---------------------------------------------------------------------------------------------------


def gpt_growth(config: Config, vocab_size: int, num_calls: int) -> Measured:
    """Seconds of a step and peak memory of lesson 8 on random characters, at sizes of its own."""
    mesh, settings = train_mesh(config), ConfigDict(config)
    parts = lesson8.build(settings, vocab_size)
    length, size = settings.model.context_length, settings.train.batch_size
    ids = np.random.default_rng(0).integers(vocab_size, size=100_000, dtype=np.int32)
    state = training.init_state(parts, np.zeros((1, length), np.int32), settings.seed)
    return _grown(mesh, parts, state, text.windows(ids, length, size, settings.seed), num_calls)


def bike_growth(config: Config, num_rows: int) -> Measured:
    """Seconds of an epoch and peak memory of lesson 6 on generated rows."""
    mesh, settings, rng = train_mesh(config), ConfigDict(config), np.random.default_rng(0)
    rows = {
        "inputs": rng.normal(size=(num_rows, len(bikes.FIVE))).astype(np.float32),
        "targets": rng.normal(size=num_rows).astype(np.float32),
    }
    settings.train.num_epochs = 10**4
    parts = lesson6.build(settings, "neural", num_rows)
    state = training.init_state(parts, rows["inputs"], settings.seed)
    batches_from = bikes.shuffled(rows, parts.schedule.batch_size, settings.seed)
    steps_per_epoch = num_rows // parts.schedule.batch_size
    measured = _grown(mesh, parts, state, batches_from, math.ceil(steps_per_epoch / parts.schedule.steps_per_call))
    return measured | {"seconds": measured["seconds"] * steps_per_epoch}


def _grown(mesh: Mesh, parts: Parts, state: TrainState, batches_from: BatchesFrom, num_calls: int) -> Measured:
    measure = steps(mesh, parts, state, batches_from, num_calls)
    return {"seconds": statistics.median(measure()["seconds"] for _ in range(3)), "bytes": peak_bytes()}


def corpus_loading(path: str) -> Measured:
    """Seconds for loading a text as numbers, and the memory on top of what the libraries take, as times its size."""
    before = peak_bytes()
    started = time.perf_counter()
    lesson8.load_corpus("", path, 64, None)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "sizes": (peak_bytes() - before) / Path(path).stat().st_size}
