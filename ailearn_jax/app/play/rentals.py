"""Lessons 6 and 7 at play: bikes rented in an hour that is set by hand, and over the day around it."""

from pathlib import Path
from typing import Any

import numpy as np

from ailearn_jax import bikes
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.next_steps import AN_HOUR
from ailearn_jax.app.play.asked import Asked, check_fields
from ailearn_jax.errors import check_number
from ailearn_jax.lessons import lesson6, lesson7

LABELS = {
    "hr": "hour",
    "temp": "temperature",
    "hum": "humidity",
    "windspeed": "wind",
    "workingday": "kind of day",
    "season": "season",
    "yr": "year",
    "mnth": "month",
    "holiday": "public holiday",
    "weekday": "weekday",
    "weathersit": "weather",
    "atemp": "felt temperature",
}
NAMES = {  # of a column's values, from its lowest on
    "hr": [f"{hour}:00" for hour in range(bikes.HOURS)],
    "workingday": ["day off", "working day"],
    "season": ["winter", "spring", "summer", "autumn"],
    "yr": ["2011", "2012"],
    "mnth": "January February March April May June July August September October November December".split(),
    "holiday": ["no", "yes"],
    "weekday": "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(),
    "weathersit": ["clear", "mist", "light rain or snow", "heavy rain or snow"],
}
UNITS = {  # scale, offset and unit: a value v of the table is scale · v + offset
    "temp": (47, -8, "°C"),
    "atemp": (66, -16, "°C"),
    "hum": (100, 0, "%"),
    "windspeed": (67, 0, "km/h"),
}

MODELS = {6: ("neural", "linear"), 7: ("neural",)}  # of a lesson, the better one first


class Rentals:
    """The models of a run."""

    def __init__(self, workdir: Path, fields: Fields) -> None:
        if fields["lesson"] == 6:
            self.models = {name: lesson6.load(workdir, name, "best") for name in MODELS[6]}
        else:
            self.models = {"neural": lesson7.load(workdir, "best")}
        self.columns, self.by_hour = bikes.FEATURES[self.models["neural"].facts.config["data"]["features"]]

    @staticmethod
    def describe(fields: Fields) -> dict[str, Any]:
        return {
            "columns": [_describe_column(name) for name in bikes.FEATURES[fields["data.features"]][0]],
            "models": MODELS[fields["lesson"]],
        }

    def predict(self, asked: Asked) -> dict[str, Any]:
        """Bikes in each hour of the day by each model, and which models say less than none in the hour itself."""
        check_fields(asked, self.columns)
        for name, value in asked.items():
            low, high, _ = bikes.COLUMNS[name]
            check_number(LABELS[name], value, low, high)
        day = {name: np.full(bikes.HOURS, value) for name, value in asked.items()} | {"hr": np.arange(bikes.HOURS)}
        inputs = bikes.encode(day, self.columns, self.by_hour)
        said = {name: model.predict_unclipped(inputs) for name, model in self.models.items()}
        return {
            "day": {name: np.maximum(values, 0.0).tolist() for name, values in said.items()},
            "clipped": [name for name, values in said.items() if values[asked["hr"]] < 0],
        }


def _describe_column(name: str) -> dict[str, Any]:
    low, high, _ = bikes.COLUMNS[name]
    return {
        "name": name,
        "label": LABELS[name],
        "low": low,
        "high": high,
        "step": 1 if name in NAMES else 0.01,
        "value": AN_HOUR[name],
        "names": NAMES.get(name),
        "unit": UNITS.get(name),
    }
