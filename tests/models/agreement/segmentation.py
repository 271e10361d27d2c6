# SPDX-License-Identifier: Apache-2.0
"""Segmentation networks of AI Benchmark Alpha in plain PyTorch, from their papers and the sizes of its graphs."""
import torch
from torch import nn
from torch.nn import functional as F

from vision import RELU, SamePadding, conv_norm, numbered, same_pool


def without_mean(pixels):
    return pixels - torch.tensor([103.939, 116.779, 123.68])[:, None, None]  # blue, green, red of ImageNet


class DilatedBlock(nn.Module):
    """He et al. 2015, figure 5, right, with the stride in the first convolution and holes in the second."""

    def __init__(self, before, width, stride, dilation, eps):
        super().__init__()
        self.reduce = conv_norm(before, width, 1, stride, eps=eps, activation=RELU)
        self.middle = conv_norm(width, width, 3, dilation=dilation, eps=eps, activation=RELU)
        self.expand = conv_norm(width, 4 * width, 1, eps=eps)
        self.shortcut = conv_norm(before, 4 * width, 1, stride, eps=eps) if before != 4 * width else nn.Identity()

    def forward(self, x):
        return F.relu(self.expand(self.middle(self.reduce(x))) + self.shortcut(x), inplace=True)


def dilated_stages(before, width, depths, eps):
    """Chen et al. 2017, section 3.1: the map is an eighth of the image, and further blocks look wider instead."""
    blocks = []
    for stage, (depth, dilation) in enumerate(zip(depths, (1, 1, 2, 4))):
        for i in range(depth):
            blocks.append(DilatedBlock(before, width << stage, 2 if stage == 1 and i == 0 else 1, dilation, eps))
            before = 4 * (width << stage)
    return numbered(blocks)


class DeepLab(nn.Module):
    """Chen et al. 2017, figure 7, with one layer a branch: four views of different width, added."""

    def __init__(self, width=64, depths=(3, 4, 23, 3), classes=3):
        super().__init__()
        self.stem = conv_norm(3, width, 7, 2, padding="same", eps=1e-3, activation=RELU)
        self.stages = dilated_stages(width, width, depths, 1e-3)
        for d in (6, 12, 18, 24):
            self.add_module(f"pyramid{d}", nn.Conv2d(32 * width, classes, 3, padding=d, dilation=d))

    def forward(self, pixels):
        x = self.stages(same_pool(self.stem(without_mean(pixels))))
        return self.pyramid6(x) + self.pyramid12(x) + self.pyramid18(x) + self.pyramid24(x)


class PspNet(nn.Module):
    """Zhao et al. 2017, figure 3: means over parts of four sizes join the map."""

    def __init__(self, width=64, depths=(3, 4, 6, 3), windows=(60, 30, 20, 10), classes=3):
        super().__init__()
        self.stem1 = conv_norm(3, width, 3, 2, padding="same", activation=RELU)
        self.stem2 = conv_norm(width, width, 3, activation=RELU)
        self.stem3 = conv_norm(width, 2 * width, 3, activation=RELU)
        self.stages = dilated_stages(2 * width, width, depths, 1e-5)
        self.levels = [(f"pyramid{full}", window) for full, window in zip((60, 30, 20, 10), windows)]
        for name, _ in self.levels:
            self.add_module(name, conv_norm(32 * width, 8 * width, 1, activation=RELU))
        self.join = conv_norm(64 * width, 8 * width, 3, activation=RELU)
        self.head = nn.Conv2d(8 * width, classes, 1)

    def forward(self, pixels):
        x = self.stages(same_pool(self.stem3(self.stem2(self.stem1(without_mean(pixels))))))
        parts = [x]
        for name, window in self.levels:
            y = self.get_submodule(name)(F.avg_pool2d(x, window))
            parts.append(F.interpolate(y, x.shape[2:], mode="bilinear", align_corners=True))
        return self.head(self.join(torch.cat(parts, 1)))


def resized(x, height, width):
    return F.interpolate(x, (height, width), mode="bilinear", align_corners=True)


def doubled(x):
    return resized(x, 2 * x.shape[2], 2 * x.shape[3])


def halved(x):
    return resized(x, x.shape[2] // 2, x.shape[3] // 2)


class IcNetStem(nn.Module):
    def __init__(self, width, halvings):
        super().__init__()
        widths = (3, width(32), width(32), width(64))
        for i in range(3):
            self.add_module(f"layer{i}", nn.Conv2d(widths[i], widths[i + 1], 3, 2 if i < halvings else 1))
        self.pads = [SamePadding((3, 3), 2 if i < halvings else 1) for i in range(3)]

    def forward(self, x):
        for i, pad in enumerate(self.pads):
            x = F.relu(self.get_submodule(f"layer{i}")(pad(x)), inplace=True)
        return x


class IcNetBlock(nn.Module):
    def __init__(self, before, width, after, stride, dilation):
        super().__init__()
        self.reduce = nn.Conv2d(before, width, 1, stride)
        self.middle = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation)
        self.expand = nn.Conv2d(width, after, 1)
        self.shortcut = nn.Conv2d(before, after, 1, stride) if before != after else nn.Identity()

    def forward(self, x):
        y = F.relu(self.middle(F.relu(self.reduce(x), inplace=True)), inplace=True)
        return F.relu(self.expand(y) + self.shortcut(x), inplace=True)


class IcNetFusion(nn.Module):
    """Zhao et al. 2018, figure 3."""

    def __init__(self, coarse, fine, after):
        super().__init__()
        self.coarse = nn.Conv2d(coarse, after, 3, padding=2, dilation=2)
        self.fine = nn.Conv2d(fine, after, 1)

    def forward(self, coarse, fine):
        return F.relu(self.coarse(doubled(coarse)) + self.fine(fine), inplace=True)


class IcNet(nn.Module):
    """Zhao et al. 2018, figure 2, without normalisation, as in the graph."""

    def __init__(self, width=lambda n: n, depth=lambda n: n, windows=((32, 48), (16, 24), (10, 16), (8, 12))):
        super().__init__()
        self.windows, self.medium, self.coarse = windows, [], []
        self.stem, self.whole = IcNetStem(width, 1), IcNetStem(width, 3)
        before = width(64)
        for names, reduced, after, units, stride, dilation in (
                (self.medium, 32, 128, 3, 1, 1), (self.medium, 64, 256, 1, 2, 1), (self.coarse, 64, 256, 3, 1, 1),
                (self.coarse, 128, 512, 6, 1, 2), (self.coarse, 256, 1024, 3, 1, 4)):
            for i in range(depth(units)):
                names.append(f"block{len(self.medium) + len(self.coarse)}")
                self.add_module(names[-1], IcNetBlock(before, width(reduced), width(after), 1 if i else stride,
                                                      dilation))
                before = width(after)
        self.squeeze = nn.Conv2d(before, width(256), 1)
        self.first_fusion = IcNetFusion(width(256), width(256), width(128))
        self.second_fusion = IcNetFusion(width(128), width(64), width(128))
        self.kinds = nn.Conv2d(width(128), 19, 1)
        self.head = nn.Conv2d(19, 3, 1)

    def forward(self, pixels):
        image = without_mean(pixels)
        medium = F.max_pool2d(self.stem(halved(image)), 3, 2)
        for name in self.medium:
            medium = self.get_submodule(name)(medium)
        x = halved(medium)
        for name in self.coarse:
            x = self.get_submodule(name)(x)
        x = x + sum(resized(F.avg_pool2d(x, window), *x.shape[2:]) for window in self.windows)
        x = self.first_fusion(F.relu(self.squeeze(x), inplace=True), medium)
        x = self.second_fusion(x, self.whole(image))
        return torch.tanh(self.head(resized(self.kinds(doubled(x)), *image.shape[2:])))
