# SPDX-License-Identifier: Apache-2.0
"""Image models in plain PyTorch, each from its paper: what btrack/models must agree with.

Sizes are arguments, so that a model can be made at full and at tiny scale.
"""
from collections import OrderedDict
from functools import partial

import torch
from torch import nn
from torch.nn import functional as F

RELU, RELU6 = partial(nn.ReLU, inplace=True), partial(nn.ReLU6, inplace=True)


def numbered(modules):
    return nn.Sequential(OrderedDict((f"block{i}", module) for i, module in enumerate(modules)))


def centred(pixels):
    return pixels / 127.5 - 1


class SamePadding(nn.Module):
    """TensorFlow's SAME: ceil(size / stride) positions, an odd pixel goes last."""

    def __init__(self, kernel, stride):
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x):
        amounts = []
        for size, window in ((x.shape[3], self.kernel[1]), (x.shape[2], self.kernel[0])):
            total = max((-(-size // self.stride) - 1) * self.stride + window - size, 0)
            amounts += [total // 2, total - total // 2]
        return F.pad(x, amounts)


def same_pool(x):
    """The greatest of 3x3, with TensorFlow's SAME padding of an even size."""
    return F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=float("-inf")), 3, 2)


def conv_norm(before, after, kernel, stride=1, groups=1, dilation=1, padding="symmetric", eps=1e-5, scale=True,
              activation=None):
    kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    around = tuple(dilation * (size // 2) for size in kernel) if padding == "symmetric" else 0
    layers = OrderedDict(pad=SamePadding(kernel, stride)) if padding == "same" else OrderedDict()
    layers["conv"] = nn.Conv2d(before, after, kernel, stride, around, dilation, groups, bias=False)
    layers["bn"] = nn.BatchNorm2d(after, eps=eps)
    layers["bn"].weight.requires_grad_(scale)
    if activation:
        layers["act"] = activation()
    return nn.Sequential(layers)


class Bottleneck(nn.Module):
    """He et al. 2015, figure 5, right; version 1.5 has the stride in the 3x3."""

    def __init__(self, before, width, stride):
        super().__init__()
        self.reduce = conv_norm(before, width, 1, activation=RELU)
        self.middle = conv_norm(width, width, 3, stride, activation=RELU)
        self.expand = conv_norm(width, 4 * width, 1)
        self.shortcut = None
        if stride > 1 or before != 4 * width:
            self.shortcut = conv_norm(before, 4 * width, 1, stride)

    def forward(self, x):
        y = self.expand(self.middle(self.reduce(x)))
        y += self.shortcut(x) if self.shortcut else x
        return F.relu(y, inplace=True)


class ResNet(nn.Module):
    def __init__(self, width=64, depths=(3, 4, 6, 3), classes=1000):
        super().__init__()
        self.stem = conv_norm(3, width, 7, 2, activation=RELU)
        blocks, before = [], width
        for stage, depth in enumerate(depths):
            for i in range(depth):
                blocks.append(Bottleneck(before, width << stage, 2 if stage and i == 0 else 1))
                before = 4 * (width << stage)
        self.blocks = numbered(blocks)
        self.head = nn.Linear(before, classes)

    def forward(self, x):
        x = self.blocks(F.max_pool2d(self.stem(x), 3, 2, 1))
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


class InvertedResidual(nn.Module):
    """Sandler et al. 2018, figure 4d."""

    def __init__(self, before, expansion, after, stride):
        super().__init__()
        inner = before * expansion
        options = dict(padding="same", eps=1e-3)
        self.expand = nn.Identity()
        if expansion > 1:
            self.expand = conv_norm(before, inner, 1, activation=RELU6, **options)
        self.depthwise = conv_norm(inner, inner, 3, stride, groups=inner, activation=RELU6, **options)
        self.project = conv_norm(inner, after, 1, **options)
        self.adds = stride == 1 and before == after

    def forward(self, x):
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.adds else y


class MobileNetV2(nn.Module):
    """Sandler et al. 2018, table 2: expansion, channels, repetitions, stride."""

    def __init__(self, width=lambda n: n, depth=lambda n: n, classes=1001):
        super().__init__()
        options = dict(padding="same", eps=1e-3, activation=RELU6)
        self.stem = conv_norm(3, width(32), 3, 2, **options)
        blocks, before = [], width(32)
        for t, c, n, s in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
                           (6, 320, 1, 1)):
            for i in range(depth(n)):
                blocks.append(InvertedResidual(before, t, width(c), 1 if i else s))
                before = width(c)
        self.blocks = numbered(blocks)
        self.widen = conv_norm(before, width(1280), 1, **options)
        self.head = nn.Linear(width(1280), classes)

    def forward(self, pixels):
        return self.head(self.widen(self.blocks(self.stem(centred(pixels)))).mean((2, 3)))


class UNetLevel(nn.Module):
    def __init__(self, before, after):
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, padding=1)
        self.norm1 = nn.InstanceNorm2d(after, eps=1e-3, affine=True)
        self.second = nn.Conv2d(after, after, 3, padding=1)
        self.norm2 = nn.InstanceNorm2d(after, eps=1e-3, affine=True)

    def forward(self, x):
        return F.relu(self.norm2(self.second(F.relu(self.norm1(self.first(x))))))


class UNet(nn.Module):
    """Ronneberger et al. 2015, figure 1, with padding; the result is stretched to pixels."""

    def __init__(self, width=lambda n: n):
        super().__init__()
        self.full, before = (64, 128, 256, 512, 1024), 3
        for n in self.full:
            self.add_module(f"down{n}", UNetLevel(before, width(n)))
            before = width(n)
        for n in self.full[-2::-1]:
            self.add_module(f"enlarge{n}", nn.ConvTranspose2d(before, width(n), 2, 2))
            self.add_module(f"up{n}", UNetLevel(2 * width(n), width(n)))
            before = width(n)
        self.image = nn.Conv2d(before, 3, 1)

    def forward(self, pixels):
        x, kept = centred(pixels), {}
        for n in self.full:
            x = kept[n] = self.get_submodule(f"down{n}")(F.max_pool2d(x, 2) if kept else x)
        for n in self.full[-2::-1]:
            x = torch.cat([kept[n], self.get_submodule(f"enlarge{n}")(x)], 1)
            x = self.get_submodule(f"up{n}")(x)
        return 255 * (0.58 * torch.tanh(self.image(x)) + 0.5)


class ConvNeXtBlock(nn.Module):
    """Liu et al. 2022, figure 4, with layer scale."""

    def __init__(self, width):
        super().__init__()
        self.spread = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, x):
        y = self.norm(self.spread(x).movedim(1, -1))
        return x + (self.scale * self.narrow(F.gelu(self.widen(y)))).movedim(-1, 1)


class ConvNeXtStage(nn.Module):
    def __init__(self, before, width, depth):
        super().__init__()
        if before != width:
            self.downsample = nn.ModuleDict({"norm": nn.LayerNorm(before, eps=1e-6),
                                             "halve": nn.Conv2d(before, width, 2, 2)})
        self.blocks = numbered(ConvNeXtBlock(width) for _ in range(depth))

    def forward(self, x):
        if hasattr(self, "downsample"):
            x = self.downsample["halve"](self.downsample["norm"](x.movedim(1, -1)).movedim(-1, 1))
        return self.blocks(x)


class ConvNeXt(nn.Module):
    def __init__(self, width=96, depths=(3, 3, 9, 3), classes=1000):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 4, 4)
        self.stem_norm = nn.LayerNorm(width, eps=1e-6)
        widths = [width << max(i - 1, 0) for i in range(len(depths) + 1)]
        for i, depth in enumerate(depths):
            self.add_module(f"stage{i}", ConvNeXtStage(widths[i], width << i, depth))
        self.stages = len(depths)
        self.norm = nn.LayerNorm(width << len(depths) - 1, eps=1e-6)
        self.head = nn.Linear(width << len(depths) - 1, classes)

    def forward(self, x):
        x = self.stem_norm(self.stem(x).movedim(1, -1)).movedim(-1, 1)
        for i in range(self.stages):
            x = self.get_submodule(f"stage{i}")(x)
        return self.head(self.norm(x.mean((2, 3))))


class VisionTransformer(nn.Module):
    """Dosovitskiy et al. 2021, equations 1 to 4."""

    def __init__(self, width=192, heads=3, depth=12, side=14, classes=1000):
        super().__init__()
        self.embed = nn.Conv2d(3, width, 16, 16)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(torch.zeros(1, side * side + 1, width))
        self.blocks = numbered(nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout=0.0, activation="gelu", layer_norm_eps=1e-6, batch_first=True,
            norm_first=True) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        patches = self.embed(x).flatten(2).mT
        x = torch.cat([self.class_token.repeat(len(x), 1, 1), patches], 1) + self.position
        return self.head(self.norm(self.blocks(x))[:, 0])
