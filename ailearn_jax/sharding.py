"""Where arrays live: a mesh of devices with one axis, "data". Introduced in lesson 6.

Parameters stand whole on every device, a batch is split over its rows. On one device both are plain arrays. Several
processes, on one host or on many, see one mesh of all their devices, and each runs the same program.
"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh, NamedSharding, Sharding
from jax.sharding import PartitionSpec as P

from ailearn_jax.errors import InputError, check_number


def make_mesh(num_devices: int | None = None, cpu_devices: int = 1) -> Mesh:
    """The first `num_devices` devices in a row, along the axis "data".

    Several processes take all that they have. Without a number: all devices, but `cpu_devices` where they are the CPU.

    Raises:
        InputError: there are not so many.
    """
    devices = jax.devices()
    if jax.process_count() > 1:
        return Mesh(np.array(devices), ("data",))
    by_default = min(cpu_devices, len(devices)) if devices[0].platform == "cpu" else len(devices)
    num_devices = by_default if num_devices is None else num_devices
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


def mean_over_devices(mesh: Mesh | None, mean_over_rows: Callable[..., Any]) -> Callable[..., Any]:
    """`mean_over_rows(params, batch, keys)`, a tree of arrays, as the mean over devices that each take their own rows.

    The arrays go from device to device as one, since all wait for each other at each that goes: 3% less a step of four
    blocks on two cores.
    """
    if mesh is None or mesh.size == 1:
        return mean_over_rows

    def mean(params: Any, batch: Any, keys: jax.Array) -> Any:
        means_over_own_rows, unravel = ravel_pytree(mean_over_rows(params, batch, keys))
        return unravel(jax.lax.pmean(means_over_own_rows, "data"))

    # If JAX checked what varies between devices, it would average the gradients by itself, one by one.
    return jax.shard_map(mean, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P(), check_vma=False)


def on_own_devices(mesh: Mesh, tree: Any) -> Any:
    """The arrays of `tree`, which stand on every device of `mesh`, as this process's own devices have them.

    So a process can measure without the others. Nothing is copied: a step that updates `tree` in place ends these too.
    """
    sharding = NamedSharding(mesh.local_mesh, P())

    def on_own(array: jax.Array) -> jax.Array:
        copies = [shard.data for shard in array.addressable_shards]
        return jax.make_array_from_single_device_arrays(array.shape, sharding, copies)

    return jax.tree.map(on_own, tree)


def row_sharding(params: Any) -> Sharding:
    """How arrays `[B, ...]` are split over the devices on which `params` stand whole: each takes its own rows B."""
    sharding = jax.tree.leaves(params)[0].sharding
    return NamedSharding(sharding.mesh, P("data")) if isinstance(sharding, NamedSharding) else sharding


def is_first() -> bool:
    """Whether this process is the one that writes and speaks for all."""
    return jax.process_index() == 0


def wait_for_all(name: str) -> None:
    """Returns when every process has come to this place in the program, which `name` names."""
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(name)
