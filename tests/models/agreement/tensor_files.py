# SPDX-License-Identifier: Apache-2.0
"""Safetensors files of PyTorch tensors, from the format's description and not from our C++. Without NumPy, which torch can do without."""
import ctypes
import json
import struct

import torch

TYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}


def load(path):
    """{name: tensor}, in the order of the header."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(data[begin:end], dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def save(tensors, path):
    names = {kind: name for name, kind in TYPES.items()}
    header, values = {}, []
    for name, tensor in tensors.items():
        whole = tensor.detach().contiguous()
        values.append(ctypes.string_at(whole.data_ptr(), whole.nbytes))
        begin = sum(map(len, values[:-1]))
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [begin, begin + len(values[-1])]}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(values))
