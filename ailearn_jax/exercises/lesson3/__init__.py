"""Lesson 3's exercises: modules and optimizers."""

ORDER = ("linen_module", "apply", "first_state", "optax_step", "next_state", "held_out")
