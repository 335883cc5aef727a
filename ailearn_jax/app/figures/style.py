"""How all pictures look, and how they are saved. Only this folder imports matplotlib, and nothing here needs a display.

A page shows a picture 720 pixels wide, a phone half of that: letters of 13 points are then 9 pixels high.
"""

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import LogLocator, NullLocator

from ailearn_jax.app import whole
from ailearn_jax.app.terminal import place
from ailearn_jax.errors import StorageError

# The colours of Okabe and Ito (2008), which people of every colour vision tell apart. Say it by a marker, a dash or a
# word as well, for a page that is printed without colours.
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW, BLACK = "#56B4E9", "#CC79A7", "#F0E442", "#000000"
GREY = "#595959"  # of what stands beside the matter: the truth, a baseline, a grid's labels

SHARES = LinearSegmentedColormap.from_list("shares", ["#FFFFFF", SKY, BLUE, "#00263D"])  # 0 to 1
SIDES = LinearSegmentedColormap.from_list("sides", [BLUE, "#FFFFFF", ORANGE])  # one answer, undecided, the other

WIDTH, HEIGHT = 7.2, 4.5  # inches
DPI = 200

matplotlib.rcParams.update(
    {
        "font.size": 13,
        "axes.titlesize": 13,
        "axes.labelsize": 13,
        "legend.fontsize": 12,
        "xtick.labelsize": 12,
        "ytick.labelsize": 12,
        "figure.titlesize": 14,
        "figure.titleweight": "bold",
        "figure.facecolor": "white",
        "axes.facecolor": "white",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": "#DDDDDD",
        "lines.linewidth": 2.2,
        "legend.frameon": False,
    }
)


class Picture(NamedTuple):
    """A picture that is not saved yet.

    Attributes:
        name: of its file, without `.png`, such as "attention".
        title: a sentence that says what to see; `save` writes it above the picture.
        alt: what there is to see, for whoever cannot see it.
        figure: from `sheet`, with all its axes labelled.
    """

    name: str
    title: str
    alt: str
    figure: Figure


def sheet(rows: int = 1, columns: int = 1, height: float = HEIGHT, **subplots: Any) -> tuple[Figure, Any]:
    """A figure and its axes: one, or an array of them; `subplots` are those of `Figure.subplots`."""
    figure = Figure((WIDTH, height), layout=ConstrainedLayoutEngine(h_pad=0.1))
    return figure, figure.subplots(rows, columns, **subplots)


def plain_ticks(axis: Axis) -> None:
    """Numbers as one writes them, for a logarithmic axis of one decade or two."""
    axis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())


def save(pictures: Iterable[Picture], folder: Path) -> list[Path]:
    """Writes `folder/NAME.png` for each picture, and `figures.json`, which lists them. Each file is whole or not there.

    Raises:
        StorageError: the folder cannot be written.
    """
    listed = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, title, alt, figure in pictures:
            figure.suptitle(title, x=0.01, horizontalalignment="left", wrap=True)
            png = io.BytesIO()
            figure.savefig(png, format="png", dpi=DPI)
            whole.write(folder / f"{name}.png", png.getvalue())
            listed.append({"file": f"{name}.png", "title": title, "alt": alt})
        whole.write(folder / "figures.json", json.dumps(listed, indent=1, ensure_ascii=False).encode() + b"\n")
    except OSError as error:
        raise StorageError(
            f"{place(folder)}: expected a folder to write pictures to, got {error.strerror}; make room, or mend it"
        ) from error
    return [folder / picture["file"] for picture in listed]
