"""Lesson 4: memory that bends, by a plane and by a network with a hidden layer."""

from ml_collections import ConfigDict, config_dict


def get_config() -> ConfigDict:
    config = ConfigDict()
    config.lesson = 4  # the lesson that this trains, 1 to 8
    config.seed = 0  # of the first weights; any whole number from 0

    config.data = ConfigDict()
    config.data.path = config_dict.placeholder(str)  # a CSV file with the same columns; memory_bent.csv if not given
    config.data.num_train = 240  # rows to train on, from 2; the last 60 of the table are held out

    config.model = ConfigDict()
    config.model.hidden = 16  # hidden units, 1 to 10,000

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 0.02  # of AdamW; 0 to 10
    config.optimizer.weight_decay = 0.0  # a step takes learning_rate times this share off each weight; 0 to 100

    config.train = ConfigDict()
    config.train.num_steps = 1000  # updates, from 1
    config.train.log_every = 100  # steps between printed lines, from 1
    config.train.take_best = False  # end with the weights of the step that had the lowest held-out loss
    return config
