"""What several checks ask of a linen module: the names and shapes of its parameters."""

from typing import Any

from ailearn_jax.exercises.kit import Learner, expect

SHAPES = """\
_params = jax.eval_shape({module}.init, jax.random.key(0), {inputs}).get("params", {{}})
_leaves = jax.tree_util.tree_flatten_with_path(_params)[0]
shapes = {{"/".join(entry.key for entry in path): list(leaf.shape) for path, leaf in _leaves}}
"""


def expect_params(
    learner: Learner, module: str, inputs: str, shapes: dict[str, list[int]], mistake: str, **given: Any
) -> None:
    """Raises Failure unless `module` has parameters of just these shapes, such as {"out/kernel": [3, 1]}.

    Args:
        module: the expression that makes it, of a class in the learner's file.
        inputs: the expression for what it is called with.
        mistake: what gives other names or shapes, as a rule.
        given: the names in both expressions.
    """
    found = learner.run(SHAPES.format(module=f"learner.{module}", inputs=inputs), **given)["shapes"]
    absent = {name: shape for name, shape in shapes.items() if found.get(name) != shape}
    surplus = {name: shape for name, shape in found.items() if shapes.get(name) != shape}
    nameless = [part for name in surplus for part in name.split("/") if part.endswith("_0")]
    expect(
        not absent and not surplus,
        called=f"{module}.init(key, {inputs}), its parameters",
        expected=listed(absent) or "no others",
        got=listed(surplus) or "none of these",
        mistake=f"a layer without its name: linen calls it {nameless[0]}" if nameless else mistake,
    )


def listed(shapes: dict[str, list[int]]) -> str:
    """The first few names and shapes."""
    some = [f"{name} {shape}" for name, shape in sorted(shapes.items())]
    two = ", ".join(some[:2] + ["…"] * (len(some) > 2))
    return two if len(two) <= 64 else f"{some[0]}, …"
