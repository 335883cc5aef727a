# pyright: reportMissingImports=false
"""Lesson 8 in PyTorch, as one writes it there: nanoGPT's structure, SDPA attention, fused AdamW, autocast to bfloat16.

It takes lesson 8's config, and differs from nanoGPT where the lesson does: ReLU, and LayerNorm's epsilon. What it
computes in bfloat16 autocast chooses: the products of the blocks, as in lesson 8, and those of the head. Nothing here
imports JAX, whose memory would count as PyTorch's.
"""

import importlib
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from scripts.measure.memory import peak_bytes

Config = dict[str, Any]
Cache = list[tuple[Tensor, Tensor]]  # keys and values [B, H, T, K] of each block, room for a whole context


class CausalSelfAttention(nn.Module):
    def __init__(self, embed_dim: int, num_heads: int, dropout_rate: float) -> None:
        super().__init__()
        self.num_heads, self.dropout_rate = num_heads, dropout_rate
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim, bias=False)  # one product for all three
        self.out = nn.Linear(embed_dim, embed_dim, bias=False)

    def forward(self, x: Tensor, cache: tuple[Tensor, Tensor] | None, position: int) -> Tensor:
        B, T, D = x.shape
        queries, keys, values = (
            part.view(B, T, self.num_heads, D // self.num_heads).transpose(1, 2) for part in self.qkv(x).split(D, dim=2)
        )
        if cache is not None:
            for room, new in zip(cache, (keys, values), strict=True):
                room[:, :, position : position + T] = new
            keys, values = (room[:, :, : position + T] for room in cache)
        # A single new token may look at all that the cache holds, so it needs no mask.
        rate = self.dropout_rate if self.training else 0.0
        found = F.scaled_dot_product_attention(queries, keys, values, dropout_p=rate, is_causal=T > 1)
        return self.out(found.transpose(1, 2).reshape(B, T, D))


class Block(nn.Module):
    def __init__(self, embed_dim: int, num_heads: int, dropout_rate: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(embed_dim, eps=1e-6, bias=False)
        self.attention = CausalSelfAttention(embed_dim, num_heads, dropout_rate)
        self.feed_forward_norm = nn.LayerNorm(embed_dim, eps=1e-6, bias=False)
        self.hidden = nn.Linear(embed_dim, 4 * embed_dim, bias=False)
        self.out = nn.Linear(4 * embed_dim, embed_dim, bias=False)
        self.dropout = nn.Dropout(dropout_rate)

    def forward(self, x: Tensor, cache: tuple[Tensor, Tensor] | None, position: int) -> Tensor:
        x = x + self.dropout(self.attention(self.attention_norm(x), cache, position))
        return x + self.dropout(self.out(F.relu(self.hidden(self.feed_forward_norm(x)))))


class GPT(nn.Module):
    """Tokens [B, T] -> logits [B, T, V]; given the targets [B, T], the mean loss instead."""

    def __init__(
        self,
        vocab_size: int,
        context_length: int,
        num_layers: int,
        num_heads: int,
        embed_dim: int,
        dropout_rate: float,
    ) -> None:
        super().__init__()
        self.context_length, self.num_heads = context_length, num_heads
        self.token_embedding = nn.Embedding(vocab_size, embed_dim)
        self.position_embedding = nn.Embedding(context_length, embed_dim)
        self.dropout = nn.Dropout(dropout_rate)
        self.blocks = nn.ModuleList(Block(embed_dim, num_heads, dropout_rate) for _ in range(num_layers))
        self.final_norm = nn.LayerNorm(embed_dim, eps=1e-6, bias=False)
        for name, weights in self.named_parameters():
            if weights.ndim >= 2:
                branch = name.endswith("out.weight")
                nn.init.normal_(weights, std=0.02 / math.sqrt(2 * num_layers) if branch else 0.02)

    def forward(
        self, tokens: Tensor, targets: Tensor | None = None, cache: Cache | None = None, position: int = 0
    ) -> Tensor:
        places = torch.arange(position, position + tokens.shape[1], device=tokens.device)
        x = self.dropout(self.token_embedding(tokens) + self.position_embedding(places))
        for i, block in enumerate(self.blocks):
            x = block(x, cache[i] if cache is not None else None, position)
        logits = F.linear(self.final_norm(x), self.token_embedding.weight)  # the head is tied
        if targets is None:
            return logits
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())

    def empty_cache(self) -> Cache:
        head_dim = self.token_embedding.embedding_dim // self.num_heads
        shape = (1, self.num_heads, self.context_length, head_dim)
        return [(torch.zeros(shape), torch.zeros(shape)) for _ in self.blocks]


def make_model(config: Config, vocab_size: int) -> GPT:
    sizes = ("context_length", "num_layers", "num_heads", "embed_dim", "dropout_rate")
    return GPT(vocab_size, *(config["model"][name] for name in sizes))


def from_ours(params: Any) -> dict[str, np.ndarray]:
    """Lesson 8's parameters, or gradients, under the names and in the layout that they have here."""
    arrays = {
        "token_embedding.weight": params["token_embedding"]["embedding"],
        "position_embedding.weight": params["position_embedding"]["embedding"],
        "final_norm.weight": params["final_norm"]["scale"],
    }
    for i in range(sum(name.startswith("block") for name in params)):
        block, here = params[f"block{i}"], f"blocks.{i}"
        attention, feed_forward = block["attention"], block["feed_forward"]
        kernels = [attention[name]["kernel"] for name in ("queries", "keys", "values")]
        arrays |= {
            f"{here}.attention_norm.weight": block["attention_norm"]["scale"],
            f"{here}.attention.qkv.weight": np.concatenate(kernels, axis=1).T,
            f"{here}.attention.out.weight": attention["out"]["kernel"].T,
            f"{here}.feed_forward_norm.weight": block["feed_forward_norm"]["scale"],
            f"{here}.hidden.weight": feed_forward["hidden"]["kernel"].T,
            f"{here}.out.weight": feed_forward["out"]["kernel"].T,
        }
    return arrays


# --- Training ---------------------------------------------------------------------------------------------------------


def load_ids(path: str, device: str = "cpu") -> tuple[Tensor, Tensor, int]:
    """The characters of a text as numbers, nine tenths to train on, the rest to validate, and how many symbols."""
    text = Path(path).read_text(encoding="utf-8")
    symbols = sorted(set(text))
    numbers = {symbol: i for i, symbol in enumerate(symbols)}
    ids = torch.tensor([numbers[symbol] for symbol in text], device=device)
    num_train = len(ids) * 9 // 10
    return ids[:num_train], ids[num_train:], len(symbols)


def random_windows(ids: Tensor, context_length: int, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of windows and of the characters after each, [B, T] both, drawn on the device that holds the text."""
    offsets = torch.arange(context_length + 1, device=ids.device)
    while True:
        starts = torch.randint(len(ids) - context_length, (batch_size, 1), device=ids.device)
        windows = ids[starts + offsets]
        yield windows[:, :-1], windows[:, 1:]


def learning_rate(step: int, config: Config) -> float:
    """Linear warm-up, then half a cosine."""
    settings, num_steps = config["optimizer"], config["train"]["num_steps"]
    peak, final = settings["learning_rate"], settings["final_learning_rate"]
    warmup = min(settings["warmup_steps"], num_steps // 10)
    if step < warmup:
        return peak * step / warmup
    progress = min((step - warmup) / (num_steps - warmup), 1.0)
    return final + (peak - final) * 0.5 * (1 + math.cos(math.pi * progress))


def make_optimizer(model: GPT, config: Config) -> torch.optim.Optimizer:
    """Fused AdamW; only matrices decay."""
    settings = config["optimizer"]
    matrices = [weights for weights in model.parameters() if weights.ndim >= 2]
    others = [weights for weights in model.parameters() if weights.ndim < 2]
    groups = [{"params": matrices, "weight_decay": settings["weight_decay"]}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, settings["beta2"]), fused=True)


class Trainer:
    """A model, its optimizer and the loop over batches.

    Args:
        compiled: whether the model goes through `torch.compile` first.
    """

    def __init__(self, model: GPT, config: Config, batches: Iterator[tuple[Tensor, Tensor]], compiled: bool) -> None:
        self.model, self.config, self.batches = model, config, batches
        self.forward = torch.compile(model) if compiled else model
        self.optimizer = make_optimizer(model, config)
        self.step = 0

    def train(self, num_steps: int) -> float:
        """Trains on, and returns the loss of the last step: the one time that its value is asked for."""
        loss = torch.zeros(())
        for _ in range(num_steps):
            inputs, targets = next(self.batches)
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate(self.step, self.config)
            with self.autocast(inputs):
                loss = self.forward(inputs, targets)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config["optimizer"]["clip_norm"])
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            self.step += 1
        return loss.item()

    @torch.inference_mode()
    def validate(self, ids: Tensor, windows_at_once: int = 64) -> float:
        """The mean loss over all of `ids`, cut into windows. Not compiled: the last batch is shorter."""
        length = self.model.context_length
        num_windows = (len(ids) - 1) // length
        inputs = ids[: num_windows * length].view(num_windows, length).split(windows_at_once)
        targets = ids[1 : num_windows * length + 1].view(num_windows, length).split(windows_at_once)
        self.model.eval()
        with self.autocast(ids):
            losses = [self.model(*pair).item() * len(pair[0]) for pair in zip(inputs, targets, strict=True)]
        self.model.train()
        return sum(losses) / num_windows

    def autocast(self, like: Tensor) -> torch.autocast:
        """Computes in bfloat16 what can be, where the config asks for it, on the device of `like`."""
        return torch.autocast(like.device.type, torch.bfloat16, enabled=self.config["model"]["use_bfloat16"])


def make_trainer(config: Config, train_ids: Tensor, vocab_size: int, compiled: bool) -> Trainer:
    """On the device of `train_ids`."""
    torch.manual_seed(config["seed"])
    batches = random_windows(train_ids, config["model"]["context_length"], config["train"]["batch_size"])
    return Trainer(make_model(config, vocab_size).to(train_ids.device), config, batches, compiled)


def training_step(
    config: Config, path: str, num_steps: int, compiled: bool, device: str = "cpu"
) -> Callable[[], dict[str, float]]:
    """Measures the seconds of a step, over `num_steps` of them."""
    train_ids, _, vocab_size = load_ids(path, device)
    trainer = make_trainer(config, train_ids, vocab_size, compiled)

    def measure() -> dict[str, float]:
        started = time.perf_counter()
        trainer.train(num_steps)
        return {"seconds": (time.perf_counter() - started) / num_steps}

    trainer.train(5)  # compiles, and lets the allocator find its sizes
    return measure


def time_to_loss(
    config: Config, path: str, goal: float, every: int, compiled: bool, device: str = "cpu"
) -> dict[str, float]:
    """Seconds until the validation loss, measured every so many steps, is at most `goal`. Importing is not counted."""
    if compiled:
        importlib.import_module("torch._inductor.compile_fx")
    train_ids, valid_ids, vocab_size = load_ids(path, device)
    started = time.perf_counter()
    trainer = make_trainer(config, train_ids, vocab_size, compiled)
    while trainer.step < config["train"]["num_steps"]:
        trainer.train(every)
        if trainer.validate(valid_ids) <= goal:
            return {"seconds": time.perf_counter() - started, "steps": trainer.step}
    return {"seconds": math.inf, "steps": math.inf}


def gpu() -> dict[str, str]:
    """The name of the GPU that PyTorch finds; empty where there is none."""
    return {"name": torch.cuda.get_device_name() if torch.cuda.is_available() else ""}


def memory(config: Config, path: str) -> dict[str, float]:
    """The peak memory of a process that validates, trains and validates."""
    train_ids, valid_ids, vocab_size = load_ids(path)
    trainer = make_trainer(config, train_ids, vocab_size, compiled=False)
    trainer.validate(valid_ids)
    trainer.train(config["train"]["num_steps"])
    trainer.validate(valid_ids)
    return {"bytes": peak_bytes()}


# --- Generation -------------------------------------------------------------------------------------------------------


def draw(logits: Tensor, temperature: float) -> Tensor:
    """The next token [B, 1] from the logits [B, V]."""
    return torch.multinomial(F.softmax(logits / temperature, dim=-1), num_samples=1)


@torch.inference_mode()
def generate_anew(model: GPT, tokens: Tensor, length: int, temperature: float) -> Tensor:
    """nanoGPT's way: the whole context goes through the model for each token [1, T]."""
    for _ in range(length):
        logits = model(tokens[:, -model.context_length :])[:, -1]
        tokens = torch.cat([tokens, draw(logits, temperature)], dim=1)
    return tokens


@torch.inference_mode()
def generate_cached(model: GPT, tokens: Tensor, length: int, temperature: float) -> Tensor:
    """With a cache of keys and values. When it is full, the last half of a context fills it anew, as lesson 8 does."""
    drawn = [*tokens.split(1, dim=1)]
    cache, position = model.empty_cache(), model.context_length
    for i in range(length):
        if i == 0 or position == model.context_length:
            given = torch.cat(drawn[-((model.context_length + 1) // 2) :], dim=1)
            position = 0
        else:
            given = drawn[-1]
        logits = model(given, cache=cache, position=position)[:, -1]
        position += given.shape[1]
        drawn.append(draw(logits, temperature))
    return torch.cat(drawn, dim=1)


def generation(
    config: Config, vocab_size: int, length: int, cached: bool, threads: int
) -> Callable[[], dict[str, float]]:
    """Measures the seconds for a text of `length` characters."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = make_model(config, vocab_size).eval()
    generate = generate_cached if cached else generate_anew

    def measure() -> dict[str, float]:
        started = time.perf_counter()
        generate(model, torch.zeros((1, 1), dtype=torch.long), length, temperature=0.8)
        return {"seconds": time.perf_counter() - started}

    generate(model, torch.zeros((1, 1), dtype=torch.long), 10, temperature=0.8)
    return measure
