# SPDX-License-Identifier: Apache-2.0
"""What a PyTorch user would run: the modules of tests/models/agreement, in eager mode."""
import sys
import time
from pathlib import Path

import torch

sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "tests/models/agreement"))

EPOCH_BATCHES = 8  # of synthetic items, as in btrack/models
WARM_UP_STEPS = 3


class Peer:
    """Trains and infers on the worker's items, which are in memory."""

    def __init__(self, model, loss, inputs, target, batch, options):
        self.model, self.loss, self.batch, self.options = model, loss, batch, options
        if options.peer_layout == "channels_last":
            self.model = self.model.to(memory_format=torch.channels_last)
            inputs = [x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x for x in inputs]
        self.inputs = [torch.cat([x] * EPOCH_BATCHES) for x in inputs]
        self.targets = torch.cat([target] * EPOCH_BATCHES)
        self.batches = [inputs] * 2

    def parameters(self):
        return sum(p.numel() for p in self.model.parameters() if p.requires_grad)

    def train(self, epochs):
        """Seconds; the optimiser begins anew and the first steps are not counted, as in the worker."""
        self.model.train()
        fused = True if self.options.peer_optimizer == "fused" else None
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-6, weight_decay=0.01, fused=fused)
        self.epoch(optimizer, min(WARM_UP_STEPS, EPOCH_BATCHES) * self.batch)
        begin = time.monotonic()
        for _ in range(epochs):
            self.epoch(optimizer, len(self.targets))
        return time.monotonic() - begin

    def epoch(self, optimizer, items):
        order = torch.randperm(items)
        for start in range(0, items, self.batch):
            chosen = order[start:start + self.batch]
            inputs, targets = [x[chosen] for x in self.inputs], self.targets[chosen]
            optimizer.zero_grad()
            self.loss(self.model(*inputs), targets).backward()
            optimizer.step()

    @torch.inference_mode()
    def infer(self, seconds):
        """Seconds of one batch."""
        self.model.eval()
        done, begin = 0, time.monotonic()
        while True:
            self.model(*self.batches[done % len(self.batches)])
            done += 1
            elapsed = time.monotonic() - begin
            if elapsed >= seconds:
                return elapsed / done


class Answers:
    """The two phases of a decoder, with the same cache: got once, filled in place, the likeliest token next."""

    def __init__(self, model, tokens, batch, prompt, answer):
        self.model, self.answer = model.eval(), answer
        repeated = torch.cat([tokens.flatten()] * -(-batch * prompt // tokens.numel()))
        self.prompts = repeated[:batch * prompt].view(batch, prompt)
        self.past = model.empty_past(batch, prompt + answer - 1)

    def begin_at(self, length):
        for layer in self.past:
            layer.length = length

    def read(self):
        self.begin_at(0)
        self.first = self.model.extend(self.prompts, self.past).argmax(-1)
        return self.prompts.numel()

    def go_on(self):
        self.begin_at(self.prompts.shape[1])
        token = self.first
        for _ in range(self.answer - 1):
            token = self.model.extend(token, self.past).argmax(-1)
        return len(self.prompts) * (self.answer - 1)

    @torch.inference_mode()
    def seconds_per_token(self, phase, seconds):
        step = self.read if phase == "prefill" else self.go_on
        self.read()
        tokens, begin = 0, time.monotonic()
        while True:
            tokens += step()
            elapsed = time.monotonic() - begin
            if elapsed >= seconds:
                return elapsed / tokens
