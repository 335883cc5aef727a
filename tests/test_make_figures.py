"""The README's figures: made by the script, and all there."""

import re
from pathlib import Path

import pytest

from scripts import make_figures

README = (make_figures.ROOT / "README.md").read_text(encoding="utf-8")
SMALL = {
    "lesson1": ["--config.train.num_steps=20"],
    "lesson4": ["--config.train.num_steps=20"],
    "lesson5": ["--config.train.num_steps=20"],
    "lesson6": ["--config.train.num_epochs=2"],
    "lesson8": ["--config.train.num_steps=4", "--config.train.steps_per_call=2", "--config.model.embed_dim=16"],
}


@pytest.mark.slow
def test_the_script_makes_the_figures_of_the_readme(tmp_path: Path) -> None:
    """A figure that was renamed in the app, and one that the README shows but nobody can make again."""
    made = make_figures.make(tmp_path / "runs", tmp_path / "figures", SMALL)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in made)
    shown = re.findall(r"!\[[^\]]{20,}\]\(ailearn_jax/pages/figures/(\S+)\)", README)
    assert sorted(shown) == sorted(path.name for path in made)


def test_the_figures_are_there() -> None:
    """A page with a broken picture."""
    for name in re.findall(r"\]\((ailearn_jax/pages/figures/\S+)\)", README):
        assert (make_figures.ROOT / name).is_file(), name
