# SPDX-License-Identifier: Apache-2.0
"""Two ranks on this machine, by plain variables and by torchrun: one record, the items of both, one measurement."""
import os
import socket
import subprocess
import unittest

from program import BIN, ProgramTest

TORCHRUN = os.environ.get("BTRACK_TORCHRUN", "")
RUN = ("run", "mlp_64", "--scale", "tiny", "--epochs", "2", "--infer-seconds", "0.1", "--no-report")
# Long enough for every epoch's energy to be resolved.
REAL = ("run", "mlp_64", "--epochs", "2", "--infer-seconds", "0.1", "--no-report")
COLUMNS = "run,workload,devices,batch,status,failure,infer_items,energy_coverage,train_energy_j"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class TwoRanks(ProgramTest):
    def setUp(self):
        super().setUp()
        for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
            self.environment.pop(name, None)
        self.environment["BTRACK_WORKER"] = str(BIN / "btrack-worker")

    def ranks(self, *arguments):
        """Both ranks' exit codes, standard output and error."""
        port = str(free_port())
        children = [
            subprocess.Popen(self.command(*arguments), cwd=self.folder, text=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env={**self.environment, "RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank),
                                  "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port})
            for rank in (0, 1)]
        outputs = [child.communicate(timeout=240) for child in children]
        return [(child.returncode, *output) for child, output in zip(children, outputs)]

    def windows(self, run):
        return self.json("show", run)["windows"]

    def expect_one_record_like_one_rank(self, arguments):
        rows = self.json("runs", "--columns", COLUMNS)
        self.assertEqual(len(rows), 1, rows)
        both = rows[0]
        self.assertEqual((both["status"], both["devices"]), ("complete", 2), both)
        self.assertEqual(self.btrack(*arguments).returncode, 0)
        alone = next(row for row in self.json("runs", "--columns", COLUMNS) if row["devices"] == 1)
        self.assertEqual(both["energy_coverage"], alone["energy_coverage"])
        self.assertGreater(both["train_energy_j"], 0)
        shapes = [[(w["phase"], w["index"], w["items"]) for w in self.windows(row["run"]) if w["phase"] in ("train", "evaluate")]
                  for row in (both, alone)]
        self.assertEqual(shapes[0], shapes[1])
        self.assertEqual(len(shapes[0]), 4)
        losses = [[q["value"] for q in self.json("show", row["run"])["qualities"] if q["metric"] == "train_loss"]
                  for row in (both, alone)]
        for ours, theirs in zip(*losses):
            self.assertAlmostEqual(ours / theirs, 1, delta=1e-4)
        return self.json("show", both["run"])

    def test_plain_variables(self):
        first, second = self.ranks(*REAL)
        self.assertEqual((first[0], second[0]), (0, 0), (first, second))
        self.assertEqual(second[1:], ("", ""), "rank 1 says nothing")
        record = self.expect_one_record_like_one_rank(REAL)
        facts = record["provenance"]
        self.assertEqual((facts["cluster.rank"], facts["cluster.size"], facts["cluster.node"], facts["cluster.backend"]),
                         ("0", "2", "ranks 0 to 1", "gloo"))
        report = self.btrack("report", "--all", "--format", "md")
        self.assertIn("Training energy per item by number of devices", report.stdout)

    @unittest.skipUnless(TORCHRUN, "there is no torchrun beside LibTorch")
    def test_torchrun(self):
        result = subprocess.run([TORCHRUN, "--standalone", "--no-python", "--nproc-per-node", "2", *self.command(*REAL)],
                                env=self.environment, cwd=self.folder, text=True, capture_output=True, timeout=240)
        self.assertEqual(result.returncode, 0, result.stderr)
        record = self.expect_one_record_like_one_rank(REAL)
        self.assertEqual(record["provenance"]["cluster.launcher"], "torchrun")

    def test_entries_follow_each_other_and_only_training_is_shared(self):
        for code, _, errors in self.ranks("run", "softmax", "mlp_64", *RUN[2:]):
            self.assertEqual(code, 0, errors)
        rows = self.json("runs", "--columns", COLUMNS)
        self.assertEqual([(row["status"], row["devices"]) for row in rows], [("complete", 2)] * 2)
        for code, _, errors in self.ranks(*RUN, "--phases", "infer"):
            self.assertEqual(code, 0, errors)
        self.assertEqual(sorted(row["devices"] for row in self.json("runs", "--columns", COLUMNS)), [1, 2, 2])

    def test_a_batch_that_cannot_be_split_is_one_sentence(self):
        first, second = self.ranks(*RUN, "--batch", "33")
        self.assertEqual((first[0], second[0]), (3, 0))
        self.assertIn("a batch of 33 cannot be split evenly over 2 ranks", first[2])
        self.assertIn("take --batch 34", first[2])
        self.assertIn("rank 1: mlp_64: a batch of 33", second[2])

    def test_contradicting_variables_are_refused(self):
        self.environment.update({"RANK": "0", "WORLD_SIZE": "2"})
        self.refused(*RUN, says="LOCAL_RANK is not set")
        self.environment.update({"LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"})
        self.refused("run", "--resume", says="--resume is for one rank")


if __name__ == "__main__":
    unittest.main()
