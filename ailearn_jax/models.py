"""Layers and the multi-layer perceptron. Introduced in lesson 6."""

import flax.linen as nn
import jax


@jax.custom_vjp
def product(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """`x @ kernel`, [N, F] @ [F, features] -> [N, features], with a gradient of the kernel that suits CPUs.

    It is x.T @ dy, for the gradient dy [N, features] of what comes out. XLA gives a product that reads an operand
    transposed to Eigen, all others to the faster YNNPACK. So the narrower of x and dy is transposed before, which takes
    8% off a training step of four blocks. There is no forward mode: `jax.jvp` and `jax.hessian` raise TypeError.
    """
    return x @ kernel


def _product_backward(operands: tuple[jax.Array, jax.Array], dy: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, kernel = operands
    dkernel = jax.lax.platform_dependent(x, dy, cpu=_kernel_gradient_on_cpu, default=lambda x, dy: x.T @ dy)
    return dy @ kernel.T, dkernel


def _kernel_gradient_on_cpu(x: jax.Array, dy: jax.Array) -> jax.Array:
    barrier = jax.lax.optimization_barrier  # or XLA would take the transposition back into the product
    return barrier(x.T) @ dy if x.shape[1] <= dy.shape[1] else barrier(barrier(dy.T) @ x).T


product.defvjp(lambda x, kernel: (x @ kernel, (x, kernel)), _product_backward)


class Dense(nn.Module):
    """A dense layer over the last axis: [..., F] -> [..., features].

    It takes all the other axes as one, as `product` needs it, and computes in the type of its weights, whatever that of
    `x` is.
    """

    features: int
    use_bias: bool = True
    kernel_init: nn.initializers.Initializer = nn.initializers.lecun_normal()

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        kernel = self.param("kernel", self.kernel_init, (x.shape[-1], self.features))
        y = product(x.reshape(-1, x.shape[-1]).astype(kernel.dtype), kernel)
        if self.use_bias:
            y = y + self.param("bias", nn.initializers.zeros, (self.features,))[None]
        return y.reshape(*x.shape[:-1], self.features)


class MLP(nn.Module):
    """Hidden layers of the given sizes with ReLU between them: [B, F] -> [B]. Without any it is the linear model."""

    hidden: tuple[int, ...]

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        for i, size in enumerate(self.hidden):
            x = nn.relu(Dense(size, name=f"hidden{i}")(x))  # [B, size]
        return Dense(1, name="out")(x)[:, 0]
