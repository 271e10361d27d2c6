# SPDX-License-Identifier: Apache-2.0
"""The Inception networks in plain PyTorch: blocks of branches from the figures of their papers."""
import torch
from torch import nn
from torch.nn import functional as F

from vision import RELU, centred, conv_norm, numbered


class Parallel(nn.Module):
    def __init__(self, branches):
        super().__init__()
        for i, branch in enumerate(branches):
            self.add_module(f"branch{i}", branch)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.children()], 1)


class Branch(nn.Module):
    """Layers written as (channels, kernel[, stride]); a trailing "v" is a valid one; "avg" and "max" pool.

    A list in the last place is a fork: its layers see the same input.
    """

    def __init__(self, before, layers, width):
        super().__init__()
        self.steps, made = [], 0
        for layer in layers:
            if isinstance(layer, str):
                self.steps.append(layer)
                continue
            group = layer if isinstance(layer, list) else [layer]
            self.steps.append([])
            for spec in group:
                valid = spec[-1] == "v"
                channels, kernel, stride = (*spec[:len(spec) - valid], 1)[:3]
                padding = "valid" if valid else "same"
                self.add_module(f"layer{made}", conv_norm(before, width(channels), kernel, stride, padding=padding,
                                                          eps=1e-3, scale=False, activation=RELU))
                self.steps[-1].append(f"layer{made}")
                made += 1
            before = sum(width(spec[0]) for spec in group)
        self.channels = before

    def forward(self, x):
        for step in self.steps:
            if step == "avg":
                x = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
            elif step == "max":
                x = F.max_pool2d(x, 3, 2)
            else:
                x = torch.cat([self.get_submodule(name)(x) for name in step], 1)
        return x


class Residual(Parallel):
    """Szegedy et al. 2016, figures 15 and 20: a 1x1 convolution brings the channels back."""

    def __init__(self, branches, channels, scale, relu):
        super().__init__(branches)
        self.scale, self.relu = scale, relu
        self.back = nn.Conv2d(sum(branch.channels for branch in branches), channels, 1)
        self.back.gain = scale

    def forward(self, x):
        branches = [branch(x) for name, branch in self.named_children() if name != "back"]
        y = x + self.scale * self.back(torch.cat(branches, 1))
        return F.relu(y, inplace=True) if self.relu else y


STEM = [[(32, 3, 2, "v"), (32, 3, "v"), (64, 3), "max", (80, 1, "v"), (192, 3, "v"), "max"]]


def inception_v3_blocks():
    """Szegedy et al. 2015, table 1 and figures 5 to 7, 10."""
    def a(pooled):
        return [[(64, 1)], [(48, 1), (64, 5)], [(64, 1), (96, 3), (96, 3)], ["avg", (pooled, 1)]]

    def b(n):
        return [[(192, 1)], [(n, 1), (n, (1, 7)), (192, (7, 1))],
                [(n, 1), (n, (7, 1)), (n, (1, 7)), (n, (7, 1)), (192, (1, 7))], ["avg", (192, 1)]]
    reduction_a = [[(384, 3, 2, "v")], [(64, 1), (96, 3), (96, 3, 2, "v")], ["max"]]
    reduction_b = [[(192, 1), (320, 3, 2, "v")], [(192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2, "v")], ["max"]]
    fork = [(384, (1, 3)), (384, (3, 1))]
    c = [[(320, 1)], [(384, 1), fork], [(448, 1), (384, 3), fork], ["avg", (192, 1)]]
    return [STEM, a(32), a(64), a(64), reduction_a, b(128), b(160), b(160), b(192), reduction_b, c, c]


def inception_resnet_v2_blocks(repeat):
    """Szegedy et al. 2016, figures 15 to 19; the scales are those of the graph."""
    first = [[(96, 1)], [(48, 1), (64, 5)], [(64, 1), (96, 3), (96, 3)], ["avg", (64, 1)]]
    a = (0.17, True, [[(32, 1)], [(32, 1), (32, 3)], [(32, 1), (48, 3), (64, 3)]])
    reduction_a = [[(384, 3, 2, "v")], [(256, 1), (256, 3), (384, 3, 2, "v")], ["max"]]
    b = (0.10, True, [[(192, 1)], [(128, 1), (160, (1, 7)), (192, (7, 1))]])
    reduction_b = [[(256, 1), (384, 3, 2, "v")], [(256, 1), (288, 3, 2, "v")],
                   [(256, 1), (288, 3), (320, 3, 2, "v")], ["max"]]
    c = [[(192, 1)], [(192, 1), (224, (1, 3)), (256, (3, 1))]]
    return ([STEM, first] + [a] * repeat(10) + [reduction_a] + [b] * repeat(20) + [reduction_b]
            + [(0.20, True, c)] * repeat(9) + [(1.0, False, c), [[(1536, 1)]]])


def inception_v4_blocks(repeat):
    """Szegedy et al. 2016, figures 3 to 9."""
    stem = [
        [[(32, 3, 2, "v"), (32, 3, "v"), (64, 3)]],
        [["max"], [(96, 3, 2, "v")]],
        [[(64, 1), (96, 3, "v")], [(64, 1), (64, (1, 7)), (64, (7, 1)), (96, 3, "v")]],
        [[(192, 3, 2, "v")], ["max"]],
    ]
    a = [[(96, 1)], [(64, 1), (96, 3)], [(64, 1), (96, 3), (96, 3)], ["avg", (96, 1)]]
    reduction_a = [[(384, 3, 2, "v")], [(192, 1), (224, 3), (256, 3, 2, "v")], ["max"]]
    b = [[(384, 1)], [(192, 1), (224, (1, 7)), (256, (7, 1))],
         [(192, 1), (192, (7, 1)), (224, (1, 7)), (224, (7, 1)), (256, (1, 7))], ["avg", (128, 1)]]
    reduction_b = [[(192, 1), (192, 3, 2, "v")],
                   [(256, 1), (256, (1, 7)), (320, (7, 1)), (320, 3, 2, "v")], ["max"]]
    fork = [(256, (1, 3)), (256, (3, 1))]
    c = [[(256, 1)], [(384, 1), fork], [(384, 1), (448, (3, 1)), (512, (1, 3)), fork], ["avg", (256, 1)]]
    return stem + [a] * repeat(4) + [reduction_a] + [b] * repeat(7) + [reduction_b] + [c] * repeat(3)


class Inception(nn.Module):
    def __init__(self, blocks, width=lambda n: n, classes=1001, probabilities=False):
        super().__init__()
        self.probabilities = probabilities
        made, before = [], 3
        for block in blocks:
            residual = block[:2] if isinstance(block, tuple) else None
            parts = [Branch(before, layers, width) for layers in (block[2] if residual else block)]
            made.append(Residual(parts, before, *residual) if residual else Parallel(parts))
            before = before if residual else sum(part.channels for part in parts)
        self.blocks = numbered(made)
        self.head = nn.Linear(before, classes)

    def forward(self, pixels):
        x = self.head(self.blocks(centred(pixels)).mean((2, 3)))
        return x.softmax(-1) if self.probabilities else x
