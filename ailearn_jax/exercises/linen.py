"""What several checks ask of a linen module: the names and shapes of its parameters."""

import re
from typing import Any

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Learner, expect

SHAPES = """\
_params = jax.eval_shape({module}.init, jax.random.key(0), {inputs}).get("params", {{}})
_leaves = jax.tree_util.tree_flatten_with_path(_params)[0]
shapes = {{"/".join(entry.key for entry in path): list(leaf.shape) for path, leaf in _leaves}}
"""


def expect_params(
    learner: Learner, module: str, inputs: str, shapes: dict[str, list[int]], mistake: str | None = None, **given: Any
) -> None:
    """Raises Failure unless `module` has parameters of just these shapes, such as {"out/kernel": [3, 1]}.

    Args:
        module: the expression that makes it, of a class in the learner's file.
        inputs: the expression for what it is called with.
        mistake: what gives other shapes under the right names, as a rule.
        given: the names in both expressions.
    """
    called = f"{module}.init(key, {inputs})"
    with explaining(called, {"Name in use": "one name for two layers: each needs a name of its own"}):
        found = learner.run(SHAPES.format(module=f"learner.{module}", inputs=inputs), **given)["shapes"]
    absent = {name: shape for name, shape in shapes.items() if found.get(name) != shape}
    surplus = {name: shape for name, shape in found.items() if shapes.get(name) != shape}
    expect(
        not absent and not surplus,
        called=f"{called}, its parameters",
        expected=listed(absent) or "no others",
        got=listed(surplus) or "none of these",
        mistake=misnamed(shapes, found) or mistake,
    )


def misnamed(shapes: dict[str, list[int]], found: dict[str, list[int]]) -> str | None:
    """The kind of mistake where parameters have other names than the expected ones; None where only shapes differ."""
    layers, others = ([*dict.fromkeys(name.partition("/")[0] for name in names)] for names in (shapes, found))
    missing, surplus = (
        [name for name in some if name not in rest] for some, rest in ((layers, others), (others, layers))
    )
    if nameless := [name for name in surplus if re.fullmatch(r"[A-Z]\w*_\d+", name)]:
        return f"a layer without its name: linen calls it {nameless[0]}"
    if missing and surplus:
        return f"another name than the one asked for: there is {surplus[0]} and no {missing[0]}"
    if missing:
        return f"a layer that is missing, or never called: {missing[0]}"
    if surplus:
        return f"a layer too many, with weights of its own: {surplus[0]}"
    names = shapes.keys() ^ found.keys()
    if names and all(name.endswith("/bias") for name in names):
        return "a bias, where use_bias=False is asked for" if names <= found.keys() else "a layer without its bias"
    return None


def listed(shapes: dict[str, list[int]]) -> str:
    """The first few names and shapes."""
    some = [f"{name} {shape}" for name, shape in sorted(shapes.items())]
    two = ", ".join(some[:2] + ["…"] * (len(some) > 2))
    return two if len(two) <= 64 else f"{some[0]}, …"
