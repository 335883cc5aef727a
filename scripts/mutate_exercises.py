"""Mutates the solution of each exercise, and counts how many of the mutants the exercise's check finds.

    python scripts/mutate_exercises.py             # all, or those of a lesson: lesson1
    python scripts/mutate_exercises.py lesson8/causal_mask

A mutant changes one thing in the solution's lines: an operator, a comparison, a number, an axis, an argument, a call.
Only those count that give something else than the solution on one of 200 inputs, or raise. A mutant that the check lets
pass is a survivor: each is printed, with the reason in JUSTIFIED for those that may.
"""

import argparse
import ast
import copy
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ailearn_jax.exercises import catalogue  # noqa: E402
from ailearn_jax.exercises.catalogue import Entry  # noqa: E402
from ailearn_jax.exercises.kit import HOLE, Exercise, Failure, expect_close  # noqa: E402
from ailearn_jax.exercises.process import Child, judge  # noqa: E402

INPUTS = 200
LIMIT = 10.0  # seconds; a mutant may loop for ever
MODULES = ("jax", "flax.linen", "optax")

# Survivors that no learner is harmed by: exercise, a piece of the mutant's line, the reason.
JUSTIFIED = (
    (
        "lesson2/first_weights",
        "'weights': -0.1 * jax",
        "a normal number with its sign turned is as good a normal number",
    ),
    (
        "lesson7/seed_and_epoch",
        "default_rng((epoch, seed))",
        "epoch and seed in the other order make as good an order: a function of both, and of nothing else",
    ),
    (
        "lesson8/draw_on",
        "next_logits[0, -1]",
        "one token came in, so the first logits are the last; compiled otherwise, a draw may turn at the last bit",
    ),
)

# --- Mutants ----------------------------------------------------------------------------------------------------------

OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mult),
    ast.Mod: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node, one thing in it being other."""
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            for other in OPERATORS.get(type(op), ()):
                yield ast.BinOp(left, other(), right)
            if isinstance(op, ast.MatMult | ast.Sub | ast.Div | ast.Pow):
                yield ast.BinOp(right, op, left)
            yield from (left, right)
        case ast.AugAssign(target=target, op=op, value=value):
            for other in OPERATORS.get(type(op), ()):
                yield ast.AugAssign(target, other(), value)
            yield ast.Pass()
        case ast.Assign(targets=[ast.Subscript()]):
            yield ast.Pass()
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            for other in OPERATORS[type(op)]:
                yield ast.Compare(left, [other()], [right])
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(OPERATORS[type(op)][0](), values)
            yield from values
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Constant(value=float(value)):
            yield from (ast.Constant(value * 2), ast.Constant(-value))
        case ast.Call():
            yield from mutated_calls(node)
        case ast.Slice(lower=lower, upper=upper, step=step):
            yield from (ast.Slice(None, upper, step),) if lower else ()
            yield from (ast.Slice(lower, None, step),) if upper else ()
            yield from (ast.Slice(lower, upper, None),) if step else ()
        case ast.Tuple(elts=[first, second, *others], ctx=ast.Load()):
            yield ast.Tuple([second, first, *others], ast.Load())
        case ast.Expr():
            yield ast.Pass()


def mutated_calls(call: ast.Call) -> Iterator[ast.AST]:
    """The call without one of its arguments, with two in each other's place, or without the call."""
    for i in range(len(call.args)):
        yield ast.Call(call.func, call.args[:i] + call.args[i + 1 :], call.keywords)
    for i in range(len(call.args) - 1):
        yield ast.Call(call.func, [*call.args[:i], call.args[i + 1], call.args[i], *call.args[i + 2 :]], call.keywords)
    for i in range(len(call.keywords)):
        yield ast.Call(call.func, call.args, call.keywords[:i] + call.keywords[i + 1 :])
    if call.args:
        yield call.args[0]
    elif isinstance(call.func, ast.Attribute):
        yield call.func.value


class Mutant(NamedTuple):
    """A file whose solution is other in one line, which is `line`."""

    source: str
    line: str


def mutants(exercise: Exercise) -> list[Mutant]:
    """All mutants of the solution, each once."""
    source = exercise.filled(exercise.solution)
    first = exercise.source.partition(HOLE)[0].count("\n") + 1
    last = first + exercise.solution.count("\n") - 1
    tree = ast.parse(source)
    original, found = ast.unparse(tree), {}
    nodes = list(ast.walk(tree))
    for index, node in enumerate(nodes):
        if not first <= getattr(node, "lineno", 0) <= last:
            continue
        for replacement in replacements(node):
            text = with_replaced(tree, index, replacement)
            if text is not None and text != original:
                found.setdefault(text, changed_line(original, text))
    return [Mutant(text, line) for text, line in found.items()]


def with_replaced(tree: ast.Module, index: int, replacement: ast.AST) -> str | None:
    """The source with another node in the place of the `index`-th of `ast.walk`; None if that is no Python."""
    tree = copy.deepcopy(tree)
    target = list(ast.walk(tree))[index]

    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return copy.deepcopy(replacement) if node is target else self.generic_visit(node)

    try:
        text = ast.unparse(ast.fix_missing_locations(Replace().visit(tree)))
        compile(text, "mutant", "exec")
    except SyntaxError:
        return None
    return text


def changed_line(before: str, after: str) -> str:
    old, new = before.splitlines(), after.splitlines()
    pairs = zip(old, new, strict=False)
    return next((f"{b.strip()}  ->  {a.strip()}" for b, a in pairs if a != b), "a line less")


# --- Which of them are found ------------------------------------------------------------------------------------------


class Lab:
    """A child for many mutants: a new one only where the last has ended."""

    def __init__(self) -> None:
        self._child = Child(MODULES, limit=LIMIT)

    @property
    def child(self) -> Child:
        if self._child.process.poll() is not None:
            self._child.close()
            self._child = Child(MODULES, limit=LIMIT)
        return self._child


def outputs(lab: Lab, exercise: Exercise, source: str, count: int) -> Iterator[object]:
    """What the twin's code gives with a file on `count` inputs, one by one; Failure where it raises."""
    rng = np.random.default_rng(0)
    learner = lab.child.load(exercise, source, Path("mutant.py"))
    for _ in range(count):
        yield learner.run(exercise.twin.learner, **exercise.twin.given(rng))["out"]


def differs(lab: Lab, exercise: Exercise, source: str, right: list[object]) -> bool:
    """Whether a mutant gives something else than the solution gave."""
    try:
        for got, expected in zip(outputs(lab, exercise, source, len(right)), right, strict=True):
            expect_close("", got, expected)
    except Failure:
        return True
    return False


def count(exercise: Exercise) -> tuple[int, list[str]]:
    """How many mutants give something else, and the lines of those among them that pass the check."""
    lab = Lab()
    right = list(outputs(lab, exercise, exercise.filled(exercise.solution), INPUTS))
    different, survivors = 0, []
    for mutant in mutants(exercise):
        if not differs(lab, exercise, mutant.source, right):
            continue
        different += 1
        if judge(exercise, mutant.source, Path("mutant.py"), different, lab.child) is None:
            survivors.append(mutant.line)
    lab.child.close()
    return different, survivors


def reason(entry: Entry, line: str) -> str:
    """Why a survivor may be one."""
    mutant = line.partition("  ->  ")[2]
    reasons = [why for name, piece, why in JUSTIFIED if name == str(entry) and piece in mutant]
    return reasons[0] if reasons else "for no reason known"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="such as lesson1 or lesson8/causal_mask; all if none is given")
    names = parser.parse_args().names
    known = {name for entry in catalogue.entries() for name in (str(entry), f"lesson{entry.lesson}")}
    if unknown := sorted({*names} - known):
        parser.error(f"expected such as lesson1 or lesson8/causal_mask, got {unknown[0]}")
    entries = [entry for entry in catalogue.entries() if not names or {str(entry), f"lesson{entry.lesson}"} & {*names}]
    total = found = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = pool.map(lambda entry: count(entry.exercise), entries)
        for entry, (different, survivors) in zip(entries, counts, strict=True):
            print(f"{entry}: {different - len(survivors)} of {different}", flush=True)
            for line in survivors:
                print(f"    survives: {line}\n        {reason(entry, line)}", flush=True)
            total, found = total + different, found + different - len(survivors)
    share = found / max(total, 1)
    print(f"{found} of {total} mutants are found: {share:.1%}")
    return 0 if share >= 0.98 else 1


if __name__ == "__main__":
    sys.exit(main())
