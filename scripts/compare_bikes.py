"""Lesson 6 beside scikit-learn, on the same rows in one run: test RMSE in bikes, predictions clipped at 0.

    python scripts/compare_bikes.py [--features=five] [--split=random] [--seeds=10]

One such RMSE has a sampling error of about 2 bikes: on other hours both sides would move, mostly together.
"""

import argparse
import contextlib
import io
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # works from any folder, installed or not

import numpy as np  # noqa: E402

try:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import LinearRegression
    from sklearn.neural_network import MLPRegressor
except ModuleNotFoundError:
    sys.exit(f"expected the extra `test`, got no scikit-learn; run {sys.executable} -m pip install -e '.[test]'")

from ailearn_jax import bikes  # noqa: E402
from ailearn_jax.app import configs, environment  # noqa: E402
from ailearn_jax.lessons import lesson6  # noqa: E402


def ours(features: str, split: str, seed: int) -> tuple[float, float]:
    """The RMSE of the linear and of the neural model."""
    overrides = {"data.features": features, "data.split": split, "seed": str(seed)}
    fields = configs.load(configs.find("lesson6"), overrides)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        neural, linear, _ = lesson6.train(configs.for_lesson(fields), Path(folder)).figures
    return linear.value, neural.value


def theirs(model, split: bikes.Split) -> float:
    """The RMSE of a model of scikit-learn."""
    normalizer = bikes.Normalizer.fit(split.train)
    rows = normalizer.normalize(split.train)
    model.fit(rows["inputs"], rows["targets"])
    predicted = normalizer.invert(model.predict(normalizer.apply(split.test["inputs"])))
    return bikes.rmse(np.maximum(predicted, 0.0), split.test["targets"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--features", choices=bikes.FEATURES, default="five")
    parser.add_argument("--split", choices=("random", "time"), default="random")
    parser.add_argument("--seeds", type=int, default=10, help="runs of each model that has a seed")
    arguments = parser.parse_args()
    environment.prepare()

    split = bikes.load_bikes(None, arguments.features, arguments.split)
    seeds = range(arguments.seeds)
    linear, neural = zip(*(ours(arguments.features, arguments.split, seed) for seed in seeds), strict=True)
    results = {
        "linear": linear,
        "linear, scikit-learn": [theirs(LinearRegression(), split)],
        "neural": neural,
        "MLP (64, 64), scikit-learn": [
            theirs(MLPRegressor(hidden_layer_sizes=(64, 64), random_state=seed), split) for seed in seeds
        ],
        "gradient boosting, scikit-learn": [theirs(HistGradientBoostingRegressor(random_state=0), split)],
    }
    for name, values in results.items():
        print(f"{name}: {statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f}, {len(values)} runs)")


if __name__ == "__main__":
    main()
