"""A page of what was trained, for the browser: read from a run's folder, needing nothing else to be looked at."""
