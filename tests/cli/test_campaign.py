# SPDX-License-Identifier: Apache-2.0
"""Campaigns that fail, are stopped or killed: what is finished stays, the rest is completed."""
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from program import FAKE_WORKER, ProgramTest

SUITE = "\n".join(["[defaults]", "phases = ['train']", "epochs = 2"] + ["[[run]]\nworkload = '%s'"] * 3) + "\n"


def children_of(pid):
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(entry.parent.name))
    return found


class Campaign(ProgramTest):
    def suite(self, *workloads):
        (self.folder / "s.toml").write_text(SUITE % workloads)

    def start(self, *arguments):
        return subprocess.Popen(self.command(*arguments), env=self.environment, cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def until_first_record(self, process):
        for line in process.stderr:
            if line.startswith("[1/"):
                return
        self.fail("the first run never finished")

    def complete(self):
        return [row["run"] for row in self.json("runs", "--status", "complete")]

    def resume_completes(self, kept):
        result = self.btrack("run", "--resume", "--no-report")
        self.assertEqual(result.returncode, 0, result.stderr)
        runs = self.complete()
        self.assertEqual(len(runs), 3)
        self.assertEqual(runs[:len(kept)], kept, "finished results are intact")
        integrity = subprocess.run(["python3", "-c", "import sqlite3,sys;"
                                    "print(sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchone()[0])",
                                    str(self.folder / "results.db")], text=True, stdout=subprocess.PIPE)
        self.assertEqual(integrity.stdout.strip(), "ok")

    def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(self):
        self.suite("good", "slow", "good")
        process = self.start("run", "s.toml")
        self.until_first_record(process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 3)
        self.assertIn("1 of 3", errors)
        self.assertIn("btrack run --resume", errors)
        self.resume_completes(self.complete())

    def test_resumed_runs_are_measured_as_the_first(self):
        self.suite("good", "slow", "good")
        process = self.start("run", "s.toml", "--pue", "1.4", "--sample-hz", "20")
        self.until_first_record(process)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        kept = self.complete()
        refused = self.btrack("run", "--resume", "--pue", "1.2")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("begun with another --pue", refused.stderr)
        self.assertEqual(self.complete(), kept)
        self.resume_completes(kept)
        for run in self.complete():
            self.assertEqual(self.json("show", run)["facility"]["pue"], 1.4)

    def test_a_campaign_of_several_seeds_is_resumed_as_one(self):
        self.suite("good", "slow", "good")
        process = self.start("run", "s.toml", "--seeds", "2", "--target-accuracy", "0.5")
        self.until_first_record(process)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(self.btrack("run", "--resume", "--no-report").returncode, 0)
        rows = self.json("runs", "--status", "complete", "--columns", "workload,seed,epochs_to_target")
        self.assertEqual(sorted((row["workload"], row["seed"]) for row in rows),
                         [("good", 1), ("good", 2), ("slow", 1), ("slow", 2)])
        self.assertEqual({row["epochs_to_target"] for row in rows}, {1})
        report = self.json("report")
        self.assertEqual([(line["workload"], line["seeds"], line["epochs"]) for line in report["targets"]],
                         [("good", 2, [1, 1]), ("slow", 2, [1, 1])])

    def test_bad_seeds_are_one_clear_sentence(self):
        self.suite("good", "slow", "good")
        for seeds, says in (("0", "0 seeds are not between"), ("1,1", "seed 1 is there twice"), ("x", "'x' is no seed")):
            refused = self.btrack("run", "s.toml", "--seeds", seeds)
            self.assertEqual(refused.returncode, 2)
            self.assertIn(says, refused.stderr)
        self.assertEqual(self.json("runs"), [])

    def test_sigkill_of_the_program(self):
        self.suite("good", "slow", "good")
        process = self.start("run", "s.toml")
        self.until_first_record(process)
        workers = children_of(process.pid)
        process.kill()
        process.wait(timeout=60)
        process.communicate()
        deadline = time.monotonic() + 20
        while any(os.path.exists(f"/proc/{pid}") for pid in workers) and time.monotonic() < deadline:
            time.sleep(0.05)  # waiting for the kernel, not for a result
        self.assertFalse([pid for pid in workers if os.path.exists(f"/proc/{pid}")], "no worker outlives us")
        kept = self.complete()
        self.assertEqual(len(kept), 1)
        self.resume_completes(kept)

    def test_sigkill_of_the_worker(self):
        self.suite("good", "slow", "good")
        process = self.start("run", "s.toml")
        self.until_first_record(process)
        deadline = time.monotonic() + 20
        while not children_of(process.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        for pid in children_of(process.pid):
            os.kill(pid, signal.SIGKILL)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 3, errors)
        self.assertIn("signal 9", errors)
        kept = self.complete()
        self.assertEqual(len(kept), 2, "the campaign went on")
        result = self.btrack("run", "--resume", "--no-report")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertLessEqual(set(kept), set(self.complete()))
        self.assertEqual(len(self.complete()), 3)

    def test_a_worker_killed_for_memory_is_told_and_the_campaign_goes_on(self):
        base = pathlib.Path("/sys/fs/cgroup")
        version_2 = (base / "cgroup.controllers").exists()
        group = (base if version_2 else base / "memory") / f"btrack-test-{os.getpid()}"
        try:
            group.mkdir()
            limit = group / ("memory.max" if version_2 else "memory.limit_in_bytes")
            limit.write_text(str(256 << 20))
        except OSError as error:
            if group.exists():
                group.rmdir()
            self.skipTest(f"no memory cgroup can be made here: {error}")
        self.addCleanup(group.rmdir)
        wrapper = self.folder / "worker"
        wrapper.write_text(f"#!/bin/sh\necho $$ > {group}/cgroup.procs\nexec {FAKE_WORKER} \"$@\"\n")
        wrapper.chmod(0o755)
        self.suite("good", "glutton", "good")
        result = self.btrack("run", "s.toml", "--no-report", "--worker", wrapper)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("lack of memory", result.stderr)
        self.assertIn("smaller batch", result.stderr)
        self.assertEqual(len(self.complete()), 2)

    def test_a_failing_workload_is_told_and_the_rest_compared(self):
        self.suite("good", "exit", "good")
        result = self.btrack("run", "s.toml", "--no-report")
        self.assertEqual(result.returncode, 3)
        self.assertIn("the reason it gives", result.stderr)
        self.assertEqual(len(self.complete()), 2)

    def test_the_report_is_written_where_it_says(self):
        result = self.btrack("run", "good", "--lang", "ja")
        self.assertEqual(result.returncode, 0, result.stderr)
        path = pathlib.Path(result.stdout.strip().splitlines()[-1].split("Report: ")[1])
        page = path.read_text()
        self.assertIn("good", page)
        self.assertNotIn("https://cdn", page)

    def test_two_programs_share_one_store(self):
        both = [self.start("run", "good", "--no-report") for _ in range(2)]
        for process in both:
            _, errors = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(len(self.complete()), 2)

    def test_show_and_select_in_json(self):
        self.assertEqual(self.btrack("run", "good", "--no-report").returncode, 0)
        shown = self.json("show", "latest")
        self.assertEqual(shown["settings"]["workload"], "good")
        chosen = self.json("select", "--min-accuracy", "0.4")
        self.assertEqual(chosen["best"]["workload"], "good")
        self.assertIn(chosen["best"]["energy_grade"], "ABCDE")
        none = self.btrack("select", "--min-accuracy", "0.99", "--json")
        self.assertEqual(none.returncode, 3)
        self.assertIsNone(json.loads(none.stdout)["best"])


if __name__ == "__main__":
    unittest.main()
