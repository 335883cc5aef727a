"""What the values of a config may be. Introduced in lesson 1.

Each lesson asks `check_config` before it does anything else. The ranges stand here and not beside what takes the values
so that no library is needed to judge them: a wrong value is told in 0.2 s, not after the second that loading JAX takes.
"""

from collections.abc import Mapping
from typing import Any

from ailearn_jax.errors import InputError, check_number, shown

LESSONS_1_TO_4 = {
    "seed": (0, 2**31 - 1),
    "data.num_train": (2, 1_000_000),
    "model.hidden": (1, 10_000),
    "optimizer.learning_rate": (0.0, 10.0),
    "optimizer.weight_decay": (0.0, 100.0),
    "train.num_steps": (1, 100_000),
    "train.log_every": (1, 100_000),
}
LESSON_5 = {
    "seed": (0, 2**31 - 1),
    "model.hidden": (1, 10_000),
    "optimizer.learning_rate": (0.0, 10.0),
    "train.num_steps": (2, 1_000_000),  # it stops in the middle for a look
}
LESSONS_6_TO_8 = {
    "seed": (0, 2**31 - 1),
    "loader.num_workers": (0, 64),
    "large.num_files": (2, 1000),
    "model.hidden": (1, 100_000),
    "model.context_length": (1, 100_000),
    "model.num_layers": (0, 100),
    "model.num_heads": (1, 1000),
    "model.embed_dim": (1, 100_000),
    "model.dropout_rate": (0.0, 0.99),
    "optimizer.learning_rate": (0.0, 10.0),
    "optimizer.warmup_steps": (0, 1_000_000),
    "optimizer.weight_decay": (0.0, 10.0),
    "optimizer.beta2": (0.0, 0.9999999),
    "optimizer.clip_norm": (1e-6, 1e6),
    "train.num_steps": (1, 10**9),
    "train.num_epochs": (1, 10**6),
    "train.batch_size": (1, 10**6),
    "train.accumulate": (1, 10**6),
    "train.steps_per_call": (1, 10**5),
    "train.log_every": (1, 10**9),
    "train.eval_every": (1, 10**9),
    "train.checkpoint_every": (1, 10**9),
    "train.keep": (1, 10**4),
}
BIKE_ROWS = 12_165  # that train, where data.path names no other table
RANGES = dict.fromkeys(range(1, 5), LESSONS_1_TO_4) | {5: LESSON_5} | dict.fromkeys(range(6, 9), LESSONS_6_TO_8)
CHOICES = {
    "data.features": ("five", "five_by_hour", "all", "all_by_hour"),
    "data.split": ("random", "time"),
    "model.activation": ("relu", "gelu", "silu"),
}
CORPORA = ("shakespeare", "tiny_shakespeare")  # the choices of data.corpus, where data.path names no other text
DIVISORS = {"model.num_heads": "model.embed_dim", "train.accumulate": "train.batch_size"}
MULTIPLES = {
    "train.log_every": "train.steps_per_call",
    "train.eval_every": "train.steps_per_call",
    "train.checkpoint_every": "train.eval_every",  # a save follows an evaluation, which tells whether it is the best
}


def check_config(config: Mapping[str, Any]) -> None:
    """Raises InputError where a value of a lesson's config is outside its range, or does not go with another one."""
    fields = flatten(config)
    path = fields.get("data.path")
    ranges = RANGES[fields["lesson"]]
    for name, value in fields.items():
        if name in ranges:
            for member in value if isinstance(value, list | tuple) else [value]:
                check_number(f"config.{name}", member, *ranges[name])
        if name in CHOICES and value not in CHOICES[name]:
            raise InputError(f"config.{name}: expected one of {', '.join(CHOICES[name])}, got {shown(value)}")
    if not isinstance(path, str | None):
        raise InputError(f"config.data.path: expected a file, got {shown(path)}; correct it")
    if path is None and (corpus := fields.get("data.corpus", CORPORA[0])) not in CORPORA:
        known = ", ".join(CORPORA)
        raise InputError(f"config.data.corpus: expected one of {known}, got {shown(corpus)}; or set data.path")
    if (final := fields.get("optimizer.final_learning_rate")) is not None:
        check_number("config.optimizer.final_learning_rate", final, 0.0, fields["optimizer.learning_rate"])
    if (rows := fields.get("large.rows_per_file")) is not None:
        check_number("config.large.rows_per_file", rows, 1, 10_000_000 // fields["large.num_files"])
    if fields["lesson"] in (6, 7) and path is None:
        check_number("config.train.batch_size", fields["train.batch_size"], 1, BIKE_ROWS)
    for name, whole in DIVISORS.items():
        if name in fields and fields[whole] % fields[name]:
            raise _misfit(name, f"a divisor of {whole}", fields[whole], fields[name])
    for name, unit in MULTIPLES.items():
        if unit in fields and fields[name] % fields[unit]:
            raise _misfit(name, f"a multiple of {unit}", fields[unit], fields[name])


def flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The fields of a config by their whole names.

    >>> flatten({"seed": 0, "train": {"num_steps": 5}})
    {'seed': 0, 'train.num_steps': 5}
    """
    fields: dict[str, Any] = {}
    for name, value in config.items():
        fields |= flatten(value, f"{prefix}{name}.") if hasattr(value, "items") else {f"{prefix}{name}": value}
    return fields


def _misfit(name: str, expected: str, other: int, value: int) -> InputError:
    return InputError(f"config.{name}: expected {expected} ({other}), got {value}; change one of them")
