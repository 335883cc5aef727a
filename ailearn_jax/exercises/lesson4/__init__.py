"""Lesson 4's exercises: a hidden layer and ReLU."""

ORDER = ("relu", "one_layer", "hidden_layer", "hinges", "any_model", "take_best", "weight_decay")
