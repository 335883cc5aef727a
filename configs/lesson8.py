"""Lesson 8: a tiny GPT that learns nine plays of Shakespeare in 2 to 4 minutes on two cores."""

from ml_collections import ConfigDict, config_dict


def get_config() -> ConfigDict:
    config = ConfigDict()
    config.lesson = 8  # the lesson that this trains, 1 to 8
    config.seed = 0  # of the first weights, the batches and dropout; any whole number from 0

    config.data = ConfigDict()
    config.data.corpus = "shakespeare"  # or tiny_shakespeare, which is downloaded once
    config.data.path = config_dict.placeholder(str)  # any UTF-8 text file; wins over corpus

    config.model = ConfigDict()
    config.model.context_length = 64  # tokens that the model can look at, from 1; nanoGPT's block_size
    config.model.num_layers = 2  # blocks, 0 to 100
    config.model.num_heads = 4  # a divisor of embed_dim
    config.model.embed_dim = 128  # numbers that stand for a token, from 1
    config.model.activation = "relu"  # or gelu, silu
    config.model.dropout_rate = 0.0  # share of activations zeroed in training, 0 to 0.99
    config.model.use_bias = False  # biases in dense layers and LayerNorm
    config.model.use_positions = True  # position embeddings; without them only the mask tells tokens' order
    config.model.tied_head = True  # the output layer shares the token embedding's weights
    config.model.use_bfloat16 = False  # the blocks compute in bfloat16: for GPUs, slower on CPUs; weights stay float32

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 3e-3  # at its peak, after the warm-up; 0 to 10
    config.optimizer.final_learning_rate = 0.0  # at the end of the cosine; 0 to learning_rate
    config.optimizer.warmup_steps = 100  # steps, at most a tenth of the run is used
    config.optimizer.weight_decay = 0.1  # a step takes learning_rate times this share off each matrix; 0 to 10
    config.optimizer.beta2 = 0.95  # how slowly AdamW forgets squared gradients; 0 to below 1
    config.optimizer.clip_norm = 1.0  # the longest gradient that is not shortened, above 0

    config.train = ConfigDict()
    config.train.num_steps = 6000  # updates, from 1
    config.train.batch_size = 12  # windows a step, from 1
    config.train.accumulate = 1  # parts of a batch, one computed after the other to spare memory; divides batch_size
    config.train.steps_per_call = 50  # steps in one compiled call, from 1
    config.train.log_every = 100  # steps between rows of metrics; a multiple of steps_per_call
    config.train.eval_every = 600  # steps between validations; a multiple of steps_per_call
    config.train.checkpoint_every = 1200  # steps between checkpoints; a multiple of eval_every
    config.train.keep = 5  # last checkpoints that stay, besides the best; from 1. 5 are all, to see the writing change
    return config
