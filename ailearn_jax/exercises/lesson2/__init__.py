"""The exercises of lesson 2, which build its code."""

ORDER = (
    "normalized_columns",
    "inputs_and_targets",
    "first_weights",
    "linear_model",
    "derivatives_for_free",
    "what_jit_sees",
    "held_out_rows",
    "original_units",
)
