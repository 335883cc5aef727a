"""`predict`: bikes rented in an hour, by a trained lesson 6 or 7."""

from collections.abc import Sequence

from ailearn_jax.app import environment, outcome
from ailearn_jax.app.command_line import FEATURE_FLAGS, Arguments
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.course import PREDICTING, lesson_module
from ailearn_jax.app.terminal import say, tell
from ailearn_jax.app.trained import trained_fields
from ailearn_jax.errors import InputError


def run(arguments: Arguments) -> int:
    fields = trained_fields(arguments, PREDICTING)
    environment.prepare()
    lesson = lesson_module(fields["lesson"])
    features = _features(arguments, _columns(fields))
    prediction = lesson.predict(arguments.workdir, features, arguments["checkpoint"])
    say(f"by the model of step {prediction.step:,}")
    if prediction.clipped:
        say("The model said less than no bikes: clipped to 0.")
    if arguments["json"]:
        outcome.show_json([("predicted", prediction.value, "bikes an hour")])
    else:
        tell(f"predicted: {prediction.value:.0f} bikes an hour")
    return 0


def _columns(fields: Fields) -> Sequence[str]:
    """The columns of the bike table that the model was trained on."""
    from ailearn_jax import bikes

    return bikes.FEATURES[fields["data.features"]][0]


def _features(arguments: Arguments, columns: Sequence[str]) -> dict[str, float]:
    """The value given for each of the model's `columns`."""
    missing = [f"--{name} ({FEATURE_FLAGS[name].range})" for name in columns if arguments[name] is None]
    if missing:
        raise InputError(f"predict: expected a value for each column of the model; add {', '.join(missing)}")
    unread = [f"--{name}" for name in FEATURE_FLAGS if name not in columns and arguments[name] is not None]
    if unread:
        raise InputError(f"predict: expected only the columns of the model, got {', '.join(unread)}; leave them out")
    return {name: arguments[name] for name in columns}
