# SPDX-License-Identifier: Apache-2.0
"""The runner's side of the worker protocol, as far as these benchmarks need it."""
import json
import os
import socket
import subprocess
import sys


class Worker:
    def __init__(self, program):
        ours, theirs = socket.socketpair()
        variables = dict(os.environ, BTRACK_WORKER_FD=str(theirs.fileno()))
        self.process = subprocess.Popen([program], env=variables, pass_fds=[theirs.fileno()])
        theirs.close()
        self.stream = ours.makefile("rw")

    def ask(self, last, **command):
        """The messages up to the first of type `last`."""
        self.stream.write(json.dumps(command) + "\n")
        self.stream.flush()
        messages = []
        for line in self.stream:
            messages.append(json.loads(line))
            if messages[-1]["type"] == "failed":
                sys.exit("btrack-worker: {message}; {remedy}".format(**{"remedy": "", **messages[-1]}))
            if messages[-1]["type"] == last:
                return messages
        sys.exit("btrack-worker ended without an answer")

    def prepare(self, settings):
        return next(m for m in self.ask("ready", type="prepare", settings=settings) if m["type"] == "hello")

    def windows(self, phase, seconds=0.0, epochs=1):
        done = self.ask("done", type="run", phase=phase, epochs=epochs, seconds=seconds, index=0)
        return [m for m in done if m["type"] == "window" and m["phase"] == phase]

    def close(self):
        self.stream.write('{"type": "stop"}\n')
        self.stream.flush()
        self.process.wait()


def settings_of(workload, scale, phases, batch, threads, **others):
    return {"workload": workload, "scale": scale, "phases": phases, "batch": batch, "infer_batch": batch, "epochs": 1,
            "threads": threads, "seed": 1, "infer_seconds": 0.1, "repetitions": 1, "max_repetitions": 1,
            "precision_target": 0.02, "target_accuracy": None, "device": "cpu", "command": [], "data": "", **others}
