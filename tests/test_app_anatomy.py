"""`explain`: counts, costs and places that are true."""

import itertools
import math
import re

import numpy as np
import pytest

from ailearn_jax.app import anatomy, configs
from ailearn_jax.app.course import ROOT, TITLES, lesson_module
from ailearn_jax.app.main import main
from ailearn_jax.training import num_parameters, shapes_of
from configs import lesson6 as config_file6
from configs import lesson8 as config_file8


@pytest.mark.parametrize(("lesson", "expected"), [(1, 2), (2, 3), (3, 3), (4, 65), (5, 65)])
def test_parameters_are_counted(lesson: int, expected: int, capsys: pytest.CaptureFixture[str], monkeypatch):
    """An array left out, or that of the plane shown for the network: 16 units take 2 · 16 + 16 + 16 + 1 numbers."""
    monkeypatch.chdir(ROOT)
    assert main(["explain", f"--config=lesson{lesson}"]) == 0
    out = capsys.readouterr().out
    assert re.search(rf"^  all +{expected} +100.0%$", out, re.MULTILINE)
    assert all(title in out for title in ("The model", "A step of training", "The lesson, from top to bottom"))
    assert max(map(len, out.splitlines())) <= 80


def test_parameters_of_the_large_models_are_those_that_train():
    """A vocabulary or a set of columns that was guessed: the model explained would not be the one trained."""
    step = anatomy.one_step(8, config_file8.get_config())
    trained = lesson_module(8).build(config_file8.get_config(), vocab_size=62)  # the README's "62 symbols"
    expected = num_parameters(shapes_of(trained.model, np.zeros((1, 1), np.int32)))
    assert num_parameters(step.params) == expected == sum(map(math.prod, anatomy.parameters(step.params).values()))
    config = config_file6.get_config()
    sizes = [5, *config.model.hidden, 1]
    expected = sum(inputs * outputs + outputs for inputs, outputs in itertools.pairwise(sizes))
    assert num_parameters(anatomy.one_step(6, config).params) == expected


def test_the_cost_of_a_step_is_that_of_its_products():
    """Operations of the forward pass alone, or of many steps: 240 rows, a product forward and two backward a layer."""
    config = configs.for_lesson(configs.load(configs.find("lesson4"), {}))
    cost = anatomy.cost(anatomy.one_step(4, config))
    products = 2 * 240 * (2 * 16 + 16)  # forward; the way back has them again, but for the inputs' gradient
    assert 2 * products < cost.operations < 6 * products
    assert cost.bytes_moved > 0 and cost.bytes_held > 240 * 3 * 4 and cost.seconds_to_compile > 0


@pytest.mark.parametrize("lesson", TITLES)
def test_places_are_where_the_code_stands(lesson: int):
    """A line that has moved since somebody wrote it down, or a part that a learner looks for and does not find."""
    own, below = anatomy.parts_of_lesson(lesson), anatomy.parts_of_toolbox(lesson)
    for part in [part for parts in (*own.values(), *below.values()) for part in parts]:
        lines = part.file.read_text(encoding="utf-8").splitlines()[part.line - 1 :]
        begin = next(line for line in lines if not line.startswith(("@", "#", ")")) and line)
        assert re.match(rf"(def|class) {part.name}\b", begin), part
    names = {part.name for parts in own.values() for part in parts}
    assert {"train", "build"} < names
    stands_on = {(part.name, part.file.name) for parts in below.values() for part in parts}
    assert ("Result", "results.py") in stands_on
    if lesson >= 6:
        expected = {("make_train_step", "training.py"), ("train_loop", "training.py")}
        assert expected | {("Checkpoints", "checkpoints.py"), ("make_optimizer", "optimizers.py")} <= stands_on
