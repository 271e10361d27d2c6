#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Training and inference rate of btrack-worker over PyTorch eager, both in one run, ABBA.
"""Throughput of btrack-worker divided by that of the same architecture in eager Python.

    python3 benchmarks/models/throughput.py --worker build/release/bin/btrack-worker

Run it with the Python whose `torch` the worker was built with (the versions are compared). Both sides
use the same batch, threads, items and AdamW; items are preloaded. A ratio is the median over blocks of
A B B A: (B's seconds) / (A's seconds); 1.00 means as fast as eager. The peer is what a user gets by
default (NCHW, AdamW's default implementation); --peer-optimizer fused and --peer-layout channels_last
try a tuned one. Needs an otherwise idle machine.

With --scale tiny the peers are the modules that tests/models/agreement compares with, on the worker's own input:
what a call costs beside its arithmetic.
"""
import argparse
import json
import os
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch.nn import functional as F

sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "tests/models/agreement"))
import tensor_files
import vision
from ladder import LADDER
from references import REFERENCES

PEERS = {**LADDER, "resnet50": vision.ResNet}

# Items of one timed piece: some tenths of a second on two cores.
TRAIN_ITEMS = {"softmax": 25600, "mlp_64": 25600, "mlp_512_256": 12800, "lenet5": 6400, "vit_micro": 1920,
               "cnn_s": 3200, "cnn_m": 640, "resnet20": 640, "resnet50": 64}
TEST_ITEMS = 2560
INFER_SECONDS = 0.3
EPOCH_BATCHES = 8  # of synthetic items
TINY_BATCH = 8
# Their reference gives every token to every expert: no peer for a rate.
NO_PEERS = ("moe_mini", "olmoe_7b")


class Worker:
    """The worker protocol's runner side, as far as this benchmark needs it."""

    def __init__(self, program, settings):
        ours, theirs = socket.socketpair()
        variables = dict(os.environ, BTRACK_WORKER_FD=str(theirs.fileno()))
        self.process = subprocess.Popen([program], env=variables, pass_fds=[theirs.fileno()])
        theirs.close()
        self.stream = ours.makefile("rw")
        self.hello = next(m for m in self.ask("ready", type="prepare", settings=settings) if m["type"] == "hello")

    def ask(self, last, **command):
        self.stream.write(json.dumps(command) + "\n")
        self.stream.flush()
        messages = []
        for line in self.stream:
            messages.append(json.loads(line))
            if messages[-1]["type"] == "failed":
                sys.exit("btrack-worker: {message} {remedy}".format(**messages[-1]))
            if messages[-1]["type"] == last:
                return messages
        sys.exit("btrack-worker ended without an answer")

    def seconds_per_item(self, phase):
        done = self.ask("done", type="run", phase=phase, epochs=1, seconds=INFER_SECONDS, index=0)
        window = next(m for m in done if m["type"] == "window" and m["phase"] == phase)
        return (window["end_ns"] - window["begin_ns"]) / 1e9 / window["items"] * self.items_per_sample

    def count_items_of(self, samples):
        """What the worker calls items may be parts of a sample, such as tokens."""
        done = self.ask("done", type="run", phase="train", epochs=1, seconds=0, index=0)
        self.items_per_sample = next(m for m in done if m.get("phase") == "train" and "items" in m)["items"] / samples

    def close(self):
        self.stream.write('{"type": "stop"}\n')
        self.stream.flush()
        self.process.wait()


class Peer:
    def __init__(self, model, loss, samples, batches, options):
        """`samples`: input tensors and targets. `batches`: of training and of inference."""
        self.model, self.loss, self.options = model, loss, options
        self.inputs, self.targets = samples
        self.batch, self.infer_batch = batches
        self.tests = min(len(self.targets), TEST_ITEMS)
        if options.peer_layout == "channels_last":
            self.model = self.model.to(memory_format=torch.channels_last)
            self.inputs = [x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x for x in self.inputs]

    def parameters(self):
        return sum(p.numel() for p in self.model.parameters() if p.requires_grad)

    def epoch(self, items):
        self.model.train()
        fused = True if self.options.peer_optimizer == "fused" else None
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3, weight_decay=0.01, fused=fused)
        order = torch.randperm(items)
        begin = time.monotonic()
        for start in range(0, items, self.batch):
            chosen = order[start:start + self.batch]
            inputs, targets = [x[chosen] for x in self.inputs], self.targets[chosen]
            optimizer.zero_grad()
            self.loss(self.model(*inputs), targets).backward()
            optimizer.step()
        return (time.monotonic() - begin) / items

    def infer(self):
        self.model.eval()
        done, begin = 0, time.monotonic()
        with torch.inference_mode():
            while True:
                for start in range(0, self.tests - self.infer_batch + 1, self.infer_batch):
                    self.model(*(x[start:start + self.infer_batch] for x in self.inputs))
                    done += self.infer_batch
                    seconds = time.monotonic() - begin
                    if seconds >= INFER_SECONDS:
                        return seconds / done

    def seconds_per_item(self, phase):
        if phase == "infer":
            return self.infer()
        self.epoch(min(len(self.targets), 3 * self.batch))  # the worker warms up before its window, too
        return self.epoch(len(self.targets))


def write_idx(path, values, shape):
    header = bytes([0, 0, 8, len(shape)]) + b"".join(struct.pack(">I", n) for n in shape)
    Path(path).write_bytes(header + bytes(values))


def write_data_set(folder, items):
    """Random pixels: the rate does not depend on them."""
    for stem, count in (("train", items), ("t10k", TEST_ITEMS)):
        pixels = torch.randint(256, (count * 784,), dtype=torch.uint8)
        write_idx(f"{folder}/{stem}-images-idx3-ubyte", pixels.tolist(), (count, 28, 28))
        write_idx(f"{folder}/{stem}-labels-idx1-ubyte", torch.randint(10, (count,)).tolist(), (count,))


def settings_of(name, scale, batches, folder, threads):
    return {"workload": name, "scale": scale, "phases": ["train", "infer"], "batch": batches[0],
            "infer_batch": batches[1], "epochs": 1, "threads": threads, "seed": 1, "infer_seconds": INFER_SECONDS,
            "repetitions": 1, "max_repetitions": 1, "precision_target": 0.02, "target_accuracy": None, "device": "cpu",
            "command": [], "data": folder}


def full_scale(name, folder, options):
    """Settings of the worker and its peer; images of noise, since the rate does not depend on them."""
    items = TRAIN_ITEMS[name]
    large = name == "resnet50"
    batches = (8, 8) if large else (128, 256)
    if not large:
        write_data_set(folder, items)
    torch.manual_seed(1)
    samples = ([torch.randn(items, *((3, 224, 224) if large else (1, 28, 28)))],
               torch.randint(1000 if large else 10, (items,)))
    return (settings_of(name, "full", batches, "" if large else folder, options.threads),
            Peer(PEERS[name](), F.cross_entropy, samples, batches, options))


def tiny_scale(name, folder, options):
    settings = settings_of(name, "tiny", (TINY_BATCH, TINY_BATCH), "", options.threads)
    subprocess.run([options.worker, "--export", folder, json.dumps(settings)], check=True)
    exported = tensor_files.load(Path(folder) / "pass.safetensors")
    many = {name: torch.cat([tensor] * EPOCH_BATCHES) for name, tensor in exported.items()
            if name == "target" or name.startswith("input.")}
    torch.manual_seed(1)
    build, loss = REFERENCES[name]
    samples = ([x for name, x in many.items() if name != "target"], many["target"])
    return settings, Peer(build(), loss, samples, (TINY_BATCH, TINY_BATCH), options)


def compare(name, options):
    with tempfile.TemporaryDirectory() as folder:
        settings, peer = (tiny_scale if options.scale == "tiny" else full_scale)(name, folder, options)
        worker = Worker(options.worker, settings)
        if worker.hello["parameters"] != peer.parameters():
            sys.exit(f"{name}: the peer has {peer.parameters()} parameters, the worker {worker.hello['parameters']}")
        version = worker.hello["provenance"]["library.torch"]
        if version != torch.__version__.split("+")[0]:
            sys.exit(f"the worker links LibTorch {version}, this Python has {torch.__version__}")
        worker.count_items_of(len(peer.targets))
        ratios = {}
        for phase in ("train", "infer"):
            for side in (worker, peer):
                side.seconds_per_item(phase)  # warm-up
            blocks = []
            for _ in range(options.blocks):
                a1, b1, b2, a2 = (side.seconds_per_item(phase) for side in (worker, peer, peer, worker))
                blocks.append(((b1 + b2) / (a1 + a2), 2 / (a1 + a2), 2 / (b1 + b2)))
            ratios[phase] = [statistics.median(column) for column in zip(*blocks)] + [
                min(b[0] for b in blocks), max(b[0] for b in blocks)]
        worker.close()
    return ratios


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", default="build/release/bin/btrack-worker")
    parser.add_argument("--scale", choices=("full", "tiny"), default="full")
    parser.add_argument("--models", help="comma-separated names (default: all that have a peer)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--blocks", type=int, default=5, help="ABBA blocks per model and phase")
    parser.add_argument("--peer-optimizer", choices=("default", "fused"), default="default")
    parser.add_argument("--peer-layout", choices=("default", "channels_last"), default="default")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    print(f"PyTorch {torch.__version__}, {options.threads} threads, {options.blocks} blocks, peer optimiser "
          f"{options.peer_optimizer}, peer layout {options.peer_layout}")
    print(f"{'model':14} {'phase':6} {'ours/s':>10} {'eager/s':>10} {'ratio':>6}  {'blocks':>11}")
    all_ratios = []
    known = [name for name in REFERENCES if name not in NO_PEERS] if options.scale == "tiny" else PEERS
    names = options.models.split(",") if options.models else known
    for name in names:
        for phase, (ratio, ours, eager, low, high) in compare(name, options).items():
            all_ratios.append(ratio)
            print(f"{name:14} {phase:6} {ours:10.1f} {eager:10.1f} {ratio:6.2f}  {low:5.2f}-{high:5.2f}", flush=True)
    print(f"median {statistics.median(all_ratios):.2f}, lowest {min(all_ratios):.2f} (targets: 1.00, 0.95)")
    return 0 if statistics.median(all_ratios) >= 1.0 and min(all_ratios) >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
