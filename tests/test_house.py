"""The house stays as it was drawn: the project keeps each rule, and each rule finds a case planted for it."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import house
import pytest

ROOT = Path(__file__).parent.parent
LESSON = "ailearn_jax/lessons/lesson{}.py"
RULES = (
    house.upward_imports,
    house.imports_of_early_lessons,
    house.files_without_origin,
    house.imports_of_later_lessons,
    house.drawing_outside_app,
    house.long_functions,
    house.long_files,
    house.imports_of_configs,
    house.keys_without_comment,
    house.sections_that_do_not_fit,
    house.missing_lessons,
    house.broad_excepts,
    house.tries_in_lessons,
    house.tests_without_docstring,
    house.pickles,
)

Plant = Callable[[dict[str, str]], Path]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps(rule: Callable[[Path], list[str]]) -> None:
    """A change that moves a wall of the house without anybody having meant it."""
    assert rule(ROOT) == []


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Writes files, given as path -> source, into an empty project and returns its root."""

    def write(sources: dict[str, str]) -> Path:
        for name, source in sources.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(source), encoding="utf-8")
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("file", "source", "name"),
    [
        ("training.py", "from ailearn_jax.lessons import lesson6", "ailearn_jax.lessons.lesson6"),
        ("training.py", "import ailearn_jax.app.main", "ailearn_jax.app.main"),
        ("training.py", "from absl import flags", "absl.flags"),
        ("training.py", "from configs import lesson6", "configs.lesson6"),
        ("lessons/lesson7.py", "from ailearn_jax.lessons.lesson6 import build", "ailearn_jax.lessons.lesson6.build"),
        ("lessons/lesson7.py", "from . import lesson6", "..lesson6"),
        ("lessons/lesson7.py", "from ailearn_jax.app import main", "ailearn_jax.app.main"),
        ("app/main.py", "from scripts import run", "scripts.run"),
    ],
)
def test_imports_run_downwards(plant: Plant, file: str, source: str, name: str) -> None:
    """A toolbox that leans on a lesson, or a lesson on another one, can no longer be read or changed by itself."""
    assert house.upward_imports(plant({f"ailearn_jax/{file}": source})) == [f"ailearn_jax/{file}:1 imports {name}"]


def test_early_lessons_write_everything_themselves(plant: Plant) -> None:
    """Lesson 3 that takes its loop from the toolbox would no longer show it."""
    source = "from ailearn_jax import datasets, errors, results\nfrom ailearn_jax.training import train_loop"
    planted = plant({LESSON.format(3): source, LESSON.format(6): source})
    assert house.imports_of_early_lessons(planted) == [
        "ailearn_jax/lessons/lesson3.py:2 imports ailearn_jax.training.train_loop"
    ]


def test_toolbox_names_its_lesson(plant: Plant) -> None:
    """Without its lesson in the docstring nobody can tell who may use a file."""
    planted = plant({"ailearn_jax/a.py": '"""Introduced in lesson 6."""', "ailearn_jax/b.py": '"""Of lesson 6."""'})
    assert house.files_without_origin(planted) == ["ailearn_jax/b.py:1"]


def test_nothing_is_used_before_it_is_introduced(plant: Plant) -> None:
    """Lesson 6 that uses lesson 7's loader, itself or by way of the toolbox, asks for what is not taught yet."""
    planted = plant(
        {
            "ailearn_jax/loaders.py": '"""Introduced in lesson 7."""',
            "ailearn_jax/training.py": '"""Introduced in lesson 6."""\nfrom ailearn_jax import loaders',
            LESSON.format(6): "import ailearn_jax.loaders",
            LESSON.format(7): "import ailearn_jax.loaders",
        }
    )
    assert house.imports_of_later_lessons(planted) == [
        "ailearn_jax/lessons/lesson6.py:1 imports ailearn_jax.loaders, introduced in lesson 7",
        "ailearn_jax/training.py:2 imports ailearn_jax.loaders, introduced in lesson 7",
    ]


def test_only_the_app_draws(plant: Plant) -> None:
    """A lesson with a plot in it is longer than its subject."""
    source = "from matplotlib import pyplot"
    planted = plant({"ailearn_jax/app/figures.py": source, LESSON.format(1): source, "scripts/run.py": "import rich"})
    assert house.drawing_outside_app(planted) == [
        "ailearn_jax/lessons/lesson1.py:1 imports matplotlib.pyplot",
        "scripts/run.py:1 imports rich",
    ]


def test_code_lines_are_counted_without_blanks_comments_and_docstrings(plant: Plant) -> None:
    """A count of all lines would make explanations and blank lines cost something."""
    source = '''
        """A docstring
        of two lines."""

        # A comment.
        def two(a):
            """One line."""
            return """a text,
            no docstring"""  # behind code
    '''
    root = plant({"scripts/a.py": source})
    assert house.code_lines(root / "scripts/a.py") == {6, 8, 9}


@pytest.mark.parametrize(
    ("file", "name", "most"),
    [("models.py", "f", 50), ("lessons/lesson6.py", "f", 50), ("lessons/lesson6.py", "train", 45)],
)
def test_functions_are_short(plant: Plant, file: str, name: str, most: int) -> None:
    """A function that outgrows the screen has more than one thing to do."""
    planted = plant({f"ailearn_jax/{file}": f"def {name}(x):\n" + "    x += 1\n" * most})
    assert house.long_functions(planted) == [f"ailearn_jax/{file}:1 {name} has {most + 1} lines, at most {most}"]


@pytest.mark.parametrize(
    ("file", "most"), [("ailearn_jax/models.py", 160), ("ailearn_jax/lessons/lesson8.py", 300), ("scripts/run.py", 60)]
)
def test_files_are_short(plant: Plant, file: str, most: int) -> None:
    """A file that nobody reads in one go; or an entry script that has begun to do the app's work."""
    assert house.long_files(plant({file: "x = 1\n" * most})) == []
    assert house.long_files(plant({file: "x = 1\n" * (most + 1)})) == [f"{file}:1 has {most + 1} lines, at most {most}"]


def test_the_course_is_short(plant: Plant) -> None:
    """Many files, each within its budget, and together more than anybody reads."""
    planted = plant({LESSON.format(i): "x = 1\n" * 288 for i in range(1, 9)})
    assert house.long_files(planted) == ["lessons and toolbox have 2304 lines together, at most 2300"]


def test_configs_are_data(plant: Plant) -> None:
    """A config that imports jax or a lesson is code, and slow to read for `--help`."""
    planted = plant({"configs/lesson1.py": "from ml_collections import config_dict\nimport jax.numpy"})
    assert house.imports_of_configs(planted) == ["configs/lesson1.py:2 imports jax.numpy"]


def test_config_keys_are_explained(plant: Plant) -> None:
    """A key without its unit and range beside it has to be looked up in the code."""
    source = """
        def get_config():
            config = ConfigDict()
            config.seed = 0  # any whole number from 0
            config.train = ConfigDict()
            # steps, from 1
            config.train.num_steps = 5
            config.train.batch_size = 64
            config.train.hidden = (
                64,  # sizes, each from 1
            )
            config.train.keep = 2
    """
    planted = plant({"configs/lesson1.py": source})
    assert house.keys_without_comment(planted) == [
        "configs/lesson1.py:8 config.train.batch_size has no comment",
        "configs/lesson1.py:12 config.train.keep has no comment",
    ]


@pytest.mark.parametrize(
    ("keys", "misfits"),
    [
        (["hidden", "rate"], []),
        (["hidden", "rate", "widht"], ["config.model.widht, which nothing eats"]),
        (["hidden"], ["config.model.rate, which is missing"]),
    ],
)
@pytest.mark.parametrize(
    "lesson",
    [
        "def make(size, *, hidden, rate=0.1): ...\ndef train(config): make(5, **config.model)",
        "def make(size, hidden, rate): ...\ndef train(config): make(size=5, **config.model)",
        "def train(config): return config.model.hidden + config.model.rate",
        """
        class Model:
            def __init__(self, hidden, rate): ...
            @classmethod
            def make(cls, hidden, **rest): return cls(hidden=hidden, **rest)
        def check(hidden, **_): ...
        def train(config):
            check(**config.model)
            Model.make(**config.model)
        """,
        """
        import flax.linen
        class Model(flax.linen.Module):
            size: int
            hidden: int
            rate: float
        def train(config): Model(5, **config.model)
        """,
    ],
    ids=["positional", "keyword", "read one by one", "passed on", "module"],
)
def test_config_sections_fit_what_eats_them(plant: Plant, lesson: str, keys: list[str], misfits: list[str]) -> None:
    """A dead or mistyped key that is silently ignored; a default that the config does not show."""
    config = "from ml_collections import ConfigDict\ndef get_config(): return ConfigDict({{'lesson': 6, 'model': {}}})"
    root = plant({LESSON.format(6): lesson, "configs/a.py": config.format(dict.fromkeys(keys, 1))})
    assert house.sections_that_do_not_fit(root) == [f"configs/a.py:1 {misfit}" for misfit in misfits]


def test_all_lessons_are_there(plant: Plant) -> None:
    """A lesson that has lost its config or its tests."""
    assert "configs/lesson5.py is missing" in house.missing_lessons(plant({LESSON.format(5): ""}))


@pytest.mark.parametrize("caught", ["", " Exception", " BaseException as e", " (ValueError, Exception)"])
def test_no_except_is_broad(plant: Plant, caught: str) -> None:
    """A broad `except` turns a mistake in the code into a wrong answer."""
    source = f"try:\n    f()\nexcept ValueError:\n    pass\ntry:\n    f()\nexcept{caught}:\n    pass\n"
    assert house.broad_excepts(plant({"scripts/run.py": source})) == ["scripts/run.py:7 catches everything"]


def test_lessons_have_no_try(plant: Plant) -> None:
    """Handling of what may fail hides what a lesson is about."""
    source = "try:\n    f()\nfinally:\n    pass\n"
    planted = plant({LESSON.format(6): source, "ailearn_jax/bikes.py": source})
    assert house.tries_in_lessons(planted) == ["ailearn_jax/lessons/lesson6.py:1"]


def test_tests_say_what_they_catch(plant: Plant) -> None:
    """A test whose purpose nobody remembers is bent until it passes."""
    planted = plant({"tests/test_a.py": 'def test_a():\n    """Why."""\ndef test_b(): ...\ndef helper(): ...'})
    assert house.tests_without_docstring(planted) == ["tests/test_a.py:3 test_b"]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import pickle", "pickle"),
        ("from pickle import loads", "pickle.loads"),
        ("import joblib", "joblib"),
        ("from pandas import read_pickle", "pandas.read_pickle"),
        ("rows = pandas.read_pickle('a')", "pandas.read_pickle"),
        ("rows = numpy.load('a', allow_pickle=True)", "allow_pickle=True"),
    ],
)
def test_there_is_no_pickle(plant: Plant, source: str, what: str) -> None:
    """A file that runs code when it is read."""
    assert house.pickles(plant({"ailearn_jax/checkpoints.py": source})) == [f"ailearn_jax/checkpoints.py:1 {what}"]
