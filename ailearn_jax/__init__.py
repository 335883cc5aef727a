"""Eight lessons from gradients by hand to a small GPT: `lessons` is the course, the files beside it its toolbox."""
