"""The layers of the toolbox, against JAX's own derivatives."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ailearn_jax.models import Dense, product

# Rows N, and a kernel [F, features] that widens, narrows, leaves the width as it is, gives one number.
SHAPES = [(5, 2, 7), (5, 7, 2), (5, 4, 4), (5, 3, 1)]


def operands(num_rows: int, num_inputs: int, features: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """x [N, F], kernel [F, features] and weights [N, features] that make one number of what comes out."""
    sizes = [(num_rows, num_inputs), (num_inputs, features), (num_rows, features)]
    rng = np.random.default_rng(0)
    x, kernel, weights = (jnp.asarray(rng.normal(size=size)) for size in sizes)
    return x, kernel, weights


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gradients_of_a_product_are_those_of_jax(shape: tuple[int, int, int]) -> None:
    """A gradient that is transposed once too often, or has lost a sum over rows."""
    with jax.enable_x64(True):
        x, kernel, weights = operands(*shape)
        ours = jax.grad(lambda x, kernel: (product(x, kernel) * weights).sum(), argnums=(0, 1))(x, kernel)
        theirs = jax.grad(lambda x, kernel: ((x @ kernel) * weights).sum(), argnums=(0, 1))(x, kernel)
        for our, their in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(our, their, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("shape", SHAPES[:3])
def test_no_product_on_a_cpu_reads_its_left_operand_transposed(shape: tuple[int, int, int]) -> None:
    """A transposition that XLA takes back into the product: the same numbers, 9% more time a step.

    With one output, the last of the shapes, the gradient is no product of matrices.
    """
    x, kernel, weights = operands(*shape)
    gradients = jax.jit(jax.grad(lambda kernel, x: (product(x, kernel) * weights).sum()))
    program = gradients.lower(kernel, x).compile().as_text() or ""
    contracted = re.findall(r"lhs_contracting_dims=\{(\d)\}", program)
    assert contracted
    assert set(contracted) == {"1"}


def test_a_dense_layer_takes_all_axes_but_the_last_as_one() -> None:
    """A layer that mixes tokens, or one of bfloat16 weights that computes in the float32 of what comes in."""
    layer: Any = Dense(3)
    x = jax.random.normal(jax.random.key(1), (2, 5, 4))
    params = layer.init(jax.random.key(0), x)["params"]
    expected = jnp.einsum("btf,fg->btg", x, params["kernel"]) + params["bias"][None, None]
    np.testing.assert_allclose(layer.apply({"params": params}, x), expected, rtol=1e-5, atol=1e-6)
    in_bfloat16 = jax.tree.map(lambda weights: weights.astype(jnp.bfloat16), params)
    assert layer.apply({"params": in_bfloat16}, x).dtype == jnp.bfloat16
