"""Lesson 5: XOR, the whole training as one compiled program."""

from ml_collections import ConfigDict


def get_config() -> ConfigDict:
    config = ConfigDict()
    config.lesson = 5  # the lesson that this trains, 1 to 8
    config.seed = 0  # of the first weights; any whole number from 0

    config.model = ConfigDict()
    config.model.hidden = 16  # hidden units, 1 to 10,000; with 4, half of all seeds get stuck

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 0.05  # of Adam; 0 to 10

    config.train = ConfigDict()
    config.train.num_steps = 2000  # updates, from 2
    return config
