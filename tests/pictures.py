"""What holds for every picture."""

from collections.abc import Iterable
from pathlib import Path

from matplotlib.image import imread
from matplotlib.text import Text

from ailearn_jax.app.figures import style
from ailearn_jax.app.figures.style import Picture


def check(pictures: Iterable[Picture], folder: Path) -> None:
    """Saves them and looks at each: words, names of its axes, nothing cut off or too small, something drawn."""
    pictures = list(pictures)
    for picture, path in zip(pictures, style.save(pictures, folder), strict=True):
        name, title, alt, figure = picture
        assert len(title.split()) >= 5 and len(alt) > len(title) and "nan" not in title + alt, name
        plots = [axes for axes in figure.axes if axes.axison]  # pages of text have none
        assert not plots or any(axes.get_xlabel() for axes in plots), name
        box, inches = figure.get_tightbbox(), figure.get_size_inches()
        near = 0.02  # inches; letters are placed anew for each resolution
        assert min(box.min) >= -near and (box.max <= inches + near).all(), name
        sizes = [float(text.get_fontsize()) for text in figure.findobj(Text) if text.get_text().strip()]
        assert min(sizes) >= 11, name
        assert imread(path)[..., :3].std() > 0.05, name
