"""Batches by grain, in this process or prefetched by others. Introduced in lesson 7."""

import multiprocessing
import multiprocessing.connection
import os
import threading
from typing import Any

import grain
from absl import flags

from ailearn_jax.training import Batches, BatchesFrom

# Grain's default of 16 threads helps where an item waits for a disk or a network. Here an item is a few rows in memory:
# an epoch of lesson 7's batches takes 5 ms with none and 66 ms with 16.
NO_THREADS = grain.ReadOptions(num_threads=0, prefetch_buffer_size=0)

# Batches come through a pipe: a worker that is killed then leaves no shared memory behind.
NO_SHARED_MEMORY = grain.experimental.DatasetOptions(min_shm_size=1 << 62)


def grain_batches(batches: Any, num_workers: int = 0) -> BatchesFrom:
    """The items of a data source whose i-th item is the batch of step i.

    Args:
        num_workers: processes that make batches ahead; 0 makes each when it is asked for. The batches are the same.
    """
    dataset = grain.MapDataset.source(batches)

    def batches_from(step: int) -> Batches:
        return iterate(dataset[step:], num_workers)

    return batches_from


def iterate(dataset: grain.MapDataset, num_workers: int) -> Batches:
    """The elements of `dataset` in order. Worker processes end with the iterator, at the latest with this process."""
    if not num_workers:
        yield from dataset.to_iter_dataset(NO_THREADS)
        return
    if not flags.FLAGS.is_parsed():
        flags.FLAGS.mark_as_parsed()  # grain asks absl's flags, which a test or a notebook has not parsed
    options = grain.MultiprocessingOptions(num_workers, per_worker_buffer_size=16)
    prefetched = dataset.to_iter_dataset(NO_THREADS).mp_prefetch(options, worker_init_fn=end_with_parent)
    elements = iter(grain.experimental.WithOptionsIterDataset(prefetched, NO_SHARED_MEMORY))
    try:
        yield from elements
    finally:
        elements.close()


def end_with_parent(_worker: int, _num_workers: int) -> None:
    """Called in each worker: when the parent is killed, nobody else would end it."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "called in a worker process"

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
