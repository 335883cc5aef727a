"""A learning rate that rises and falls."""

import math

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 6, exercise 7: a learning rate that rises and falls.

Adam's first steps know little about the gradients, and large steps would do harm. So the learning rate begins at 0 and
rises in a straight line to its peak: the warm-up. From there it falls along half a cosine to its final value, which it
has at step `num_steps`. A run of a few steps must train too, so the warm-up takes at most a tenth of the run, rounded
down.

optax.warmup_cosine_decay_schedule(init_value, peak_value, warmup_steps, decay_steps, end_value) returns such a
schedule, a function from the step to the learning rate. Its decay_steps counts from step 0, the warm-up included.
"""

import optax


def learning_rate_schedule(num_steps, learning_rate, final_learning_rate, warmup_steps):
    """A function from the step, 0 to num_steps, to the learning rate, which is `learning_rate` at its peak."""
@hole@
'''


def rate(step: float, num_steps: float, peak: float, final: float, warmup: float, start: float = 0.0) -> float:
    """A straight line from `start` to `peak`, then half a cosine to `final`."""
    if step < warmup:
        return start + (peak - start) * step / warmup
    progress = min((step - warmup) / (num_steps - warmup), 1.0)
    return final + (peak - final) * (1 + math.cos(math.pi * progress)) / 2


def check(learner: Learner, rng: np.random.Generator) -> None:
    peak = float(np.round(rng.uniform(0.01, 0.1), 3))
    final = float(np.round(peak * rng.uniform(0.1, 0.3), 4))
    long = int(rng.integers(20, 40)) * 10 + 7  # so that a tenth has to be rounded
    for num_steps, warmup_steps in ((long, long // 20), (long, long // 2)):
        steps, warmup = np.arange(0, num_steps + 1, num_steps // 20), min(warmup_steps, num_steps // 10)
        sizes = {"num_steps": num_steps, "peak": peak, "final": final, "warmup": warmup}

        def rates(sizes: dict[str, float] = sizes, steps: np.ndarray = steps, **changed: float) -> np.ndarray:
            return np.array([rate(step, **(sizes | changed)) for step in steps])

        falling = np.maximum(steps - warmup, 0) / (num_steps - warmup)
        line = np.where(steps < warmup, rates(), peak + (final - peak) * falling)
        got = learner.run(
            "schedule = learner.learning_rate_schedule(num_steps, peak, final, warmup_steps)\n"
            "out = jnp.stack([jnp.asarray(schedule(step)) for step in steps])\n"
            "del schedule",
            num_steps=num_steps,
            peak=peak,
            final=final,
            warmup_steps=warmup_steps,
            steps=steps.tolist(),
        )
        expect_close(
            f"learning_rate_schedule({num_steps}, {peak}, {final}, {warmup_steps}), every {num_steps // 20} steps",
            got["out"],
            rates(),
            mistakes={
                "a warm-up longer than a tenth of the run": rates(warmup=warmup_steps),
                "a tenth of the run that is no whole number; // rounds down": rates(
                    warmup=min(warmup_steps, num_steps / 10)
                ),
                "a warm-up of a tenth of the run; fewer steps are asked for": rates(warmup=num_steps // 10),
                "a fall that ends too early: decay_steps counts from step 0, the warm-up included": rates(
                    num_steps=num_steps - warmup
                ),
                "a fall that ends too late: decay_steps counts from step 0, the warm-up included": rates(
                    num_steps=num_steps + warmup
                ),
                "no rise: the rate begins at its peak": rates(start=peak),
                "no warm-up at all": rates(warmup=0),
                "a rise that begins at the final rate, not at 0": rates(start=final),
                "a fall to 0: the final rate is not used": rates(final=0.0),
                "a final rate taken as a share of the peak": rates(final=peak * final),
                "a fall in a straight line, not along a cosine": line,
            },
            rtol=1e-3,
            atol=1e-7,
        )


WARMUP = "    warmup = min(warmup_steps, num_steps // 10)\n"

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    return optax.warmup_cosine_decay_schedule(
        init_value=0.0,
        peak_value=learning_rate,
        warmup_steps=min(warmup_steps, num_steps // 10),
        decay_steps=num_steps,
        end_value=final_learning_rate,
    )
""",
    hints=(
        "All but one of the five arguments are given as they are; init_value is 0.",
        "The warm-up takes at most a tenth of the run: min(warmup_steps, num_steps // 10).",
        "decay_steps is num_steps, with the warm-up inside; end_value is final_learning_rate.",
    ),
    holds="The learning rate rises in a tenth of the run at most, then falls to its final value.",
    stands_in="optimizers.learning_rate_schedule",
    check=check,
    planted=(
        Planted(
            "warm-up not capped",
            """\
    return optax.warmup_cosine_decay_schedule(0.0, learning_rate, warmup_steps, num_steps, final_learning_rate)
""",
            says="longer than a tenth",
        ),
        Planted(
            "not rounded",
            """\
    warmup = min(warmup_steps, num_steps / 10)
    return optax.warmup_cosine_decay_schedule(0.0, learning_rate, warmup, num_steps, final_learning_rate)
""",
            says="// rounds down",
        ),
        Planted(
            "always a tenth",
            """\
    warmup = num_steps // 10
    return optax.warmup_cosine_decay_schedule(0.0, learning_rate, warmup, num_steps, final_learning_rate)
""",
            says="fewer steps are asked for",
        ),
        Planted(
            "falls too early",
            WARMUP
            + """\
    return optax.warmup_cosine_decay_schedule(0.0, learning_rate, warmup, num_steps - warmup, final_learning_rate)
""",
            says="ends too early",
        ),
        Planted(
            "falls too late",
            WARMUP
            + """\
    return optax.warmup_cosine_decay_schedule(0.0, learning_rate, warmup, num_steps + warmup, final_learning_rate)
""",
            says="ends too late",
        ),
        Planted(
            "begins at the peak",
            WARMUP
            + """\
    return optax.warmup_cosine_decay_schedule(
        learning_rate, learning_rate, warmup, num_steps, final_learning_rate
    )
""",
            says="begins at its peak",
        ),
        Planted(
            "begins at the final rate",
            WARMUP
            + """\
    return optax.warmup_cosine_decay_schedule(
        final_learning_rate, learning_rate, warmup, num_steps, final_learning_rate
    )
""",
            says="begins at the final rate",
        ),
        Planted(
            "no warm-up",
            """\
    return optax.cosine_decay_schedule(learning_rate, num_steps, alpha=final_learning_rate / learning_rate)
""",
            says="no warm-up at all",
        ),
        Planted(
            "falls to 0",
            WARMUP
            + """\
    return optax.warmup_cosine_decay_schedule(0.0, learning_rate, warmup, num_steps)
""",
            says="the final rate is not used",
        ),
        Planted(
            "a share of the peak",
            WARMUP
            + """\
    rise = optax.linear_schedule(0.0, learning_rate, warmup)
    fall = optax.cosine_decay_schedule(learning_rate, num_steps - warmup, alpha=final_learning_rate)
    return optax.join_schedules([rise, fall], [warmup])
""",
            says="as a share of the peak",
        ),
        Planted(
            "a straight line down",
            WARMUP
            + """\
    rise = optax.linear_schedule(0.0, learning_rate, warmup)
    fall = optax.linear_schedule(learning_rate, final_learning_rate, num_steps - warmup)
    return optax.join_schedules([rise, fall], [warmup])
""",
            says="in a straight line, not along",
        ),
    ),
    right={
        "two schedules, joined": """\
    warmup = num_steps // 10 if warmup_steps > num_steps // 10 else warmup_steps
    rise = optax.linear_schedule(0.0, learning_rate, warmup)
    fall = optax.cosine_decay_schedule(
        learning_rate, num_steps - warmup, alpha=final_learning_rate / learning_rate
    )
    return optax.join_schedules([rise, fall], [warmup])
""",
        "the formula, for a number": """\
    import math

    warmup = min(num_steps // 10, warmup_steps)

    def rate(step):
        if step < warmup:
            return learning_rate * step / warmup
        angle = math.pi * (step - warmup) / (num_steps - warmup)
        return final_learning_rate + (learning_rate - final_learning_rate) * 0.5 * (1 + math.cos(angle))

    return rate
""",
        "the formula, for an array": """\
    import jax.numpy as jnp

    warmup = min(num_steps // 10, warmup_steps)

    def rate(step):
        progress = jnp.clip((step - warmup) / (num_steps - warmup), 0.0, 1.0)
        fall = jnp.cos(jnp.pi * progress / 2) ** 2
        cosine = final_learning_rate * (1 - fall) + learning_rate * fall
        return jnp.where(step < warmup, learning_rate * step / warmup, cosine)

    return rate
""",
    },
    twin=Twin(
        given=lambda rng: {"num_steps": int(rng.integers(50, 200)), "warmup": int(rng.integers(2, 30))},
        learner="""\
_schedule = learner.learning_rate_schedule(num_steps, 0.1, 0.01, warmup)
out = jnp.stack([jnp.asarray(_schedule(_step)) for _step in range(num_steps)])
""",
        lesson="""\
_schedule = lesson.learning_rate_schedule(num_steps, 0.1, 0.01, warmup)
out = jnp.stack([jnp.asarray(_schedule(_step)) for _step in range(num_steps)])
""",
    ),
)
