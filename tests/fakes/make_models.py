# SPDX-License-Identifier: Apache-2.0
"""Writes model files into a folder: good ones in every format, and every kind of bad one.

    make_models.py FOLDER [--package]     --package: also an AOTInductor package, which takes most of a minute
"""
import pathlib
import sys

import torch


class Small(torch.nn.Module):
    """1,578 parameters: 3*9*8+8 = 224, 2*8, 8*9*16+16 = 1,168, 16*10+10 = 170; 516,256 multiply-adds at 32x32."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(3, 8, 3, padding=1)
        self.normal = torch.nn.BatchNorm2d(8)
        self.second = torch.nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.last = torch.nn.Linear(16, 10)

    def forward(self, image):
        image = torch.relu(self.normal(self.first(image)))
        return self.last(torch.relu(self.second(image)).mean((2, 3)))


class Parts(torch.nn.Module):
    """Two inputs, one of whole numbers without a batch, and answers in a dictionary of tuples."""

    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(50, 4)

    def forward(self, tokens, order):
        rows = self.table(tokens)
        return {"rows": (rows, rows.index_select(1, order))}


class Forked(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.small = Small()

    def forward(self, image):
        other = torch.jit.fork(self.small, image)
        return self.small(image) + torch.jit.wait(other)


class Undefined(torch.nn.Module):
    def forward(self, image):
        return torch.log(image - image.abs() - 1.0)


INPUT = '[[inputs]]\nname = "image"\nshape = ["batch", 3, 32, 32]\n'


def main(folder, package):
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    small = Small().eval()
    image = torch.ones(4, 3, 32, 32)
    total = float(small(image).detach().double().sum())
    count = sum(value.numel() for value in small.parameters())
    good = (f'item_unit = "images"\nbatch = 4\nparameters = {count}\nmacs_per_item = 516256\n{INPUT}'
            f"[check]\nvalue = 1.0\noutput_sum = {total!r}\n")

    def described(name, text=INPUT):
        (folder / f"{name}.toml").write_text(text)
        return folder / f"{name}.pt"

    torch.jit.trace(small, image).save(described("good", good))
    torch.jit.freeze(torch.jit.script(small)).save(described("frozen", "batch = 4\n" + INPUT))
    torch.jit.script(Parts()).save(described("parts", 'name = "two parts"\nitem_unit = "tokens"\nitems_per_sample = 6\n'
                                             '[[inputs]]\nname = "tokens"\nshape = ["batch", 6]\ndtype = "int64"\n'
                                             'range = [0, 50]\n[[inputs]]\nname = "order"\nshape = [6]\n'
                                             'dtype = "int64"\nvalue = 3\n'))
    torch.jit.script(Forked().eval()).save(described("forked"))
    eight_bits = torch.ao.quantization.quantize_dynamic(small, {torch.nn.Linear}, dtype=torch.qint8)
    torch.jit.trace(eight_bits, image).save(described("eight", "macs_per_item = 516256\n" + INPUT))
    torch.jit.script(Undefined()).save(described("nan"))
    torch.save(small.state_dict(), described("state"))
    torch.save(small.state_dict(), described("pickle"), _use_new_zipfile_serialization=False)
    whole = (folder / "good.pt").read_bytes()
    described("torn").write_bytes(whole[:len(whole) // 2])
    described("text").write_text("these are not the weights\n")
    (folder / "alone.pt").write_bytes(whole)
    for name, text in (("shape", INPUT.replace("3, 32", "4, 32")), ("size", INPUT.replace("3, 32", "3, -32")),
                       ("type", INPUT + 'dtype = "float8"\n'), ("more", INPUT * 2),
                       ("count", good.replace(str(count), "17")), ("macs", good.replace("516256", "17")), ("sum", good.replace(repr(total), "1000.0"))):
        described(name, text).write_bytes(whole)
    if package:
        batch = torch.export.Dim("batch", min=2, max=64)
        program = torch.export.export(small, (image,), dynamic_shapes={"image": {0: batch}})
        described("exported")
        torch.export.save(program, folder / "exported.pt2")
        torch._inductor.aoti_compile_and_package(program, package_path=str(folder / "good.pt2"))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), "--package" in sys.argv)
