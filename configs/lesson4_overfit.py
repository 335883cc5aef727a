"""Lesson 4, overfitting: 20 rows and 256 hidden units."""

from ml_collections import ConfigDict, config_dict


def get_config() -> ConfigDict:
    config = ConfigDict()
    config.lesson = 4  # the lesson that this trains, 1 to 8
    config.seed = 0  # of the first weights; any whole number from 0

    config.data = ConfigDict()
    config.data.path = config_dict.placeholder(str)  # a CSV file with the same columns; memory_bent.csv if not given
    config.data.num_train = 20  # rows to train on, from 2; so few that a large network can learn each by heart

    config.model = ConfigDict()
    config.model.hidden = 256  # hidden units, 1 to 10,000

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 0.003  # of AdamW; 0 to 10
    config.optimizer.weight_decay = 0.0  # a step takes learning_rate times this share off each weight; 0 to 100

    config.train = ConfigDict()
    config.train.num_steps = 4000  # updates, from 1
    config.train.log_every = 400  # steps between printed lines, from 1
    config.train.take_best = False  # end with the weights of the step that had the lowest held-out loss
    return config
