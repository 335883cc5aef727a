"""Lesson 5's exercises: all together."""

ORDER = ("cross_entropy", "probability", "straight_lines", "keys", "jitted_step", "scan", "seeds")
