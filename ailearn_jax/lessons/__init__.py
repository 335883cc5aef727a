"""The chapters: lesson1 to lesson8, each to be read from top to bottom."""
