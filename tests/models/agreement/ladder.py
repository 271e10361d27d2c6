# SPDX-License-Identifier: Apache-2.0
"""The rungs of the ladder as a PyTorch user would write them; also the peers of benchmarks/models/throughput.py."""
from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

from vision import RELU, conv_norm, numbered


def mlp(*widths):
    layers = OrderedDict(flat=nn.Flatten())
    for i, (before, after) in enumerate(zip((784, *widths), (*widths, 10))):
        layers[f"layer{i}"] = nn.Linear(before, after)
        layers[f"relu{i}"] = nn.ReLU()
    layers.popitem()
    return nn.Sequential(layers)


def lenet5():
    return nn.Sequential(OrderedDict(
        conv1=nn.Conv2d(1, 6, 5, padding=2), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(6, 16, 5), relu2=nn.ReLU(), pool2=nn.MaxPool2d(2), flat=nn.Flatten(),
        fc1=nn.Linear(400, 120), relu3=nn.ReLU(), fc2=nn.Linear(120, 84), relu4=nn.ReLU(), fc3=nn.Linear(84, 10)))


def cnn_s():
    return nn.Sequential(OrderedDict(
        conv1=nn.Conv2d(1, 32, 3, padding=1), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(32, 64, 3, padding=1), relu2=nn.ReLU(), pool2=nn.MaxPool2d(2), flat=nn.Flatten(),
        fc1=nn.Linear(3136, 128), relu3=nn.ReLU(), fc2=nn.Linear(128, 10)))


def cnn_m():
    layers, before = OrderedDict(), 1
    for i, width in enumerate((32, 32, 64, 64, 128, 128)):
        layers[f"layer{i}"] = conv_norm(before, width, 3, activation=RELU)
        if i in (1, 3):
            layers[f"pool{i}"] = nn.MaxPool2d(2)
        before = width
    layers.update(mean=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(), fc=nn.Linear(128, 10))
    return nn.Sequential(layers)


class VisionTransformer(nn.Module):
    """Dosovitskiy et al. 2021, with the blocks of Vaswani et al. 2017."""

    PATHS = [(r"self_attn\.out_proj", "out"), (r"self_attn\.", "")]

    def __init__(self, patch=7, width=64, layers=4, heads=4, hidden=128, side=4):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(torch.randn(1, side * side + 1, width) * 0.02)
        self.patch = patch
        self.embed = nn.Linear(patch * patch, width)
        self.layers = [f"layer{i}" for i in range(layers)]
        for name in self.layers:
            self.add_module(name, nn.TransformerEncoderLayer(width, heads, hidden, dropout=0.0, batch_first=True))
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        tokens = self.embed(F.unfold(x, self.patch, stride=self.patch).mT)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), tokens], dim=1) + self.position
        for name in self.layers:
            x = self.get_submodule(name)(x)
        return self.head(x[:, 0])


class BasicBlock(nn.Module):
    """He et al. 2015, section 4.2: the shortcut of a wider block has zeros for the new channels."""

    def __init__(self, before, after, stride):
        super().__init__()
        self.first = conv_norm(before, after, 3, stride, activation=RELU)
        self.second = conv_norm(after, after, 3)
        self.added, self.stride = after - before, stride

    def forward(self, x):
        y = self.second(self.first(x))
        if self.added or self.stride > 1:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.added // 2, self.added - self.added // 2))
        return F.relu(y + x, inplace=True)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = conv_norm(1, 16, 3, activation=RELU)
        blocks, before = [], 16
        for width in (16, 32, 64):
            for i in range(3):
                blocks.append(BasicBlock(before, width, 2 if i == 0 and width > 16 else 1))
                before = width
        self.blocks = numbered(blocks)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(F.adaptive_avg_pool2d(self.blocks(self.stem(x)), 1).flatten(1))


LADDER = {
    "softmax": lambda: mlp(), "mlp_64": lambda: mlp(64), "mlp_512_256": lambda: mlp(512, 256),
    "lenet5": lenet5, "vit_micro": VisionTransformer, "cnn_s": cnn_s, "cnn_m": cnn_m, "resnet20": ResNet20,
}
