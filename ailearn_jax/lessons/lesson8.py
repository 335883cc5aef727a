"""Lesson 8: a tiny GPT from scratch.

Goal: a network that reads a text character by character and learns to say what comes next, then writes on by itself.

New here: tokens, embeddings, causal self-attention, the transformer block, sampling. The training step and its loop are
those of lesson 6. Read with it `text.py` (characters to ids, windows), `ngrams.py` (models by counting, to be beaten)
and `sampling.py` (temperature, top-k, top-p, the cache of keys and values).

    python scripts/run.py --config=configs/lesson8.py
    python scripts/run.py generate --config=configs/lesson8.py --prompt="Learning JAX is "

What you should see: the first validation loss near ln 62 = 4.13, the last one near 1.72 nats a character, well below
the 1.80 of the best model by counting.

Shape letters: B batch, T tokens (at most context_length), D embed_dim, H heads, K head_dim = D / H, V vocabulary,
S tokens that can be looked at (T in training; in generation all of the cache).
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from ml_collections import ConfigDict

from ailearn_jax import evaluation, ngrams, sampling, text, training
from ailearn_jax.checkpoints import Checkpoints, Facts, load_checkpoint
from ailearn_jax.corpora import load_text
from ailearn_jax.errors import InputError
from ailearn_jax.memory import check_memory
from ailearn_jax.models import Dense
from ailearn_jax.optimizers import make_optimizer
from ailearn_jax.ranges import check_config
from ailearn_jax.reporting import Run, curves_of
from ailearn_jax.results import Figure, Result
from ailearn_jax.schedules import Schedule
from ailearn_jax.sharding import replicate
from ailearn_jax.training import Batch, Metrics, Params, Parts, init_state

# --- Data: the text is one long row of ids; the first 90% trains, the last 10% validates ------------------------------

MAX_VALIDATED_WHILE_TRAINING = 200_000  # tokens; a large corpus would be measured for longer than it is trained on
VALIDATED_AT_ONCE = 2048  # tokens; with more of them long windows would take more memory than training does


class Corpus(NamedTuple):
    tokenizer: text.CharTokenizer
    train_ids: np.ndarray  # [N]
    valid_ids: np.ndarray
    bytes_per_character: float  # of the last 10%, in UTF-8


def load_corpus(corpus: str, path: str | None, context_length: int, tokenizer: text.CharTokenizer | None) -> Corpus:
    """The text as ids, by the tokenizer of a trained model or, for a new one, by that of its own characters.

    Raises:
        InputError: the text is missing, too short for one window on either side, or has symbols unknown to `tokenizer`.
    """
    characters = load_text(corpus, path)
    tokenizer = tokenizer or text.CharTokenizer.of(characters)
    ids = tokenizer.encode(characters, source=path or corpus)
    num_train = len(ids) * 9 // 10
    if len(ids) - num_train <= context_length:
        raise InputError(
            f"{path or corpus}: expected more than {10 * context_length} characters for a context of {context_length}, "
            f"got {len(ids)}; take a longer text or a shorter config.model.context_length"
        )
    validated = characters[num_train:]
    return Corpus(tokenizer, ids[:num_train], ids[num_train:], len(validated.encode()) / len(validated))


# --- Model ------------------------------------------------------------------------------------------------------------

ACTIVATIONS = {"relu": nn.relu, "gelu": nn.gelu, "silu": nn.silu}
Cache = list[tuple[jax.Array, jax.Array]]  # the keys and values [B, S, H, K] of each block

# Weights begin small (GPT-2: normal, 0.02), so that the first guess is nearly even among all symbols.
small = nn.initializers.normal(0.02)


def dropout(x: jax.Array, rate: float, keys: jax.Array | None) -> jax.Array:
    """Zeroes a share `rate` of `x` [B, ...] and scales up the rest; `keys` [B], one for each row; None: no change."""
    if keys is None or rate == 0.0:
        return x
    keep = jax.vmap(lambda key: jax.random.bernoulli(key, 1.0 - rate, x.shape[1:]))(keys)
    return jnp.where(keep, x / (1.0 - rate), 0.0)


def fold_in(keys: jax.Array | None, number: int) -> jax.Array | None:
    """New keys [B] for one place in the network, so that none is used twice."""
    return None if keys is None else jax.vmap(jax.random.fold_in, (0, None))(keys, number)


class CausalSelfAttention(nn.Module):
    """Each token looks at itself and at the tokens before it, and takes over what it finds there."""

    num_heads: int
    dropout_rate: float
    use_bias: bool
    out_init: nn.initializers.Initializer

    @nn.compact
    def __call__(self, x, cache, position, dropout_keys):  # [B, T, D]
        B, T, D = x.shape
        heads = (B, T, self.num_heads, D // self.num_heads)
        queries, keys, values = (
            Dense(D, self.use_bias, kernel_init=small, name=name)(x).reshape(heads)  # [B, T, H, K]
            for name in ("queries", "keys", "values")
        )
        if cache is not None:  # in generation: what the earlier tokens offered is not computed again
            keys, values = (
                jax.lax.dynamic_update_slice(earlier, new, (0, position, 0, 0))  # [B, S, H, K]
                for earlier, new in zip(cache, (keys, values), strict=True)
            )
        scores = jnp.einsum("bthk,bshk->bhts", queries, keys) / jnp.sqrt(heads[-1])
        visible = jnp.arange(keys.shape[1])[None] <= position + jnp.arange(T)[:, None]  # [T, S]: the causal mask
        scores = jnp.where(visible[None, None], scores, -jnp.inf)
        attention = nn.softmax(scores)  # [B, H, T, S]: each row sums to 1
        self.sow("intermediates", "attention", attention)
        attention = dropout(attention, self.dropout_rate, dropout_keys)
        found = jnp.einsum("bhts,bshk->bthk", attention, values).reshape(B, T, D)
        return Dense(D, self.use_bias, kernel_init=self.out_init, name="out")(found), (keys, values)


class FeedForward(nn.Module):
    """Two layers that think about each token by itself."""

    activation: str
    use_bias: bool
    out_init: nn.initializers.Initializer

    @nn.compact
    def __call__(self, x):  # [B, T, D]
        D = x.shape[-1]
        hidden = Dense(4 * D, self.use_bias, kernel_init=small, name="hidden")(x)  # [B, T, 4 D]
        return Dense(D, self.use_bias, kernel_init=self.out_init, name="out")(ACTIVATIONS[self.activation](hidden))


class Block(nn.Module):
    """Attention, then feed-forward. Each reads a normalized x and adds to x what it found (pre-norm residuals)."""

    num_heads: int
    activation: str
    dropout_rate: float
    use_bias: bool
    out_init: nn.initializers.Initializer

    @nn.compact
    def __call__(self, x, cache, position, dropout_keys):  # [B, T, D]
        normed = nn.LayerNorm(use_bias=self.use_bias, name="attention_norm")(x)
        rate = self.dropout_rate
        attention = CausalSelfAttention(self.num_heads, rate, self.use_bias, self.out_init, name="attention")
        found, cache = attention(normed, cache, position, fold_in(dropout_keys, 2))
        x = x + dropout(found, rate, fold_in(dropout_keys, 0))
        normed = nn.LayerNorm(use_bias=self.use_bias, name="feed_forward_norm")(x)
        found = FeedForward(self.activation, self.use_bias, self.out_init, name="feed_forward")(normed)
        return x + dropout(found, rate, fold_in(dropout_keys, 1)), cache


class TinyGPT(nn.Module):
    """A decoder-only transformer: tokens [B, T] -> logits [B, T, V] of the token after each, and the filled cache.

    Args of a call:
        cache: from `empty_cache` or from an earlier call; None in training.
        position: the place of the first token in the window; not 0 only with a cache.
        dropout_keys: a key for each row [B]; None switches dropout off.
    """

    vocab_size: int
    context_length: int
    num_layers: int
    num_heads: int
    embed_dim: int
    activation: str
    dropout_rate: float
    use_bias: bool
    use_positions: bool
    tied_head: bool
    use_bfloat16: bool = False  # in the loss; models trained before there was a choice have False

    @nn.compact
    def __call__(self, tokens, cache=None, position=0, dropout_keys=None):
        embed = nn.Embed(self.vocab_size, self.embed_dim, embedding_init=small, name="token_embedding")
        x = embed(tokens)  # [B, T, D]
        if self.use_positions:
            places = position + jnp.arange(tokens.shape[1])
            positions = nn.Embed(self.context_length, self.embed_dim, embedding_init=small, name="position_embedding")
            x = x + positions(places)[None]
        x = dropout(x, self.dropout_rate, fold_in(dropout_keys, self.num_layers))
        # Two branches a block add to x; the more there are, the smaller each begins (Radford and others 2019).
        out_init = nn.initializers.normal(0.02 / np.sqrt(2 * max(self.num_layers, 1)))
        filled = []
        for i in range(self.num_layers):
            block = Block(self.num_heads, self.activation, self.dropout_rate, self.use_bias, out_init, name=f"block{i}")
            x, block_cache = block(x, cache and cache[i], position, fold_in(dropout_keys, i))
            filled.append(block_cache)
        x = nn.LayerNorm(use_bias=self.use_bias, name="final_norm")(x)
        if self.tied_head:  # a token is likely where x points in the direction of its embedding
            return embed.attend(x), filled
        return Dense(self.vocab_size, use_bias=False, kernel_init=small, name="head")(x), filled

    def empty_cache(self, batch_size: int) -> Cache:
        """Room for the keys and values of a whole context."""
        shape = (batch_size, self.context_length, self.num_heads, self.embed_dim // self.num_heads)
        return [(jnp.zeros(shape), jnp.zeros(shape)) for _ in range(self.num_layers)]


# --- Loss -------------------------------------------------------------------------------------------------------------


def loss_fn(model: TinyGPT, params: Params, batch: Batch, dropout_keys: jax.Array | None) -> tuple[jax.Array, Metrics]:
    """Cross-entropy in nats a character: how surprised the model is by what really comes next."""
    if model.use_bfloat16:  # in the blocks: 3 digits, half the bytes, and a GPU's fastest products
        blocks = {name: weights for name, weights in params.items() if name.startswith("block")}
        params = params | jax.tree.map(lambda weights: weights.astype(jnp.bfloat16), blocks)
    logits, _ = model.apply({"params": params}, batch["inputs"], dropout_keys=dropout_keys)  # [B, T, V]
    return optax.softmax_cross_entropy_with_integer_labels(logits, batch["targets"]).mean(), {}


# --- Training ---------------------------------------------------------------------------------------------------------


def build(config: ConfigDict, vocab_size: int = 65) -> Parts:
    """All that training needs but the data, checked.

    Raises:
        InputError: a value of the config is outside its range, or some do not fit together or into memory.
    """
    check_config(config)
    check_memory(config, vocab_size)
    model = TinyGPT(vocab_size=vocab_size, **config.model)
    schedule = Schedule(**config.train)
    optimizer = make_optimizer(schedule.num_steps, **config.optimizer)
    return Parts(model, partial(loss_fn, model), optimizer, schedule)


def train(config: ConfigDict, workdir: Path, run: Run | None = None) -> Result:
    """Trains to the end of the schedule, from the last checkpoint in `workdir` if there is one.

    Raises:
        InputError: a value of the config, the text or a checkpoint does not fit.
        Stopped, NonFiniteLoss: see `train_loop`.
    """
    check_config(config)
    run = run or Run.plain()
    corpus = load_corpus(**config.data, context_length=config.model.context_length, tokenizer=None)
    parts = build(config, corpus.tokenizer.vocab_size)
    valid = text.consecutive_windows(corpus.valid_ids[:MAX_VALIDATED_WHILE_TRAINING], parts.model.context_length)
    state = init_state(parts, valid["inputs"], config.seed)
    facts = Facts(8, config.to_dict(), {"vocabulary": {"symbols": corpus.tokenizer.symbols}})
    checkpoints = Checkpoints(workdir, parts.schedule.keep, run.reporter.message)
    state, facts = checkpoints.restore(state, facts)
    run.reporter.message(
        f"{len(corpus.train_ids):,} characters to train on, {len(corpus.valid_ids):,} to validate; "
        f"{training.num_parameters(state.params):,} parameters"
    )
    V = corpus.tokenizer.vocab_size
    run.reporter.message(f"ln {V} = {np.log(V):.3f} is the loss of a guess among {V} symbols")
    if (config.data.corpus, config.data.path) != ("tiny_shakespeare", None):
        run.reporter.message("losses published for Tiny Shakespeare do not apply to this text")
    eval_step = evaluation.make_eval_step(parts.loss_fn)
    batches_from = text.windows(corpus.train_ids, parts.model.context_length, parts.schedule.batch_size, config.seed)
    training.train_loop(
        state=replicate(run.mesh, state),
        parts=parts,
        batches_from=batches_from,
        run=run,
        checkpoints=checkpoints,
        facts=facts,
        evaluate=lambda params: validate(eval_step, params, valid),
    )
    return evaluate(workdir)


def validate(eval_step, params: Params, valid: Batch) -> dict[str, float]:
    """The mean loss over the windows `valid`."""
    return evaluation.evaluate(eval_step, params, valid, max(1, VALIDATED_AT_ONCE // valid["inputs"].shape[1]))


# --- What was trained -------------------------------------------------------------------------------------------------


class Trained(NamedTuple):
    step: int
    config: ConfigDict
    tokenizer: text.CharTokenizer
    parts: Parts
    history: list[dict[str, float | None]]
    params: Params


def load(workdir: Path, checkpoint: str) -> Trained:
    """The model of a checkpoint: all of it comes from there, nothing from today's config.

    Raises:
        InputError: there is no such checkpoint in `workdir`, or it is another lesson's.
    """

    def described(facts: Facts) -> tuple[ConfigDict, text.CharTokenizer, Parts]:
        config, tokenizer = ConfigDict(facts.config), text.CharTokenizer(facts.preprocessing["vocabulary"]["symbols"])
        return config, tokenizer, build(config, tokenizer.vocab_size)

    def params_like(facts: Facts) -> Params:
        return training.shapes_of(described(facts)[2].model, np.zeros((1, 1), np.int32))

    step, facts, params = load_checkpoint(workdir, checkpoint, 8, params_like)
    return Trained(step, *described(facts), facts.history, params)


def evaluate(workdir: Path, checkpoint: str = "best") -> Result:
    """The loss over the whole validation text, beside that of the models by counting on the same characters."""
    trained = load(workdir, checkpoint)
    context_length = trained.parts.model.context_length
    corpus = load_corpus(**trained.config.data, context_length=context_length, tokenizer=trained.tokenizer)
    valid = text.consecutive_windows(corpus.valid_ids, context_length)
    eval_step = evaluation.make_eval_step(trained.parts.loss_fn)
    loss = validate(eval_step, trained.params, valid)["loss"]

    counted = (corpus.train_ids, corpus.valid_ids[: valid["inputs"].size + 1], trained.tokenizer.vocab_size)
    baselines = {
        "uniform": ngrams.uniform_loss(trained.tokenizer.vocab_size),
        "unigram": ngrams.add_one_loss(*counted, order=1),
        "bigram": ngrams.add_one_loss(*counted, order=2),
        "trigram": ngrams.add_one_loss(*counted, order=3),
        "5-gram (Witten-Bell)": ngrams.witten_bell_loss(*counted, order=5),
    }
    return Result(
        figures=[
            Figure("validation loss", loss, "nats/character"),
            Figure("the same a byte", loss / np.log(2) / corpus.bytes_per_character, "bits"),
        ],
        baselines=[Figure(name, value, "nats/character") for name, value in baselines.items()],
        curves=curves_of(trained.history),
    )


def generate(
    workdir: Path,
    prompt: str,
    length: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    seed: int = 0,
    checkpoint: str = "best",
) -> Iterator[str]:
    """What follows `prompt`, `length` characters in pieces. An empty prompt stands for the start of a line.

    Raises:
        InputError: a number is outside its range, or the prompt has a symbol that the model does not know.
    """
    sampling.check_sampling(length, temperature, top_k, top_p)
    trained = load(workdir, checkpoint)
    tokenizer = trained.tokenizer
    ids = tokenizer.encode(prompt or tokenizer.line_start, source="--prompt")
    top_k = top_k or tokenizer.vocab_size
    drawn = sampling.generate(
        trained.parts.model, trained.params, ids, length, temperature=temperature, top_k=top_k, top_p=top_p, seed=seed
    )
    return (tokenizer.decode(tokens) for tokens, _ in drawn)
