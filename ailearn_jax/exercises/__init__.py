"""Exercises that check themselves: a folder a lesson, a file an exercise. Only the app imports them."""
