"""Checkpoints: whole or not at all, the last and the best, nothing cast."""

import shutil

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from ailearn_jax import machine, manifests
from ailearn_jax.checkpoints import Checkpoints, Facts, load_checkpoint
from ailearn_jax.errors import InputError
from ailearn_jax.training import TrainState


def make_state(step, width=4, dtype=jnp.float32):
    params = {"dense": {"kernel": jnp.full((2, width), float(step), dtype)}}
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(1e-3))
    return TrainState(jnp.array(step, jnp.int32), params, optimizer.init(params), jax.random.key(step))


def make_facts(**other):
    facts = {"lesson": 6, "config": {"seed": 0}, "preprocessing": {"normalizer": {"mean": [0.1]}}, "history": []}
    return Facts(**(facts | other))


def save(folder, metrics, keep=2):
    """Saves a checkpoint at each step of `metrics`, step -> metric."""
    checkpoints = Checkpoints(folder, keep)
    for step, metric in metrics.items():
        checkpoints.save(step, make_state(step), make_facts(), metric)
    return checkpoints


def test_comes_back_as_it_was(tmp_path):
    """A state with a lost key, optimizer memory or fact would go on as another run."""
    saved = make_facts(history=[{"step": 7, "loss": None}])
    Checkpoints(tmp_path).save(7, make_state(7), saved, 1.0)
    state, facts = Checkpoints(tmp_path).restore(make_state(0), make_facts())
    assert facts == saved and Checkpoints(tmp_path).facts(7) == saved
    for found, expected in zip(jax.tree.leaves(state), jax.tree.leaves(make_state(7)), strict=True):
        if jnp.issubdtype(found.dtype, jax.dtypes.prng_key):
            found, expected = jax.random.key_data(found), jax.random.key_data(expected)
        assert np.array_equal(found, expected)


def test_keeps_the_last_and_the_best(tmp_path):
    """Counting wrong, or taking the highest loss for the best, removes the wrong ones."""
    checkpoints = save(tmp_path, {1: 3.0, 2: 1.0, 3: 2.0, 4: 2.5, 5: None})
    assert checkpoints.steps() == [2, 4, 5]
    assert checkpoints.find("best") == 2 and checkpoints.find("last") == 5 and checkpoints.find("4") == 4
    with pytest.raises(InputError, match="expected best, last or one of"):
        checkpoints.find("3")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None])
def test_what_is_not_finite_is_never_the_best(tmp_path, bad):
    """nan compares false with everything, so a minimum may well choose it."""
    assert save(tmp_path, {1: 2.0, 2: bad, 3: bad, 4: bad}).find("best") == 1


def test_a_damaged_checkpoint_is_passed_over(tmp_path, capsys):
    """Each file in turn, flipped and removed: never loaded as if it were whole."""
    save(tmp_path / "good", {1: 2.0, 2: 1.0})
    files = sorted(path.relative_to(tmp_path / "good") for path in (tmp_path / "good/000002").rglob("*"))
    for file in (file for file in files if (tmp_path / "good" / file).is_file()):
        for damage in ("flip", "remove"):
            shutil.copytree(tmp_path / "good", tmp_path / "bad")
            if damage == "remove":
                (tmp_path / "bad" / file).unlink()
            else:
                content = bytearray((tmp_path / "bad" / file).read_bytes() or b"0")
                content[len(content) // 2] ^= 1
                (tmp_path / "bad" / file).write_bytes(content)
            assert Checkpoints(tmp_path / "bad").find("best") == 1, (file, damage)
            assert capsys.readouterr().err.endswith("; step 1 is used\n")
            shutil.rmtree(tmp_path / "bad")


@pytest.mark.parametrize("like", [make_state(0, width=5), make_state(0, dtype=jnp.bfloat16)])
def test_other_shapes_and_dtypes_are_refused(tmp_path, like):
    """Orbax would cast another dtype without a word."""
    save(tmp_path, {1: 1.0})
    with pytest.raises(InputError, match="the model has changed"):
        Checkpoints(tmp_path).restore(like, make_facts())
    with pytest.raises(InputError, match="expected a checkpoint of this course"):
        Checkpoints(tmp_path).restore_params(1, like.params)


def test_other_data_is_refused(tmp_path):
    """A table that has changed meanwhile: its normalizer would mix two ways to scale in one run."""
    save(tmp_path, {1: 1.0})
    with pytest.raises(InputError, match="the data that this run began with"):
        Checkpoints(tmp_path).restore(make_state(0), make_facts(preprocessing={"normalizer": {"mean": [0.2]}}))


def test_another_machine_is_named(tmp_path):
    """A result that differs in the last digits after a move, and nobody knows why."""
    elsewhere = machine.here() | {"cores": 99}
    Checkpoints(tmp_path).save(1, make_state(1), make_facts(machine=elsewhere), 1.0)
    news: list[str] = []
    _, facts = Checkpoints(tmp_path, say=news.append).restore(make_state(0), make_facts())
    assert len(news) == 1 and "(was 99)" in news[0] and "not be the same bit by bit" in news[0]
    assert facts.machine == machine.here()


def test_other_lessons_are_refused(tmp_path):
    """A checkpoint of another lesson has another model."""
    save(tmp_path, {1: 1.0})
    with pytest.raises(InputError, match="expected a checkpoint of lesson 8, got one of lesson 6"):
        load_checkpoint(tmp_path, "best", 8, lambda facts: make_state(0).params)


def test_newer_formats_are_refused(tmp_path, monkeypatch):
    """A newer format may mean anything: no earlier checkpoint is used in its place, which training would build on."""
    checkpoints = save(tmp_path, {1: 1.0})
    monkeypatch.setattr(manifests, "FORMAT", manifests.FORMAT + 1)
    checkpoints.save(2, make_state(2), make_facts(), 0.5)
    monkeypatch.undo()
    for which in ("last", "best", "2"):
        with pytest.raises(InputError, match="format 1 or older, got 2; update the course"):
            checkpoints.find(which)


def test_where_all_are_damaged_nothing_begins_anew(tmp_path):
    """A run that quietly starts at its first step, over what could have been mended."""
    save(tmp_path, {1: 1.0})
    (tmp_path / "000001/manifest.json").unlink()
    with pytest.raises(InputError, match="and no other; begin anew with --restart"):
        Checkpoints(tmp_path).restore(make_state(0), make_facts())


def test_litter_is_swept(tmp_path):
    """What a killed process left half-written or half-deleted must neither count nor stay."""
    checkpoints = save(tmp_path, {1: 1.0})
    shutil.copytree(tmp_path / "000001", tmp_path / "saving-000009")
    shutil.copytree(tmp_path / "000001", tmp_path / "deleting-000000")
    assert checkpoints.steps() == [1]
    checkpoints.save(2, make_state(2), make_facts(), 1.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000001", "000002"]


def test_what_there_was_no_time_to_remove_is_removed(tmp_path):
    """A process killed between its last save and the removal that follows leaves one checkpoint more, for ever."""
    save(tmp_path, {1: 3.0, 2: 2.0, 3: 1.0}, keep=3)
    checkpoints = Checkpoints(tmp_path)
    checkpoints.restore(make_state(0), make_facts())
    assert checkpoints.steps() == [3]


def test_a_damaged_last_one_costs_no_good_one(tmp_path):
    """Removing by the number of checkpoints, whole or not: the one that was just gone on from would go."""
    save(tmp_path, {1: 1.0, 2: 2.0, 3: 3.0}, keep=3)
    (tmp_path / "000003/manifest.json").unlink()
    checkpoints = Checkpoints(tmp_path)
    checkpoints.restore(make_state(0), make_facts())
    assert checkpoints.steps() == [1, 2, 3]


def test_params_of_two_devices_load_on_one(tmp_path):
    """Orbax restores on the devices that saved, unless it is told otherwise."""
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:2]), ("data",))
    state = jax.device_put(make_state(3), jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec()))
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(3, state, make_facts(), 1.0)
    kernel = checkpoints.restore_params(3, make_state(0).params)["dense"]["kernel"]
    assert len(kernel.devices()) == 1 and float(kernel[0, 0]) == 3.0
