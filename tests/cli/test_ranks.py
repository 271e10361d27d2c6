# SPDX-License-Identifier: Apache-2.0
"""Two ranks on this machine, by plain variables and by torchrun: one record, the items of both, one measurement."""
import os
import pathlib
import signal
import socket
import subprocess
import time
import unittest

from program import BIN, ProgramTest

TORCHRUN = os.environ.get("BTRACK_TORCHRUN", "")
RUN = ("run", "mlp_64", "--scale", "tiny", "--epochs", "2", "--infer-seconds", "0.1", "--no-report")
# Long enough for every epoch's energy to be resolved.
REAL = ("run", "mlp_64", "--epochs", "2", "--infer-seconds", "0.1", "--no-report")
COLUMNS = "run,workload,devices,batch,status,failure,infer_items,energy_coverage,train_energy_j"

# A training that does not end by itself, and one that does.
LONG_THEN_SHORT = """[defaults]
scale = 'tiny'
infer_seconds = 0.1
[[run]]
workload = 'mlp_64'
phases = ['train']
epochs = 1000000
[[run]]
workload = 'mlp_64'
epochs = 2
"""


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

    def start(self, *arguments):
        """Rank 0 and rank 1."""
        port = str(free_port())
        return [
            subprocess.Popen(self.command(*arguments), cwd=self.folder, text=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env={**self.environment, "RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank),
                                  "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port})
            for rank in (0, 1)]

    def ranks(self, *arguments):
        """Both ranks' exit codes, standard output and error."""
        return self.ends_of(self.start(*arguments))

    def ends_of(self, children):
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

    def test_what_ranks_cannot_share_is_refused_before_anything_starts(self):
        (self.folder / "net.pt").write_text("")
        (self.folder / "auto.toml").write_text("[[run]]\nworkload = 'mlp_64'\nscale = 'tiny'\nbatch = 'auto'\n")
        for arguments, says in (((*RUN, "--batch", "auto"), "mlp_64: --batch auto is for one rank, and there are 2"),
                                (("run", "auto.toml"), "--batch auto is for one rank"),
                                (("run", "softmax", "net.pt"), "net.pt is not trained, so one rank runs it, and there are 2"),
                                (("run", "picture_input", "--data", "."), "picture_input is not trained")):
            for code, output, errors in self.ranks(*arguments):
                self.assertEqual((code, output), (2, ""), errors)
                self.assertIn(says, errors)
                self.assertEqual(errors.count("btrack: "), 1, errors)
        self.assertEqual(self.json("runs"), [])

    def worker_of(self, rank, cpu_seconds):
        """That btrack's worker, once it has worked that long: by then it trains."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            for child in pathlib.Path(f"/proc/{rank.pid}/task/{rank.pid}/children").read_text().split():
                name, numbers = pathlib.Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)
                spent = sum(int(number) for number in numbers.split()[11:13]) / os.sysconf("SC_CLK_TCK")
                if "btrack-worker" in name and spent > cpu_seconds:
                    return int(child)
            time.sleep(0.1)
        self.fail("there was no worker that trained")

    def expect_failed_then_complete(self, reason):
        failed, complete = (self.json("show", row["run"]) for row in self.json("runs", "--columns", COLUMNS))
        self.assertEqual((failed["status"], complete["status"]), ("failed", "complete"))
        self.assertIn(reason, failed["failure"]["message"])
        self.assertNotIn("\n", failed["failure"]["message"])
        self.assertIn("train", [window["phase"] for window in failed["windows"]], "what was complete is kept")

    def test_a_killed_worker_ends_the_run_for_all_and_the_next_follows(self):
        (self.folder / "s.toml").write_text(LONG_THEN_SHORT)
        for killed, reason in ((0, "the worker was ended by signal 9"), (1, "rank 0 of 2 lost another rank")):
            with self.subTest(killed=killed):
                self.environment["BTRACK_STORE"] = str(self.folder / f"{killed}.db")
                children = self.start("run", "s.toml", "--no-report")
                os.kill(self.worker_of(children[killed], cpu_seconds=4), signal.SIGKILL)
                begin = time.monotonic()
                first, second = self.ends_of(children)
                self.assertLess(time.monotonic() - begin, 60)
                self.assertEqual((first[0], second[0]), (3, 0), (first, second))
                self.assertIn("1 of 2 runs did not finish", first[2])
                self.assertEqual(second[2].count("rank 1: mlp_64: "), 1, second)
                self.expect_failed_then_complete(reason)

    def test_a_killed_rank_ends_the_training_of_the_others(self):
        (self.folder / "s.toml").write_text(LONG_THEN_SHORT + "phases = ['infer']\n")
        children = self.start("run", "s.toml", "--no-report")
        self.worker_of(children[1], cpu_seconds=4)
        children[1].kill()
        begin = time.monotonic()
        first, second = self.ends_of(children)
        self.assertLess(time.monotonic() - begin, 60)
        self.assertEqual((first[0], second[0]), (3, -signal.SIGKILL), first)
        self.expect_failed_then_complete("rank 0 of 2 lost another rank")

    def test_contradicting_variables_are_refused(self):
        self.environment.update({"RANK": "0", "WORLD_SIZE": "2"})
        self.refused(*RUN, says="LOCAL_RANK is not set")
        self.environment.update({"LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"})
        self.refused("run", "--resume", says="--resume is for one rank")


if __name__ == "__main__":
    unittest.main()
