"""Lesson 6's network in scikit-learn, on the same normalized rows."""

import time
from typing import Any

from sklearn.neural_network import MLPRegressor

from ailearn_jax import bikes


def fit(config: dict[str, Any], seed: int, **settings: Any) -> dict[str, float]:
    """Seconds of a whole fit that ends by scikit-learn's own rule, and the validation RMSE that it has then, in bikes.

    Args:
        settings: of MLPRegressor, besides its defaults.
    """
    split = bikes.load_bikes(**config["data"])
    normalizer = bikes.Normalizer.fit(split.train)
    train, valid = normalizer.normalize(split.train), normalizer.normalize(split.valid)
    started = time.perf_counter()
    model = MLPRegressor(hidden_layer_sizes=tuple(config["model"]["hidden"]), random_state=seed, **settings)
    model.fit(train["inputs"], train["targets"])
    seconds = time.perf_counter() - started
    rmse = normalizer.target_std * bikes.rmse(model.predict(valid["inputs"]), valid["targets"])
    return {"seconds": seconds, "rmse": rmse}
