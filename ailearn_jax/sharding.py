"""Where arrays live: a mesh of devices with one axis, "data". Introduced in lesson 6.

Parameters stand whole on every device, a batch is split over its rows. On one device both are plain arrays. Several
processes, on one host or on many, see one mesh of all their devices, and each runs the same program.
"""

from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from ailearn_jax.errors import InputError, check_number


def make_mesh(num_devices: int | None = None) -> Mesh:
    """The first `num_devices` devices in a row, along the axis "data".

    Several processes take all that they have. Without a number: all devices, but one where they are the CPU. There a
    second one gains nothing (23.7 ms a step of lesson 8 against 23.4), and each waits for the other.

    Raises:
        InputError: there are not so many.
    """
    devices = jax.devices()
    if jax.process_count() > 1:
        return Mesh(np.array(devices), ("data",))
    if num_devices is None:
        num_devices = 1 if devices[0].platform == "cpu" else len(devices)
    check_number("--devices", num_devices, 1, len(devices))
    return Mesh(np.array(devices[:num_devices]), ("data",))


def check_batch_size(mesh: Mesh, batch_size: int, accumulate: int) -> None:
    """Raises InputError where the parts of a batch do not divide by the devices."""
    if batch_size % (accumulate * mesh.size):
        raise InputError(
            f"config.train.batch_size: expected a multiple of the {mesh.size} devices times train.accumulate "
            f"({accumulate}), got {batch_size}; change it, or --devices"
        )


def replicate(mesh: Mesh, tree: Any) -> Any:
    """A copy of each array of `tree` on every device."""
    sharding = NamedSharding(mesh, P())
    if jax.process_count() == 1:
        return jax.device_put(tree, sharding)
    return jax.jit(lambda tree: tree, out_shardings=sharding)(tree)


def put_batches(mesh: Mesh, batches: Any) -> Any:
    """Stacked batches, arrays `[K, B, ...]`, with their rows B split over the devices.

    Every process has made the whole of them; each takes the rows of its own devices.
    """
    sharding = NamedSharding(mesh, P(None, "data"))
    if jax.process_count() == 1:
        return jax.device_put(batches, sharding)
    return jax.tree.map(lambda a: jax.make_array_from_callback(a.shape, sharding, a.__getitem__), batches)


def is_first() -> bool:
    """Whether this process is the one that writes and speaks for all."""
    return jax.process_index() == 0


def wait_for_all(name: str) -> None:
    """Returns when every process has come to this place in the program, which `name` names."""
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(name)
