"""AdamW with warm-up, cosine decay and clipping. Introduced in lesson 6."""

import jax
import optax


def learning_rate_schedule(
    num_steps: int, learning_rate: float, final_learning_rate: float, warmup_steps: int
) -> optax.Schedule:
    """Rises in a straight line to `learning_rate`, then falls along half a cosine to `final_learning_rate`.

    The warm-up takes at most a tenth of the run, so that a short trial still trains.
    """
    return optax.warmup_cosine_decay_schedule(
        init_value=0.0,
        peak_value=learning_rate,
        warmup_steps=min(warmup_steps, num_steps // 10),
        decay_steps=num_steps,
        end_value=final_learning_rate,
    )


def make_optimizer(
    num_steps: int,
    *,
    learning_rate: float,
    final_learning_rate: float,
    warmup_steps: int,
    weight_decay: float,
    beta2: float,
    clip_norm: float,
) -> optax.GradientTransformation:
    """AdamW (Loshchilov and Hutter 2019) behind a clip of the gradients' global norm.

    Only matrices decay: a bias or a LayerNorm's scale has nothing to gain from being small.
    """
    return optax.chain(
        optax.clip_by_global_norm(clip_norm),
        optax.adamw(
            learning_rate_schedule(num_steps, learning_rate, final_learning_rate, warmup_steps),
            b2=beta2,
            weight_decay=weight_decay,
            mask=lambda params: jax.tree.map(lambda weights: weights.ndim >= 2, params),
        ),
    )
