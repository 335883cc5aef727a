"""Lesson 6: real data.

Goal: predict how many bikes are rented in an hour, from the hour and the weather, by a straight line and by a network.

New here: a table from the world, three kinds of rows (to train, to choose by, to judge by), a normalizer that knows
only the first kind, mini-batches, checkpoints, and predictions later and elsewhere. Read with it `bikes.py` (the
table), `models.py`, `memory.py`, `optimizers.py`, `training.py` (the step and its loop), `checkpoints.py` and
`predictions.py`.

    python scripts/run.py --config=configs/lesson6.py
    python scripts/run.py predict --config=configs/lesson6.py \\
        --hr=17 --temp=0.44 --hum=0.82 --windspeed=0.28 --workingday=1
    python scripts/run.py plot --study --config=configs/lesson6.py

What you should see: on the test rows the straight line errs by 152.1 bikes (root mean square), the network by about
75.1; a table of means by hour and working day has 110.1. With `--config.data.features=five_by_hour` the same straight
line comes to 93.1, with `all_by_hour` to 75.7: good columns carry a line as far as a hidden layer carries poor ones.
The study shows that the best learning rate moves with the batch: after 5 epochs it is 0.01 for batches of 16 rows, 0.03
for 64 and 0.1 for 256.

Shape letters: B batch, N rows, F features.
"""

from collections.abc import Iterable
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from ml_collections import ConfigDict

from ailearn_jax import bikes, evaluation, training
from ailearn_jax.checkpoints import Checkpoints, Facts
from ailearn_jax.memory import check_memory
from ailearn_jax.models import MLP
from ailearn_jax.optimizers import make_optimizer
from ailearn_jax.predictions import BikeModel, Prediction, load_bike_model
from ailearn_jax.ranges import check_config
from ailearn_jax.reporting import Run, curves_of
from ailearn_jax.results import Figure, Result
from ailearn_jax.schedules import Schedule
from ailearn_jax.sharding import replicate
from ailearn_jax.training import Batch, Metrics, Params, Parts, init_state

# --- Model: a line is a network without hidden layers -----------------------------------------------------------------

MODELS = ("linear", "neural")


def make_model(name: str, hidden: tuple[int, ...]) -> MLP:
    return MLP(hidden=() if name == "linear" else tuple(hidden))


def loss_fn(model: MLP, params: Params, batch: Batch, keys: jax.Array | None) -> tuple[jax.Array, Metrics]:
    """Mean squared error of the normalized targets. Nothing is random here, so `keys` go unused."""
    predictions = model.apply({"params": params}, batch["inputs"])  # [B]
    return jnp.mean((predictions - batch["targets"]) ** 2), {}


# --- Training ---------------------------------------------------------------------------------------------------------


def build(config: ConfigDict, name: str = "neural", num_rows: int = 12_165) -> Parts:
    """All that the training of a model needs but the data, checked.

    Raises:
        InputError: a value of the config is outside its range, or the model takes too much memory.
    """
    check_config(config)
    check_memory(config)
    model = make_model(name, **config.model)
    schedule = Schedule.from_epochs(num_rows, **config.train)
    optimizer = make_optimizer(schedule.num_steps, **config.optimizer)
    return Parts(model, partial(loss_fn, model), optimizer, schedule)


def train(config: ConfigDict, workdir: Path, run: Run | None = None) -> Result:
    """Trains both models, each in a folder of its own in `workdir`, from its last checkpoint if there is one.

    Raises:
        InputError: a value of the config, the table or a checkpoint does not fit.
        Stopped, NonFiniteLoss: see `train_loop`.
    """
    check_config(config)
    run = run or Run.plain()
    split = bikes.load_bikes(**config.data)
    run.reporter.message(
        f"{len(split.train['inputs']):,} rows to train on, {len(split.valid['inputs']):,} to choose by"
    )
    for name in MODELS:
        train_model(name, config, split, workdir / name, run)
    return evaluate(workdir)


def train_model(name: str, config: ConfigDict, split: bikes.Split, folder: Path, run: Run) -> None:
    """Trains the linear or the neural model and leaves its checkpoints in `folder`."""
    normalizer = bikes.Normalizer.fit(split.train)
    train_rows, valid_rows = normalizer.normalize(split.train), normalizer.normalize(split.valid)
    parts = build(config, name, len(train_rows["inputs"]))
    state = init_state(parts, train_rows["inputs"], config.seed)
    facts = Facts(6, config.to_dict(), {"normalizer": normalizer.to_json()})
    checkpoints = Checkpoints(folder, parts.schedule.keep, run.reporter.message)
    state, facts = checkpoints.restore(state, facts)
    run.reporter.message(f"{name} model: {training.num_parameters(state.params):,} parameters")
    eval_step = evaluation.make_eval_step(parts.loss_fn)

    def measure(params: Params) -> dict[str, float]:
        loss = evaluation.evaluate(eval_step, params, valid_rows, len(valid_rows["inputs"]))["loss"]
        return {"loss": loss, "rmse": normalizer.target_std * loss**0.5}  # in bikes

    training.train_loop(
        state=replicate(run.mesh, state),
        parts=parts,
        batches_from=bikes.shuffled(train_rows, parts.schedule.batch_size, config.seed),
        run=run,
        checkpoints=checkpoints,
        facts=facts,
        evaluate=measure,
    )


# --- What was trained -------------------------------------------------------------------------------------------------


def load(workdir: Path, name: str, checkpoint: str) -> BikeModel:
    """The linear or the neural model as it was trained: nothing of it comes from today's config."""
    return load_bike_model(workdir / name, checkpoint, 6, lambda config: build(config, name).model)


def evaluate(workdir: Path, checkpoint: str = "best") -> Result:
    """Both models on the test rows, which nothing before this has looked at, beside the baselines on the same rows."""
    linear, neural = (load(workdir, name, checkpoint) for name in MODELS)
    train, valid, test = bikes.load_bikes(**neural.facts.config["data"])
    predicted = {name: model.predict(test["inputs"]) for name, model in (("linear", linear), ("neural", neural))}
    return Result(
        figures=[
            Figure("test RMSE", bikes.rmse(predicted["neural"], test["targets"]), "bikes"),
            Figure("test RMSE of the linear model", bikes.rmse(predicted["linear"], test["targets"]), "bikes"),
            Figure("validation RMSE", bikes.rmse(neural.predict(valid["inputs"]), valid["targets"]), "bikes"),
        ],
        baselines=[Figure(name, value, "bikes") for name, value in bikes.baselines(train, test).items()],
        curves={
            **{f"linear_{name}": curve for name, curve in curves_of(linear.facts.history).items()},
            **{f"neural_{name}": curve for name, curve in curves_of(neural.facts.history).items()},
            **{f"predicted_{name}": values for name, values in predicted.items()},
            "actual": test["targets"],
            "cell": test["cell"],
        },
    )


def predict(workdir: Path, features: dict[str, float], checkpoint: str = "best") -> Prediction:
    """Bikes in one hour, by the neural model; `features` holds a value for each column that it was trained on.

    Raises:
        InputError: a column is missing or outside its range, or there is no such checkpoint.
    """
    return load(workdir, "neural", checkpoint).predict_hour(features)


# --- Study: what takes more than one run ------------------------------------------------------------------------------

BATCH_SIZES = (16, 64, 256)
LEARNING_RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1)
NUM_SEEDS = 5
FEW_EPOCHS = 5  # enough to tell the rates apart


def study(config: ConfigDict) -> dict[str, np.ndarray]:
    """How far each model comes on both splits, and which learning rate suits which batch size.

    Returns:
        The "models" [M] and their test RMSE on the splits "random" and "time" [M]; see also `compare_rates`.
    """
    return {**compare_splits(config), **compare_rates(config)}


def changed(config: ConfigDict, values: dict[str, Any]) -> ConfigDict:
    """A copy of `config` with other values, such as `{"data.split": "time"}`."""
    copy = ConfigDict(config.to_dict())
    copy.update_from_flattened_dict(values)
    return copy


def compare_splits(config: ConfigDict) -> dict[str, np.ndarray]:
    """The baselines and both models, trained once more on each split, and their RMSE on its test rows."""
    compared: dict[str, np.ndarray] = {}
    for split in ("random", "time"):
        with TemporaryDirectory() as folder:
            result = train(changed(config, {"data.split": split}), Path(folder))
        neural, linear, _ = result.figures
        compared["models"] = np.array([*(figure.name for figure in result.baselines), *MODELS])
        compared[split] = np.array([figure.value for figure in (*result.baselines, linear, neural)])
    return compared


def compare_rates(config: ConfigDict) -> dict[str, np.ndarray]:
    """What a learning rate brings the network in a few epochs, for each batch size; 5 seeds of each.

    The rates are chosen by the validation rows: a test row that had a say here could no longer judge.

    Returns:
        "batch_sizes" [3], "learning_rates" [8], "validation_rmse" [3, 5, 8] and, for each batch size, the rate with the
        lowest median of it, "best_rates" [3].
    """
    split = bikes.load_bikes(**config.data)
    normalizer = bikes.Normalizer.fit(split.train)
    rows = normalizer.normalize(split.train), normalizer.normalize(split.valid)
    losses = np.array([sweep(config, batch_size, *rows) for batch_size in BATCH_SIZES])
    best = np.median(losses, axis=1).argmin(axis=1)
    return {
        "batch_sizes": np.array(BATCH_SIZES),
        "learning_rates": np.array(LEARNING_RATES),
        "validation_rmse": normalizer.target_std * np.sqrt(losses),
        "best_rates": np.array(LEARNING_RATES)[best],
    }


def stack(batches: Iterable[Batch]) -> Batch:
    """Batches as one more axis in front."""
    return jax.tree.map(lambda *arrays: np.stack(arrays), *batches)


def sweep(config: ConfigDict, batch_size: int, train_rows: Batch, valid_rows: Batch) -> np.ndarray:
    """The validation loss after a few epochs, by seed and learning rate [5, 8]: 40 networks, trained by one program."""
    few = {"train.num_epochs": FEW_EPOCHS, "train.batch_size": batch_size, "train.accumulate": 1}
    scaled_later = {"optimizer.learning_rate": 1.0, "optimizer.final_learning_rate": 0.0}
    parts = build(changed(config, few | scaled_later), "neural", len(train_rows["inputs"]))

    def final_loss(learning_rate: float, seed: int, batches: Batch) -> jax.Array:
        # Whatever AdamW has worked out, it takes in proportion to the learning rate: so a rate can be put in later.
        optimizer = optax.chain(parts.optimizer, optax.scale(learning_rate))
        state = init_state(parts._replace(optimizer=optimizer), batches["inputs"][0], seed)
        train_step = training.make_train_step(parts.loss_fn, optimizer, accumulate=1, mesh=None)
        state, _ = jax.lax.scan(train_step, state, batches)
        return parts.loss_fn(state.params, valid_rows, None)[0]

    over_rates = jax.vmap(final_loss, (0, None, None))
    over_seeds_and_rates = jax.jit(jax.vmap(over_rates, (None, 0, 0)))
    orders = (bikes.shuffled(train_rows, batch_size, seed)(0) for seed in range(NUM_SEEDS))
    batches = stack(stack(islice(order, parts.schedule.num_steps)) for order in orders)  # [5, num_steps, B, ...]
    return np.asarray(over_seeds_and_rates(jnp.array(LEARNING_RATES), jnp.arange(NUM_SEEDS), batches))
