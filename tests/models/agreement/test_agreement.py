# SPDX-License-Identifier: Apache-2.0
"""Our models against plain PyTorch: the same weights and input give the same output and gradients.

The weights are drawn here and handed over as a safetensors file; btrack-worker --export reads them and writes its
input, output, loss, gradients and running statistics; all in float32. Every tensor: largest difference over largest
value of the reference <= 1e-4.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import torch
from torch import nn

import tensor_files
from kinks import AwayFromKinks
from names import NORMS, values
from references import CHANNELS_LAST, FAITHFUL, REFERENCES, Scale

BIN = pathlib.Path(os.environ["BTRACK_BIN"])
LIMIT = 1e-4
# Normalising over the few values of the last maps magnifies rounding: in profile standard over a larger batch.
BATCH = {"standard": 16, "alpha": 2}
MARGIN = 1e-5  # ten times what rounding moves a normalised value by
SEED = 1  # of what a network draws in a pass


@torch.no_grad()
def draw(model):
    """Nothing stays at 0 or 1, where a wrong scale or a forgotten shift would not show.

    What tokens begin with is small, so that the epsilon of the normalisation after it counts.
    """
    for module in model.modules():
        for name, tensor in list(module.named_parameters(recurse=False)) + list(module.named_buffers(recurse=False)):
            if name == "running_var" or (isinstance(module, NORMS) and name == "weight" and tensor.requires_grad):
                tensor.uniform_(0.5, 1.5)
            elif name == "running_mean" or (tensor.requires_grad and tensor.dim() == 1):
                tensor.normal_(0.0, 0.2)
            elif not tensor.requires_grad:
                continue  # a constant
            elif isinstance(module, nn.Embedding) or name in ("positions", "position", "class_token"):
                tensor.normal_(0.0, 0.05)
            else:
                inputs = tensor.shape[0] if isinstance(module, nn.ConvTranspose2d) else tensor[0].numel()
                tensor.normal_(0.0, inputs ** -0.5)


# What a normalisation of the batch takes away again changes nothing; its gradient is rounding, against its neighbour's:
# a bias before one; a shift before a 1x1 convolution and one.
WITHOUT_GRADIENT = {
    ("inception_resnet_v2", "standard"): (r"block10\.back\.bias$", "block10.back.weight"),
    ("resnet_dped", "standard"): (r"(first|second)\.bias$", r"\1.weight"),
    **{(name, "standard"): (r"(stem|expand|shortcut)\.bias$", r"\1.weight") for name in ("resnet_v2_50", "resnet_v2_152")},
    ("unet", "standard"): (r"(first|second)\.bias$", r"\1.weight"),
    ("unet", "alpha"): (r"(first|second)\.bias$", r"\1.weight"),
    ("mobilenet_v2", "standard"): (r"project\.bn\.beta$", r"project.bn.gamma"),
    **{("spade", profile): (r"(first\.conv|(?<!to64\.)(second\.conv|skip_norm\.beta))\.bias$", r"\1.weight")
       for profile in BATCH},
}


def order_of(workload):
    return torch.channels_last if workload in CHANNELS_LAST else torch.contiguous_format


def inputs_of(exported, order):
    return [x.contiguous(memory_format=order) for name, x in exported.items() if name.startswith("input.")]


def in_inference(model, inputs):
    torch.manual_seed(SEED)
    with torch.no_grad():
        return model.eval()(*inputs)


def in_training(model, profile, inputs):
    torch.manual_seed(SEED)
    return model.train(profile == "standard")(*inputs)


@torch.no_grad()
def drawn(build, profile, inputs):
    """The reference at a point where rounding cannot flip a gradient."""
    for seed in range(100):
        torch.manual_seed(seed)
        model = build()
        draw(model)
        before = [buffer.clone() for buffer in model.buffers()]
        in_inference(model, inputs)  # may change what training meets
        with AwayFromKinks(model) as kinks:
            in_training(model, profile, inputs)
        for buffer, value in zip(model.buffers(), before):
            buffer.copy_(value)
        if kinks.margin > MARGIN:
            return model
    raise AssertionError("no seed keeps its distance from the kinks")


class Agreement(unittest.TestCase):
    def setUp(self):
        torch.set_num_threads(1)  # as the worker has: a sum's rounding depends on how it is parted
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="btrack-test-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def export(self, workload, profile, **settings):
        settings = {"workload": workload, "profile": profile, "scale": "tiny", "batch": BATCH[profile], "threads": 1,
                    "phases": ["infer"], "seed": SEED, **settings}
        result = subprocess.run([BIN / "btrack-worker", "--export", self.folder, json.dumps(settings)], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, 0, result.stderr)
        return tensor_files.load(self.folder / "pass.safetensors")

    def ours(self, workload, profile, model):
        weights = values(model)
        tensor_files.save(weights, self.folder / "drawn.safetensors")
        exported = self.export(workload, profile, weights=str(self.folder / "drawn.safetensors"))
        for name, tensor in tensor_files.load(self.folder / "weights.safetensors").items():
            self.assertTrue(torch.equal(tensor, weights[name]), name)
        return exported

    def reference(self, model, order, profile, loss_of, exported):
        inputs, target = inputs_of(exported, order), exported["target"]
        result = {"output": in_inference(model, inputs)}
        if loss_of is None:
            return result
        loss = loss_of(in_training(model, profile, inputs), target)
        loss.backward()
        result["loss"] = loss.detach()
        for name, tensor in values(model).items():
            if not tensor.requires_grad:
                result[f"statistic.{name}"] = tensor
            elif tensor.grad is not None:  # of an expert to which no token went there is none
                result[f"gradient.{name}"] = tensor.grad
        return result

    def begun(self, workload, profile, build):
        """The reference with drawn weights; tables that are computed are the same on both sides."""
        order = order_of(workload)
        inputs = inputs_of(self.export(workload, profile), order)
        model = drawn(lambda: build().to(memory_format=order), profile, inputs)
        ours = tensor_files.load(self.folder / "weights.safetensors")
        for name, table in model.named_buffers():
            if name in ours and not name.endswith("direction"):  # that is drawn
                self.assertLessEqual((ours[name] - table).abs().max(), 1e-6, name)
        return model

    def compare(self, workload, profile, build, loss_of):
        model = self.begun(workload, profile, lambda: build(Scale(tiny=True)))
        exported = self.ours(workload, profile, model)
        expected = self.reference(model, order_of(workload), profile, loss_of, exported)
        others = {name for name in exported if name.startswith("input.")} | {"target"}
        self.assertEqual(set(exported) - others, set(expected))
        worst = {}
        pattern, neighbour = WITHOUT_GRADIENT.get((workload, profile), ("$^", ""))
        for name, reference in expected.items():
            kind, _, path = name.partition(".")
            scale = expected[re.sub(pattern, neighbour, name)].abs().max()
            error = ((exported[name] - reference).abs().max() / scale).item()
            worst[kind] = max(worst.get(kind, (0.0, "")), (error, path))
        print(f"{workload:16} {profile:8}", *(f"{kind} {error:.1e}" for kind, (error, _) in worst.items()), flush=True)
        for kind, (error, path) in worst.items():
            self.assertLessEqual(error, LIMIT, f"{workload}: {kind} {path}")


for profile, references in (("standard", REFERENCES), ("alpha", FAITHFUL)):
    for workload, row in references.items():
        setattr(Agreement, f"test_{workload}_{profile}",
                lambda self, arguments=(workload, profile, *row): self.compare(*arguments))

if __name__ == "__main__":
    unittest.main()
