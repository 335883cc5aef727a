"""The exercises of lesson 7, batched loading, in the order in which the lesson is built."""

ORDER = (
    "source",
    "batcher",
    "pipeline",
    "seed_and_epoch",
    "remainder",
    "from_any_step",
    "files",
    "fair_timing",
)
