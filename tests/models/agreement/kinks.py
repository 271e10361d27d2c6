# SPDX-License-Identifier: Apache-2.0
"""Weights at which rounding cannot flip a gradient."""
import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


class AwayFromKinks(TorchFunctionMode):
    """Moves the shifts of layers so that no value lies near 0 where a kind of ReLU follows.

    Rounding carries a value that is nearer than its error across the kink, and a gradient jumps by far more than
    rounding: of a million values some always are so near. Each channel's shift is moved into the widest gap between its
    values; a layer whose result is scaled on its way there has that factor as its `gain`. `margin` says how near, in
    deviations, any value then is to a kink, the choice of a pooling window included.
    """

    def __init__(self, model):
        super().__init__()
        self.margin, self.last = math.inf, None
        for module in model.modules():
            if getattr(module, "bias", None) is not None:
                module.register_forward_hook(self.remember)

    def remember(self, module, _, __):
        self.last = module

    def moved(self, x):
        axis = -1 if isinstance(self.last, nn.Linear) else 1
        values = x.movedim(axis, 0).flatten(1).sort(1).values
        gaps, middles = values.diff(dim=1), (values[:, 1:] + values[:, :-1]) / 2
        widest = gaps.masked_fill(middles.abs() > 0.5 * x.std(), -1.0).max(1)
        shift = torch.where(widest.values > 0, -middles.gather(1, widest.indices[:, None])[:, 0], 0.0)
        self.last.bias += shift / getattr(self.last, "gain", 1.0)
        return x + (shift if axis < 0 else shift[:, None, None])

    def near(self, distances, x):
        self.margin = min(self.margin, (distances.min() / x[x.isfinite()].std()).item())

    def pooled(self, x, size, stride=None, padding=0, **_):
        windows = F.unfold(F.pad(x.flatten(0, 1)[:, None], [padding] * 4, value=-1e30), size, stride=stride or size)
        first, second = windows.topk(2, dim=1).values.unbind(1)
        self.near((first - second)[(first > second) | (first > 0)], x)  # zeros behind a ReLU have no gradient

    def __torch_function__(self, function, types, arguments=(), options=None):
        name, options = getattr(function, "__name__", ""), options or {}
        if name in ("relu", "hardtanh", "leaky_relu"):
            x = self.moved(arguments[0])
            arguments = (x, *arguments[1:])
            self.near(x.abs(), x)
            if name == "hardtanh":
                self.near((x - 6).abs(), x)
        if name.endswith("max_pool2d"):
            self.pooled(*arguments, **options)
        return function(*arguments, **options)
