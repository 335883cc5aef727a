"""Where training stopped being finite: the step, and the first module whose output, or else gradient, was not.
Introduced in lesson 6.
"""

from collections.abc import Callable, Iterable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp


def find_step(train_step: Callable[[Any, Any], tuple[Any, Any]], state: Any, batches: Iterable[Any]) -> Any:
    """Goes through `batches` again, one step at a time, from a good `state`.

    Returns:
        The state before the first step after which a loss or a parameter is not finite, and that step's batch; None
        where all stays finite.
    """
    train_step = jax.jit(train_step)
    for batch in batches:
        after, metrics = train_step(state, batch)
        if not all_finite((metrics["loss"], after.params)):
            return state, batch
        state = after
    return None


def find_module(loss_fn: Callable[..., Any], params: Any, batch: Any, keys: jax.Array) -> str:
    """The part of the model where one step's numbers first stop being finite, such as "the output of block2/attention".

    The outputs are looked at in the order in which they are computed, the gradients in the opposite one, as they are.
    """
    names: list[str] = []

    def watched_loss(params: Any) -> tuple[jax.Array, list[jax.Array]]:
        finite: list[jax.Array] = []

        def watch(call: Callable[..., Any], args: Any, kwargs: Any, context: nn.module.InterceptorContext) -> Any:
            output = call(*args, **kwargs)
            if context.method_name == "__call__":
                names.append("/".join(context.module.path) or "the model")
                finite.append(all_finite(output))
            return output

        with nn.intercept_methods(watch):
            loss, _ = loss_fn(params, batch, keys)
        return loss, finite

    (loss, finite), grads = jax.value_and_grad(watched_loss, has_aux=True)(params)
    if bad := [name for name, is_finite in zip(names, finite, strict=True) if not is_finite]:
        return f"the output of {bad[0]}"
    if not jnp.isfinite(loss):
        return "the loss itself"
    leaves, _ = jax.tree_util.tree_flatten_with_path(grads)
    bad = {"/".join(str(part.key) for part in path[:-1]) for path, leaf in leaves if not all_finite(leaf)}
    latest = next((name for name in reversed(names) if name in bad), None)
    return f"the gradient of {latest}" if latest else "the update of the parameters"


def all_finite(tree: Any) -> jax.Array:
    """Whether every number of a tree of arrays is finite: bool []."""
    return jnp.all(jnp.array([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(tree)]))
