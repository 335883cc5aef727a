"""Lesson 7: batched loading.

Goal: the task and the network of lesson 6, fed by a data loader; and an honest answer to when a loader pays.

New here: a data source, a batcher that stacks items, an order that is new in each epoch and can begin at any step,
other processes that make batches ahead. Read with it `loaders.py`, which lets grain do the rest.

    python scripts/run.py --config=configs/lesson7.py
    python scripts/run.py predict --config=configs/lesson7.py \\
        --hr=8 --temp=0.2 --hum=0.8 --windspeed=0.2 --workingday=1

What you should see: the test RMSE of lesson 6's network, about 75.1 bikes, since table and network are the same. An
epoch of batches takes some 250 ms item by item, 5 ms where an item is a whole batch, 1 ms by plain numpy: on a table
that fits in memory no loader pays. It does on one in files that have to be read and parsed, if a core is free for that
while the network trains.

Shape letters: B batch, N rows, F features.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import grain
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from ml_collections import ConfigDict

from ailearn_jax import bikes, evaluation, loaders, training
from ailearn_jax.checkpoints import Checkpoints, Facts
from ailearn_jax.memory import check_memory
from ailearn_jax.models import MLP
from ailearn_jax.optimizers import make_optimizer
from ailearn_jax.predictions import BikeModel, Prediction, load_bike_model
from ailearn_jax.ranges import check_config
from ailearn_jax.reporting import Run, curves_of
from ailearn_jax.results import Figure, Result
from ailearn_jax.schedules import Schedule
from ailearn_jax.sharding import is_first, replicate
from ailearn_jax.training import Batch, Metrics, Params, Parts, TrainState, init_state

# --- Data: two sources for the same rows ------------------------------------------------------------------------------


class Rows:
    """A source whose item is a row, {"inputs": [F], "targets": []}. A batcher has to stack them: plain, and slow."""

    def __init__(self, rows: Batch) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows["inputs"])

    def __getitem__(self, index: int) -> Batch:
        return {name: array[index] for name, array in self.rows.items()}


def stack(items: list[Batch]) -> Batch:
    """The batcher: B rows become one batch."""
    return {name: np.stack([item[name] for item in items]) for name in items[0]}


class Batches:
    """A source whose item is a whole batch, {"inputs": [B, F], "targets": [B]}: one gather instead of B items.

    Item i is the batch of step i. Its rows are picked from a permutation that is new in each epoch and a function of
    (seed, epoch) alone, so any process can make any batch, and a run that was interrupted goes on at its step.
    The rows that fill no batch at the end of an epoch are left out of it; the next epoch leaves out others.
    """

    def __init__(self, rows: Batch, batch_size: int, num_steps: int, seed: int) -> None:
        self.rows, self.batch_size, self.num_steps, self.seed = rows, batch_size, num_steps, seed
        self.num_rows = len(rows["inputs"])
        self.epoch_and_order = -1, np.arange(0)

    def __len__(self) -> int:
        return self.num_steps

    def __getitem__(self, step: int) -> Batch:
        epoch, i = divmod(int(step), self.num_rows // self.batch_size)
        known, order = self.epoch_and_order  # one attribute: threads may ask for batches of two epochs at once
        if epoch != known:
            order = np.random.default_rng((self.seed, epoch)).permutation(self.num_rows)
            self.epoch_and_order = epoch, order
        picked = order[i * self.batch_size : (i + 1) * self.batch_size]
        return {name: array[picked] for name, array in self.rows.items()}


def item_by_item(rows: Batch, batch_size: int, seed: int) -> grain.MapDataset:
    """The form that grain's documentation begins with: shuffle rows, stack them to batches, begin again."""
    rows_in_order = grain.MapDataset.source(Rows(rows)).seed(seed).shuffle()
    return rows_in_order.batch(batch_size, drop_remainder=True, batch_fn=stack).repeat()


# --- Model and loss: those of lesson 6 --------------------------------------------------------------------------------


def loss_fn(model: MLP, params: Params, batch: Batch, keys: jax.Array | None) -> tuple[jax.Array, Metrics]:
    """Mean squared error of the normalized targets. Nothing is random here, so `keys` go unused."""
    predictions = model.apply({"params": params}, batch["inputs"])  # [B]
    return jnp.mean((predictions - batch["targets"]) ** 2), {}


# --- Training ---------------------------------------------------------------------------------------------------------


def build(config: ConfigDict, num_rows: int = 12_165) -> Parts:
    """All that training needs but the data, checked.

    Raises:
        InputError: a value of the config is outside its range, or the model takes too much memory.
    """
    check_config(config)
    check_memory(config)
    model = MLP(tuple(config.model.hidden))
    schedule = Schedule.from_epochs(num_rows, **config.train)
    optimizer = make_optimizer(schedule.num_steps, **config.optimizer)
    return Parts(model, partial(loss_fn, model), optimizer, schedule)


def train(config: ConfigDict, workdir: Path, run: Run | None = None) -> Result:
    """Trains the network, from its last checkpoint in `workdir` if there is one, and times the loaders.

    Raises:
        InputError: a value of the config, the table or a checkpoint does not fit.
        Stopped, NonFiniteLoss: see `train_loop`.
    """
    check_config(config)
    run = run or Run.plain()
    parts, batches = train_network(config, workdir, run)
    if is_first():
        compare_loaders(parts, batches, write_files(workdir / "large_table", **config.large), run)
        shutil.rmtree(workdir / "large_table")
    return evaluate(workdir)


def train_network(config: ConfigDict, workdir: Path, run: Run) -> tuple[Parts, Batches]:
    """Trains the network and leaves its checkpoints in `workdir`. Returns what it was trained with."""
    split = bikes.load_bikes(**config.data)
    normalizer = bikes.Normalizer.fit(split.train)
    train_rows, valid_rows = normalizer.normalize(split.train), normalizer.normalize(split.valid)
    parts = build(config, len(train_rows["inputs"]))
    batches = Batches(train_rows, parts.schedule.batch_size, parts.schedule.num_steps, config.seed)
    state = init_state(parts, train_rows["inputs"], config.seed)
    facts = Facts(7, config.to_dict(), {"normalizer": normalizer.to_json()})
    checkpoints = Checkpoints(workdir, parts.schedule.keep, run.reporter.message)
    state, facts = checkpoints.restore(state, facts)
    run.reporter.message(f"{len(split.train['inputs']):,} rows; {training.num_parameters(state.params):,} parameters")
    eval_step = evaluation.make_eval_step(parts.loss_fn)

    def measure(params: Params) -> dict[str, float]:
        loss = evaluation.evaluate(eval_step, params, valid_rows, len(valid_rows["inputs"]))["loss"]
        return {"loss": loss, "rmse": normalizer.target_std * loss**0.5}  # in bikes

    training.train_loop(
        state=replicate(run.mesh, state),
        parts=parts,
        batches_from=loaders.grain_batches(batches, **config.loader),
        run=run,
        checkpoints=checkpoints,
        facts=facts,
        evaluate=measure,
    )
    return parts, batches


# --- When does a loader pay? ------------------------------------------------------------------------------------------


def compare_loaders(parts: Parts, batches: Batches, paths: list[Path], run: Run) -> None:
    """Says what each form of loading costs: first the bike table, which fits in memory, then a table in files."""
    for form, seconds in time_bike_table(batches).items():
        run.reporter.message(f"an epoch of batches {form}: {1000 * seconds:.1f} ms")
    run.reporter.message("On a table in memory no loader pays: numpy alone is the fastest.")
    state = init_state(parts, batches.rows["inputs"], seed=0)
    times = time_large_table(parts, state, paths)
    for form, seconds in times.items():
        run.reporter.message(f"a step on a file {form}: {1000 * seconds:.1f} ms")
    needed, ahead = times.values()
    verdict = "pays here" if ahead < 0.9 * needed else "does not pay here: is a core free for the other process?"
    run.reporter.message(f"On a table in files reading ahead {verdict}")


def time_bike_table(batches: Batches) -> dict[str, float]:
    """Seconds for an epoch of the bike table by each form, nothing trained meanwhile."""
    num_batches = batches.num_rows // batches.batch_size
    by_item = item_by_item(batches.rows, batches.batch_size, batches.seed)
    forms = {
        "by grain, item by item": loaders.iterate(by_item, num_workers=0),
        "by grain, a batch an item": loaders.grain_batches(batches)(0),
        "by numpy alone": bikes.shuffled(batches.rows, batches.batch_size, batches.seed)(0),
    }
    return {form: time_batches(iterator, num_batches) for form, iterator in forms.items()}


def time_batches(
    batches: Iterator[Batch], num_batches: int, use: Callable[[Batch], object] = lambda batch: None
) -> float:
    """Seconds until `num_batches` more have come and been used."""
    started = time.perf_counter()
    for _ in range(num_batches):
        use(next(batches))
    return time.perf_counter() - started


class Files:
    """A source whose item is a CSV file of rows: a batch of a table that is never in memory as a whole."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Batch:
        table = pd.read_csv(self.paths[index], dtype=np.float32)
        return {"inputs": table[[*bikes.FIVE]].to_numpy(), "targets": table[bikes.TARGET].to_numpy()}


def write_files(folder: Path, num_files: int, rows_per_file: int) -> list[Path]:
    """Makes a table with the columns of the bikes, of which five are used, a file for each batch."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{i:06d}.csv" for i in range(num_files)]
    for i, path in enumerate(paths):
        rows = np.random.default_rng(i).normal(size=(rows_per_file, len(bikes.COLUMNS) + 1))
        pd.DataFrame(rows, columns=[*bikes.COLUMNS, bikes.TARGET]).to_csv(path, index=False, float_format="%.5f")
    return paths


def time_large_table(parts: Parts, state: TrainState, paths: list[Path]) -> dict[str, float]:
    """Seconds a step that trains on one file: read here between the steps, and read ahead by another process."""
    train_step = jax.jit(training.make_train_step(parts.loss_fn, parts.optimizer, parts.schedule.accumulate, None))

    def use(batch: Batch) -> None:
        jax.block_until_ready(train_step(state, batch))

    seconds = {}
    for form, num_workers in (("read when needed", 0), ("read ahead by another process", 1)):
        batches = loaders.grain_batches(Files(paths), num_workers)(0)
        use(next(batches))  # the worker's start and the compilation do not count
        seconds[form] = time_batches(batches, len(paths) - 1, use) / (len(paths) - 1)
        batches.close()
    return seconds


# --- What was trained -------------------------------------------------------------------------------------------------


def load(workdir: Path, checkpoint: str) -> BikeModel:
    """The network as it was trained: nothing of it comes from today's config."""
    return load_bike_model(workdir, checkpoint, 7, lambda config: build(config).model)


def evaluate(workdir: Path, checkpoint: str = "best") -> Result:
    """The network on the test rows, which nothing before this has looked at, beside the baselines on the same rows."""
    model = load(workdir, checkpoint)
    train, valid, test = bikes.load_bikes(**model.facts.config["data"])
    predicted = model.predict(test["inputs"])
    by_row = {"predicted": predicted, "actual": test["targets"], "cell": test["cell"]}
    return Result(
        figures=[
            Figure("test RMSE", bikes.rmse(predicted, test["targets"]), "bikes"),
            Figure("validation RMSE", bikes.rmse(model.predict(valid["inputs"]), valid["targets"]), "bikes"),
        ],
        baselines=[Figure(name, value, "bikes") for name, value in bikes.baselines(train, test).items()],
        curves={**curves_of(model.facts.history), **by_row},
    )


def predict(workdir: Path, features: dict[str, float], checkpoint: str = "best") -> Prediction:
    """Bikes in one hour; `features` holds a value for each column that the model was trained on.

    Raises:
        InputError: a column is missing or outside its range, or there is no such checkpoint.
    """
    return load(workdir, checkpoint).predict_hour(features)


# --- Study: what takes more than one run ------------------------------------------------------------------------------


def study(config: ConfigDict) -> dict[str, np.ndarray]:
    """How far the network comes on both splits, and what an epoch of batches costs by each form of loading.

    Returns:
        The "models" [M] and their test RMSE on the splits "random" and "time" [M]; the "forms" of loading and their
        "seconds" [3].
    """
    found: dict[str, np.ndarray] = {}
    for split in ("random", "time"):
        on_split = ConfigDict(config.to_dict())
        on_split.data.split = split
        with TemporaryDirectory() as folder:
            _, batches = train_network(on_split, Path(folder), Run.plain())
            result = evaluate(Path(folder))
        found["models"] = np.array([*(figure.name for figure in result.baselines), "neural"])
        found[split] = np.array([figure.value for figure in (*result.baselines, result.figures[0])])
        seconds = time_bike_table(batches)
    return found | {"forms": np.array(list(seconds)), "seconds": np.array(list(seconds.values()))}
