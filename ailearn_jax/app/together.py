"""Several processes that train one run, on one host or on many: how they find each other, stop together, lose one."""

import os
from collections.abc import Callable
from typing import NoReturn

from ailearn_jax.app.command_line import Arguments
from ailearn_jax.app.terminal import say
from ailearn_jax.errors import InputError, shortened

WHERE = ("coordinator", "num_processes", "process_id")  # the flags that say where the others are
HEARTBEAT = 10  # seconds without a sign of life after which a process counts as lost


def are_several(arguments: Arguments) -> bool:
    """Whether the arguments say that this is one of several processes."""
    return arguments["distributed"] or any(arguments[name] is not None for name in WHERE)


def join(arguments: Arguments) -> None:
    """Waits until all processes are there, if there are several.

    Raises:
        InputError: some of the flags are missing, or the others do not come.
    """
    if not are_several(arguments):
        return
    where = {name: arguments[name] for name in WHERE}
    missing = [f"--{name}" for name, value in where.items() if value is None]
    if missing and not arguments["distributed"]:
        raise InputError(f"expected --coordinator, --num_processes and --process_id together; add {', '.join(missing)}")

    import jax

    jax.config.update("jax_enable_preemption_service", False)  # it would take SIGTERM, which is for us to answer
    try:
        jax.distributed.initialize(
            coordinator_address=where["coordinator"],
            num_processes=where["num_processes"],
            process_id=where["process_id"],
            heartbeat_timeout_seconds=HEARTBEAT,
        )
        _meet()
    except (RuntimeError, ValueError) as error:
        raise InputError(
            f"--coordinator: expected all processes to find each other, got {error}; are all started, with one address?"
        ) from error


def _meet() -> None:
    """Makes the processes talk for a first time. Gloo, which connects them on CPUs, reports that on standard output."""
    from jax.experimental import multihost_utils

    output = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        multihost_utils.sync_global_devices("meet")
    finally:
        os.dup2(output, 1)
        os.close(output)
        os.close(nowhere)


def leave(error: Exception) -> NoReturn:
    """Ends this process, since another one is gone. At once: an ordinary end would wait for the other's goodbye."""
    say(f"Another process was lost ({shortened(str(error))}). The last checkpoint stands: start all of them again.")
    os._exit(1)


def agreed(pending: Callable[[], int | None]) -> Callable[[], int | None]:
    """The signal that any of the processes has `pending`: the same answer in each of them, at the same step."""
    import jax
    import numpy as np
    from jax.experimental import multihost_utils

    if jax.process_count() == 1:
        return pending
    return lambda: int(np.max(multihost_utils.process_allgather(np.int32(pending() or 0)))) or None
