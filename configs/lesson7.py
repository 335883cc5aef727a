"""Lesson 7: the network of lesson 6, fed by a data loader."""

from ml_collections import ConfigDict, config_dict


def get_config() -> ConfigDict:
    config = ConfigDict()
    config.lesson = 7  # the lesson that this trains, 1 to 8
    config.seed = 0  # of the first weights and the order of the rows; any whole number from 0

    config.data = ConfigDict()
    config.data.path = config_dict.placeholder(str)  # a CSV file as UCI publishes it; the one in data/ if not given
    config.data.features = "five"  # or five_by_hour, all, all_by_hour
    config.data.split = "random"  # or time: the test rows are the latest

    config.loader = ConfigDict()
    config.loader.num_workers = 0  # processes that make batches ahead, 0 to 64; 0 makes each when it is asked for

    config.large = ConfigDict()  # a table in files, to see where a loader pays
    config.large.num_files = 20  # 2 to 1,000
    config.large.rows_per_file = 20_000  # from 1; at most 10 million rows in all files, some 1.2 GB

    config.model = ConfigDict()
    config.model.hidden = (64, 64)  # sizes of the hidden layers, each from 1

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 3e-3  # at its peak, after the warm-up; 0 to 10
    config.optimizer.final_learning_rate = 0.0  # at the end of the cosine; 0 to learning_rate
    config.optimizer.warmup_steps = 200  # steps; at most a tenth of the run is used
    config.optimizer.weight_decay = 0.1  # a step takes learning_rate times this share off each matrix; 0 to 10
    config.optimizer.beta2 = 0.999  # how slowly AdamW forgets squared gradients; 0 to below 1
    config.optimizer.clip_norm = 10.0  # the longest gradient that is not shortened, above 0

    config.train = ConfigDict()
    config.train.num_epochs = 100  # times that each row is seen, from 1
    config.train.batch_size = 64  # rows a step, from 1
    config.train.accumulate = 1  # parts of a batch, one computed after the other to spare memory; divides batch_size
    config.train.steps_per_call = 190  # steps in one compiled call, from 1
    config.train.log_every = 950  # steps between rows of metrics; a multiple of steps_per_call
    config.train.eval_every = 950  # steps between validations; a multiple of steps_per_call
    config.train.checkpoint_every = 950  # steps between checkpoints; a multiple of eval_every
    config.train.keep = 2  # last checkpoints that stay, besides the best; from 1
    return config
