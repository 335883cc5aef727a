"""Lesson 8: a tiny GPT."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ailearn_jax import sampling
from ailearn_jax.errors import InputError
from ailearn_jax.lessons import lesson8
from ailearn_jax.training import init_state
from configs import lesson8 as config_file


@pytest.fixture
def config():
    """A model that is small enough to be built in a second."""
    config = config_file.get_config()
    config.model.context_length, config.model.num_layers, config.model.embed_dim = 16, 2, 32
    config.train.num_steps, config.train.eval_every, config.train.checkpoint_every = 200, 100, 100
    return config


def make_model(config, scale=10.0):
    """A model whose weights are large enough for its attention to be uneven, and its parameters."""
    parts = lesson8.build(config)
    params = init_state(parts, jnp.zeros((1, 16), jnp.int32), seed=0).params
    return parts.model, jax.tree.map(lambda array: array * scale if array.ndim > 1 else array, params)


def tokens_of(seed, shape):
    return jax.random.randint(jax.random.key(seed), shape, 0, 65)


def test_no_gradient_from_the_future(config):
    """A mask that is off by one, or missing, lets a logit depend on later tokens.

    Tokens 0 to 15 in a row: each place has a row of the embedding table for itself, whose gradient tells of that place.
    """
    config.model.tied_head = False
    model, params = make_model(config)

    def logits_at(position, table):
        logits, _ = model.apply({"params": params | {"token_embedding": {"embedding": table}}}, jnp.arange(16)[None])
        return logits[0, position].sum()

    for position in (0, 7, 15):
        grads = jax.grad(logits_at, argnums=1)(position, params["token_embedding"]["embedding"])
        reached = np.abs(np.array(grads[:16])).max(axis=-1) > 0
        assert reached.tolist() == [place <= position for place in range(16)]


def test_later_tokens_move_no_earlier_logit(config):
    """The same, seen from outside."""
    model, params = make_model(config)
    tokens = tokens_of(0, (1, 16))
    logits = model.apply({"params": params}, tokens)[0]
    changed = model.apply({"params": params}, tokens.at[0, 9].set((tokens[0, 9] + 1) % 65))[0]
    assert jnp.array_equal(logits[:, :9], changed[:, :9])
    assert not jnp.allclose(logits[:, 9:], changed[:, 9:])


def test_attention_is_jax_nns(config):
    """A wrong scale, a softmax over the wrong axis or swapped heads differs from JAX's own attention."""
    attention = lesson8.CausalSelfAttention(4, 0.0, use_bias=False, out_init=jax.nn.initializers.normal(0.5))
    x = jax.random.normal(jax.random.key(0), (2, 16, 32))
    params: Any = attention.init(jax.random.key(1), x, None, 0, None)["params"]
    (found, _), kept = attention.apply({"params": params}, x, None, 0, None, mutable=["intermediates"])

    queries, keys, values = (
        (x @ params[name]["kernel"]).reshape(2, 16, 4, 8) for name in ("queries", "keys", "values")
    )
    expected = jax.nn.dot_product_attention(queries, keys, values, is_causal=True).reshape(2, 16, 32)
    assert jnp.allclose(found, expected @ params["out"]["kernel"], atol=1e-5)
    shares: Any = kept["intermediates"]["attention"][0]
    assert jnp.allclose(shares.sum(axis=-1), 1, atol=1e-6)


def test_positions_tell_repeated_tokens_apart(config):
    """Without position embeddings one token repeated looks the same everywhere."""
    repeated = jnp.full((1, 16), 5)
    model, params = make_model(config)
    logits = model.apply({"params": params}, repeated)[0][0]
    assert jnp.abs(logits[0] - logits[9]).max() > 1e-3
    config.model.use_positions = False
    model, params = make_model(config)
    logits = model.apply({"params": params}, repeated)[0][0]
    assert jnp.abs(logits[0] - logits[9]).max() < 1e-4


@pytest.mark.slow
def test_cached_logits_equal_the_full_pass(config):
    """A cache that is written one place off, or keeps what it should forget, changes the text; past the context too.

    The two sum in other orders: 1e-3 of logits of size 10.
    """
    model, params = make_model(config)
    prompt = np.array(tokens_of(3, (5,)))
    text = list(prompt)
    for tokens, logits in sampling.generate(model, params, prompt, 50, temperature=1.0, top_k=65, top_p=1.0, seed=0):
        given = text[-8:]  # a chunk begins with the last half of a context
        for i in range(len(tokens)):
            window = jnp.array([given + list(tokens[:i])])
            full = model.apply({"params": params}, window)[0][0, -1]
            assert jnp.allclose(logits[i], full, atol=1e-3)
        text += list(tokens)
    assert len(text) == 55


def test_greedy_takes_the_likeliest(config):
    """temperature 0 divides by nothing; it must be the argmax, whatever the seed."""
    model, params = make_model(config)
    prompt = np.array(tokens_of(3, (5,)))
    runs = [
        np.concatenate(
            [t for t, _ in sampling.generate(model, params, prompt, 20, temperature=0.0, top_k=65, top_p=1.0, seed=s)]
        )
        for s in (0, 1)
    ]
    assert np.array_equal(runs[0], runs[1])
    first = model.apply({"params": params}, jnp.array(prompt)[None])[0][0, -1]
    assert runs[0][0] == jnp.argmax(first)


@pytest.mark.slow
def test_bfloat16_is_in_the_products_of_the_blocks(config):
    """A layer left in float32 keeps the GPU slow. What many small terms are added to in bfloat16 loses them: weights at
    each step, and the gradient of a frequent token's embedding, off by 8% with nanoGPT's GPU settings."""
    config.model.num_layers = 1
    tokens = tokens_of(1, (32, 257)) // 8  # 9 symbols, most of them 1,000 times
    batch = {"inputs": tokens[:, :-1], "targets": tokens[:, 1:]}
    config.model.context_length = 256
    found = []
    for config.model.use_bfloat16 in (False, True):
        parts = lesson8.build(config)
        params = init_state(parts, batch["inputs"], seed=0).params
        loss_and_grads = jax.value_and_grad(lambda params, parts=parts: parts.loss_fn(params, batch, None)[0])
        products = [e for e in jax.make_jaxpr(loss_and_grads)(params).eqns if e.primitive.name == "dot_general"]
        kinds = [{variable.aval.dtype.name for variable in product.invars} for product in products]
        found.append((kinds, *jax.jit(loss_and_grads)(params)))
    (kinds, loss, grads), (near_kinds, near_loss, near_grads) = found
    in_head = 3  # products: forward, and for the gradients of both factors
    assert kinds == [{"float32"}] * len(kinds) and len(kinds) > 20
    assert near_kinds.count({"float32"}) == in_head and near_kinds.count({"bfloat16"}) == len(kinds) - in_head
    assert {array.dtype.name for array in jax.tree.leaves((near_loss, near_grads))} == {"float32"}
    assert loss != near_loss and abs(loss - near_loss) < 1e-3
    off = jax.tree.map(lambda near, exact: jnp.linalg.norm(near - exact) / jnp.linalg.norm(exact), near_grads, grads)
    assert max(jax.tree.leaves(off)) < 2**-7  # a number in bfloat16 has 8 bits


def test_dropout_depends_on_the_row_and_its_key(config):
    """One key for the whole batch would drop the same in each row; no key must drop nothing."""
    x = jnp.ones((3, 4, 1000))
    keys = jax.random.split(jax.random.key(0), 3)
    dropped = lesson8.dropout(x, 0.25, keys)
    assert jnp.array_equal(lesson8.dropout(x, 0.25, None), x)
    assert not jnp.array_equal(dropped[0], dropped[1])
    assert abs(float((dropped == 0).mean()) - 0.25) < 0.02  # 4 standard deviations of 12,000 draws
    assert abs(float(dropped.mean()) - 1) < 0.03
    assert jnp.array_equal(lesson8.dropout(x[1:2], 0.25, keys[1:2])[0], dropped[1])


@pytest.mark.slow
def test_trains_resumes_and_writes(config, tmp_path):
    """The whole way: the first loss is ln V, training helps, a stopped run goes on exactly, text comes out."""
    config.model.dropout_rate = 0.1
    whole = lesson8.train(config, tmp_path / "whole")
    losses = whole.curves["validation_loss"]
    assert abs(losses[0] - np.log(62)) < 0.1
    assert losses[-1] < 3.0 < whole.baselines[1].value

    run = lesson8.Run.plain()
    calls = iter([None, 15])
    with pytest.raises(lesson8.training.Stopped):
        lesson8.train(config, tmp_path / "parts", type(run)(run.mesh, run.reporter, lambda: next(calls)))
    assert lesson8.train(config, tmp_path / "parts").figures == whole.figures

    texts = ["".join(lesson8.generate(tmp_path / at, "ROMEO:", 40, seed=1)) for at in ("whole", "parts")]
    assert len(texts[0]) == 40 and texts[0] == texts[1]
    assert len("".join(lesson8.generate(tmp_path / "whole", "", 5))) == 5
    assert len("".join(lesson8.generate(tmp_path / "whole", "to be or not " * 10, 40))) == 40
    with pytest.raises(InputError, match="'é' at position 4"):
        lesson8.generate(tmp_path / "whole", "café", 5)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("model.num_heads", 5, "a divisor of model.embed_dim"),
        ("model.activation", "tanh", "one of relu"),
        ("model.dropout_rate", 1.0, "from 0 to 0.99"),
        ("data.corpus", "homer", "one of shakespeare"),
        ("train.log_every", 30, "a multiple of train.steps_per_call"),
        ("optimizer.learning_rate", float("nan"), "a number from 0"),
    ],
)
def test_refuses(config, field, value, message):
    """Each bad value is one line before anything is read or compiled."""
    config.update_from_flattened_dict({field: value})
    with pytest.raises(InputError, match=message):
        lesson8.build(config)


def test_a_text_that_is_too_short(config, tmp_path):
    """A validation text without one whole window would make the loss a mean of nothing."""
    (tmp_path / "short.txt").write_text("abc" * 50)
    config.data.path = str(tmp_path / "short.txt")
    with pytest.raises(InputError, match="more than 160 characters"):
        lesson8.train(config, tmp_path / "run")
