"""Bad input at scale: whatever is given, a command does its work, or says in one line what is wrong and ends with 2.

The program runs in process, with what hypothesis draws for a command line, a table, a text or a prompt. `train` stops
where the first step would come, so that thousands of runs are built and checked in a minute; twenty train for real. Two
small trained runs lie in the folder all the while, and after each input their checkpoints are what they were.
"""

import io
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from itertools import islice
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ml_collections import ConfigDict
from program import LESSON6, LESSON8, write_text

from ailearn_jax import bikes, datasets, sampling, text
from ailearn_jax.app import command_line, configs, environment
from ailearn_jax.app.commands import doctor
from ailearn_jax.app.course import TITLES, lesson_module
from ailearn_jax.app.main import main
from ailearn_jax.ranges import flatten
from ailearn_jax.results import Figure, Result

pytestmark = pytest.mark.slow  # a minute and more for all

TRAINED = {
    6: (*LESSON6, "--workdir=bikes"),
    8: (*LESSON8, "--config.data.path=page.txt", "--config.train.num_steps=20", "--workdir=gpt"),
}
HOUR = ("--hr=17", "--temp=0.44", "--hum=0.82", "--windspeed=0.28", "--workingday=1")
TRIED: Counter[tuple[str, int]] = Counter()  # (what was drawn, exit code) -> number of inputs
AT_LEAST = 5000  # inputs in all
LONGEST = 700  # characters of a complaint beside a word that it repeats; more is no line that anybody reads


def inputs(number: int, **drawn: st.SearchStrategy) -> Callable:
    """A property test of `number` inputs, the same ones each time."""
    slow_to_draw = [HealthCheck.too_slow]  # a table takes its time
    repeatable = settings(
        max_examples=number, derandomize=True, database=None, deadline=None, suppress_health_check=slow_to_draw
    )
    return lambda test: repeatable(given(**drawn)(test))


# --- The program, its folder and the runs in it -----------------------------------------------------------------------


class Run:
    """A trained run, of which the checkpoints must stay as they are."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.aside = folder, folder.with_name(f"{folder.name}.old1")
        self.notes = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        self.checkpoints = self.look()
        assert self.checkpoints

    def look(self) -> dict[str, tuple[int, int, int]]:
        """File, size and times of each file of a checkpoint."""
        stats = {path: path.stat() for path in self.folder.rglob("[0-9]*/**/*")}
        return {
            str(path.relative_to(self.folder)): (stat.st_ino, stat.st_size, stat.st_mtime_ns)
            for path, stat in stats.items()
        }

    def assert_unharmed(self) -> None:
        """Its checkpoints are there, in their place or where --restart moved them; the notes of a longer run go."""
        if self.aside.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.aside.rename(self.folder)
        assert self.look() == self.checkpoints
        for path, content in self.notes.items():
            if path.read_bytes() != content:
                path.write_bytes(content)


def call(*words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = main(words)
    return code, out.getvalue(), err.getvalue()


class Program:
    """The command line between two trained runs, `bikes` and `gpt`, in the present folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs = folder, [Run(folder / "bikes"), Run(folder / "gpt")]
        self.trains = {lesson: lesson.train for lesson in map(lesson_module, TITLES)}

    def answers(self, drawn: str, *words: str) -> None:
        """Does what `words` ask for, or complains in one line; leaves no trace where it complains, and no harm."""
        code, out, err = call(*words)
        TRIED[drawn, code] += 1
        assert code in (0, 2), err
        if code == 2:
            assert out == "" and err.count("\n") == 1 and err.endswith("\n")
            assert len(err) <= LONGEST + max(map(len, words))
        for run in self.runs:
            run.assert_unharmed()
        shutil.rmtree(self.folder / "fresh", ignore_errors=True)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Two small runs are trained; from then on `train` reads and checks only, and a model is loaded once."""
    folder = tmp_path_factory.mktemp("inputs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(command_line, "ROOT", folder)  # where checkpoints/ is
        patch.setattr(environment, "prepare", lambda *_: None)  # JAX stays as the other tests have it
        write_text(folder)
        for words in TRAINED.values():
            assert call("train", *words)[0] == 0
        program = Program(folder)
        for lesson in program.trains:
            patch.setattr(lesson, "train", begin_to_train)
        for lesson in map(lesson_module, (6, 8)):
            patch.setattr(lesson, "load", cache(lesson.load))
        draw = sampling.generate
        patch.setattr(sampling, "generate", lambda *given, **named: islice(draw(*given, **named), 2))
        patch.setattr(doctor, "run", lambda arguments: 0)  # nothing that it does depends on what is written
        yield program


def begin_to_train(config: ConfigDict, workdir: Path, run: object = None) -> Result:
    """What `train` of a lesson does before its first step. Data that comes with the course is known to be right."""
    for value in flatten(config.to_dict()).values():
        numbers = value if isinstance(value, tuple) else (value,)
        assert all(abs(number) < 2**31 for number in numbers if isinstance(number, int | float))  # JAX counts in int32
    assert np.random.default_rng((config.seed, 0)) and jax.random.key(config.seed) is not None
    lesson = lesson_module(config.lesson)
    if "data" in config and config.data.path is not None:
        if config.lesson in (6, 7):
            split = bikes.load_bikes(**config.data)
            normalizer = bikes.Normalizer.fit(split.train)
            lesson.build(config, num_rows=len(normalizer.normalize(split.train)["inputs"]))
            normalizer.normalize(split.valid)
        elif config.lesson == 8:
            size = config.model.context_length
            corpus = lesson.load_corpus(**config.data, context_length=size, tokenizer=None)
            lesson.build(config, corpus.tokenizer.vocab_size)
            text.consecutive_windows(corpus.valid_ids, size)
            next(text.windows(corpus.train_ids, size, 2, config.seed)(0))
        else:
            lesson.load(**config.data)
    return Result([Figure("steps", 0)], [], {})


# --- What is drawn ----------------------------------------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(), max_size=20)  # lone surrogates too, as in an argument that is no UTF-8
TROUBLE = st.sampled_from(
    "nan inf -inf NaN infinity 1e999 0 -0 0.0 -1 -1.5 1e-300 -1e308 1e308 1e18 0.5 1.5 1 2 3 64 100 1000 100000 "
    "1000000 10000000 2147483647 2147483648 4294967295 4294967296 18446744073709551616 -9223372036854775809 0x10 1_000 "
    "٣ ² (1,2) () [] 1, ,1 1;2 1j 1e3 True false none None abc ' \" \\ ~nobody/x . - -- = % page.txt bikes gpt "
    "best last lesson6 time all gelu homer tiny_shakespeare predict".split()
) | st.sampled_from(["", " ", "\n", "\0", "\ud800", "\udcff", "a\nb", "\x1b[2J", "9" * 400, "9" * 5000, "x" * 5000])
NUMBERS = st.integers(0, 300).map(str) | st.floats(0, 1).map(str)
VALUES = (TROUBLE | NUMBERS | ANY_TEXT).filter(lambda text: ".." not in text and not text.startswith("/"))
MEMBERS = st.lists(VALUES, min_size=1, max_size=4).map(",".join)
LIKELY = {  # type -> values of it that often are in range
    bool: st.sampled_from(["true", "false"]),
    int: st.integers(0, 24).map(str),
    float: st.floats(0, 1).map(str),
    str: st.sampled_from(["all", "time", "five_by_hour", "gelu", "silu", "none", "last", "best", "ROMEO:", "page.txt"]),
    tuple: st.lists(st.integers(0, 24).map(str), max_size=3).map(",".join),
}

GOOD = {
    "train": ("--config=lesson1", "--workdir=fresh"),
    "predict": ("--workdir=bikes", *HOUR),
    "generate": ("--workdir=gpt", "--length=3"),
    "evaluate": ("--workdir=gpt",),
    "doctor": (),
}


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """A good command line and up to three flags more: often those of the command, likely values; else any words."""
    command, usual = draw(st.sampled_from([*GOOD])), draw(st.booleans())
    words = [command, *GOOD[command]]
    own = st.sampled_from(command_line.COMMANDS[command].flags)
    any_flag = st.sampled_from([*command_line.FLAGS, "config.seed", "config.lesson", "help", "", "x" * 5000])
    for _ in range(draw(st.integers(0, 3))):
        flag = draw(own if usual else own | any_flag | ANY_TEXT)
        likely = LIKELY[command_line.FLAGS[flag].kind.base] if flag in command_line.FLAGS else VALUES
        value = draw(likely if usual else likely | VALUES)
        ways = [[f"--{flag}={value}"], [f"--{flag}", value], [value]]
        words += ways[0] if usual else draw(st.sampled_from(ways))
    return words


@st.composite
def overridden(draw: st.DrawFn) -> list[str]:
    """A lesson, in a new folder or in that of a trained run, with up to three fields of its config overridden."""
    lesson = draw(st.sampled_from([*TITLES]))
    bases = [(f"--config=lesson{lesson}", "--workdir=fresh"), *([TRAINED[lesson]] if lesson in TRAINED else [])]
    words = list(draw(st.sampled_from(bases)))
    schema = configs.schema_of(lesson)
    for name in draw(st.lists(st.sampled_from([*schema]), max_size=3)):
        words.append(f"--config.{name}={draw(LIKELY[schema[name].base] | VALUES | MEMBERS)}")
    return words


@st.composite
def small_runs(draw: st.DrawFn) -> list[str]:
    """A lesson with overrides that are valid, and small enough to be trained in a second or two."""
    lesson = draw(st.sampled_from([1, 2, 3, 4, 5, 6, 8]))  # lesson 7 is lesson 6 with other processes to wait for
    words = {6: LESSON6, 8: TRAINED[8]}.get(lesson, (f"--config=lesson{lesson}", "--config.train.num_steps=20"))
    values = {
        "seed": st.integers(0, 2**31 - 1),
        "data.features": st.sampled_from([*bikes.FEATURES]),
        "data.split": st.sampled_from(["random", "time"]),
        "data.num_train": st.integers(2, 240),
        "model.hidden": st.integers(1, 20),
        "model.activation": st.sampled_from(["relu", "gelu", "silu"]),
        "model.dropout_rate": st.floats(0, 0.99),
        "model.num_layers": st.integers(0, 2),
        "model.use_bias": st.booleans(),
        "model.tied_head": st.booleans(),
        "model.use_bfloat16": st.booleans(),
        "optimizer.weight_decay": st.floats(0, 1),
        "optimizer.clip_norm": st.floats(1e-6, 1e6),
        "train.take_best": st.booleans(),
        "train.batch_size": st.integers(1, 40).map(lambda number: number * 300 if lesson == 6 else number),
    }
    names = draw(st.sets(st.sampled_from([name for name in values if name in configs.schema_of(lesson)]), min_size=1))
    return [*words, "--workdir=fresh", *(f"--config.{name}={draw(values[name])}" for name in sorted(names))]


@st.composite
def tables(draw: st.DrawFn, good: list[str]) -> bytes:
    """The lines of a good table with cells, lines and bytes changed."""
    lines = [line.split(",") for line in good]
    for _ in range(draw(st.integers(0, 2))):
        row = draw(st.integers(0, len(lines) - 1))
        column = draw(st.integers(0, len(lines[row])))
        changed = draw(st.lists(VALUES | st.just('"'), max_size=2))
        everywhere = draw(st.booleans())
        for line in lines if everywhere else [lines[row]]:
            line[column : column + 1] = changed
        if draw(st.integers(0, 9)) == 0:
            del lines[row:]
        lines = lines or [[]]
    return draw(spoilt("\n".join(map(",".join, lines)).encode("utf-8", "surrogatepass")))


@st.composite
def spoilt(draw: st.DrawFn, good: bytes) -> bytes:
    """Bytes as they are, or with some replaced, or in another encoding."""
    match draw(st.integers(0, 5)):
        case 0:
            start = draw(st.integers(0, len(good)))
            return good[:start] + draw(st.binary(max_size=8)) + good[start + draw(st.integers(0, 8)) :]
        case 1:
            return good.decode("utf-8", "replace").encode(draw(st.sampled_from(["utf-8-sig", "utf-16", "utf-32"])))
        case 2:
            return draw(st.binary(max_size=40))
    return good


# --- The properties ---------------------------------------------------------------------------------------------------


@inputs(1500, words=command_lines())
def test_any_command_line_is_answered(program: Program, words: list[str]):
    """A traceback for a flag that is strange, or stands where nobody expected it; a run harmed by one."""
    program.answers("command line", *words)


@pytest.mark.parametrize("lesson", TITLES)
def test_every_field_answers_to_every_trouble(program: Program, lesson: int):
    """One range that is forgotten in one lesson: nan, infinity, zero, negative, huge, another type, a wrong member."""
    for field in configs.schema_of(lesson):
        for value in (
            *"nan inf -inf 0 -1 -0.5 1e18 1e308 2147483648 18446744073709551616 true none abc".split(),
            "8,abc",
        ):
            override = f"--config.{field}={value}"
            program.answers("field", "train", f"--config=lesson{lesson}", "--workdir=fresh", override)


@inputs(1500, words=overridden())
def test_any_override_is_answered(program: Program, words: list[str]):
    """A value that passes all checks and then breaks a library, fills the memory or spoils a run that was there."""
    program.answers("override", "train", *words)


@inputs(200, hidden=MEMBERS | LIKELY[tuple], lesson=st.sampled_from([6, 7]))
def test_any_tuple_is_answered(program: Program, hidden: str, lesson: int):
    """A tuple with a member of another type, or out of range, of which only the first is looked at."""
    program.answers("tuple", "train", f"--config=lesson{lesson}", "--workdir=fresh", f"--config.model.hidden={hidden}")


SUFFIXES = st.sampled_from([".csv", ".csv", "", ".gz", ".zip", ".xz", ".bz2", ".tar"])
BIKES = bikes.BIKES.read_text("utf-8").splitlines()[:14]
MEMORY = (datasets.DATA / "memory.csv").read_text("utf-8").splitlines()[:70]


@inputs(
    900,
    content=tables(BIKES),
    suffix=SUFFIXES,
    lesson=st.sampled_from([6, 7]),
    features=st.sampled_from([*bikes.FEATURES]),
    split=st.sampled_from(["random", "time"]),
)
def test_any_bike_table_is_answered(
    program: Program, content: bytes, suffix: str, lesson: int, features: str, split: str
):
    """An error of pandas, or a warning of numpy, for a table that is none."""
    path = program.folder / f"table{suffix}"
    path.write_bytes(content)
    data = (f"--config.data.path={path.name}", f"--config.data.features={features}", f"--config.data.split={split}")
    program.answers(
        "bike table", "train", f"--config=lesson{lesson}", "--workdir=fresh", "--config.train.batch_size=4", *data
    )


@inputs(600, content=tables(MEMORY), lesson=st.sampled_from([2, 3, 4]))
def test_any_memory_table_is_answered(program: Program, content: bytes, lesson: int):
    """A number too large for float32, a column that never changes, which is then divided by nothing."""
    (program.folder / "table.csv").write_bytes(content)
    data = ("--config.data.path=table.csv", "--config.data.num_train=5")
    program.answers("memory table", "train", f"--config=lesson{lesson}", "--workdir=fresh", *data)


CORPORA = (ANY_TEXT | st.text(min_size=50, max_size=100)).map(lambda text: text.encode("utf-8", "surrogatepass"))


@inputs(500, content=CORPORA.flatmap(spoilt), context_length=st.integers(1, 8))
def test_any_corpus_is_answered(program: Program, content: bytes, context_length: int):
    """A text of one symbol, of too few, or of none; bytes that are no text."""
    (program.folder / "text").write_bytes(content)
    data = ("--config.data.path=text", f"--config.model.context_length={context_length}")
    program.answers("corpus", "train", *LESSON8, "--workdir=fresh", *data)


KNOWN = st.text(sorted(set((datasets.DATA / "shakespeare.txt").read_text("utf-8")[:8000])), max_size=40)


# What Python makes of the bytes of a command line: those that are no UTF-8 become lone surrogates.
BYTES = st.binary(max_size=20).map(lambda content: content.decode("utf-8", "surrogateescape"))


@inputs(600, prompt=KNOWN | BYTES | ANY_TEXT | VALUES, length=st.integers(1, 20), top_k=st.integers(0, 100))
def test_any_prompt_is_answered(program: Program, prompt: str, length: int, top_k: int):
    """A prompt with a lone surrogate, a NUL, a control sequence or an unknown symbol that ends in a traceback."""
    program.answers(
        "prompt", "generate", "--workdir=gpt", f"--prompt={prompt}", f"--length={length}", f"--top_k={top_k}"
    )


@inputs(20, words=small_runs())
def test_what_is_valid_trains(program: Program, words: list[str]):
    """A value that every check lets through, and that training then breaks on."""
    lesson = lesson_module(int(words[0][-1]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lesson, "train", program.trains[lesson])
        program.answers("trained", "train", *words)
    assert TRIED["trained", 2] == 0


def test_enough_was_tried(request: pytest.FixtureRequest):
    """Fewer inputs than the course claims; or ones that are all good, or all bad, and so test half of it."""
    if request.config.option.keyword or any("::" in word for word in request.config.args):
        pytest.skip("a part of this file was asked for")
    counts = Counter({kind: number for kind, number in TRIED.items() if kind[0] != "trained"})
    assert counts.total() >= AT_LEAST
    assert len(counts) == 2 * 8 and min(counts.values()) >= 20, counts
