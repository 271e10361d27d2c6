# SPDX-License-Identifier: Apache-2.0
"""Which of our values a PyTorch module's parameter or buffer is."""
import re

from torch import nn

NORMS = (nn.BatchNorm2d, nn.InstanceNorm2d, nn.LayerNorm, nn.RMSNorm)
LEAVES = [
    (NORMS, {"weight": "gamma", "bias": "beta", "running_mean": "mean", "running_var": "variance"}),
    (nn.MultiheadAttention, {"in_proj_weight": "qkv.weight", "in_proj_bias": "qkv.bias"}),
    (nn.LSTM, {f"{name}_l0{end}": way + ours for end, way in (("", ""), ("_reverse", "back."))
               for name, ours in (("weight_ih", "input"), ("weight_hh", "state"), ("bias_ih", "bias"))}),
    (nn.LSTMCell, {"weight_ih": "input", "weight_hh": "state", "bias_ih": "bias"}),
]
STATISTICS = ("running_mean", "running_var", "positions", "direction")
# Folders of modules have no name with us; nn.TransformerEncoderLayer's parts have others.
PATHS = [(r"(^|\.)blocks\.", r"\1"), (r"self_attn\.out_proj", "attention.out"), (r"self_attn", "attention"),
         (r"^(block.*)linear1", r"\1feed.widen"), (r"^(block.*)linear2", r"\1feed.narrow")]


def values(model):
    """{our path: tensor} of what is learned and of running statistics; constants are no values of ours."""
    found = {}
    for path, module in model.named_modules():
        own = list(module.named_parameters(recurse=False)) + list(module.named_buffers(recurse=False))
        leaves = next((names for kinds, names in LEAVES if isinstance(module, kinds)), {})
        for name, tensor in own:
            if tensor.is_floating_point() and (tensor.requires_grad or name in STATISTICS):
                ours = f"{path}.{leaves.get(name, name)}".lstrip(".")
                for pattern, words in [*getattr(model, "PATHS", []), *PATHS]:
                    ours = re.sub(pattern, words, ours)
                found[ours] = tensor
    return found
