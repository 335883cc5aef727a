"""What every test runs under: eight CPU devices, strict shapes, and nothing of this machine's language or terminal."""

import os
import time

import jax

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_num_cpu_devices", 8)  # the user's own XLA_FLAGS stay as they are
jax.config.update("jax_numpy_rank_promotion", "raise")

# Programs that tests start see one CPU device, as a user's do.
os.environ |= {"JAX_PLATFORMS": "cpu", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
os.environ["AILEARN_JAX_PICTURES"] = "0"  # a second and more for each run; those that are about pictures draw them
for name in ("COLUMNS", "FORCE_COLOR", "LANGUAGE", "NO_COLOR"):
    os.environ.pop(name, None)
if hasattr(time, "tzset"):  # not on Windows
    time.tzset()
