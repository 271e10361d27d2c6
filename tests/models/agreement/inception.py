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
                self.add_module(f"layer{made}", conv_norm(
                    before, width(channels), kernel, stride, padding="valid" if valid else "same", eps=1e-3, scale=False,
                    activation=RELU))
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
        for branches in blocks:
            parts = [Branch(before, layers, width) for layers in branches]
            before = sum(part.channels for part in parts)
            made.append(Parallel(parts))
        self.blocks = numbered(made)
        self.head = nn.Linear(before, classes)

    def forward(self, pixels):
        x = self.head(self.blocks(centred(pixels)).mean((2, 3)))
        return x.softmax(-1) if self.probabilities else x
