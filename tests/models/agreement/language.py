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
def turns(first, count, pairs, theta):
    with torch.inference_mode(False):  # training may ask for them later
        frequencies = theta ** (-torch.arange(pairs, dtype=torch.float64) / pairs)
        angles = torch.arange(first, first + count, dtype=torch.float64)[:, None] * frequencies
        return torch.polar(torch.ones_like(angles), angles).to(torch.complex64)


def turned(x, theta, first=0):
    """Su et al. 2021, equation 14, on complex numbers whose parts are the halves of a head (B x heads x T x n)."""
    pairs = x.shape[-1] // 2
    factors = turns(first, x.shape[-2], pairs, theta)
    numbers = torch.complex(x[..., :pairs].contiguous(), x[..., pairs:].contiguous()) * factors
    return torch.cat([numbers.real, numbers.imag], -1)


def attended(queries, keys, values):
    """Vaswani et al. 2017, equation 1; each head of keys serves a group of neighbouring query heads."""
    queries = queries.unflatten(1, (keys.shape[1], -1))
    scores = torch.einsum("bkgtn,bksn->bkgts", queries, keys) / queries.shape[-1] ** 0.5
    count, all_count = scores.shape[-2:]
    hidden = torch.ones(count, all_count, dtype=torch.bool).triu(1 + all_count - count)
    shares = scores.masked_fill(hidden, float("-inf")).softmax(-1)
    return torch.einsum("bkgts,bksn->bkgtn", shares, values).flatten(1, 2)


def fused_attended(queries, keys, values):
    """One operator. A single query may look at all keys; more of them begin with the first token."""
    return F.scaled_dot_product_attention(queries, keys, values, is_causal=queries.shape[2] > 1,
                                          enable_gqa=queries.shape[1] > keys.shape[1])


class Past:
    """Keys and values of the tokens so far in one layer; the memory is got once."""

    def __init__(self, batch, heads, capacity, size):
        self.keys, self.values = torch.empty(2, batch, heads, capacity, size)
        self.length = 0

    def extended(self, keys, values):
        begin, self.length = self.length, self.length + keys.shape[2]
        self.keys[:, :, begin:self.length] = keys
        self.values[:, :, begin:self.length] = values
        return self.keys[:, :, :self.length], self.values[:, :, :self.length]


class Attention(nn.Module):
    """Ainslie et al. 2023."""

    def __init__(self, width, heads, key_heads, theta, norms, fused):
        super().__init__()
        self.key_heads, self.theta, self.size = key_heads, theta, width // heads
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, key_heads * self.size, bias=False)
        self.value = nn.Linear(width, key_heads * self.size, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.query_norm = nn.RMSNorm(width, eps=1e-5) if norms else nn.Identity()
        self.key_norm = nn.RMSNorm(key_heads * self.size, eps=1e-5) if norms else nn.Identity()
        self.attended = fused_attended if fused else attended

    def heads_of(self, x):
        return x.unflatten(-1, (-1, self.size)).transpose(1, 2)

    def forward(self, x, past=None):
        first = past.length if past else 0
        queries = turned(self.heads_of(self.query_norm(self.query(x))), self.theta, first)
        keys = turned(self.heads_of(self.key_norm(self.key(x))), self.theta, first)
        values = self.heads_of(self.value(x))
        if past:
            keys, values = past.extended(keys, values)
        return self.out(self.attended(queries, keys, values).transpose(1, 2).flatten(2))


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
    """Muennighoff et al. 2024, equation 1: each token goes to the experts that its router likes best."""

    def __init__(self, width, hidden, experts, active):
        super().__init__()
        self.active = active
        self.router = nn.Linear(width, experts, bias=False)
        self.experts = nn.ModuleList(SwiGlu(width, hidden) for _ in range(experts))

    def forward(self, x):
        tokens = x.flatten(0, 1)
        shares, chosen = self.router(tokens).softmax(-1).topk(self.active)
        result = torch.zeros_like(tokens)
        for i in chosen.unique().tolist():
            senders, places = torch.where(chosen == i)
            result.index_add_(0, senders, self.experts[i](tokens[senders]) * shares[senders, places, None])
        return result.view_as(x)


class DecoderBlock(nn.Module):
    def __init__(self, width, attention, feed):
        super().__init__()
        self.norm1 = nn.RMSNorm(width, eps=1e-5)
        self.attention = attention
        self.norm2 = nn.RMSNorm(width, eps=1e-5)
        self.feed = feed

    def forward(self, x, past=None):
        x = x + self.attention(self.norm1(x), past)
        return x + self.feed(self.norm2(x))


class Decoder(nn.Module):
    """Touvron et al. 2023 and Dubey et al. 2024; with `experts`, OLMoE."""

    PATHS = [(r"experts\.", "expert")]

    def __init__(self, width, heads, key_heads, hidden, depth, words, theta, tied=True, experts=None, fused=False):
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.blocks = numbered(DecoderBlock(
            width, Attention(width, heads, key_heads, theta, experts is not None, fused),
            Experts(width, hidden, *experts) if experts else SwiGlu(width, hidden)) for _ in range(depth))
        self.norm = nn.RMSNorm(width, eps=1e-5)
        self.head = None if tied else nn.Linear(width, words, bias=False)

    def logits(self, x):
        x = self.norm(x)
        return x @ self.words.weight.T if self.head is None else self.head(x)

    def forward(self, tokens):
        return self.logits(self.blocks(self.words(tokens)))

    def empty_past(self, batch, capacity):
        attentions = [block.attention for block in self.blocks]
        return [Past(batch, attention.key_heads, capacity, attention.size) for attention in attentions]

    def extend(self, tokens, past):
        """Several tokens into an empty past, or one behind others: the logits after the last one."""
        x = self.words(tokens)
        for block, kept in zip(self.blocks, past):
            x = block(x, kept)
        return self.logits(x[:, -1:])


@torch.no_grad()
def forget_one(lstm):
    """TensorFlow's cell has one bias, and adds 1 to the forget gate (order: i, f, g, o)."""
    for name, bias in lstm.named_parameters():
        if name.startswith("bias_hh"):
            bias.requires_grad_(False).zero_()[lstm.hidden_size:2 * lstm.hidden_size] = 1.0
    return lstm


class Sentiment(nn.Module):
    """One LSTM, and its last state decides."""

    def __init__(self, inputs=300, width=1024, classes=2):
        super().__init__()
        self.lstm = forget_one(nn.LSTM(inputs, width, batch_first=True))
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        _, (last, _) = self.lstm(x)
        return self.head(last[0])
