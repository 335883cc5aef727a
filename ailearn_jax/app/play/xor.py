"""Lesson 5 at play: XOR learned anew for each width and seed that is asked for, by one compiled program."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ailearn_jax.app import configs
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.play.asked import Asked, check_fields
from ailearn_jax.errors import InputError, check_number
from ailearn_jax.lessons import lesson5

MOST_HIDDEN = 32  # units
MOST_STEPS = 10_000  # nobody waits before a page for more


class Xor:
    """The training of a run of lesson 5, with another width and seed."""

    def __init__(self, workdir: Path, fields: Fields) -> None:
        config = configs.for_lesson(fields)
        config.model.hidden = MOST_HIDDEN
        self.parts = lesson5.build(config)
        self.num_steps = _num_steps(fields)
        self.run_steps = jax.jit(lesson5.learn, static_argnums=(0, 2))

    @staticmethod
    def describe(fields: Fields) -> dict[str, Any]:
        return {
            "hidden": min(fields["model.hidden"], MOST_HIDDEN),
            "most_hidden": MOST_HIDDEN,
            "seed": fields["seed"],
            "num_steps": _num_steps(fields),
        }

    def learn(self, asked: Asked) -> dict[str, Any]:
        """What `hidden` units that begin with `seed` come to: the surface, the right answers, the loss."""
        check_fields(asked, ("hidden", "seed"))
        check_number("hidden", asked["hidden"], 1, MOST_HIDDEN)
        check_number("seed", asked["seed"], 0, 2**31 - 1)
        with jax.default_device(jax.devices("cpu")[0]):
            end, losses = self.run_steps(self.parts, self._start(**asked), self.num_steps)
            surface = lesson5.surface(self.parts.model, end.params)
            answers = np.asarray(lesson5.predict(self.parts.model, end.params, lesson5.INPUTS))
        if not np.isfinite(surface).all():
            raise InputError("learning rate: expected a finite loss, got none; train lesson 5 with a lower one")
        return {
            "surface": surface.round(3).tolist(),
            "right": lesson5.count_right(answers),
            "loss": float(losses[-1]),
        }

    def _start(self, hidden: int, seed: int) -> lesson5.TrainState:
        """The state before the first step of a network of `hidden` units, made as wide as the compiled one.

        What is added has weights of 0. ReLU passes no gradient at 0, so the gradients are 0 too: the added units never
        take part, and one program serves all widths.
        """
        narrow = self.parts._replace(model=lesson5.Neural(hidden))
        state = lesson5.init_state(narrow, jax.random.key(seed))
        layer, out = state.params["hidden"], state.params["out"]
        more = MOST_HIDDEN - hidden
        params = {
            "hidden": {
                "kernel": jnp.pad(layer["kernel"], ((0, 0), (0, more))),
                "bias": jnp.pad(layer["bias"], (0, more)),
            },
            "out": {"kernel": jnp.pad(out["kernel"], ((0, more), (0, 0))), "bias": out["bias"]},
        }
        return lesson5.TrainState(state.step, params, self.parts.optimizer.init(params))


def _num_steps(fields: Fields) -> int:
    return min(fields["train.num_steps"], MOST_STEPS)
