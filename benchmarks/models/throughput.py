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

from peers import BUILDERS

# Items of one timed piece: some tenths of a second on two cores.
TRAIN_ITEMS = {"softmax": 25600, "mlp_64": 25600, "mlp_512_256": 12800, "lenet5": 6400, "vit_micro": 1920,
               "cnn_s": 3200, "cnn_m": 640, "resnet20": 640, "resnet50": 64}
TEST_ITEMS = 2560
INFER_SECONDS = 0.3


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
        return (window["end_ns"] - window["begin_ns"]) / 1e9 / window["items"]

    def close(self):
        self.stream.write('{"type": "stop"}\n')
        self.stream.flush()
        self.process.wait()


class Peer:
    def __init__(self, name, items, batch, infer_batch, options):
        torch.manual_seed(1)
        self.model = BUILDERS[name]()
        self.batch, self.infer_batch, self.options = batch, infer_batch, options
        shape = (3, 224, 224) if name == "resnet50" else (1, 28, 28)
        classes = 1000 if name == "resnet50" else 10
        self.images = torch.randn(items, *shape)
        self.labels = torch.randint(classes, (items,))
        self.tests = self.images[:min(items, TEST_ITEMS)]
        if options.peer_layout == "channels_last":
            self.model = self.model.to(memory_format=torch.channels_last)
            self.images = self.images.contiguous(memory_format=torch.channels_last)

    def parameters(self):
        return sum(p.numel() for p in self.model.parameters())

    def epoch(self, items):
        self.model.train()
        fused = True if self.options.peer_optimizer == "fused" else None
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3, weight_decay=0.01, fused=fused)
        order = torch.randperm(items)
        begin = time.monotonic()
        for start in range(0, items, self.batch):
            chosen = order[start:start + self.batch]
            images, labels = self.images[chosen], self.labels[chosen]
            optimizer.zero_grad()
            loss = F.cross_entropy(self.model(images), labels)
            loss.backward()
            optimizer.step()
        return (time.monotonic() - begin) / items

    def infer(self):
        self.model.eval()
        done, begin = 0, time.monotonic()
        with torch.inference_mode():
            while True:
                for start in range(0, len(self.tests) - self.infer_batch + 1, self.infer_batch):
                    self.model(self.tests[start:start + self.infer_batch])
                    done += self.infer_batch
                    seconds = time.monotonic() - begin
                    if seconds >= INFER_SECONDS:
                        return seconds / done

    def seconds_per_item(self, phase):
        if phase == "infer":
            return self.infer()
        self.epoch(min(len(self.images), 3 * self.batch))  # the worker warms up before its window, too
        return self.epoch(len(self.images))


def write_idx(path, values, shape):
    header = bytes([0, 0, 8, len(shape)]) + b"".join(struct.pack(">I", n) for n in shape)
    Path(path).write_bytes(header + bytes(values))


def write_data_set(folder, items):
    """Random pixels: the rate does not depend on them."""
    for stem, count in (("train", items), ("t10k", TEST_ITEMS)):
        pixels = torch.randint(256, (count * 784,), dtype=torch.uint8)
        write_idx(f"{folder}/{stem}-images-idx3-ubyte", pixels.tolist(), (count, 28, 28))
        write_idx(f"{folder}/{stem}-labels-idx1-ubyte", torch.randint(10, (count,)).tolist(), (count,))


def settings_of(name, batch, infer_batch, folder, threads):
    return {"workload": name, "phases": ["train", "infer"], "batch": batch, "infer_batch": infer_batch, "epochs": 1,
            "threads": threads, "seed": 1, "infer_seconds": INFER_SECONDS, "repetitions": 1, "max_repetitions": 1,
            "precision_target": 0.02, "target_accuracy": None, "device": "cpu", "command": [],
            "data": "" if name == "resnet50" else folder}


def compare(name, options):
    items = TRAIN_ITEMS[name]
    batch, infer_batch = (8, 8) if name == "resnet50" else (128, 256)  # a synthetic epoch is 8 batches
    with tempfile.TemporaryDirectory() as folder:
        if name != "resnet50":
            write_data_set(folder, items)
        worker = Worker(options.worker, settings_of(name, batch, infer_batch, folder, options.threads))
        peer = Peer(name, items, batch, infer_batch, options)
        if worker.hello["parameters"] != peer.parameters():
            sys.exit(f"{name}: the peer has {peer.parameters()} parameters, the worker {worker.hello['parameters']}")
        version = worker.hello["provenance"]["library.torch"]
        if version != torch.__version__.split("+")[0]:
            sys.exit(f"the worker links LibTorch {version}, this Python has {torch.__version__}")
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
    parser.add_argument("--models", default=",".join(BUILDERS), help="comma-separated names")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--blocks", type=int, default=5, help="ABBA blocks per model and phase")
    parser.add_argument("--peer-optimizer", choices=("default", "fused"), default="default")
    parser.add_argument("--peer-layout", choices=("default", "channels_last"), default="default")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    print(f"PyTorch {torch.__version__}, {options.threads} threads, {options.blocks} blocks, peer optimiser "
          f"{options.peer_optimizer}, peer layout {options.peer_layout}")
    print(f"{'model':12} {'phase':6} {'ours/s':>10} {'eager/s':>10} {'ratio':>6}  {'blocks':>11}")
    all_ratios = []
    for name in options.models.split(","):
        for phase, (ratio, ours, eager, low, high) in compare(name, options).items():
            all_ratios.append(ratio)
            print(f"{name:12} {phase:6} {ours:10.1f} {eager:10.1f} {ratio:6.2f}  {low:5.2f}-{high:5.2f}", flush=True)
    print(f"median {statistics.median(all_ratios):.2f}, lowest {min(all_ratios):.2f} (targets: 1.00, 0.95)")
    return 0 if statistics.median(all_ratios) >= 1.0 and min(all_ratios) >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
