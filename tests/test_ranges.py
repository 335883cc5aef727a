"""The ranges of a config's values: what is outside is refused, what is inside is taken by what it is for."""

import pytest

from ailearn_jax import bikes, corpora
from ailearn_jax.app import configs
from ailearn_jax.errors import InputError
from ailearn_jax.lessons import lesson8
from ailearn_jax.ranges import CHOICES, CORPORA, RANGES, check_config


@pytest.mark.parametrize("name", configs.shipped())
def test_shipped_configs_are_inside(name):
    """A default that its own range refuses, or a field whose range has another name than the field."""
    check_config(configs.unflatten(configs.load(configs.find(name), {})))


def test_every_range_is_of_a_field():
    """A field that was renamed would be judged no more."""
    for ranges in RANGES.values():
        lessons = [lesson for lesson, other in RANGES.items() if other is ranges]
        assert ranges.keys() <= {field for lesson in lessons for field in configs.schema_of(lesson)}


SWITCHES = {"model.use_bias", "model.use_positions", "model.tied_head", "model.use_bfloat16", "train.take_best"}
UNJUDGED = SWITCHES | {"lesson", "data.path"}
RELATED = {"data.corpus", "optimizer.final_learning_rate", "large.rows_per_file"}  # judged by another field


@pytest.mark.parametrize("lesson", RANGES)
def test_every_field_is_judged(lesson):
    """A new field without a range or choices: whatever is written there reaches a library."""
    assert configs.schema_of(lesson).keys() <= RANGES[lesson].keys() | CHOICES.keys() | UNJUDGED | RELATED


def test_choices_are_those_there_are():
    """A choice that is offered and not known to what takes it ends in a traceback; one not offered is never used."""
    assert set(CHOICES["data.features"]) == bikes.FEATURES.keys()
    assert set(CORPORA) == corpora.CORPORA.keys()
    assert set(CHOICES["model.activation"]) == lesson8.ACTIVATIONS.keys()


@pytest.mark.parametrize(
    ("lesson", "change", "message"),
    [
        (1, {"train.num_steps": 0}, "num_steps: expected a whole number from 1 to 100,000, got 0"),
        (5, {"train.num_steps": 1}, "num_steps: expected a whole number from 2 to 1,000,000, got 1"),
        (4, {"optimizer.weight_decay": 100.5}, "weight_decay: expected a number from 0 to 100"),
        (6, {"optimizer.weight_decay": 10.5}, "weight_decay: expected a number from 0 to 10"),
        (6, {"model.hidden": (64, 0)}, "hidden: expected a whole number from 1 to 100,000, got 0"),
        (6, {"train.batch_size": 12_166}, "batch_size: expected a whole number from 1 to 12,165"),
        (6, {"data.path": 5}, "data.path: expected a file, got 5"),
        (6, {"data.split": "even"}, "split: expected one of random, time, got 'even'"),
        (7, {"large.rows_per_file": 500_001}, "rows_per_file: expected a whole number from 1 to 500,000"),
        (8, {"train.batch_size": 2.5}, "batch_size: expected a whole number"),
        (8, {"train.accumulate": 5}, r"accumulate: expected a divisor of train.batch_size \(12\), got 5"),
        (8, {"train.log_every": 70}, r"log_every: expected a multiple of train.steps_per_call \(50\), got 70"),
        (8, {"train.checkpoint_every": 750}, r"checkpoint_every: expected a multiple of train.eval_every \(600\)"),
        (8, {"model.num_heads": 5}, r"num_heads: expected a divisor of model.embed_dim \(128\), got 5"),
        (8, {"optimizer.final_learning_rate": 1.0}, "final_learning_rate: expected a number from 0 to 0.003, got 1.0"),
    ],
)
def test_what_is_refused(lesson, change, message):
    """A save without an evaluation, an interval that is never met, a batch larger than the table: a silent loss."""
    fields = configs.load(configs.find(f"lesson{lesson}"), {})
    with pytest.raises(InputError, match=message):
        check_config(configs.unflatten(fields | change))


def test_a_text_of_ones_own_needs_no_corpus():
    """data.path wins over data.corpus, whatever that says."""
    fields = configs.load(configs.find("lesson8"), {})
    check_config(configs.unflatten(fields | {"data.path": "text.txt", "data.corpus": "homer"}))
    with pytest.raises(InputError, match="corpus: expected one of shakespeare, .*, got 'homer'; or set data.path"):
        check_config(configs.unflatten(fields | {"data.corpus": "homer"}))


def test_a_table_of_ones_own_may_be_larger():
    """The committed table's size as the limit for every other one."""
    fields = configs.load(configs.find("lesson6"), {})
    check_config(configs.unflatten(fields | {"data.path": "rows.csv", "train.batch_size": 20_000}))
