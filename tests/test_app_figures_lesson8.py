"""The pictures of lesson 8, drawn from a short run, and what stands in them."""

import json

import numpy as np
import pytest
from pictures import check

from ailearn_jax import ngrams
from ailearn_jax.app import configs, runs
from ailearn_jax.app.figures import lesson8 as figures
from ailearn_jax.corpora import load_text
from ailearn_jax.lessons import lesson8
from ailearn_jax.text import CharTokenizer
from ailearn_jax.training import init_state
from configs import lesson8 as config_file

SHORT = {
    "model.num_layers": "2",
    "model.num_heads": "2",
    "model.embed_dim": "16",
    "model.context_length": "24",
    "train.num_steps": "60",
    "train.steps_per_call": "10",
    "train.log_every": "10",
    "train.eval_every": "20",
    "train.checkpoint_every": "20",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A short run on a page with control sequences, dollars and a letter without a picture: its folder and pictures."""
    workdir = tmp_path_factory.mktemp("lesson8")
    page = load_text("shakespeare", None)[:9000] + "\n\x1b[31m $a_1$ 語\x00\n" * 30
    (workdir / "page.txt").write_text(page, encoding="utf-8")
    fields = configs.load(configs.find("lesson8"), SHORT | {"data.path": str(workdir / "page.txt")})
    runs.begin(workdir, fields)
    runs.finish(workdir, fields, lesson8.train(configs.for_lesson(fields), workdir))
    return workdir, {picture.name: picture for picture in figures.draw(workdir)}


@pytest.fixture(scope="module")
def reading(run):
    trained = lesson8.load(run[0], "best")
    corpus = lesson8.load_corpus(**trained.config.data, context_length=24, tokenizer=trained.tokenizer)
    return figures.read(trained, corpus.valid_ids)


def test_lesson_8_is_drawn(run, tmp_path):
    """A picture without words, or a text of `$` and control sequences that matplotlib fails on or warns of."""
    drawn = run[1]
    assert list(drawn) == ["losses", "attention_block1", "attention_block2", "next_character", "samples"]
    check(drawn.values(), tmp_path)


def test_attention_is_a_share_of_the_past(reading):
    """A map that is transposed, or of another sequence, looks ahead, or its rows are no shares."""
    assert reading.attention.shape == (2, 2, 24, 24)
    assert np.allclose(reading.attention.sum(axis=-1), 1, atol=1e-5)
    assert not np.triu(reading.attention, k=1).any()
    assert reading.attention[:, :, 1:, 0].all()


def test_the_drawn_attention_is_the_models(run, reading):
    """A grid that is filled in another order, or upside down, shows the wrong head or the future."""
    for block in range(2):
        panels = run[1][f"attention_block{block + 1}"].figure.axes
        for head in range(2):
            [image] = panels[head].images
            shown = image.get_array()
            assert np.array_equal(np.ma.getmaskarray(shown), np.triu(np.ones((16, 16), bool), k=1))
            assert np.allclose(shown.filled(0), reading.attention[block, head, :16, :16])
            assert panels[head].yaxis_inverted()


def test_how_far_a_head_looks_back():
    """Distances counted forwards, or not weighed by their shares."""
    assert figures.looks_back(np.eye(4)) == 0
    assert figures.looks_back(np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.5, 0.0]])) == pytest.approx(2.5 / 3)


def test_what_the_model_expected(run, reading):
    """Probabilities of the character itself instead of the next one are off by one place."""
    losses = -np.log(
        [
            reading.probabilities[i, reading.symbols.index(following)]
            for i, following in enumerate((reading.prompt + reading.following)[1:])
        ]
    )
    upper, lower = run[1]["next_character"].figure.axes
    assert np.allclose([bar.get_height() for bar in upper.patches], np.exp(-losses))
    assert upper.get_xticklabels()[-1].get_text() == figures.visible(reading.following)
    heights = [bar.get_height() for bar in lower.patches]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == pytest.approx(reading.probabilities[-1].max())


def test_the_lines_to_compare_with(run):
    """nanoGPT's loss of another text would be a comparison of nothing; it stands only beside Tiny Shakespeare."""
    fields, result = runs.saved_result(run[0])
    metrics = runs.saved_metrics(run[0])

    def lines(**changed):
        return [text.get_text() for text in figures.losses(fields | changed, result, metrics).figure.axes[0].texts]

    assert [line.split()[0] for line in lines()] == ["uniform", "unigram", "bigram", "trigram", "5-gram"]
    tiny = {"data.corpus": "tiny_shakespeare", "data.path": None}
    assert lines(**tiny)[-1].startswith("nanoGPT") and lines(**tiny)[-1].endswith("1.88")
    assert len(lines(**{"data.path": None})) == 5


def test_three_stages_are_kept(run):
    """Stages of one step, or of another order; shares of another text than the one that trained."""
    samples = json.loads((run[0] / "samples.json").read_text())
    assert [sample["step"] for sample in samples] == [0, 20, 60]
    assert len({sample["text"] for sample in samples}) == 3
    page = (run[0] / "page.txt").read_text()
    train_text = page[: len(page) * 9 // 10]
    for sample in samples:
        assert len(sample["text"]) == figures.LENGTH
        assert sample["known_words"] == ngrams.known_words(sample["text"], train_text)
        assert sample["known_runs"] == ngrams.known_runs(sample["text"], train_text, 20)
    assert samples[0]["known_words"] < 0.2


def test_the_last_checkpoint_writes_as_generate_does(run):
    """Samples of other weights than those of their step."""
    last = json.loads((run[0] / "samples.json").read_text())[-1]
    assert "".join(lesson8.generate(run[0], "", figures.LENGTH, 0.8, checkpoint="60")) == last["text"]


def test_what_has_no_picture():
    """Control characters would be boxes and warnings; a line break would break an axis."""
    assert [figures.visible(character) for character in "a\n \t\x1b語"] == ["a", "↵", "␣", "⇥", "\\x1b", "\ufffd"]
    lines = figures.wrapped("x" * 200 + "\n\n$a$\n" + "y\n" * 99)
    assert [len(line) for line in lines[:4]] == [70, 70, 60, 0] and lines[4] == "$a$" and len(lines) == figures.LINES


def test_a_model_without_layers_has_no_attention():
    """A model that looks nowhere keeps nothing of it: a map of nothing, or a key that is missing."""
    config = config_file.get_config()
    config.model.num_layers = 0
    tokenizer = CharTokenizer.of("ab\n")
    parts = lesson8.build(config, tokenizer.vocab_size)
    params = init_state(parts, np.zeros((1, 1), np.int32), seed=0).params
    untrained = lesson8.Trained(0, config, tokenizer, parts, [], params)
    reading = figures.read(untrained, tokenizer.encode("b\n" + "ab" * 50))
    assert len(reading.attention) == 0
    assert reading.prompt == "ab" * 16 and reading.following == "a"
