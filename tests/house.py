"""The rules of the house. Each takes the root folder of a project and returns what breaks it there, a line a case."""

import ast
import inspect
import re
import runpy
import textwrap
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flax.linen as nn

PACKAGE = "ailearn_jax"
CODE = (PACKAGE, "configs", "scripts")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

# --- Reading a project ------------------------------------------------------------------------------------------------


def python_files(root: Path, *folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (root / folder).rglob("*.py"))


def toolbox_files(root: Path) -> list[Path]:
    return [file for file in sorted((root / PACKAGE).glob("*.py")) if file.stem != "__init__"]


def lesson_files(root: Path) -> list[Path]:
    return sorted((root / PACKAGE / "lessons").glob("lesson*.py"))


def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def nodes(file: Path, *kinds: type) -> Iterator[Any]:
    """The nodes of these kinds in a file's syntax tree, in any order."""
    return (node for node in ast.walk(parse(file)) if isinstance(node, kinds))


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each import; `from a import b` is `a.b`, `from . import b` is `..b`."""
    for node in nodes(file, ast.Import):
        yield from ((node.lineno, alias.name) for alias in node.names)
    for node in nodes(file, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def floor(name: str) -> str | None:
    """The floor of the house that a dotted name or a file's path stands on; None outside of it."""
    match name.split("."):
        case ["absl", "flags" | "app", *_]:
            return "flags"
        case ["configs" | "scripts" | "tests" as top, *_]:
            return top
        case ["ailearn_jax", "app" | "lessons" | "exercises" as folder, *_]:
            return folder
        case ["ailearn_jax", *_]:
            return "toolbox"
    return None


def dotted(file: Path, root: Path) -> str:
    return ".".join(file.relative_to(root).with_suffix("").parts)


def project_imports(file: Path) -> Iterator[tuple[int, str, str]]:
    """Line, name and module (the name's second part) of each import from the package."""
    for line, name in imports(file):
        if name.startswith(f"{PACKAGE}."):
            yield line, name, name.split(".")[1]


def lesson_number(file: Path) -> int:
    return int(re.findall(r"\d+", file.stem)[0])


def introduced(file: Path) -> int | None:
    """The lesson that a toolbox file's docstring says it was introduced in."""
    found = re.search(r"Introduced in lesson (\d)", ast.get_docstring(parse(file)) or "")
    return int(found[1]) if found else None


def place(root: Path, file: Path, line: int) -> str:
    return f"{file.relative_to(root).as_posix()}:{line}"


# --- Who may import whom ----------------------------------------------------------------------------------------------

MAY_IMPORT = {
    "toolbox": {"toolbox"},
    "lessons": {"toolbox"},
    "exercises": {"toolbox", "lessons", "exercises"},
    "app": {"toolbox", "lessons", "exercises", "app", "flags"},
}
READS_FLAGS = {"ailearn_jax.loaders"}  # grain's worker processes want absl's flags parsed


def upward_imports(root: Path) -> list[str]:
    """Imports run downwards: app, lessons, toolbox. A lesson imports no lesson, the toolbox no config and no flag."""
    found = []
    for file in python_files(root, PACKAGE):
        here = dotted(file, root)
        allowed = MAY_IMPORT[floor(here) or "toolbox"] | ({"flags"} if here in READS_FLAGS else set())
        for line, name in imports(file):
            if name.startswith(".") or floor(name) not in allowed | {None}:
                found.append(f"{place(root, file, line)} imports {name}")
    return found


def imports_of_early_lessons(root: Path) -> list[str]:
    """Lessons 1 to 5 write everything themselves."""
    return [
        f"{place(root, file, line)} imports {name}"
        for file in lesson_files(root)
        if lesson_number(file) <= 5
        for line, name, module in project_imports(file)
        if module not in ("errors", "ranges", "results", "datasets")
    ]


def files_without_origin(root: Path) -> list[str]:
    """Each toolbox file says which lesson introduces it."""
    return [place(root, file, 1) for file in toolbox_files(root) if introduced(file) is None]


def imports_of_later_lessons(root: Path) -> list[str]:
    """Nothing stands on a mechanism that a later lesson introduces."""
    origins = {file.stem: introduced(file) or 1 for file in toolbox_files(root)}
    numbers = {file: lesson_number(file) for file in lesson_files(root)}
    numbers |= {file: origins[file.stem] for file in toolbox_files(root)}
    return [
        f"{place(root, file, line)} imports {name}, introduced in lesson {origins[module]}"
        for file, number in numbers.items()
        for line, name, module in project_imports(file)
        if origins.get(module, 1) > number
    ]


def drawing_outside_app(root: Path) -> list[str]:
    """Only the app dresses up output; only its figures draw, and only its page is served."""
    places = {
        "rich": "app",
        "plotille": "app",
        "matplotlib": "app.figures",
        "starlette": "app.play",
        "uvicorn": "app.play",
    }
    return [
        f"{place(root, file, line)} imports {name}"
        for file in python_files(root, *CODE)
        for line, name in imports(file)
        if (library := name.split(".")[0]) in places
        and not f"{dotted(file, root)}.".startswith(f"{PACKAGE}.{places[library]}.")
    ]


# --- Budgets ----------------------------------------------------------------------------------------------------------

NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def code_lines(file: Path) -> set[int]:
    """The numbers of the lines that hold code: no blanks, comments and docstrings."""
    lines = set()
    with file.open(encoding="utf-8") as source:
        for token in tokenize.generate_tokens(source.readline):
            if token.type not in NO_CODE:
                lines.update(range(token.start[0], token.end[0] + 1))
    for node in nodes(file, ast.Module, ast.ClassDef, *FUNCTIONS):
        if ast.get_docstring(node) is not None:
            docstring = node.body[0]
            lines.difference_update(range(docstring.lineno, docstring.end_lineno + 1))
    return lines


def long_functions(root: Path) -> list[str]:
    """A function fits on a screen, 50 lines, and the training of a lesson in 45."""
    found = []
    for file in python_files(root, *CODE, "tests"):
        lines = code_lines(file)
        for node in nodes(file, *FUNCTIONS):
            count = len(lines.intersection(range(node.lineno, node.end_lineno + 1)))
            budget = 45 if node.name == "train" and file in lesson_files(root) else 50
            if count > budget:
                found.append(f"{place(root, file, node.lineno)} {node.name} has {count} lines, at most {budget}")
    return found


def long_files(root: Path) -> list[str]:
    """A toolbox file, a lesson and the entry are each read in one go, and all of the course in a weekend."""
    course = dict.fromkeys(toolbox_files(root), 160) | dict.fromkeys(lesson_files(root), 300)
    budgets = course | dict.fromkeys((root / "scripts").glob("run.py"), 60)
    counts = {file: len(code_lines(file)) for file in budgets}
    found = [
        f"{place(root, file, 1)} has {counts[file]} lines, at most {budget}"
        for file, budget in budgets.items()
        if counts[file] > budget
    ]
    if (total := sum(counts[file] for file in course)) > 2400:
        found.append(f"lessons and toolbox have {total} lines together, at most 2400")
    return found


# --- Configs ----------------------------------------------------------------------------------------------------------


def imports_of_configs(root: Path) -> list[str]:
    """A config is data."""
    return [
        f"{place(root, file, line)} imports {name}"
        for file in python_files(root, "configs")
        for line, name in imports(file)
        if name.split(".")[0] != "ml_collections"
    ]


def keys_without_comment(root: Path) -> list[str]:
    """Each key, `config.train.num_steps = 100`, has its meaning, unit and range in a comment beside it or above."""
    found = []
    for file in python_files(root, "configs"):
        with file.open(encoding="utf-8") as source:
            tokens = list(tokenize.generate_tokens(source.readline))
        comments = [token for token in tokens if token.type == tokenize.COMMENT]
        explained = {token.start[0] + token.line.lstrip().startswith("#") for token in comments}
        for node in nodes(file, ast.Assign):
            key = ast.unparse(node.targets[0])
            is_key = key.startswith("config.") and not ast.unparse(node.value).endswith("ConfigDict()")
            if is_key and explained.isdisjoint(range(node.lineno, node.end_lineno + 1)):
                found.append(f"{place(root, file, node.lineno)} {key} has no comment")
    return found


def eaten_keywords(call: ast.Call, namespace: dict[str, Any]) -> tuple[set[str], bool]:
    """The parameters that the `**section` of a call has to fill, and whether it may hold others, which are ignored."""
    callee = eval(ast.unparse(call.func), namespace)
    parameters = list(inspect.signature(callee).parameters.values())[len(call.args) :]
    passed = {keyword.arg for keyword in call.keywords}
    if isinstance(callee, type) and issubclass(callee, nn.Module):
        passed |= {"parent", "name"}  # linen's own
    names = {parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD} - passed
    [rest] = [parameter.name for parameter in parameters if parameter.kind is parameter.VAR_KEYWORD] or [None]
    if rest is None:
        return names, False
    for inner in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(callee)))):  # where is the rest passed on to?
        if isinstance(inner, ast.Call) and rest in unpacked(inner):
            inside = getattr(callee, "__globals__", {}) | {"cls": getattr(callee, "__self__", None)}
            more, ignores = eaten_keywords(inner, inside)
            return names | more, ignores
    return names, True


def unpacked(call: ast.Call) -> list[str]:
    """What a call unpacks: `f(**config.model)` gives "config.model"."""
    return [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg is None]


def sections_that_do_not_fit(root: Path) -> list[str]:
    """The keys of a config's section are the parameters of what eats it, or what the lesson reads one by one.

    So no key is dead, mistyped or left to a default that the config does not show.
    """
    found = []
    for config_file in python_files(root, "configs"):
        config = runpy.run_path(str(config_file))["get_config"]()
        lesson = root / PACKAGE / "lessons" / f"lesson{config.lesson}.py"
        namespace = runpy.run_path(str(lesson))
        calls, attributes = list(nodes(lesson, ast.Call)), [ast.unparse(node) for node in nodes(lesson, ast.Attribute)]
        for section in (name for name in config if hasattr(config[name], "keys")):
            keys = set(config[section].keys())
            eaters = [call for call in calls for name in unpacked(call) if f".{name}".endswith(f".config.{section}")]
            read = {name.split(".")[-1] for name in attributes if re.fullmatch(rf"config\.{section}\.\w+", name)}
            eaten = [eaten_keywords(call, namespace) for call in eaters]
            wanted = read.union(*(names for names, _ in eaten))
            whole = any(not ignores for _, ignores in eaten) or not eaters
            misfits = keys ^ wanted if whole else wanted - keys
            for key in sorted(misfits):
                side = "which nothing eats" if key in keys else "which is missing"
                found.append(f"{place(root, config_file, 1)} config.{section}.{key}, {side}")
    return found


def missing_lessons(root: Path) -> list[str]:
    """The course has eight lessons, each with its config and its tests."""
    files = [
        name
        for i in range(1, 9)
        for name in (f"{PACKAGE}/lessons/lesson{i}.py", f"configs/lesson{i}.py", f"tests/test_lesson{i}.py")
    ]
    return [f"{name} is missing" for name in files if not (root / name).exists()]


# --- Habits -----------------------------------------------------------------------------------------------------------


def broad_excepts(root: Path) -> list[str]:
    """An `except` names what it expects: a broad one hides mistakes."""
    return [
        f"{place(root, file, node.lineno)} catches everything"
        for file in python_files(root, *CODE, "tests")
        for node in nodes(file, ast.ExceptHandler)
        if node.type is None or re.search(r"\b(Base)?Exception\b", ast.unparse(node.type))
    ]


def tries_in_lessons(root: Path) -> list[str]:
    """A lesson is about its subject; what may fail is handled where it is."""
    return [place(root, file, node.lineno) for file in lesson_files(root) for node in nodes(file, ast.Try, ast.TryStar)]


def tests_without_docstring(root: Path) -> list[str]:
    """A test says which mistake it catches."""
    return [
        f"{place(root, file, node.lineno)} {node.name}"
        for file in python_files(root, "tests")
        for node in nodes(file, *FUNCTIONS)
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ]


def pickles(root: Path) -> list[str]:
    """Reading a pickle runs code that a stranger wrote: none is read or written, under any of its names."""
    imported = re.compile(r"\b(cloudpickle|dill|joblib|marshal|pickle|shelve|\w*_pickle)\b")
    found = []
    for file in python_files(root, *CODE, "tests"):
        found += [(file, line, name) for line, name in imports(file) if imported.search(name)]
        for node in nodes(file, ast.Attribute, ast.keyword):
            name = ast.unparse(node)
            if re.search(r"\w_pickle$|^allow_pickle=(?!False)", name):
                found.append((file, node.lineno, name))
    return [f"{place(root, file, line)} {what}" for file, line, what in found]
