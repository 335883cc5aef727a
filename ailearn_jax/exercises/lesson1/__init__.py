"""The exercises of lesson 1, which build its code."""

ORDER = (
    "forward_pass",
    "mean_squared_error",
    "w_derivative",
    "both_derivatives",
    "update",
    "training_loop",
    "diverging",
)
