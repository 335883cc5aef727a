"""Lesson 2: memory by minutes and calls, with automatic differentiation."""

from ml_collections import ConfigDict, config_dict


def get_config() -> ConfigDict:
    config = ConfigDict()
    config.lesson = 2  # the lesson that this trains, 1 to 8
    config.seed = 0  # of the first weights; any whole number from 0

    config.data = ConfigDict()
    config.data.path = config_dict.placeholder(
        str
    )  # a CSV file with the same columns; memory.csv in data/ if not given
    config.data.num_train = 240  # rows to train on, from 2; the last 60 of the table are held out

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 0.1  # of gradient descent; 0 to 10

    config.train = ConfigDict()
    config.train.num_steps = 200  # updates, from 1
    config.train.log_every = 20  # steps between printed lines, from 1
    return config
