"""Lesson 5's exercises: all together."""

ORDER = ("cross_entropy", "probability", "keys", "jitted_step", "scan", "seeds")
