"""The machine around a run: loading libraries, the cache of compiled programs."""

import gc
import os
import sys
from pathlib import Path

import program
import pytest

from ailearn_jax.app import environment


@pytest.fixture(autouse=True)
def no_choice_of_the_user(monkeypatch: pytest.MonkeyPatch):
    for name in ("JAX_COMPILATION_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "platform, folder",
    [("linux", ".cache"), ("darwin", "Library/Caches"), ("win32", "AppData/Local")],
)
def test_each_system_keeps_caches_where_it_does(
    platform: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A hidden folder of Linux in a home folder of macOS or Windows."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path.replace("~", str(tmp_path)))
    cache = environment.compilation_cache()
    assert cache and cache.is_dir() and cache.parent == tmp_path / folder / "ailearn_jax"


@pytest.mark.parametrize("name, inside", [("XDG_CACHE_HOME", True), ("JAX_COMPILATION_CACHE_DIR", False)])
def test_the_user_may_choose_another_place(name: str, inside: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A choice of the user that is passed over."""
    monkeypatch.setenv(name, str(tmp_path))
    cache = environment.compilation_cache()
    assert cache and (cache.parent == tmp_path / "ailearn_jax" if inside else cache == tmp_path)


def test_without_a_home_there_is_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A folder named ~ in the folder where one happens to be."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert environment.compilation_cache() is None and not list(tmp_path.iterdir())


def test_a_home_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A container's read-only home that stops every command; here a file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert environment.compilation_cache() is None


def test_programs_that_are_kept_in_part_are_compiled_again(tmp_path: Path):
    """A run that was killed while it kept a program: each one after it would begin with a library's warnings."""
    cache = tmp_path / "cache"
    env = os.environ | {"JAX_COMPILATION_CACHE_DIR": str(cache)}
    first, second = tmp_path / "first", tmp_path / "second"
    assert program.run("--config=lesson1", f"--workdir={first}", cwd=tmp_path, env=env).returncode == 0
    kept = [*cache.iterdir()]
    for path in kept:
        path.write_bytes(path.read_bytes()[:50])
    again = program.run("--config=lesson1", f"--workdir={second}", cwd=tmp_path, env=env)
    assert kept and again.returncode == 0 and "Warning" not in again.stderr
    assert (second / "curves.npz").exists()


def test_garbage_is_looked_for_again_once_a_library_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A training, or the server of `play`, whose memory grows since nobody looks for garbage any more; or that lays
    aside for good whatever is there each time it asks for what is loaded already."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "a_library.py").write_text("import gc\nlooked = gc.isenabled()\n")
    (tmp_path / "a_broken_library.py").write_text("import no_such_library\n")
    before = gc.get_freeze_count()
    try:
        assert not environment.load("a_library").looked and gc.isenabled()
        laid_aside = gc.get_freeze_count()
        assert laid_aside > before
        later = [[] for _ in range(1000)]
        environment.load("a_library")
        assert gc.get_freeze_count() < laid_aside + len(later)
        with pytest.raises(ModuleNotFoundError, match="no_such_library"):
            environment.load("a_broken_library")
        assert gc.isenabled()
    finally:
        gc.unfreeze()
        sys.modules.pop("a_library", None)
