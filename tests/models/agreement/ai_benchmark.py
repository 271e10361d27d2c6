# SPDX-License-Identifier: Apache-2.0
"""Networks of AI Benchmark Alpha in plain PyTorch, from their papers and the sizes of its graphs."""
import torch
from torch import nn
from torch.nn import functional as F

from vision import RELU, SamePadding, centred, conv_norm, numbered, same_pool


def window(before, after, size):
    return nn.Conv2d(before, after, size, padding=size // 2)


def stretched(x):
    return 255 * (0.58 * torch.tanh(x) + 0.5)


class Vgg16(nn.Module):
    """Simonyan and Zisserman 2015, table 1, D."""

    def __init__(self, width=lambda n: n, side=224, classes=1000):
        super().__init__()
        self.stages, before = [], 3
        for stage, (count, channels) in enumerate(((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)), 1):
            self.stages.append([f"conv{stage}_{i}" for i in range(1, count + 1)])
            for name in self.stages[-1]:
                self.add_module(name, window(before, width(channels), 3))
                before = width(channels)
        self.fc6 = nn.Linear(before * (side // 32) ** 2, width(4096))
        self.fc7 = nn.Linear(width(4096), width(4096))
        self.fc8 = nn.Linear(width(4096), classes)

    def forward(self, pixels):
        x = centred(pixels)
        for stage in self.stages:
            for name in stage:
                x = F.relu(self.get_submodule(name)(x), inplace=True)
            x = F.max_pool2d(x, 2)
        x = F.relu(self.fc6(x.flatten(1)), inplace=True)
        return self.fc8(F.relu(self.fc7(x), inplace=True))


class Srcnn(nn.Module):
    """Dong et al. 2015, the 9-5-5 network; the last bias is one value for all colours."""

    def __init__(self, width=lambda n: n):
        super().__init__()
        self.patches = window(3, width(64), 9)
        self.mapping = window(width(64), width(32), 5)
        self.image = nn.Conv2d(width(32), 3, 5, padding=2, bias=False)
        self.image_bias = nn.Parameter(torch.zeros(1))

    def forward(self, pixels):
        x = F.relu(self.mapping(F.relu(self.patches(pixels / 255), inplace=True)), inplace=True)
        return stretched(self.image(x) + self.image_bias)


class Vdsr(nn.Module):
    """Kim et al. 2016: 20 layers find what to add to the image."""

    def __init__(self, width=lambda n: n, depth=18):
        super().__init__()
        self.widen = window(3, width(64), 3)
        self.between = [f"conv{i}" for i in range(depth)]
        for name in self.between:
            self.add_module(name, window(width(64), width(64), 3))
        self.residual = window(width(64), 3, 3)

    def forward(self, pixels):
        image = pixels / 255
        x = F.relu(self.widen(image), inplace=True)
        for name in self.between:
            x = F.relu(self.get_submodule(name)(x), inplace=True)
        return 255 * (image + self.residual(x))


class DpedBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = window(width, width, 3), window(width, width, 3)
        self.norm1 = nn.InstanceNorm2d(width, eps=1e-3, affine=True)
        self.norm2 = nn.InstanceNorm2d(width, eps=1e-3, affine=True)

    def forward(self, x):
        y = F.relu(self.norm1(self.first(x)), inplace=True)
        return x + F.relu(self.norm2(self.second(y)), inplace=True)


class Dped(nn.Module):
    """Ignatov et al. 2017, figure 4: the generator, with instance normalisation."""

    def __init__(self, width=lambda n: n, depth=4):
        super().__init__()
        self.enter = window(3, width(64), 9)
        self.blocks = numbered(DpedBlock(width(64)) for _ in range(depth))
        self.leave1, self.leave2 = window(width(64), width(64), 3), window(width(64), width(64), 3)
        self.image = window(width(64), 3, 9)

    def forward(self, pixels):
        x = self.blocks(F.relu(self.enter(pixels / 255), inplace=True))
        x = F.relu(self.leave2(F.relu(self.leave1(x), inplace=True)), inplace=True)
        return stretched(self.image(x))


class SrganBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = conv_norm(width, width, 3, activation=RELU)
        self.second = conv_norm(width, width, 3)

    def forward(self, x):
        return x + self.second(self.first(x))


class Srgan(nn.Module):
    """Ledig et al. 2017, figure 4: the generator with ReLU, after a convolution that shrinks the image by 4."""

    def __init__(self, width=lambda n: n, depth=16):
        super().__init__()
        wide = width(64)
        self.around = SamePadding((7, 7), 4)
        self.stem = nn.Conv2d(3, wide, 7, 4)
        self.enter = window(wide, wide, 3)
        self.blocks = numbered(SrganBlock(wide) for _ in range(depth))
        self.leave = conv_norm(wide, wide, 3)
        self.enlarge2, self.enlarge4 = window(wide, 4 * wide, 3), window(wide, 4 * wide, 3)
        self.image = nn.Conv2d(wide, 3, 1)

    def forward(self, pixels):
        x = F.relu(self.stem(self.around(centred(pixels))), inplace=True)
        low = F.relu(self.enter(x), inplace=True)
        x = low + self.leave(self.blocks(low))
        for enlarge in (self.enlarge2, self.enlarge4):
            x = F.pixel_shuffle(F.relu(enlarge(x), inplace=True), 2)
        return 127.5 * (torch.tanh(self.image(x)) + 1)


class UnitV2(nn.Module):
    """He et al. 2016, figure 4e, as a bottleneck."""

    def __init__(self, before, width, stride):
        super().__init__()
        self.first = nn.BatchNorm2d(before)
        self.reduce = conv_norm(before, width, 1, activation=RELU)
        self.middle = conv_norm(width, width, 3, stride, activation=RELU)
        self.expand = nn.Conv2d(width, 4 * width, 1)
        self.shortcut = nn.Conv2d(before, 4 * width, 1, stride) if before != 4 * width else None
        self.stride = stride

    def forward(self, x):
        active = F.relu(self.first(x), inplace=True)
        y = self.expand(self.middle(self.reduce(active)))
        return y + (x[:, :, ::self.stride, ::self.stride] if self.shortcut is None else self.shortcut(active))


class ResNetV2(nn.Module):
    """The last unit of a stage halves the map, as in the graph's library."""

    def __init__(self, width=64, depths=(3, 4, 6, 3), classes=1001):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 7, 2, 3)
        self.units, before = [], width
        for stage, depth in enumerate(depths):
            for i in range(depth):
                self.units.append(f"unit{len(self.units)}")
                halves = i + 1 == depth and stage + 1 < len(depths)
                self.add_module(self.units[-1], UnitV2(before, width << stage, 2 if halves else 1))
                before = 4 * (width << stage)
        self.last = nn.BatchNorm2d(before)
        self.head = nn.Linear(before, classes)

    def forward(self, pixels):
        x = same_pool(self.stem(centred(pixels)))
        for unit in self.units:
            x = self.get_submodule(unit)(x)
        return self.head(F.relu(self.last(x), inplace=True).mean((2, 3)))
