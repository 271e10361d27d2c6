# SPDX-License-Identifier: Apache-2.0
"""PixelRNN in plain PyTorch: van den Oord et al. 2016, sections 3.2 and 3.4, with AI Benchmark's sizes and gates."""
import torch
from torch import nn
from torch.nn import functional as F


class PastConv(nn.Conv2d):
    """Mask A of figure 2: no pixel sees itself or what comes after it."""

    def forward(self, x):
        seen = torch.arange(self.weight[0, 0].numel()).reshape(self.weight.shape[2:]) < self.weight[0, 0].numel() // 2
        return self._conv_forward(x, self.weight * seen, self.bias)


class DiagonalLstm(nn.Module):
    """Figure 3, from the upper left corner. Where figure 4 shows the mask of colours, the small variant has none.

    Gates in the order input, candidate, forget, output; the candidate is a sigmoid, too.
    """

    def __init__(self, width):
        super().__init__()
        self.input = nn.Conv2d(width, 4 * width, 1)
        self.state = nn.Conv2d(width, 4 * width, (2, 1))  # a pixel and the one below it

    def forward(self, x):
        rows, columns = x.shape[2:]
        # Step t works on the pixels of one diagonal: in row r on column t - r, where there is one.
        place = torch.arange(columns + rows - 1) - torch.arange(rows)[:, None]
        place = place.where((place >= 0) & (place < columns), columns)
        skewed = F.pad(x, (0, 1)).gather(3, place.expand(*x.shape[:2], -1, -1))
        hidden = cell = torch.zeros_like(x[..., :1])
        found = []
        for step in self.input(skewed).split(1, 3):
            i, g, f, o = torch.sigmoid(step + self.state(F.pad(hidden, (0, 0, 0, 1)))).chunk(4, 1)
            cell = f * cell + i * g
            hidden = o * torch.tanh(cell)
            found.append(hidden)
        back = torch.arange(columns) + torch.arange(rows)[:, None]
        return torch.cat(found, 3).gather(3, back.expand(*x.shape[:2], -1, -1))


class DiagonalBiLstm(nn.Module):
    """From the right, too, except for the last row."""

    def __init__(self, width):
        super().__init__()
        self.left, self.right = DiagonalLstm(width), DiagonalLstm(width)

    def forward(self, x):
        right = self.right(x.flip(3)).flip(3)
        return self.left(x) + F.pad(right[:, :, :-1], (0, 0, 0, 1))


class PixelRnn(nn.Module):
    def __init__(self, width=lambda n: n, depth=lambda n: n):
        super().__init__()
        self.enter = PastConv(3, width(16), 7, padding=3)
        self.layers = nn.Sequential(*(DiagonalBiLstm(width(16)) for _ in range(depth(7))))
        self.leave1 = nn.Conv2d(width(16), width(32), 1)
        self.leave2 = nn.Conv2d(width(32), width(32), 1)
        self.image = nn.Conv2d(width(32), 3, 1)

    PATHS = [(r"layers\.", "layer")]

    def forward(self, pixels):
        x = self.layers(self.enter(pixels / 255))
        x = F.relu(self.leave2(F.relu(self.leave1(x), inplace=True)), inplace=True)
        return 255 * torch.sigmoid(self.image(x))
