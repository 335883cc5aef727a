"""What a lesson is made of, found by looking: its parameters, one step of its training, the places in the code."""

import ast
import inspect
import re
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from ml_collections import ConfigDict

from ailearn_jax.app.course import lesson_module

# --- One step of each lesson's training -------------------------------------------------------------------------------


class Step(NamedTuple):
    """One step of training, not compiled yet: a function, what it is called with, and the parameters among that."""

    params: Any
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


def one_step(lesson: int, config: ConfigDict) -> Step:
    """The step that `lesson` trains by; of two models, the neural one's.

    Raises:
        InputError: a value of the config or the data is wrong.
    """
    chapter = lesson_module(lesson)
    parts = chapter.build(config)
    if lesson >= 6:
        return _toolbox_step(chapter, parts, config)
    return _STEPS[lesson](chapter, config)


def _step1(lesson1: ModuleType, config: ConfigDict) -> Step:
    params = {"w": jnp.zeros(()), "b": jnp.zeros(())}
    return Step(params, lesson1.train_step, (*params.values(), *lesson1.make_data(), config.optimizer.learning_rate))


def _step2(lesson2: ModuleType, config: ConfigDict) -> Step:
    batch, *_ = lesson2.load(**config.data)
    params = lesson2.init_params(jax.random.key(0))
    return Step(params, lesson2.train_step, (params, batch, config.optimizer.learning_rate))


def _step3(lesson3: ModuleType, config: ConfigDict) -> Step:
    batch, *_ = lesson3.load(**config.data)
    optimizer = optax.adam(config.optimizer.learning_rate)
    return _flax_step(lesson3, lesson3.model, optimizer, lesson3.make_train_step(optimizer), batch)


def _step4(lesson4: ModuleType, config: ConfigDict) -> Step:
    batch, *_ = lesson4.load(**config.data)
    model = lesson4.Neural(**config.model)
    optimizer = optax.adamw(config.optimizer.learning_rate, weight_decay=config.optimizer.weight_decay)
    return _flax_step(lesson4, model, optimizer, lesson4.make_train_step(model, optimizer), batch)


def _step5(lesson5: ModuleType, config: ConfigDict) -> Step:
    model, optimizer, _ = lesson5.build(config)
    batch = {"inputs": lesson5.INPUTS, "labels": lesson5.LABELS}
    return _flax_step(lesson5, model, optimizer, partial(lesson5.train_step, model, optimizer), batch)


_STEPS = {1: _step1, 2: _step2, 3: _step3, 4: _step4, 5: _step5}


def _flax_step(chapter: ModuleType, model: Any, optimizer: Any, train_step: Callable[..., Any], batch: dict) -> Step:
    params = model.init(jax.random.key(0), batch["inputs"])["params"]
    state = chapter.TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
    return Step(params, train_step, (state, batch))


def _toolbox_step(chapter: ModuleType, parts: Any, config: ConfigDict) -> Step:
    """From shapes alone: nothing of a large model is computed."""
    from ailearn_jax import bikes, training

    batch_size = parts.schedule.batch_size
    if hasattr(chapter, "load_corpus"):
        context_length = config.model.context_length
        corpus = chapter.load_corpus(**config.data, context_length=context_length, tokenizer=None)
        parts = chapter.build(config, corpus.tokenizer.vocab_size)
        inputs = targets = jax.ShapeDtypeStruct((batch_size, context_length), jnp.int32)
    else:
        inputs = jax.ShapeDtypeStruct((batch_size, bikes.num_inputs(config.data.features)), jnp.float32)
        targets = jax.ShapeDtypeStruct((batch_size,), jnp.float32)
    row = np.zeros((1, *inputs.shape[1:]), inputs.dtype)
    state = jax.eval_shape(partial(training.init_state, parts, row, seed=0))
    train_step = training.make_train_step(parts.loss_fn, parts.optimizer, parts.schedule.accumulate, mesh=None)
    return Step(state.params, train_step, (state, {"inputs": inputs, "targets": targets}))


# --- What it is made of, and what it costs ----------------------------------------------------------------------------


def parameters(params: Any) -> dict[str, tuple[int, ...]]:
    """Path -> shape of each array that is learned, such as "hidden/kernel"."""
    leaves, _ = jax.tree.flatten_with_path(params)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): array.shape for path, array in leaves}


class Cost(NamedTuple):
    """What the compiler says of one step."""

    operations: float
    bytes_moved: float
    bytes_held: int  # arguments, results and what lies between
    seconds_to_compile: float


def cost(step: Step) -> Cost:
    """Compiles a step, and asks the program what it takes."""
    started = time.perf_counter()
    compiled = jax.jit(step.function).lower(*step.arguments).compile()
    seconds = time.perf_counter() - started
    costs: Any = compiled.cost_analysis()
    memory: Any = compiled.memory_analysis()
    held = memory.argument_size_in_bytes + memory.output_size_in_bytes + memory.temp_size_in_bytes
    return Cost(costs["flops"], costs["bytes accessed"], held, seconds)


# --- Where it stands in the code --------------------------------------------------------------------------------------


class Part(NamedTuple):
    """A function or class, and where it begins."""

    name: str
    file: Path
    line: int


def parts_of_lesson(lesson: int) -> dict[str, list[Part]]:
    """The sections of a lesson's file, by their titles, with what each of them defines."""
    file = _file(lesson_module(lesson))
    source = file.read_text(encoding="utf-8")
    titles = {number: found[1] for number, text in enumerate(source.splitlines(), 1) if (found := _SECTION.match(text))}
    parts = {title: [] for title in titles.values()}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            title = titles[max(number for number in titles if number < node.lineno)]
            parts[title].append(Part(node.name, file, node.lineno))
    return {title: members for title, members in parts.items() if members}


_SECTION = re.compile(r"# --- (.+?) -+$")


def parts_of_toolbox(lesson: int) -> dict[str, list[Part]]:
    """What a lesson uses of the toolbox, and what that is made with, by the first line of each file's docstring."""
    chapter = lesson_module(lesson)
    named = set(_from_toolbox(chapter, inspect.getsource(chapter)))
    for used in sorted(named, key=lambda used: used.__qualname__):
        named.update(_from_toolbox(sys.modules[used.__module__], inspect.getsource(used)))
    files: dict[str, list[Part]] = {}
    for used in named:
        module = sys.modules[used.__module__]
        title = " ".join(re.split(r"\.\s", module.__doc__ or "")[0].split())
        files.setdefault(title, []).append(Part(used.__name__, _file(module), inspect.getsourcelines(used)[1]))
    return {title: sorted(parts, key=lambda part: part.line) for title, parts in sorted(files.items(), key=_by_file)}


def _by_file(item: tuple[str, list[Part]]) -> Path:
    return item[1][0].file


def _from_toolbox(module: ModuleType, source: str) -> Iterator[Any]:
    """The functions and classes of toolbox files that `source`, a part of `module`, names."""
    for node in ast.walk(ast.parse(source)):
        found = None
        if isinstance(node, ast.Name):
            found = getattr(module, node.id, None)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = getattr(module, node.value.id, None)
            found = getattr(owner, node.attr, None) if isinstance(owner, ModuleType) else None
        if inspect.isfunction(found) or inspect.isclass(found):
            package, _, name = found.__module__.partition(".")
            if package == "ailearn_jax" and "." not in name and not found.__name__.startswith("_"):
                yield found


def _file(module: ModuleType) -> Path:
    return Path(inspect.getsourcefile(module) or "")
