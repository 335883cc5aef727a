"""How much memory training takes, beside what XLA plans and with sizes that no machine has."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ailearn_jax import bikes, evaluation, memory, training
from ailearn_jax.app import configs
from ailearn_jax.errors import InputError
from ailearn_jax.lessons import lesson6, lesson7, lesson8

LESSONS = {6: lesson6, 7: lesson7, 8: lesson8}


@pytest.mark.slow
@pytest.mark.parametrize(
    "embed_dim, context_length, batch_size, activation",
    [(16, 64, 64, "relu"), (64, 64, 64, "gelu"), (16, 512, 4, "relu"), (256, 8, 2, "relu")],
    ids=["mostly arrays", "mostly the activation", "mostly scores", "mostly weights"],
)
def test_the_estimate_is_near_what_xla_plans(embed_dim: int, context_length: int, batch_size: int, activation: str):
    """A bound that refuses what would fit, or lets through many times as much as it says."""
    config = configs.for_lesson(configs.load(configs.find("lesson8"), {}))
    config.model.embed_dim, config.model.context_length, config.model.num_layers = embed_dim, context_length, 2
    config.model.activation = activation
    config.train.batch_size, config.train.num_steps, config.train.steps_per_call = batch_size, 100, 1
    parts = lesson8.build(config)
    tokens = jnp.zeros((batch_size, context_length), jnp.int32)
    state = training.init_state(parts, tokens, seed=0)
    step = jax.jit(training.make_train_step(parts.loss_fn, parts.optimizer, 1, mesh=None))
    plan = step.lower(state, {"inputs": tokens, "targets": tokens}).compile().memory_analysis()
    assert plan is not None
    planned = (plan.temp_size_in_bytes + plan.argument_size_in_bytes) / 1e9

    _, gigabytes = memory.needed(config, vocab_size=65)
    assert planned < gigabytes < 4 * planned


@pytest.mark.parametrize(
    "lesson, overrides",
    [
        *((lesson, {"data.features": features}) for lesson in (6, 7) for features in bikes.FEATURES),
        (6, {"model.hidden": (7,)}),
        (7, {"model.hidden": (3, 5, 7)}),
        (8, {}),
        (8, {"model.num_layers": 0}),
        (8, {"model.num_layers": 3, "model.embed_dim": 20, "model.context_length": 9}),
        (8, {"model.use_bias": True}),
        (8, {"model.use_positions": False}),
        (8, {"model.tied_head": False}),
    ],
    ids=str,
)
def test_the_weights_are_those_of_the_model(lesson: int, overrides: dict[str, Any]):
    """A layer that the count forgets, or one that a switch of the config takes away."""
    config = configs.for_lesson(configs.load(configs.find(f"lesson{lesson}"), {}) | overrides)
    row = np.zeros(4, np.int32) if lesson == 8 else np.zeros(bikes.num_inputs(config.data.features), np.float32)
    params = training.shapes_of(LESSONS[lesson].build(config).model, row[None])
    assert memory.needed(config, vocab_size=65)[0] == sum(array.size for array in jax.tree.leaves(params))


def test_a_large_vocabulary_counts():
    """A text of a hundred thousand symbols, whose output layer alone is more than a machine has."""
    config = configs.for_lesson(configs.load(configs.find("lesson8"), {"train.batch_size": "1000"}))
    lesson8.build(config, 65)
    with pytest.raises(InputError, match="expected at most 64 GB"):
        lesson8.build(config, 100_000)


@pytest.mark.parametrize(
    "lesson, overrides",
    [
        (6, {"model.hidden": "100000,100000"}),
        (7, {"model.hidden": "100000,100000"}),
        (8, {"model.embed_dim": "100000"}),
        (8, {"model.embed_dim": "100000", "model.num_layers": "100"}),
        (8, {"model.context_length": "100000"}),
        (8, {"train.batch_size": "1000000"}),
        (8, {"train.batch_size": "1000000", "model.context_length": "100000"}),
    ],
    ids=str,
)
def test_what_fits_no_machine_is_refused(lesson: int, overrides: dict[str, str]):
    """A config that asks for terabytes, and gets XLA's traceback or the end of other programs."""
    shipped = configs.load(configs.find(f"lesson{lesson}"), {})
    config = configs.for_lesson(shipped | configs.parsed(overrides, lesson))
    for refuse in (
        lambda: LESSONS[lesson].build(config),
        lambda: configs.load(configs.find(f"lesson{lesson}"), overrides),
    ):
        with pytest.raises(
            InputError, match=r"expected at most 64 GB of memory for training, got [\d,]+ GB for"
        ) as caught:
            refuse()
        assert "\n" not in str(caught.value)


def test_batches_that_wait_are_counted():
    """A thousand steps in one call, whose batches lie ready at once and fill what the model left free."""
    fields = {"train.steps_per_call": 100_000, "train.num_steps": 10**6, "train.batch_size": 1000}
    fields |= dict.fromkeys(("train.log_every", "train.eval_every", "train.checkpoint_every"), 100_000)
    overrides = {name: str(value) for name, value in fields.items()}
    with pytest.raises(InputError, match="lower train.batch_size or train.steps_per_call"):
        configs.load(configs.find("lesson8"), overrides)
    configs.load(configs.find("lesson8"), overrides | {"train.steps_per_call": "10"})


@pytest.mark.parametrize("lesson", [6, 7])
def test_batches_that_never_come_are_not_counted(lesson: int):
    """All of a training asked for in one call, by a number that no run has steps for, and refused for it."""
    fields = dict.fromkeys(("steps_per_call", "log_every", "eval_every", "checkpoint_every"), "100000")
    overrides = {f"train.{name}": value for name, value in fields.items()} | {"train.batch_size": "12165"}
    configs.load(configs.find(f"lesson{lesson}"), overrides)


@pytest.mark.slow
def test_validation_takes_no_more_than_training():
    """Windows by the dozen at once, however long: 200 GB for what was trained in 8."""
    config = configs.for_lesson(configs.load(configs.find("lesson8"), {}))
    config.model.context_length, config.model.num_layers, config.train.batch_size = 2048, 1, 1
    parts = lesson8.build(config)
    sizes = []

    def note(params: Any, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        sizes.append(batch["inputs"].shape)
        return {"loss": np.zeros(len(batch["inputs"]))}

    for length in (64, 2048, 8192):
        windows = np.zeros((3, length), np.int32)
        lesson8.validate(note, jnp.zeros(1), {"inputs": windows, "targets": windows})
    assert sizes == [(32, 64), *[(1, 2048)] * 3, *[(1, 8192)] * 3]
    tokens = jax.ShapeDtypeStruct((2, 2048), jnp.int32)
    params = training.shapes_of(parts.model, np.zeros((1, 4), np.int32))
    step = evaluation.make_eval_step(parts.loss_fn).lower(params, {"inputs": tokens, "targets": tokens})
    plan = step.compile().memory_analysis()
    assert plan is not None
    assert plan.temp_size_in_bytes / 1e9 < memory.needed(config, vocab_size=65)[1]


NAMES = [name for name in configs.shipped() if name.startswith(("lesson6", "lesson7", "lesson8"))]


@pytest.mark.parametrize("name", NAMES)
def test_shipped_configs_are_far_from_the_bound(name: str, monkeypatch: pytest.MonkeyPatch):
    """A config that comes with the course and needs more than the machines that the course promises to do with."""
    monkeypatch.setattr(memory, "MOST", 16 if "gpu" in name else 2)
    fields = configs.load(configs.find(name), {})
    LESSONS[fields["lesson"]].build(configs.for_lesson(fields))
