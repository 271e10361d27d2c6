#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A worker in another language: speaks the protocol, and breaks it in every way a worker can.

The workload's name says what it does: good, wrong_check, crash, exit, hang, garbage, fails, no_window,
old_protocol, backwards, slow, glutton (eats memory until the kernel ends it), queue (works off queries in 5 ms each, on
a clock of its own), lost_latencies.
"""
import json
import os
import random
import signal
import socket
import sys
import time

NAMES = ["good", "wrong_check", "crash", "exit", "hang", "garbage", "fails", "no_window", "old_protocol",
         "backwards", "slow", "glutton", "queue", "lost_latencies"]
SERVICE_NS = 5_000_000


class Worker:
    def __init__(self):
        self.lines = socket.socket(fileno=int(os.environ["BTRACK_WORKER_FD"])).makefile("rw")
        self.name = ""

    def say(self, **message):
        self.lines.write(json.dumps(message) + "\n")
        self.lines.flush()

    def window(self, phase, index, items, seconds=0.0):
        begin = time.monotonic_ns()
        if seconds:
            time.sleep(seconds)
        self.say(type="window", phase=phase, index=index, begin_ns=begin, end_ns=time.monotonic_ns(),
                 items=items)

    def prepare(self, settings):
        self.name = settings["workload"]
        actual = 41 if self.name == "wrong_check" else 42
        version = 99 if self.name == "old_protocol" else 1
        self.say(type="hello", version=version, workload=self.name, family="fake", item_unit="items",
                 parameters=42, macs_per_item=7, provenance={"library.fake": "1"},
                 checks=[{"name": "parameters", "expected": 42, "actual": actual}])
        if self.name == "garbage":
            self.lines.write("Segmentation fault (core dumped)\n")
            self.lines.flush()
            time.sleep(60)
        if self.name == "hang":
            time.sleep(600)
        self.window("setup", 0, 0)
        self.say(type="ready")

    def train(self, epochs):
        for epoch in range(epochs):
            self.say(type="progress", phase="train", done=epoch, total=epochs)
            if self.name == "glutton":
                eaten = []
                while True:
                    eaten.append(bytearray(b"x") * (1 << 24))
            if self.name == "slow":
                time.sleep(0.5)
            self.window("train", epoch, 1000)
            self.say(type="quality", metric="accuracy", value=0.5 + 0.1 * epoch, index=epoch)
            if self.name == "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            if self.name == "exit":
                print("the reason it gives", file=sys.stderr)
                sys.exit(7)
            if self.name == "fails":
                self.say(type="failed", kind="malformed", message="the loss is not a number", remedy="lower the rate")
                time.sleep(60)
            if self.name == "backwards":
                self.say(type="window", phase="train", index=0, begin_ns=10, end_ns=5, items=1)
        self.say(type="done")

    def queue(self, message):
        """Poisson arrivals and one server, computed instead of waited for."""
        arrivals = random.Random(message["index"])
        horizon = int(message["seconds"] * 1e9)
        arrival = free = 0
        latencies = []
        while arrival <= horizon or not latencies:
            arrival += int(arrivals.expovariate(message["rate"]) * 1e9)
            if arrival > horizon and latencies:
                break
            free = max(free, arrival) + SERVICE_NS
            latencies.append(free - arrival)
        now = time.monotonic_ns()
        self.say(type="window", phase="server", index=message["index"], begin_ns=now - max(free, horizon), end_ns=now,
                 items=len(latencies))
        for begin in range(0, len(latencies), 1000):
            self.say(type="latencies", phase="server", index=message["index"], ns=latencies[begin:begin + 1000])
        self.say(type="done")

    def repeat(self, phase, index):
        if self.name == "lost_latencies":
            self.say(type="latencies", phase=phase, index=index, ns=[1, 2])
        if self.name != "no_window":
            self.window(phase, index, 100, seconds=0.05)
        self.say(type="done")

    def serve(self):
        for line in self.lines:
            message = json.loads(line)
            if message["type"] == "prepare":
                self.prepare(message["settings"])
            elif message["type"] == "run" and message["phase"] == "train":
                self.train(message["epochs"])
            elif message["type"] == "run" and message["phase"] == "server" and self.name == "queue":
                self.queue(message)
            elif message["type"] == "run":
                self.repeat(message["phase"], message["index"])
            else:
                return


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print(json.dumps([{"name": name, "family": "fake", "parameters": 42, "macs_per_item": 7} for name in NAMES]))
    else:
        Worker().serve()
