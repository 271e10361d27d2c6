#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rate of btrack-worker divided by that of the same architecture in eager PyTorch, both in one run, ABBA.

    python3 benchmarks/models/throughput.py --worker build/full/bin/btrack-worker --scale tiny --threads 1

Run it with the Python whose `torch` the worker was built with (the versions are compared). The peers are the modules
that tests/models/agreement compares with, on the worker's own input, which is in memory: the same batch, threads,
precision (fp32), steps and items, torch.inference_mode, one fused operator for attention, AdamW. Decoders read
prompts (prefill) and answer (decode) with the same cache. A ratio is the median over blocks of A B B A of (B's
seconds) / (A's seconds), with the 95 % interval of that median; 1.00 means as fast as eager.

Scale tiny: the reduced networks, where what a call costs beside its arithmetic decides. Scale micro: the networks at
full size, batch 1; those that would not fit the memory twice are named and left out.

The peer is what a user gets by default: images as N x C x H x W, AdamW's default implementation. --peer-optimizer
fused and --peer-layout channels_last give it ours.
"""
import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from pairs import abba, machine, median_interval
from peers import EPOCH_BATCHES, Answers, Peer
from worker import Worker, settings_of

import tensor_files
from references import REFERENCES, Scale

BATCH = {"tiny": 8, "micro": 1}
LOWEST = 0.97
BYTES_OF_A_VALUE = {"train": 16, "infer": 4}  # weight, gradient and two moments


class Contest:
    """One row on both sides."""

    def __init__(self, row, folder, options):
        self.options, self.row = options, row
        build, loss = REFERENCES[row["name"]]
        self.phases = [p for p in ("train", "infer") if p in options.phases and (p == "infer" or loss)]
        if row["answer"]["prompt"] > 0:
            self.phases += [p for p in ("prefill", "decode") if p in options.phases]
        self.batch = options.batch or BATCH[options.scale]
        one_scale = row["source"] != "synthetic"
        tiny = options.scale == "tiny" or one_scale
        answer = row["tiny_answer" if tiny else "answer"]
        self.settings = settings_of(row["name"], "tiny" if tiny else "full", self.phases, self.batch, options.threads,
                                    prompt=answer["prompt"], generate=answer["generate"])
        self.worker = Worker(options.worker)
        self.hello = self.worker.prepare(self.settings)
        inputs, target = self.sample(folder)
        torch.manual_seed(1)
        model = build(Scale(tiny=tiny, fused=True))
        self.peer = Peer(model, loss, inputs, target, self.batch, options)
        self.check()
        self.items = self.windows("infer")[0]["items"] / self.batch if "infer" in self.phases else 1
        if {"prefill", "decode"} & set(self.phases):
            self.answers = Answers(model, inputs[0], self.batch, answer["prompt"], answer["generate"])

    def sample(self, folder):
        """The worker's first batch. A pass of inference: its gradients would take long at full size."""
        settings = {**self.settings, "phases": ["infer"]}
        subprocess.run([self.options.worker, "--export", folder, json.dumps(settings)], check=True)
        exported = tensor_files.load(Path(folder) / "pass.safetensors")
        return [x for name, x in exported.items() if name.startswith("input.")], exported["target"]

    def check(self):
        name, version = self.row["name"], self.hello["provenance"]["library.torch"]
        if self.hello["parameters"] != self.peer.parameters():
            sys.exit(f"{name}: the peer has {self.peer.parameters()} parameters, the worker {self.hello['parameters']}")
        if version != torch.__version__.split("+")[0]:
            sys.exit(f"the worker links LibTorch {version}, this Python has {torch.__version__}")

    def windows(self, phase, **plan):
        return self.worker.windows(phase, **plan)

    def ours(self, phase):
        """Seconds per batch, or per token of an answer."""
        windows = self.windows(phase, seconds=self.options.seconds, epochs=self.epochs if phase == "train" else 1)
        seconds = sum(w["end_ns"] - w["begin_ns"] for w in windows) / 1e9
        if phase == "train":
            return seconds / (EPOCH_BATCHES * self.epochs)
        items = sum(w["items"] for w in windows)
        return seconds / items * (self.items * self.batch if phase == "infer" else 1)

    def theirs(self, phase):
        if phase == "train":
            return self.peer.train(self.epochs) / (EPOCH_BATCHES * self.epochs)
        if phase == "infer":
            return self.peer.infer(self.options.seconds)
        return self.answers.seconds_per_token(phase, self.options.seconds)

    def compare(self, phase):
        self.epochs = 1
        if phase == "train":  # an epoch may be shorter than a piece
            self.epochs = max(1, math.ceil(self.options.seconds / (EPOCH_BATCHES * self.theirs(phase))))
        self.ours(phase), self.theirs(phase)  # warm-up
        pairs = abba(lambda: self.ours(phase), lambda: self.theirs(phase), self.options.blocks)
        ratio, low, high = median_interval([peer / ours for ours, peer in pairs])
        each = self.batch * self.items if phase in ("train", "infer") else 1
        ours, peer = (each / statistics.median(column) for column in zip(*pairs))
        return {"model": self.row["name"], "phase": phase, "ratio": ratio, "low": low, "high": high,
                "ours_items_per_s": ours, "eager_items_per_s": peer, "item_unit": self.row["item_unit"],
                "batch": self.batch, "ratios": [peer / ours for ours, peer in pairs]}


def available_bytes():
    with open("/proc/meminfo") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable"))


def too_large(row, options):
    if options.scale == "tiny":
        return False
    each = max(BYTES_OF_A_VALUE.get(phase, 4) for phase in options.phases)
    return 2 * each * row["parameters"] > 0.6 * available_bytes()


def chosen_rows(options):
    listed = json.loads(subprocess.run([options.worker, "--list"], check=True, stdout=subprocess.PIPE).stdout)
    rows = {row["name"]: row for row in listed}
    missing = [name for name in rows if name not in REFERENCES and name != "picture_input"]
    if missing:
        sys.exit(f"without a peer in tests/models/agreement: {', '.join(missing)}")
    names = options.models.split(",") if options.models else list(REFERENCES)
    unknown = [name for name in names if name not in REFERENCES]
    if unknown:
        sys.exit(f"there is no row '{unknown[0]}'; rows: {', '.join(REFERENCES)}")
    large = [name for name in names if too_large(rows[name], options)]
    if large:
        print(f"left out, since two of them do not fit the memory: {', '.join(large)}")
    return [rows[name] for name in names if name not in large]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", default="build/release/bin/btrack-worker")
    parser.add_argument("--scale", choices=BATCH, default="tiny")
    parser.add_argument("--models", help="comma-separated rows (default: all)")
    parser.add_argument("--phases", default="train,infer,prefill,decode", type=lambda text: text.split(","))
    parser.add_argument("--batch", type=int, help=f"samples of a step and of a call (default: {BATCH})")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--blocks", type=int, default=7, help="ABBA blocks of each row and phase")
    parser.add_argument("--seconds", type=float, default=0.1, help="at least, of each piece")
    parser.add_argument("--peer-optimizer", choices=("default", "fused"), default="default")
    parser.add_argument("--peer-layout", choices=("default", "channels_last"), default="default")
    parser.add_argument("--json", type=Path, help="write the results here, too")
    return parser.parse_args()


def summary(results):
    ratios = [r["ratio"] for r in results]
    below = [f"{r['model']} {r['phase']}" for r in results if r["ratio"] < LOWEST]
    return {"median": statistics.median(ratios), "lowest": min(ratios), "rows": len(ratios), "below": below}


def main():
    options = arguments()
    torch.set_num_threads(options.threads)
    facts = {"date": time.strftime("%Y-%m-%d"), **machine(), "torch": torch.__version__, "scale": options.scale,
             "threads": options.threads, "blocks": options.blocks, "seconds": options.seconds,
             "peer_optimizer": options.peer_optimizer, "peer_layout": options.peer_layout}
    print(*(f"{key} {value}" for key, value in facts.items()), sep=", ")
    print(f"{'model':20} {'phase':8} {'ours/s':>11} {'eager/s':>11} {'ratio':>6}  interval")
    results = []
    for row in chosen_rows(options):
        with tempfile.TemporaryDirectory() as folder:
            contest = Contest(row, folder, options)
        for phase in contest.phases:
            results.append(contest.compare(phase))
            print("{model:20} {phase:8} {ours_items_per_s:11.1f} {eager_items_per_s:11.1f} {ratio:6.2f}  "
                  "{low:.2f}-{high:.2f}".format(**results[-1]), flush=True)
        contest.worker.close()
    total = summary(results)
    print("median {median:.2f}, lowest {lowest:.2f} of {rows} (limits: 1.00, {limit})".format(**total, limit=LOWEST))
    print(f"below {LOWEST}: {', '.join(total['below']) or 'none'}")
    if options.json:
        facts["load_1min_after"] = machine()["load_1min"]
        options.json.write_text(json.dumps({**facts, "results": results, "summary": total}, indent=1) + "\n")
    return 0 if total["median"] >= 1.0 and not total["below"] else 1


if __name__ == "__main__":
    sys.exit(main())
