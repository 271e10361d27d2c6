# SPDX-License-Identifier: Apache-2.0
"""Diffusion, recommendation and graph models in plain PyTorch, each from its paper."""
import torch
from torch import nn
from torch.nn import functional as F


def waves(positions, count):
    return positions[..., None] * torch.tensor(1e4) ** (-torch.arange(count) / count)


class DitBlock(nn.Module):
    """Peebles and Xie 2023, figure 3, adaLN-Zero."""

    def __init__(self, width, heads):
        super().__init__()
        self.modulation = nn.ModuleDict({"project": nn.Linear(width, 6 * width)})
        self.norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.feed = nn.ModuleDict({"widen": nn.Linear(width, 4 * width), "narrow": nn.Linear(4 * width, width)})

    def forward(self, x, condition):
        by = self.modulation["project"](F.silu(condition))[:, None].chunk(6, -1)
        y = self.norm(x) * (1 + by[1]) + by[0]
        x = x + by[2] * self.attention(y, y, y, need_weights=False)[0]
        y = self.norm(x) * (1 + by[4]) + by[3]
        return x + by[5] * self.feed["narrow"](F.gelu(self.feed["widen"](y), approximate="tanh"))


class Dit(nn.Module):
    PATHS = [(r"out_proj", "out")]

    def __init__(self, width=384, heads=6, depth=12, patch=2, side=32, labels=1000):
        super().__init__()
        self.patch, self.side = patch, side // patch
        self.embed = nn.Conv2d(4, width, patch, patch)
        turns = waves(torch.arange(self.side), width // 4)
        one = torch.cat([turns.sin(), turns.cos()], 1)
        both = torch.cat([one[None].expand(self.side, -1, -1), one[:, None].expand(-1, self.side, -1)], -1)
        self.register_buffer("positions", both.reshape(1, -1, width))
        self.condition = nn.ModuleDict({"widen": nn.Linear(256, width), "join": nn.Linear(width, width),
                                        "labels": nn.Embedding(labels + 1, width)})
        self.blocks = nn.Module()
        for i in range(depth):
            self.blocks.add_module(f"block{i}", DitBlock(width, heads))
        self.modulation = nn.ModuleDict({"project": nn.Linear(width, 2 * width)})
        self.norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.head = nn.Linear(width, patch * patch * 8)

    def forward(self, latent, step, label):
        turns = waves(step.float(), 128)
        time = self.condition["widen"](torch.cat([turns.cos(), turns.sin()], -1))
        condition = self.condition["join"](F.silu(time)) + self.condition["labels"](label)
        x = self.embed(latent).flatten(2).mT + self.positions
        for block in self.blocks.children():
            x = block(x, condition)
        shift, scale = self.modulation["project"](F.silu(condition))[:, None].chunk(2, -1)
        x = self.head(self.norm(x) * (1 + scale) + shift)
        x = x.unflatten(2, (self.patch, self.patch, 8)).unflatten(1, (self.side, self.side))
        return torch.einsum("nhwpqc->nchpwq", x).flatten(4, 5).flatten(2, 3)


def linears(*widths):
    return nn.ModuleList(nn.Linear(before, after) for before, after in zip(widths, widths[1:]))


LOOK_UPS = (3, 2, 1, 2, 6, 1, 1, 1, 1, 7, 3, 8, 1, 6, 9, 5, 1, 1, 1, 12, 100, 27, 10, 3, 1, 1)  # MLPerf's, multi-hot
TABLE_ROWS = (40_000_000, 39_060, 17_295, 7_424, 20_265, 3, 7_122, 1_543, 63, 40_000_000, 3_067_956, 405_282, 10, 2_209,
              11_938, 155, 4, 976, 14, 40_000_000, 40_000_000, 40_000_000, 590_152, 12_973, 108, 36)


class Dlrm(nn.Module):
    """Naumov et al. 2019, with the low-rank cross layers of Wang et al. 2021, equation 2."""

    def __init__(self, width=lambda n: n, depth=lambda n: n, most_rows=100_000):
        super().__init__()
        self.bottom = linears(13, width(512), width(256), width(128))
        for i, rows in enumerate(TABLE_ROWS):
            self.add_module(f"table{i}", nn.EmbeddingBag(min(rows, most_rows), width(128), mode="sum"))
        joined = 27 * width(128)
        self.crosses = [f"cross{i}" for i in range(depth(3))]
        for name in self.crosses:
            self.add_module(name, nn.ModuleDict({"narrow": nn.Linear(joined, width(512), bias=False),
                                                 "widen": nn.Linear(width(512), joined)}))
        self.top = linears(joined, width(1024), width(1024), width(512), width(256), 1)

    def forward(self, dense, *indices):
        for layer in self.bottom:
            dense = F.relu(layer(dense))
        first = x = torch.cat([dense] + [self.get_submodule(f"table{i}")(rows) for i, rows in enumerate(indices)], 1)
        for name in self.crosses:
            cross = self.get_submodule(name)
            x = first * cross["widen"](cross["narrow"](x)) + x
        for layer in self.top[:-1]:
            x = F.relu(layer(x))
        return self.top[-1](x)


class SageLayer(nn.Module):
    def __init__(self, before, after):
        super().__init__()
        self.own = nn.Linear(before, after, bias=False)
        self.others = nn.Linear(before, after)

    def forward(self, x, sources, ends, degrees):
        sums = torch.zeros_like(x).index_add_(0, ends, x[sources])
        return self.own(x) + self.others(sums / degrees)


class GraphSage(nn.Module):
    """Hamilton et al. 2017, algorithm 1, mean aggregation, without the step to length 1; a batch is one large graph."""

    def __init__(self, widths=(128, 256, 256, 40)):
        super().__init__()
        self.layers = [f"layer{i}" for i in range(len(widths) - 1)]
        for name, before, after in zip(self.layers, widths, widths[1:]):
            self.add_module(name, SageLayer(before, after))

    def forward(self, x, sources, ends):
        shape = x.shape[:2]
        shift = torch.arange(0, shape.numel(), shape[1])[:, None]
        sources, ends = (sources + shift).flatten(), (ends + shift).flatten()
        degrees = ends.bincount(minlength=shape.numel()).clamp(min=1)[:, None]
        x = x.flatten(0, 1)
        for name in self.layers[:-1]:
            x = F.relu(self.get_submodule(name)(x, sources, ends, degrees))
        return self.get_submodule(self.layers[-1])(x, sources, ends, degrees).unflatten(0, shape)
