"""What every test runs under: the CPU as four devices, strict shapes, and nothing of this machine's language or terminal."""

import os

# Before jax is imported, and for the programs that tests start. The user's own XLA_FLAGS stay as they are.
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["TZ"] = "UTC"
os.environ["LC_ALL"] = "C.UTF-8"
for name in ("COLUMNS", "FORCE_COLOR", "LANGUAGE", "NO_COLOR"):
    os.environ.pop(name, None)

import jax  # noqa: E402

jax.config.update("jax_num_cpu_devices", 4)
jax.config.update("jax_numpy_rank_promotion", "raise")
