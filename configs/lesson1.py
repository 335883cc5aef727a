"""Lesson 1: the line y = 2 x + 1, found with gradients worked out by hand."""

from ml_collections import ConfigDict


def get_config() -> ConfigDict:
    config = ConfigDict()
    config.lesson = 1  # the lesson that this trains, 1 to 8
    config.seed = 0  # of the first w and b; any whole number from 0

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 0.3  # of gradient descent; 0 to 10; above 1 it diverges

    config.train = ConfigDict()
    config.train.num_steps = 100  # updates, from 1
    config.train.log_every = 10  # steps between printed lines, from 1
    return config
