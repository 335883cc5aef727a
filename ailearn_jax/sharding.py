"""Where arrays live: a mesh of devices with one axis, "data". Introduced in lesson 6.

Parameters stand whole on every device, a batch is split over its rows. On one device both are plain arrays.
"""

from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P


def make_mesh(num_devices: int) -> Mesh:
    """The first `num_devices` devices in a row, along the axis "data"."""
    return Mesh(np.array(jax.devices()[:num_devices]), ("data",))


def replicate(mesh: Mesh, tree: Any) -> Any:
    """A copy of each array of `tree` on every device."""
    return jax.device_put(tree, NamedSharding(mesh, P()))


def put_batches(mesh: Mesh, batches: Any) -> Any:
    """Stacked batches, arrays `[K, B, ...]`, with their rows B split over the devices."""
    return jax.device_put(batches, NamedSharding(mesh, P(None, "data")))
