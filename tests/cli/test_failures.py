# SPDX-License-Identifier: Apache-2.0
"""The real worker in trouble: each is one sentence and a record, and the campaign goes on."""
import pathlib
import struct
import unittest

from program import BIN, ProgramTest

ENTRY = """[[run]]
workload = "{workload}"
scale = "{scale}"
data = "{data}"
batch = {batch}
"""


def write_idx(folder, kind, items, value):
    """Images of 28x28 floats that are all `value`, with labels 0 to 9."""
    images = struct.pack(">HBBIII", 0, 0x0D, 3, items, 28, 28) + struct.pack(">f", value) * (items * 784)
    (folder / f"{kind}-images-idx3-ubyte").write_bytes(images)
    labels = struct.pack(">HBBI", 0, 0x08, 1, items) + bytes(i % 10 for i in range(items))
    (folder / f"{kind}-labels-idx1-ubyte").write_bytes(labels)


class Trouble(ProgramTest):
    def setUp(self):
        super().setUp()
        self.environment["BTRACK_WORKER"] = str(BIN / "btrack-worker")

    def campaign(self, *entries):
        suite = "[defaults]\nthreads = 1\nepochs = 1\nphases = ['train']\n"
        for entry in entries:
            suite += ENTRY.format(**{"workload": "mlp_64", "scale": "full", "data": "", "batch": 32, **entry})
        (self.folder / "s.toml").write_text(suite)
        result = self.btrack("run", "s.toml", "--no-report")
        self.assertEqual(result.returncode, 3, result.stderr)
        runs = self.json("runs")
        self.assertEqual(len(runs), len(entries))
        return [self.json("show", run["run"]) for run in runs], result.stderr

    def failure(self, record):
        self.assertEqual(record["status"], "failed")
        failure = record["failure"]
        self.assertNotIn("\n", failure["message"])
        self.assertTrue(failure["remedy"])
        return failure

    def test_a_loss_that_is_not_a_number(self):
        data = self.folder / "images"
        data.mkdir()
        for kind in ("train", "t10k"):
            write_idx(data, kind, 64, float("nan"))
        (bad, good), errors = self.campaign({"data": data}, {"scale": "tiny", "batch": 2})
        failure = self.failure(bad)
        self.assertEqual(failure["kind"], "incomplete")
        self.assertEqual(failure["message"], "training of mlp_64 diverged: its loss is nan in epoch 1")
        self.assertIn(failure["message"], errors)
        self.assertIn("train", [window["phase"] for window in bad["windows"]], "what was complete is kept")
        self.assertEqual(good["status"], "complete")

    def test_more_memory_than_there_is(self):
        (bad, good), errors = self.campaign({"workload": "resnet50", "batch": 1 << 30}, {"scale": "tiny", "batch": 2})
        failure = self.failure(bad)
        self.assertEqual(failure["kind"], "out_of_memory")
        self.assertRegex(failure["message"], r"^resnet50 would need about [\d.]+ GiB, and [\d.]+ GiB are available$")
        self.assertIn("--batch auto", errors)
        self.assertEqual(good["status"], "complete")

    def test_an_allocation_that_fails(self):
        """The machine has the memory that is asked for, and the process may not have it."""
        worker = self.folder / "worker"
        worker.write_text(f"#!/bin/sh\nulimit -v {3 << 20}\nexec {BIN}/btrack-worker \"$@\"\n")
        worker.chmod(0o755)
        self.environment["BTRACK_WORKER"] = str(worker)
        available = [int(line.split()[1]) for line in pathlib.Path("/proc/meminfo").read_text().splitlines()
                     if line.startswith("MemAvailable")][0]
        if available < 10 << 20:
            self.skipTest("less than 10 GiB of memory are available")
        (bad, good), _ = self.campaign({"workload": "resnet50", "batch": 48}, {"scale": "tiny", "batch": 2})
        failure = self.failure(bad)
        self.assertEqual(failure["kind"], "out_of_memory")
        self.assertRegex(failure["message"], r"^out of memory \(")
        self.assertEqual(good["status"], "complete")


if __name__ == "__main__":
    unittest.main()
