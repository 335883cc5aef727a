"""What to do with a trained lesson."""

from ailearn_jax.app import configs
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.course import GENERATING, PREDICTING

# An hour to predict: five on a mild and rainy working day of May 2012.
AN_HOUR = {"hr": 17, "temp": 0.44, "hum": 0.82, "windspeed": 0.28, "workingday": 1}
AN_HOUR |= {"season": 2, "yr": 1, "mnth": 5, "holiday": 0, "weekday": 3, "weathersit": 3, "atemp": 0.44}


def next_steps(fields: Fields, run: list[str], name: str) -> list[tuple[str, list[str]]]:
    """What each step is for, and the words of its command.

    Args:
        run: the flags that name the run.
        name: of its config.
    """
    steps = []
    if fields["lesson"] in PREDICTING:
        from ailearn_jax import bikes

        columns = bikes.FEATURES[fields["data.features"]][0]
        steps.append(("To predict", ["predict", *run, *(f"--{column}={AN_HOUR[column]}" for column in columns)]))
    if fields["lesson"] in GENERATING:
        prompt = [] if fields["data.path"] else ["--prompt=Learning JAX is "]  # another text may lack its letters
        steps.append(("To write text", ["generate", *run, *prompt]))
    course = [name for name in configs.shipped() if not name.startswith("lesson8_")]
    if name in course[:-1]:
        steps.append(("To go on", [f"--config={course[course.index(name) + 1]}"]))
    return steps
