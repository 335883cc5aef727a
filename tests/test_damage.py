"""Damaged, forged and foreign checkpoints: the right values, or a line that says why not. Never anything in between."""

import gc
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ailearn_jax import manifests
from ailearn_jax.app import configs, terminal
from ailearn_jax.errors import InputError
from ailearn_jax.lessons import lesson8

SMALL = {"num_layers": "1", "num_heads": "1", "embed_dim": "8", "context_length": "8"}
STEPS = {"num_steps": "20", "steps_per_call": "10", "log_every": "10", "eval_every": "10", "checkpoint_every": "10"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of lesson 8 with two checkpoints, of which the later is the better."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "page.txt").write_text("to be, or not to be: that is the question\n" * 20, encoding="utf-8")
    overrides = {f"model.{name}": text for name, text in SMALL.items()}
    overrides |= {f"train.{name}": text for name, text in STEPS.items()} | {"data.path": str(folder / "page.txt")}
    config = configs.for_lesson(configs.load(configs.find("lesson8"), overrides))
    lesson8.train(config, folder / "run")
    return folder / "run"


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    """The same run, to be damaged."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


def values(workdir: Path) -> dict[int, str]:
    """Step -> digest of the parameters, as they are loaded."""
    trained = lesson8.load(workdir, "best")
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(trained.params):
        digest.update(np.asarray(leaf).tobytes())
    return {trained.step: digest.hexdigest()}


def files(checkpoint: Path) -> list[Path]:
    return sorted(path for path in checkpoint.rglob("*") if path.is_file())


def flip(place: float) -> Callable[[Path], None]:
    """Flips a bit, at a share `place` of the file."""

    def damage(file: Path) -> None:
        content = bytearray(file.read_bytes() or b"\0")
        content[int(place * (len(content) - 1))] ^= 1 << int(place * 7)
        file.write_bytes(content)

    return damage


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def halve(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def empty(file: Path) -> None:
    file.write_bytes(b"")


DAMAGES = [flip(0.0), flip(0.2), flip(0.4), flip(0.6), flip(0.8), flip(1.0), truncate, halve, empty, Path.unlink]


@pytest.mark.slow
def test_damage_to_any_file_is_found(trained: Path, tmp_path: Path):
    """A checkpoint that is loaded as if it were whole: each of its files, damaged in ten ways, with an earlier good
    checkpoint beside it, which has to be used, and without one, which has to be said."""
    trials = 0
    good = shutil.copytree(trained, tmp_path / "good", ignore=shutil.ignore_patterns("000020"))
    expected = values(good)
    for file in (path.relative_to(trained) for path in files(trained / "000020")):
        for damage in DAMAGES:
            before = (trained / file).read_bytes()
            folder = shutil.copytree(trained, tmp_path / "damaged")
            damage(folder / file)
            if not (folder / file).exists() or (folder / file).read_bytes() != before:
                assert values(folder) == expected, file
                shutil.rmtree(folder / "000010")
                with pytest.raises(InputError, match="expected a whole checkpoint, got one where .* is "):
                    values(folder)
                trials += 2
            shutil.rmtree(folder)
    assert trials >= 300


def test_half_a_checkpoint_is_none(copy: Path):
    """What is left of a checkpoint that something else has begun to remove."""
    expected = values(copy)
    shutil.rmtree(copy / "000020" / "rest")
    assert values(copy).keys() == {10} != expected.keys()


@pytest.mark.parametrize("content", [{}, {"manifest.json": "{}"}, {"manifest.json": "[" * 100_000}, {"a": "b"}])
def test_a_foreign_folder_is_passed_over(content: dict[str, str], copy: Path):
    """A folder that is named like a checkpoint and was written by something else."""
    expected = values(copy)
    (copy / "000099").mkdir()
    for name, text in content.items():
        (copy / "000099" / name).write_text(text)
    assert values(copy) == expected


@pytest.mark.parametrize("target", ["/dev/zero", "/etc/hostname"])
def test_a_link_leads_nowhere(target: str, copy: Path):
    """A stranger's checkpoint that reads a file of the user's, or one without an end."""
    file = files(copy / "000020")[-1]
    file.unlink()
    file.symlink_to(target)
    assert values(copy).keys() == {10}


# Where one array cannot be read, orbax leaves the coroutines of the others behind.
LEFT_BY_ORBAX = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def swept() -> Iterator[None]:
    """Lets Python complain of them now, and not of a later test."""
    yield
    gc.collect()


def sign(checkpoint: Path) -> None:
    """Gives a forged checkpoint a manifest that fits."""
    manifest = manifests.read(checkpoint)
    del manifest["files"], manifest["format"]
    (checkpoint / manifests.NAME).unlink()
    manifests.write(checkpoint, **manifest)


def is_refused(workdir: Path) -> bool:
    """Whether loading is refused in a line."""
    try:
        values(workdir)
    except InputError as error:
        assert len(terminal.one_line(str(error))) < 1000
        return True
    return False


@pytest.mark.slow
@LEFT_BY_ORBAX
def test_forged_arrays_give_the_saved_values_or_none(trained: Path, tmp_path: Path, swept: None):
    """A stranger signs what he has changed: orbax must not cast, crash or hand over other values than were saved."""
    expected, refused, trials = values(trained), 0, 0
    for file in (path.relative_to(trained) for path in files(trained / "000020")):
        if file.name == manifests.NAME or "params" not in file.parts and file.parent.name != "000020":
            continue
        for damage in DAMAGES:
            folder = shutil.copytree(trained, tmp_path / "forged", ignore=shutil.ignore_patterns("000010"))
            damage(folder / file)
            sign(folder / "000020")
            trials += 1
            if is_refused(folder):
                refused += 1
            else:
                assert values(folder) == expected, file
            shutil.rmtree(folder)
    assert trials >= 100 and refused >= 20  # what is changed and never read does no harm


@LEFT_BY_ORBAX
def test_an_array_that_cannot_be_unpacked_is_refused_in_a_line(trained: Path, tmp_path: Path, swept: None):
    """Orbax tells of it by a bare Exception, which no list of errors holds."""
    expected, refused = values(trained), 0
    folder = shutil.copytree(trained, tmp_path / "forged", ignore=shutil.ignore_patterns("000010"))
    packed = b"\x28\xb5\x2f\xfd"  # how zstd's data begins, that of an array or of a table of them
    for file in files(folder / "000020" / "params"):
        content = file.read_bytes()
        for found in re.finditer(re.escape(packed), content):
            file.write_bytes(content[: found.start()] + bytes(4) + content[found.end() :])
            sign(folder / "000020")
            if is_refused(folder):
                refused += 1
            else:
                assert values(folder) == expected  # it is no longer in use
        file.write_bytes(content)
    assert refused >= 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of each part of a JSON value, itself included."""
    parts = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    return [path] + [place for key, part in parts for place in places(part, (*path, key))]


@pytest.mark.slow
@LEFT_BY_ORBAX
@pytest.mark.parametrize("item", ["facts", "vocabulary"])
@given(data=st.data())
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_forged_facts_are_refused_in_a_line(item: str, trained: Path, tmp_path: Path, swept: None, data: st.DataObject):
    """A traceback, or a model of a petabyte, from JSON that is signed and of no use."""
    shutil.rmtree(tmp_path / "forged", ignore_errors=True)
    folder = Path(shutil.copytree(trained, tmp_path / "forged", ignore=shutil.ignore_patterns("000010")))
    [file] = [path for path in files(folder / "000020" / item) if path.name == "metadata"]
    facts = json.loads(file.read_text("utf-8"))
    *above, last = data.draw(st.sampled_from([place for place in places(facts) if place]))
    part = facts
    for key in above:
        part = part[key]
    if isinstance(part, dict) and data.draw(st.booleans()):
        del part[last]
    else:
        part[last] = data.draw(JSON)
    file.write_text(json.dumps(facts), "utf-8")
    sign(folder / "000020")
    is_refused(folder)
