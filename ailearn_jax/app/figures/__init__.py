"""A file a lesson, each with `draw(workdir)`: the pictures of a run, made from what it saved."""
