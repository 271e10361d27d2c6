# SPDX-License-Identifier: Apache-2.0
"""The generator of SPADE in plain PyTorch: Park et al. 2019, figure 4, with the sizes of AI Benchmark's graph."""
import torch
from torch import nn
from torch.nn import functional as F

from vision import centred

LATENT = 256


class SpectralConv(nn.Conv2d):
    """Miyato et al. 2018, algorithm 1: divided by an estimate of the largest singular value, one step in each pass."""

    def __init__(self, before, after, size, bias=True, keeps=False):
        super().__init__(before, after, size, padding=size // 2, bias=bias)
        self.keeps = keeps  # in inference, too, as in the graph
        self.register_buffer("direction", torch.randn(after))

    def forward(self, x):
        rows = self.weight.reshape(len(self.weight), -1)
        with torch.no_grad():
            right = F.normalize(self.direction @ rows, dim=0)
            left = F.normalize(rows @ right, dim=0)
            if self.training or self.keeps:
                self.direction.copy_(left)
        sigma = torch.dot(left, rows @ right)
        return F.conv2d(x, self.weight / sigma, self.bias, padding=self.padding)


class Spade(nn.Module):
    """Equation 1, normalised over each image by itself."""

    def __init__(self, channels, hidden):
        super().__init__()
        self.shared = nn.Conv2d(3, hidden, 5, padding=2)
        self.gamma = nn.Conv2d(hidden, channels, 5, padding=2)
        self.beta = nn.Conv2d(hidden, channels, 5, padding=2)

    def forward(self, x, picture):
        hidden = F.relu(self.shared(F.interpolate(picture, x.shape[2:], mode="nearest")), inplace=True)
        scale = 1 + self.gamma(hidden)
        return F.instance_norm(x) * scale + self.beta(hidden)


def leak(x):
    return F.leaky_relu(x, 0.2, inplace=True)


class SpadeBlock(nn.Module):
    def __init__(self, before, after, hidden, keeps):
        super().__init__()
        self.norm1, self.norm2 = Spade(before, hidden), Spade(after, hidden)
        self.first = SpectralConv(before, after, 3, keeps=keeps)
        self.second = SpectralConv(after, after, 3, keeps=keeps)
        self.skip = None
        if before != after:
            self.skip_norm = Spade(before, hidden)
            self.skip = SpectralConv(before, after, 1, bias=False, keeps=keeps)

    def forward(self, x, picture):
        around = self.skip(self.skip_norm(x, picture)) if self.skip else x
        y = self.first(leak(self.norm1(x, picture)))
        return around + self.second(leak(self.norm2(y, picture)))


class SpadeGenerator(nn.Module):
    """In AI Benchmark the picture itself is the map; one latent for a batch, the same one in inference unless
    `faithful`."""

    PATHS = [(r"(first|second|skip)\.(weight|bias)$", r"\1.conv.\2")]

    def __init__(self, width=lambda n: n, depth=lambda n: n, side=128, faithful=False):
        super().__init__()
        self.faithful, before = faithful, width(1024)
        names = [(f"same{i}", 1024) for i in range(depth(3))] + [(f"to{n}", n) for n in (512, 256, 128, 64)]
        self.first_side = side >> len(names) - 1
        self.seed = nn.Linear(LATENT, before * self.first_side ** 2)
        self.blocks = nn.Module()
        for name, after in names:
            self.blocks.add_module(name, SpadeBlock(before, width(after), width(128), faithful))
            before = width(after)
        self.image = nn.Conv2d(before, 3, 3, padding=1)

    def latent(self):
        if self.training or self.faithful:
            return torch.randn(1, LATENT)
        return torch.randn(1, LATENT, generator=torch.Generator().manual_seed(1))

    def forward(self, pixels):
        picture = centred(pixels)
        x = self.seed(self.latent()).unflatten(1, (-1, self.first_side, self.first_side))
        for i, block in enumerate(self.blocks.children()):
            if i > 0:
                x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = block(x, picture)
        return 27.5 * (torch.tanh(self.image(leak(x))) + 1)
