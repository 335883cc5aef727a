"""The exercises of lesson 6, real data, in the order in which the lesson is built."""

ORDER = (
    "split_by_time",
    "hours",
    "normalizer",
    "training_rows_only",
    "line_or_network",
    "mini_batches",
    "warm_up",
    "only_matrices",
    "rmse",
    "rmse_in_bikes",
    "whole_set",
    "no_negative_bikes",
    "means_by_hour",
    "one_checkpoint",
)
