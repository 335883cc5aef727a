"""Lesson 8: how the GPT learned, where its heads look, what it expects next, and what it writes at three stages."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from matplotlib import font_manager
from matplotlib.cm import ScalarMappable

from ailearn_jax import ngrams, sampling
from ailearn_jax.app import runs
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.figures import style
from ailearn_jax.app.figures.losses import draw_losses, where_measured
from ailearn_jax.app.figures.style import Picture
from ailearn_jax.app.terminal import escape, number
from ailearn_jax.lessons import lesson8
from ailearn_jax.lessons.lesson8 import Trained
from ailearn_jax.results import Result
from ailearn_jax.shelves import Shelf
from ailearn_jax.training import Params, init_state

NANOGPT = 1.88  # the validation loss that nanoGPT's README gives for a CPU, on Tiny Shakespeare

READ = 32  # characters of a line, at most
SHOWN = 16  # the first of them, whose attention is drawn
EXPECTED = 10  # the likeliest next characters

LENGTH, TEMPERATURE, RUN = 300, 0.8, 20  # characters of a sample, how it is drawn, and a run in it that may be copied
LINES, COLUMNS = 9, 70  # of a sample in its picture

MONOSPACE = {"family": "monospace", "parse_math": False}  # a $ of the text is a $


def draw(workdir: Path) -> Iterator[Picture]:
    """The pictures of a run. What it writes at three stages is kept in `workdir` too."""
    yield losses(*runs.saved_result(workdir), runs.saved_metrics(workdir))
    trained = lesson8.load(workdir, "best")
    context_length = trained.parts.model.context_length
    corpus = lesson8.load_corpus(**trained.config.data, context_length=context_length, tokenizer=trained.tokenizer)
    reading = read(trained, corpus.valid_ids)
    for block in range(len(reading.attention)):
        yield attention(reading, block)
    yield expectations(reading)
    samples = write(workdir, trained, trained.tokenizer.decode(corpus.train_ids))
    runs.save_samples(workdir, samples)
    yield writing(samples)


# --- Training ---------------------------------------------------------------------------------------------------------


def losses(fields: Fields, result: Result, metrics: dict[str, np.ndarray]) -> Picture:
    """The losses over the steps, with lines at those of the models by counting."""
    curve = {
        name: where_measured(metrics["step"], metrics[key])
        for name, key in (("training", "loss"), ("validation", "validation_loss"))
    }
    levels = {baseline.name.partition(" (")[0]: baseline.value for baseline in result.baselines}
    if (fields["data.corpus"], fields["data.path"]) == ("tiny_shakespeare", None):
        levels["nanoGPT"] = NANOGPT
    labels = {f"{name} {level:.2f}": level for name, level in levels.items()}
    reached, best = result.figures[0].value, min(result.baselines, key=lambda baseline: baseline.value)
    figure = draw_losses(curve, "nats a character", labels)
    style.plain_ticks(figure.axes[0].yaxis)
    return Picture(
        "losses",
        f"A loss of {number(reached)}, where the best model by counting has {number(best.value)}",
        "Training and validation loss over the steps on a logarithmic axis, from "
        f"{number(curve['validation'].values[0])} to {number(curve['validation'].values[-1])} in validation; dotted "
        f"lines at {', '.join(labels)}.",
        figure,
    )


# --- What a trained model makes of a text it never saw ----------------------------------------------------------------


class Reading(NamedTuple):
    """A line of the validation text, and what the model makes of it."""

    prompt: str  # N characters
    following: str  # the one that follows
    symbols: str
    probabilities: np.ndarray  # [N, V] of the character after each
    attention: np.ndarray  # [num_layers, H, N, N]: row i is where character i looks


def read(trained: Trained, valid_ids: np.ndarray) -> Reading:
    """Lets the model read the first characters of the first line that begins in `valid_ids`."""
    tokenizer, model = trained.tokenizer, trained.parts.model
    length = min(READ, model.context_length)
    text = tokenizer.decode(valid_ids[: READ * 100])
    begins = (i for i in range(1, len(text) - length) if text[i - 1] == tokenizer.line_start != text[i])
    start = next(begins, 0)
    (logits, _), kept = model.apply(
        {"params": trained.params}, valid_ids[start : start + length].astype(np.int32)[None], mutable=["intermediates"]
    )
    blocks = (kept["intermediates"][f"block{i}"]["attention"]["attention"][0] for i in range(model.num_layers))
    return Reading(
        prompt=text[start : start + length],
        following=text[start + length],
        symbols=tokenizer.symbols,
        probabilities=np.asarray(jax.nn.softmax(logits[0])),
        attention=np.array([block[0] for block in blocks]),
    )


def attention(reading: Reading, block: int) -> Picture:
    """Where each head of a block looks, character by character."""
    shares = reading.attention[block, :, :SHOWN, :SHOWN]  # [H, S, S]
    characters = [visible(character) for character in reading.prompt[:SHOWN]]
    back = [looks_back(head) for head in shares]
    columns = int(np.ceil(np.sqrt(len(shares))))
    rows = -(-len(shares) // columns)
    figure, panels = style.sheet(rows, columns, height=1.6 + rows * style.WIDTH / columns, squeeze=False)
    for axes in panels.flat[len(shares) :]:
        axes.set_axis_off()
    future = np.triu(np.ones(shares.shape[1:], bool), k=1)
    for axes, head, distance, i in zip(panels.flat, shares, back, range(len(shares)), strict=False):
        axes.imshow(np.ma.masked_where(future, head), cmap=style.SHARES, vmin=0, vmax=1)
        axes.set_facecolor("#EEEEEE")  # what the mask hides
        axes.set_xticks(range(len(characters)), characters, **MONOSPACE)
        axes.set_yticks(range(len(characters)), characters, **MONOSPACE)
        axes.tick_params(length=0)
        axes.grid(visible=False)
        axes.set_title(f"head {i + 1}: {distance:.1f} back", loc="left")
    for axes in panels[-1]:
        axes.set_xlabel("looked at")
    for axes in panels[:, 0]:
        axes.set_ylabel("looking")
    scale = ScalarMappable(cmap=style.SHARES)  # 0 to 1
    figure.colorbar(scale, ax=panels, location="bottom", shrink=0.6, aspect=40, label="share of the attention")
    said = ", ".join(f"{distance:.1f}" for distance in back)
    return Picture(
        f"attention_block{block + 1}",
        f"Block {block + 1}: its heads look {said} characters back on average",
        f"A map for each of {len(shares)} heads: {len(characters)} characters of a text from top to bottom, "
        "and in each row the share of its attention for every character from left to right, dark for much. All above "
        f"the diagonal, the future, is hidden. On average the heads look {said} characters back.",
        figure,
    )


def looks_back(shares: np.ndarray) -> float:
    """How many characters back a head [N, N] looks on average."""
    places = np.arange(len(shares))
    return float((shares * (places[:, None] - places[None])).sum(axis=-1).mean())


def expectations(reading: Reading) -> Picture:
    """How likely the model held each next character of the text, and which ones it expects at the end."""
    length = len(reading.prompt)
    came = [reading.symbols.index(character) for character in reading.prompt[1:] + reading.following]
    given = reading.probabilities[np.arange(length), came]
    last = reading.probabilities[-1]
    likeliest = np.argsort(-last)[:EXPECTED]
    figure, (upper, lower) = style.sheet(2, 1, height=6.2)
    shown = [visible(character) for character in reading.prompt[1:] + reading.following]
    upper.bar(range(length), given, color=style.BLUE)
    upper.set_xticks(range(length), shown, **MONOSPACE)
    upper.set(ylim=(0, 1), ylabel="probability", xlabel="the text, character by character")
    upper.set_title("what came, and how likely the model held it", loc="left")
    colors = [style.ORANGE if i == came[-1] else style.SKY for i in likeliest]
    hatches = ["//" if i == came[-1] else "" for i in likeliest]
    lower.bar(range(len(likeliest)), last[likeliest], color=colors, hatch=hatches, edgecolor="white")
    lower.set_xticks(range(len(likeliest)), [visible(reading.symbols[i]) for i in likeliest], **MONOSPACE)
    lower.set(ylabel="probability", xlabel="the likeliest characters; hatched: the one that came")
    lower.set_title("what it expected in the last place", loc="left")
    for axes in (upper, lower):
        axes.grid(axis="x", visible=False)
    sure = int((given > 0.5).sum())
    return Picture(
        "next_character",
        f"The model held {sure} of {length} next characters for likelier than not",
        f"Above, a bar for each of {length} characters of the validation text: the probability that the model gave it "
        f"before it came, above one half for {sure}. Below, the {len(likeliest)} likeliest characters after the last: "
        + ", ".join(f"{visible(reading.symbols[i])} {last[i]:.0%}" for i in likeliest)
        + f"; {shown[-1]} came.",
        figure,
    )


def visible(character: str) -> str:
    """A character as it can be told on an axis."""
    return {"\n": "↵", "\t": "⇥", " ": "␣"}.get(character, printable(character))


def printable(text: str) -> str:
    """`text` with an escape for what has no picture at all, and a sign for what the font has none of."""
    return "".join(character if ord(character) in _GLYPHS or character == "\n" else "�" for character in escape(text))


_GLYPHS = font_manager.get_font(font_manager.findfont("monospace")).get_charmap()


# --- Three stages of training -----------------------------------------------------------------------------------------


def write(workdir: Path, trained: Trained, train_text: str) -> list[dict[str, Any]]:
    """What the model writes at each stage, and which shares of its words and of its runs stand in the training text."""
    tokenizer, samples = trained.tokenizer, []
    for step, params in stages(workdir, trained).items():
        drawn = sampling.generate(
            trained.parts.model,
            params,
            tokenizer.encode(tokenizer.line_start),
            LENGTH,
            temperature=TEMPERATURE,
            top_k=tokenizer.vocab_size,
            top_p=1.0,
            seed=0,
        )
        text = "".join(tokenizer.decode(tokens) for tokens, _ in drawn)
        words, copied = ngrams.known_words(text, train_text), ngrams.known_runs(text, train_text, RUN)
        samples.append({"step": step, "text": text, "known_words": words, "known_runs": copied})
    return samples


def stages(workdir: Path, trained: Trained) -> dict[int, Params]:
    """Step -> weights: the first ones, and those of the first and the last checkpoint that are there."""
    steps = Shelf(workdir).steps()
    untrained = init_state(trained.parts, np.zeros((1, 1), np.int32), trained.config.seed).params
    return {0: untrained} | {step: lesson8.load(workdir, str(step)).params for step in (steps[0], steps[-1])}


def writing(samples: Sequence[dict[str, Any]]) -> Picture:
    """The beginning of each sample."""
    texts = [wrapped(sample["text"].strip("\n")) for sample in samples]
    heights = [len(lines) + 2 for lines in texts]  # a line of heading, one of space
    figure, panels = style.sheet(len(texts), 1, 0.6 + 0.2 * sum(heights), squeeze=False, height_ratios=heights)
    marks = []
    for axes, sample, lines in zip(panels.flat, samples, texts, strict=True):
        marks.append(f"{sample['known_words']:.0%} of words, {sample['known_runs']:.0%} of {RUN}-character runs known")
        axes.set_axis_off()
        axes.set_title(f"step {sample['step']:,}: {marks[-1]}", loc="left")
        axes.text(0, 1, "\n".join(lines), fontsize=11, va="top", transform=axes.transAxes, **MONOSPACE)
    return Picture(
        "samples",
        "What it writes as it learns, and how much of that stands in the training text",
        "The beginning of a text of the model's own at each stage. "
        + "; ".join(f"step {sample['step']:,}: {mark}" for sample, mark in zip(samples, marks, strict=True))
        + ". Known is what stands in the training text.",
        figure,
    )


def wrapped(text: str) -> list[str]:
    """The first lines of `text`, none too long."""
    lines = [
        line[i : i + COLUMNS]
        for line in printable(text.expandtabs(4)).split("\n")
        for i in range(0, max(len(line), 1), COLUMNS)
    ]
    return lines[:LINES]
