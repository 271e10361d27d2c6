# SPDX-License-Identifier: Apache-2.0
"""Language models in plain PyTorch, each from its paper: what btrack/models must agree with."""
from functools import lru_cache, partial

import torch
from torch import nn
from torch.nn import functional as F

from vision import numbered


class Bert(nn.Module):
    """Devlin et al. 2019, section 3 and figure 2, with the pooler and a classifier on it."""

    def __init__(self, width=768, heads=12, depth=12, words=30522, positions=512, classes=2):
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.positions = nn.Parameter(torch.zeros(positions, width))
        self.segments = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.blocks = numbered(nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout=0.0, activation="gelu", layer_norm_eps=1e-12, batch_first=True)
            for _ in range(depth))
        self.pool = nn.Linear(width, width)
        self.head = nn.Linear(width, classes)

    def forward(self, tokens, segments):
        x = self.words(tokens) + self.positions[:tokens.shape[1]] + self.segments(segments)
        return self.head(torch.tanh(self.pool(self.blocks(self.norm(x))[:, 0])))


class Gpt2(nn.Module):
    """Radford et al. 2019, section 2.3: normalisation first, one more at the end, GELU by tanh, tied head."""

    def __init__(self, width=768, heads=12, depth=12, words=50257, context=1024):
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.positions = nn.Parameter(torch.zeros(context, width))
        # Not nn.GELU("tanh"): the layer's fast path for inference (2.13) takes that for the exact one.
        gelu = partial(F.gelu, approximate="tanh")
        self.blocks = nn.Module()
        for i in range(depth):
            self.blocks.add_module(f"block{i}", nn.TransformerEncoderLayer(
                width, heads, 4 * width, dropout=0.0, activation=gelu, layer_norm_eps=1e-5, batch_first=True,
                norm_first=True))
        self.norm = nn.LayerNorm(width, eps=1e-5)

    def forward(self, tokens):
        length = tokens.shape[1]
        x = self.words(tokens) + self.positions[:length]
        hidden = nn.Transformer.generate_square_subsequent_mask(length)
        for block in self.blocks.children():
            x = block(x, src_mask=hidden, is_causal=True)
        return self.norm(x) @ self.words.weight.T


@lru_cache
def turns(positions, pairs, theta):
    frequencies = theta ** (-torch.arange(pairs, dtype=torch.float64) / pairs)
    angles = torch.arange(positions, dtype=torch.float64)[:, None] * frequencies
    return torch.polar(torch.ones_like(angles), angles)


def turned(x, theta):
    """Su et al. 2021, equation 14, on complex numbers whose parts are the halves of a head (B x heads x T x n)."""
    pairs = x.shape[-1] // 2
    factors = turns(x.shape[-2], pairs, theta).to(x.dtype.to_complex())
    numbers = torch.complex(x[..., :pairs].contiguous(), x[..., pairs:].contiguous()) * factors
    return torch.cat([numbers.real, numbers.imag], -1)


class Attention(nn.Module):
    """Ainslie et al. 2023: each head of keys serves a group of neighbouring query heads."""

    def __init__(self, width, heads, key_heads, theta, norms):
        super().__init__()
        self.key_heads, self.theta, self.size = key_heads, theta, width // heads
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, key_heads * self.size, bias=False)
        self.value = nn.Linear(width, key_heads * self.size, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.query_norm = nn.RMSNorm(width, eps=1e-5) if norms else nn.Identity()
        self.key_norm = nn.RMSNorm(key_heads * self.size, eps=1e-5) if norms else nn.Identity()

    def heads_of(self, x):
        return x.unflatten(-1, (-1, self.size)).transpose(1, 2)

    def forward(self, x):
        queries = turned(self.heads_of(self.query_norm(self.query(x))), self.theta).unflatten(1, (self.key_heads, -1))
        keys = turned(self.heads_of(self.key_norm(self.key(x))), self.theta)
        scores = torch.einsum("bkgtn,bksn->bkgts", queries, keys) / self.size ** 0.5
        hidden = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        shares = scores.masked_fill(hidden, float("-inf")).softmax(-1)
        mixed = torch.einsum("bkgts,bksn->btkgn", shares, self.heads_of(self.value(x)))
        return self.out(mixed.flatten(2))


class SwiGlu(nn.Module):
    """Shazeer 2020."""

    def __init__(self, width, hidden):
        super().__init__()
        self.gate = nn.Linear(width, hidden, bias=False)
        self.up = nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Experts(nn.Module):
    """Muennighoff et al. 2024, equation 1; every expert sees every token, and most have no weight in the sum."""

    def __init__(self, width, hidden, experts, active):
        super().__init__()
        self.active = active
        self.router = nn.Linear(width, experts, bias=False)
        self.experts = experts
        for i in range(experts):
            self.add_module(f"expert{i}", SwiGlu(width, hidden))

    def forward(self, x):
        shares = self.router(x).softmax(-1)
        least = shares.sort(-1, descending=True).values[..., self.active - 1:self.active]
        weights = shares * (shares >= least)
        return sum(weights[..., i:i + 1] * self.get_submodule(f"expert{i}")(x) for i in range(self.experts))


class DecoderBlock(nn.Module):
    def __init__(self, width, attention, feed):
        super().__init__()
        self.norm1 = nn.RMSNorm(width, eps=1e-5)
        self.attention = attention
        self.norm2 = nn.RMSNorm(width, eps=1e-5)
        self.feed = feed

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.feed(self.norm2(x))


class Decoder(nn.Module):
    """Touvron et al. 2023 and Dubey et al. 2024; with `experts`, OLMoE."""

    def __init__(self, width, heads, key_heads, hidden, depth, words, theta, tied=True, experts=None):
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.blocks = numbered(DecoderBlock(
            width, Attention(width, heads, key_heads, theta, norms=experts is not None),
            Experts(width, hidden, *experts) if experts else SwiGlu(width, hidden)) for _ in range(depth))
        self.norm = nn.RMSNorm(width, eps=1e-5)
        self.head = None if tied else nn.Linear(width, words, bias=False)

    def forward(self, tokens):
        x = self.norm(self.blocks(self.words(tokens)))
        return x @ self.words.weight.T if self.head is None else self.head(x)


class Sentiment(nn.Module):
    """One LSTM, and its last state decides; TensorFlow's cell adds 1 to the forget gate (order: i, f, g, o)."""

    def __init__(self, inputs=300, width=1024, classes=2):
        super().__init__()
        self.lstm = nn.LSTM(inputs, width, batch_first=True)
        self.head = nn.Linear(width, classes)
        self.lstm.bias_hh_l0.requires_grad_(False).zero_()
        self.lstm.bias_hh_l0[width:2 * width] = 1.0

    def forward(self, x):
        _, (last, _) = self.lstm(x)
        return self.head(last[0])
