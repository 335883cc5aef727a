"""A file a lesson, each with `draw(workdir)`: the pictures of a run, made from what it saved."""

import logging

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # that it looks for fonts, once on a machine, is no news
